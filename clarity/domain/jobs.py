"""
Long work that can be looked at from outside: what, whose, how far, how it ended.

A job runs and then is done or failed, for good. One whose process died cannot say so: it is stale
when it has not been heard of for a while. The work itself is made so that the same command again
continues it.

Whoever looks may sit at another machine, so silence is told by the time of day. A clock set ahead
makes a job look stale until it is heard of next; one set back hides a dead job for as long. Neither
harms: stale is advice to run the same command again, which is safe beside the first one.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

import attrs

from clarity.domain.errors import DomainError
from clarity.domain.exact import WrongType, exactly_typed, is_unicode
from clarity.domain.identity import Actor, CorrelationId, PatientRef, TenantId
from clarity.domain.timeline import NaiveTime

__all__ = ["STALE_AFTER", "Job", "JobIsOver", "JobKind", "JobState", "JobWentBack"]

STALE_AFTER: Final = timedelta(minutes=10)
"""A running job that was not heard of for longer is stale; the longest single step takes less."""


class JobKind(StrEnum):
    """What the work is."""

    ANALYZE = "analyze"
    EXPORT = "export"
    ERASE = "erase"
    IMPORT = "import"


class JobState(StrEnum):
    """Where the work stands; `stale` is concluded, never stored."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STALE = "stale"


@attrs.define(eq=False)
class JobIsOver(DomainError):
    """A job that has ended stays as it ended."""

    code: ClassVar[str] = "job.over"
    state: JobState

    def __str__(self) -> str:
        return f"the job is {self.state} and stays so; start the work again as a new job"


@attrs.define(eq=False)
class JobWentBack(DomainError):
    """Progress only grows, and not beyond the whole."""

    code: ClassVar[str] = "job.went-back"
    before: int
    given: int

    def __str__(self) -> str:
        return f"the job has done {self.before} steps, so not {self.given}; count from there"


def _aware(_: object, attribute: "attrs.Attribute[datetime]", value: datetime) -> None:
    if value.tzinfo is None:
        raise NaiveTime(attribute.name)


def _unicode(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not is_unicode(value):
        raise WrongType(f"Job.{attribute.name}", "Unicode text")


@attrs.frozen(kw_only=True, field_transformer=exactly_typed)
class Job:
    """
    One piece of long work.

    Attributes:
        id: what it is called within its tenant.
        correlation: of everything it does; the audit trail tells of that.
        kind: what it is.
        tenant: for whom its owner acts.
        actor: who owns it: the id of whoever started it.
        patient: whom alone it is about, None when about several or after erasing.
        state: running, done or failed.
        done: finished steps.
        total: all steps, None while unknown.
        started_at: aware.
        heard_at: when it last said something, aware.
        problem: code of the error that ended it, empty otherwise.

    Raises:
        WrongType: a field was given a value of another type, or text that is no Unicode.
        NaiveTime: a time has no zone.
        ValueError: the id is empty, or less than nothing is done.
    """

    id: str = attrs.field(validator=attrs.validators.and_(attrs.validators.min_len(1), _unicode))
    correlation: CorrelationId
    kind: JobKind
    tenant: TenantId
    actor: str = attrs.field(validator=_unicode)
    patient: PatientRef | None = None
    state: JobState = JobState.RUNNING
    done: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    total: int | None = None
    started_at: datetime = attrs.field(validator=_aware)
    heard_at: datetime = attrs.field(validator=_aware)
    problem: str = attrs.field(default="", validator=_unicode)

    def is_of(self, actor: Actor) -> bool:
        """Whether `actor` started it, for the same tenant."""
        return (self.tenant, self.actor) == (actor.tenant, actor.id)

    def has_ended_before(self, at: datetime) -> bool:
        """Whether it said that it is done or failed, and that was before `at`."""
        return self.state is not JobState.RUNNING and self.heard_at < at

    def progressed(self, done: int, *, total: int | None, at: datetime) -> "Job":
        """
        The job with `done` steps of `total` behind it.

        Raises:
            JobIsOver: it has ended.
            JobWentBack: fewer steps than before, or more than there are.
        """
        self._require_running()
        if done < self.done or (total is not None and done > total):
            raise JobWentBack(self.done, done)
        return attrs.evolve(self, done=done, total=total, heard_at=at)

    def finished(self, *, at: datetime) -> "Job":
        """
        The job, done.

        Raises:
            JobIsOver: it has ended before.
        """
        self._require_running()
        return attrs.evolve(self, state=JobState.DONE, total=self.done, heard_at=at)

    def failed(self, problem: str, *, at: datetime) -> "Job":
        """
        The job, ended by the error with the code `problem`.

        Raises:
            JobIsOver: it has ended before.
        """
        self._require_running()
        return attrs.evolve(self, state=JobState.FAILED, problem=problem, heard_at=at)

    def state_at(self, now: datetime) -> JobState:
        """Where it stands for somebody who looks at `now`; stale when its process seems dead."""
        is_silent = now - self.heard_at > STALE_AFTER
        return JobState.STALE if is_silent and self.state is JobState.RUNNING else self.state

    def _require_running(self) -> None:
        if self.state is not JobState.RUNNING:
            raise JobIsOver(self.state)
