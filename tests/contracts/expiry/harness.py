"""The adapters of port Expiring, each over a store that tests can write to."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.aws.dynamodb.items import EntityItems
from clarity.adapters.aws.dynamodb.upkeep import DynamoDBUpkeep
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.ports.expiry import Expiring
from clarity.ports.repository import Repository
from tests.adapters.local.stores import opened
from tests.support.clocks import HandClock
from tests.support.dynamodb import world_on
from tests.support.engines import running


@attrs.frozen(kw_only=True)
class ExpiryHarness:
    """A fresh store, what removes from it, and the clock that decides what has expired."""

    expiring: Expiring
    repository: Repository
    clock: HandClock


@contextmanager
def _sqlite(path: Path | None) -> Iterator[ExpiryHarness]:
    clock = HandClock()
    with opened(path, clock=clock) as (repository, _):
        yield ExpiryHarness(expiring=repository, repository=repository, clock=clock)


@contextmanager
def _sqlite_file() -> Iterator[ExpiryHarness]:
    with tempfile.TemporaryDirectory() as folder, _sqlite(Path(folder) / "s.db") as world:
        yield world


@contextmanager
def _dynamodb(engine: str) -> Iterator[ExpiryHarness]:
    clock = HandClock()
    with world_on(running(engine), clock) as world:
        upkeep = DynamoDBUpkeep(world.connection, EntityItems(ShuffleZstdCodec()), clock)
        yield ExpiryHarness(expiring=upkeep, repository=world.repository, clock=clock)


Opener = Callable[[], AbstractContextManager[ExpiryHarness]]

OPENERS: Final[dict[str, Opener]] = {
    "dynamodb-moto": lambda: _dynamodb("moto"),
    "dynamodb-ministack": lambda: _dynamodb("ministack"),
    "sqlite-memory": lambda: _sqlite(None),
    "sqlite-file": _sqlite_file,
}
