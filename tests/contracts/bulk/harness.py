"""The adapters of port BulkDays, each with what lies beside it and a way to break it."""

import atexit
import functools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.aws.dynamodb.payloads import Payloads
from clarity.adapters.aws.settings import Limits
from clarity.adapters.local.audit import SqliteAuditTrail
from clarity.adapters.local.blobs import DirectoryBlobStore
from clarity.adapters.local.bulk import SqliteBulkDays
from clarity.adapters.local.erasure import SqliteErasure
from clarity.adapters.local.items import EntityCodec
from clarity.adapters.local.repository import SqliteRepository
from clarity.adapters.local.store import SqliteStore, open_store
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.ports.audit import AuditTrail
from clarity.ports.bulk import BulkDays
from clarity.ports.erasure import Erasable
from clarity.ports.repository import Repository
from tests.support.clocks import HandClock
from tests.support.dynamodb import ITEMS_ALONE, LIMITS, world_on
from tests.support.engines import running
from tests.support.fault_proxy import Fault, FaultProxy, always, fault_proxy

__all__ = ["OPENERS", "BulkHarness"]

ONE_TRY: Final[Limits] = attrs.evolve(LIMITS, attempts=1)


@attrs.frozen(kw_only=True)
class BulkHarness:
    """
    A fresh store.

    Inside `broken()` no day can be written in bulk, though records still can.
    """

    bulk: BulkDays
    repository: Repository
    trail: AuditTrail
    erasable: Erasable
    clock: HandClock
    broken: Callable[[], AbstractContextManager[None]]


@contextmanager
def _refusing_days(store: SqliteStore) -> Iterator[None]:
    with store.writing() as connection:
        connection.execute(
            "CREATE TRIGGER no_days BEFORE INSERT ON chunk BEGIN SELECT raise(ABORT, 'no'); END"
        )
    try:
        yield
    finally:
        with store.writing() as connection:
            connection.execute("DROP TRIGGER no_days")


@contextmanager
def _sqlite(path: Path | None) -> Iterator[BulkHarness]:
    clock, codec = HandClock(), EntityCodec(ShuffleZstdCodec())
    with open_store(path, busy_timeout_s=10) as store:
        yield BulkHarness(
            bulk=SqliteBulkDays(store, codec, clock),
            repository=SqliteRepository(store, codec, clock),
            trail=SqliteAuditTrail(store),
            erasable=SqliteErasure(store),
            clock=clock,
            broken=lambda: _refusing_days(store),
        )


@contextmanager
def _sqlite_file() -> Iterator[BulkHarness]:
    with tempfile.TemporaryDirectory() as folder, _sqlite(Path(folder) / "store.db") as world:
        yield world


@functools.cache
def _proxy(engine: str) -> FaultProxy:
    """One for the process, beside its engine."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(fault_proxy(running(engine)))


@contextmanager
def _failing_batches(proxy: FaultProxy) -> Iterator[None]:
    proxy.plan = always(Fault.SERVER_ERROR, "BatchWriteItem")
    try:
        yield
    finally:
        proxy.plan = lambda *_: None


@contextmanager
def _dynamodb(engine: str, payloads: Payloads = ITEMS_ALONE) -> Iterator[BulkHarness]:
    clock, proxy = HandClock(), _proxy(engine)
    with world_on(proxy.engine, clock, ONE_TRY, payloads) as world:
        yield BulkHarness(
            bulk=world.bulk,
            repository=world.repository,
            trail=world.trail,
            erasable=world.erasure,
            clock=clock,
            broken=lambda: _failing_batches(proxy),
        )


@contextmanager
def _beside() -> Iterator[BulkHarness]:
    """Every payload lies in a blob store, however small."""
    with tempfile.TemporaryDirectory() as folder:
        payloads = Payloads(blobs=DirectoryBlobStore(root=Path(folder)), inline_bytes=0)
        with _dynamodb("ministack", payloads) as world:
            yield world


OPENERS: Final[dict[str, Callable[[], AbstractContextManager[BulkHarness]]]] = {
    "dynamodb-moto": lambda: _dynamodb("moto"),
    "dynamodb-ministack": lambda: _dynamodb("ministack"),
    "dynamodb-ministack-blobs": _beside,
    "sqlite-memory": lambda: _sqlite(None),
    "sqlite-file": _sqlite_file,
}
