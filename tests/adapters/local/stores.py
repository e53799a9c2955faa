"""A repository and a trail over one store, for tests of what is behind the ports."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clarity.adapters.local.audit import SqliteAuditTrail
from clarity.adapters.local.items import EntityCodec
from clarity.adapters.local.repository import SqliteRepository
from clarity.adapters.local.store import open_store
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.ports.clock import Clock
from tests.support.clocks import HandClock


@contextmanager
def opened(
    path: Path | None, *, busy_timeout_s: float = 10, clock: Clock | None = None
) -> Iterator[tuple[SqliteRepository, SqliteAuditTrail]]:
    """Both, open in the block."""
    with open_store(path, busy_timeout_s=busy_timeout_s) as store:
        codec = EntityCodec(ShuffleZstdCodec())
        repository = SqliteRepository(store, codec, clock or HandClock())
        yield repository, SqliteAuditTrail(store)
