"""The adapters of ports AuditSink and AuditTrail; most are one class that is both."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.local.audit import SqliteAuditTrail
from clarity.adapters.local.kept_evidence import MemoryKeptEvidence
from clarity.adapters.local.store import open_store
from clarity.adapters.observability.metrics import MemoryMetrics
from clarity.application.break_glass import RecoveredTrail, RecoverEvidence
from clarity.ports.audit import AuditSink, AuditTrail
from tests.support.clocks import HandClock
from tests.support.dynamodb import world_on
from tests.support.engines import running
from tests.support.seeding import SeedingSink


@attrs.frozen(kw_only=True)
class AuditHarness:
    """A fresh trail, the sink that writes to it, and the clock that its cursors age by."""

    sink: AuditSink
    trail: AuditTrail
    clock: HandClock


@contextmanager
def _sqlite(path: Path | None) -> Iterator[AuditHarness]:
    clock = HandClock()
    with open_store(path, busy_timeout_s=10) as store:
        both = SqliteAuditTrail(store, clock)
        yield AuditHarness(sink=both, trail=both, clock=clock)


@contextmanager
def _sqlite_file() -> Iterator[AuditHarness]:
    with tempfile.TemporaryDirectory() as folder, _sqlite(Path(folder) / "store.db") as world:
        yield world


@contextmanager
def _recovered() -> Iterator[AuditHarness]:
    """A trail that takes up what was kept first; here nothing was."""
    with _sqlite(None) as world:
        recover = RecoverEvidence(
            kept=MemoryKeptEvidence(), audit=world.sink, trail=world.trail, metrics=MemoryMetrics()
        )
        both = RecoveredTrail(sink=world.sink, trail=world.trail, recover=recover)
        yield AuditHarness(sink=both, trail=both, clock=world.clock)


Opener = Callable[[], AbstractContextManager[AuditHarness]]


@contextmanager
def _dynamodb(engine: str) -> Iterator[AuditHarness]:
    clock = HandClock()
    with world_on(running(engine), clock) as world:
        yield AuditHarness(sink=world.trail, trail=world.trail, clock=clock)


@contextmanager
def _seeded() -> Iterator[AuditHarness]:
    """An engine without transactions, filled piece by piece; for what only reads."""
    clock = HandClock()
    with world_on(running("dynalite"), clock) as world:
        yield AuditHarness(sink=SeedingSink(world.trail), trail=world.trail, clock=clock)


OPENERS: Final[dict[str, Opener]] = {
    "dynamodb-moto": lambda: _dynamodb("moto"),
    "dynamodb-ministack": lambda: _dynamodb("ministack"),
    "recovered": _recovered,
    "sqlite-memory": lambda: _sqlite(None),
    "sqlite-file": _sqlite_file,
}

READERS: Final[dict[str, Opener]] = {**OPENERS, "dynamodb-dynalite-read": _seeded}
"""Those whose reading side is tried too; of one writer at a time."""
