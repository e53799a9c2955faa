"""The adapters of port AuditOutbox."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.aws.dynamodb.outbox import DynamoDBAuditOutbox
from clarity.adapters.local.audit import SqliteAuditTrail
from clarity.adapters.local.clock import SystemClock
from clarity.adapters.local.outbox import SqliteAuditOutbox
from clarity.adapters.local.store import open_store
from clarity.ports.audit import AuditSink
from clarity.ports.audit_log import AuditOutbox
from tests.support.dynamodb import PATIENT, world_on
from tests.support.engines import running


@attrs.frozen(kw_only=True)
class OutboxHarness:
    """
    A fresh store.

    Attributes:
        outbox: of it.
        sink: appends to its chains.
    """

    outbox: AuditOutbox
    sink: AuditSink


@contextmanager
def _sqlite(path: Path | None) -> Iterator[OutboxHarness]:
    with open_store(path, busy_timeout_s=10) as store:
        yield OutboxHarness(outbox=SqliteAuditOutbox(store), sink=SqliteAuditTrail(store))


@contextmanager
def _sqlite_file() -> Iterator[OutboxHarness]:
    with tempfile.TemporaryDirectory() as folder, _sqlite(Path(folder) / "store.db") as world:
        yield world


@contextmanager
def _dynamodb(engine: str) -> Iterator[OutboxHarness]:
    with world_on(running(engine), SystemClock()) as world:
        outbox = DynamoDBAuditOutbox(
            connection=world.connection, clock=SystemClock(), backoff=PATIENT
        )
        yield OutboxHarness(outbox=outbox, sink=world.trail)


Opener = Callable[[], AbstractContextManager[OutboxHarness]]

OPENERS: Final[dict[str, Opener]] = {
    "dynamodb-moto": lambda: _dynamodb("moto"),
    "dynamodb-ministack": lambda: _dynamodb("ministack"),
    "sqlite-memory": lambda: _sqlite(None),
    "sqlite-file": _sqlite_file,
}
