"""The adapters of port Jobs."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.local.jobs import SqliteJobs
from clarity.adapters.local.store import open_store
from clarity.domain.identity import Actor, CorrelationId, PatientId, PatientRef, Purpose, TenantId
from clarity.domain.jobs import Job, JobKind
from clarity.ports.jobs import Jobs
from tests.support.clocks import START, HandClock
from tests.support.dynamodb import world_on
from tests.support.engines import running

__all__ = ["ADA", "NURSE", "OPENERS", "JobsHarness", "Opener", "job"]

CLINIC: Final = TenantId("clinic")
ADA: Final = PatientRef(CLINIC, PatientId("ada"))
NURSE: Final = Actor(id="nurse", tenant=CLINIC, purpose=Purpose.TREATMENT)


@attrs.frozen(kw_only=True)
class JobsHarness:
    """A place for jobs, empty, and the clock that its cursors age by."""

    jobs: Jobs
    clock: HandClock


Opener = Callable[[], AbstractContextManager[JobsHarness]]


@contextmanager
def _sqlite(path: Path | None) -> Iterator[JobsHarness]:
    clock = HandClock()
    with open_store(path, busy_timeout_s=10) as store:
        yield JobsHarness(jobs=SqliteJobs(store, clock), clock=clock)


@contextmanager
def _sqlite_file() -> Iterator[JobsHarness]:
    with tempfile.TemporaryDirectory() as folder, _sqlite(Path(folder) / "s.db") as world:
        yield world


@contextmanager
def _dynamodb(engine: str) -> Iterator[JobsHarness]:
    clock = HandClock()
    with world_on(running(engine), clock) as opened:
        yield JobsHarness(jobs=opened.jobs, clock=clock)


OPENERS: Final[dict[str, Opener]] = {
    "dynamodb-moto": lambda: _dynamodb("moto"),
    "dynamodb-ministack": lambda: _dynamodb("ministack"),
    "sqlite-memory": lambda: _sqlite(None),
    "sqlite-file": _sqlite_file,
}


def job(number: int = 0, *, of: Actor = NURSE, patient: PatientRef | None = None) -> Job:
    """A running job, started `number` seconds after the start of time."""
    at = START + timedelta(seconds=number)
    return Job(
        id=f"job-{number}",
        correlation=CorrelationId("c-1"),
        kind=JobKind.EXPORT,
        tenant=of.tenant,
        actor=of.id,
        patient=patient,
        started_at=at,
        heard_at=at,
    )
