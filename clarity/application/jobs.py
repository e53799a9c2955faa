"""Long work with a job that tells how far it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import attrs

from clarity.domain.errors import ClarityError
from clarity.domain.exact import is_unicode
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.domain.jobs import Job, JobKind, JobState
from clarity.ports.clock import Clock
from clarity.ports.errors import NotFound
from clarity.ports.ids import Ids
from clarity.ports.jobs import JobPage, Jobs, TenantJobs

__all__ = ["ListedJob", "LookAtJobs", "LookAtUnfinishedJobs", "Progress", "TrackJobs"]

HEARTBEAT_S: Final = 1.0
"""Progress is written at most that often; the beginning and the end always."""

INTERRUPTED: Final = "interrupted"
"""Problem of a job that ended without saying why."""


@attrs.define
class Progress:
    """How far one running job is; used by the one thread that does the work."""

    jobs: Jobs
    clock: Clock
    job: Job
    _written_s: float = 0.0

    def advance(self, steps: int = 1, *, total: int | None = None) -> None:
        """
        So many more steps are done, of `total` as far as that is known.

        Raises:
            NotFound: the job was removed or ended by somebody else; the work must stop.
            PortError: the store refused.
        """
        self.job = self.job.progressed(
            self.job.done + steps, total=total or self.job.total, at=self.clock.now()
        )
        if self.clock.monotonic_s() - self._written_s >= HEARTBEAT_S:
            self._write(self.job)

    def end(self, problem: str) -> None:
        """The job is over; well when there is no problem."""
        at = self.clock.now()
        self._write(self.job.failed(problem, at=at) if problem else self.job.finished(at=at))

    def _write(self, job: Job) -> None:
        self.jobs.update(job)
        self._written_s = self.clock.monotonic_s()


@attrs.frozen
class TrackJobs:
    """Gives long work a job for the time that it takes."""

    jobs: Jobs
    ids: Ids
    clock: Clock

    @contextmanager
    def running(
        self,
        kind: JobKind,
        *,
        actor: Actor,
        correlation: CorrelationId,
        patient: PatientRef | None = None,
        total: int | None = None,
    ) -> Iterator[Progress]:
        """
        A job of `actor` that runs inside the block, is done at its end and failed if it raises.

        If the process dies in between, the job is stale after a while.

        Raises:
            PortError: the store refused.
        """
        now = self.clock.now()
        job = Job(
            id=str(self.ids.correlation()),
            correlation=correlation,
            kind=kind,
            tenant=actor.tenant,
            actor=actor.id,
            patient=patient,
            total=total,
            started_at=now,
            heard_at=now,
        )
        self.jobs.begin(job)
        progress = Progress(self.jobs, self.clock, job, self.clock.monotonic_s())
        problem = INTERRUPTED
        try:
            yield progress
            problem = ""
        except ClarityError as error:
            problem = error.code
            raise
        finally:
            progress.end(problem)


@attrs.frozen
class ListedJob:
    """A job and where it stands now: a running one that fell silent is stale."""

    job: Job
    state: JobState


@attrs.frozen
class LookAtJobs:
    """Shows people their own jobs; those of others do not exist for them."""

    jobs: Jobs
    clock: Clock

    def remove(self, job: str, *, actor: Actor) -> None:
        """
        The actor's job of that id is gone; if it still runs, its work stops at its next word.

        What it did until then stays, as does what the audit trail tells of it.

        Raises:
            NotFound: the actor has no such job.
            PortError: the store cannot be written.
        """
        self.jobs.remove(actor, _writable(job))

    def run(
        self, *, actor: Actor, limit: int, cursor: str | None
    ) -> tuple[tuple[ListedJob, ...], str | None]:
        """
        One page of the actor's jobs, newest first, and where the next page starts.

        Raises:
            BadCursor: the cursor is of another actor or was changed.
            PortError: the store cannot be read.
        """
        page: JobPage = self.jobs.of(actor, limit=limit, cursor=cursor)
        return tuple(self._listed(job) for job in page.jobs), page.cursor

    def one(self, job: str, *, actor: Actor) -> ListedJob:
        """
        The actor's job of that id.

        Raises:
            NotFound: the actor has no such job.
            PortError: the store cannot be read.
        """
        return self._listed(self.jobs.get(actor, _writable(job)))

    def _listed(self, job: Job) -> ListedJob:
        return ListedJob(job, job.state_at(self.clock.now()))


def _writable(job: str) -> str:
    """The id, where one can be written so; no store has another."""
    if not is_unicode(job):
        raise NotFound("a job of that id")
    return job


@attrs.frozen
class LookAtUnfinishedJobs:
    """
    Shows those who look after a tenant what work is going on or died there.

    About whom a job is remains between its owner and the audit trail.
    """

    jobs: TenantJobs
    clock: Clock

    def run(
        self, *, actor: Actor, limit: int, cursor: str | None
    ) -> tuple[tuple[ListedJob, ...], str | None]:
        """
        One page of the jobs of the actor's tenant that never ended, oldest first, and the next.

        One that was begun within the last seconds may be missing.

        Raises:
            BadCursor: the cursor is of another tenant or was changed.
            PortError: the store cannot be read.
        """
        page, now = self.jobs.unfinished(actor.tenant, limit=limit, cursor=cursor), self.clock.now()
        seen = (job if job.is_of(actor) else attrs.evolve(job, patient=None) for job in page.jobs)
        return tuple(ListedJob(job, job.state_at(now)) for job in seen), page.cursor
