"""Where jobs are kept; they say who works at what and how far, and hold no health data."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol, runtime_checkable

import attrs

from clarity.domain.exact import WrongType, is_unicode, require
from clarity.domain.identity import Actor, TenantId
from clarity.domain.jobs import Job

__all__ = ["MAX_JOBS", "JobPage", "Jobs", "TenantJobs", "check_id", "check_limit"]

MAX_JOBS = 1_000
"""Most jobs of one page."""


@attrs.frozen
class JobPage:
    """Jobs in the order asked for, and where the next page starts (None: this was the last)."""

    jobs: tuple[Job, ...]
    cursor: str | None


def check_id(job: str) -> None:
    """
    Nothing, when a job may be called so.

    Raises:
        WrongType: it is no text that is Unicode.
    """
    require(job, str, "the id of a job")
    if not is_unicode(job):
        raise WrongType("the id of a job", "Unicode text")


def check_limit(limit: int) -> None:
    """
    Nothing, when a page may hold so many jobs.

    Raises:
        ValueError: it is out of range.
        WrongType: it is no whole number.
    """
    require(limit, int, "the limit")
    if not 1 <= limit <= MAX_JOBS:
        raise ValueError(f"a page holds 1 to {MAX_JOBS} jobs, not {limit}")


@runtime_checkable
class Jobs(Protocol):
    """
    Jobs by tenant and id; progress is written often and leaves no audit record.

    What a job does is in the audit trail, under the job's correlation.
    """

    __slots__ = ()

    @abstractmethod
    def begin(self, job: Job) -> None:
        """
        Keep a new job.

        Raises:
            AlreadyExists: the tenant has a job of that id.
            Unavailable, TimedOut, Throttled: nothing is known.
        """
        ...

    @abstractmethod
    def update(self, job: Job) -> None:
        """
        Keep `job` instead of what was kept under its id, if that is still running.

        A job that has ended stays as it ended, and one that is gone stays gone: both are refused.

        Raises:
            NotFound: there is no running job of that id in its tenant.
            Unavailable, TimedOut, Throttled: nothing is known.
        """
        ...

    @abstractmethod
    def get(self, actor: Actor, job: str) -> Job:
        """
        The job of that id, as last kept.

        Raises:
            WrongType: the id is no text that is Unicode.
            NotFound: `actor` owns no such job; somebody else's is not told from none.
            Corrupt: what is kept is damaged.
            Unavailable, TimedOut, Throttled: nothing is known.
        """
        ...

    @abstractmethod
    def of(self, actor: Actor, *, limit: int, cursor: str | None) -> JobPage:
        """
        At most `limit` (1 to 1,000) jobs of `actor` after `cursor`, newest first.

        Raises:
            ValueError: the limit is out of range.
            WrongType: the limit is no whole number.
            BadCursor: the cursor was changed, is older than a day, or belongs to another actor.
            Corrupt, Unavailable, TimedOut, Throttled: as for `get`.
        """
        ...

    @abstractmethod
    def remove(self, actor: Actor, job: str) -> None:
        """
        The job of that id is gone, ended or not; whoever works at it learns that by its next word.

        Raises:
            WrongType: the id is no text that is Unicode.
            NotFound: `actor` owns no such job; somebody else's is not told from none.
            Corrupt, Unavailable, TimedOut, Throttled: as for `get`.
        """
        ...


@runtime_checkable
class TenantJobs(Protocol):
    """The jobs of a whole tenant, for those who look after it."""

    __slots__ = ()

    @abstractmethod
    def unfinished(self, tenant: TenantId, *, limit: int, cursor: str | None) -> JobPage:
        """
        At most `limit` (1 to 1,000) jobs of `tenant` after `cursor` that never ended, oldest first.

        Whoever owns them, and whether they still run or their process died. Given is what is kept
        now, so that one that has ended is never among them; one that was begun within the last
        seconds may be missing. A page may be shorter than `limit` before the last.

        Raises:
            ValueError: the limit is out of range.
            WrongType: the limit is no whole number.
            BadCursor: the cursor was changed, is older than a day, or belongs to another tenant.
            Corrupt, Unavailable, TimedOut, Throttled: nothing is known.
        """
        ...

    @abstractmethod
    def purge(self, tenant: TenantId, *, ended_before: datetime) -> int:
        """
        Remove every job of `tenant` that ended before that aware time; says how many went.

        Jobs that run, or never said that they ended, stay. Interrupted, the same call continues.

        Raises:
            Corrupt, Unavailable, TimedOut, Throttled: some may be gone.
        """
        ...
