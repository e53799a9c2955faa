"""The adapters of port Directory, each with the repository that keeps the profiles."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.local.directory import SqliteDirectory
from clarity.adapters.local.erasure import SqliteErasure
from clarity.adapters.local.items import EntityCodec
from clarity.adapters.local.repository import SqliteRepository
from clarity.adapters.local.store import open_store
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.ports.directory import Directory
from clarity.ports.erasure import Erasable
from clarity.ports.repository import Repository
from tests.support.clocks import HandClock
from tests.support.dynamodb import world_on
from tests.support.engines import running
from tests.support.seeding import SeedingRepository

__all__ = ["OPENERS", "READERS", "DirectoryHarness", "Opener"]


@attrs.frozen(kw_only=True)
class DirectoryHarness:
    """A fresh directory, the repository that it tells of, what erases people, and the clock."""

    directory: Directory
    repository: Repository
    erasure: Erasable
    clock: HandClock


Opener = Callable[[], AbstractContextManager[DirectoryHarness]]


@contextmanager
def _sqlite(path: Path | None) -> Iterator[DirectoryHarness]:
    clock = HandClock()
    with open_store(path, busy_timeout_s=10) as store:
        yield DirectoryHarness(
            directory=SqliteDirectory(store, clock),
            repository=SqliteRepository(store, EntityCodec(ShuffleZstdCodec()), clock),
            erasure=SqliteErasure(store),
            clock=clock,
        )


@contextmanager
def _sqlite_file() -> Iterator[DirectoryHarness]:
    with tempfile.TemporaryDirectory() as folder, _sqlite(Path(folder) / "store.db") as world:
        yield world


@contextmanager
def _dynamodb(engine: str) -> Iterator[DirectoryHarness]:
    clock = HandClock()
    with world_on(running(engine), clock) as world:
        yield DirectoryHarness(
            directory=world.directory,
            repository=world.repository,
            erasure=world.erasure,
            clock=clock,
        )


OPENERS: Final[dict[str, Opener]] = {
    "dynamodb-moto": lambda: _dynamodb("moto"),
    "dynamodb-ministack": lambda: _dynamodb("ministack"),
    "sqlite-memory": lambda: _sqlite(None),
    "sqlite-file": _sqlite_file,
}


@contextmanager
def _seeded() -> Iterator[DirectoryHarness]:
    """An engine without transactions, filled piece by piece; for what only reads."""
    clock = HandClock()
    with world_on(running("dynalite"), clock) as world:
        yield DirectoryHarness(
            directory=world.directory,
            repository=SeedingRepository(world.repository, world.trail),
            erasure=world.erasure,
            clock=clock,
        )


READERS: Final[dict[str, Opener]] = {**OPENERS, "dynamodb-dynalite-read": _seeded}
"""Those whose reading side is tried too."""
