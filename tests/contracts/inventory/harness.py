"""The adapters of ports Inventory and Pingable, each over a store that tests can write to."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.inventory import DynamoDBInventory
from clarity.adapters.local.inventory import SqliteInventory
from clarity.adapters.local.items import EntityCodec
from clarity.adapters.local.repository import SqliteRepository
from clarity.adapters.local.store import open_store
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.ports.health import Pingable
from clarity.ports.inventory import Inventory
from clarity.ports.repository import Repository
from tests.support.clocks import HandClock
from tests.support.dynamodb import World, changed_table, drop_table, world_on
from tests.support.engines import running
from tests.support.seeding import SeedingRepository


@attrs.frozen(kw_only=True)
class InventoryHarness:
    """
    A fresh store and what counts it.

    Attributes:
        inventory: under test.
        pingable: under test; answers for the same store.
        repository: writes what is counted.
        clock: decides what has expired.
        damaged: makes the store useless, so that a ping fails.
        on_disk: whether it takes space on a disk.
    """

    inventory: Inventory
    pingable: Pingable
    repository: Repository
    clock: HandClock
    damaged: Callable[[], None]
    on_disk: bool


@contextmanager
def _sqlite(path: Path | None) -> Iterator[InventoryHarness]:
    clock = HandClock()
    with open_store(path, busy_timeout_s=10) as store:
        both = SqliteInventory(store, clock, path)

        def damaged() -> None:
            with store.writing() as connection:
                connection.execute("ALTER TABLE patient RENAME TO lost")

        yield InventoryHarness(
            inventory=both,
            pingable=both,
            repository=SqliteRepository(store, EntityCodec(ShuffleZstdCodec()), clock),
            clock=clock,
            damaged=damaged,
            on_disk=path is not None,
        )


@contextmanager
def _sqlite_file() -> Iterator[InventoryHarness]:
    with tempfile.TemporaryDirectory() as folder, _sqlite(Path(folder) / "store.db") as world:
        yield world


Opener = Callable[[], AbstractContextManager[InventoryHarness]]


def _tables(
    opened: World,
    repository: Repository,
    clock: HandClock,
    damage: Callable[[DynamoDBConnection], None] = drop_table,
) -> InventoryHarness:
    both = DynamoDBInventory(opened.connection, opened.trail, clock)
    return InventoryHarness(
        inventory=both,
        pingable=both,
        repository=repository,
        clock=clock,
        damaged=partial(damage, opened.connection),
        on_disk=False,
    )


@contextmanager
def _dynamodb(engine: str) -> Iterator[InventoryHarness]:
    clock = HandClock()
    with world_on(running(engine), clock) as opened:
        yield _tables(opened, opened.repository, clock)


@contextmanager
def _seeded() -> Iterator[InventoryHarness]:
    """An engine without transactions or protection, filled piece by piece."""
    clock = HandClock()
    with world_on(running("dynalite"), clock) as opened:
        seeding = SeedingRepository(opened.repository, opened.trail)
        yield _tables(opened, seeding, clock, lambda held: changed_table(held, "delete_table"))


OPENERS: Final[dict[str, Opener]] = {
    "dynamodb-moto": lambda: _dynamodb("moto"),
    "dynamodb-ministack": lambda: _dynamodb("ministack"),
    "dynamodb-dynalite-read": _seeded,
    "sqlite-memory": lambda: _sqlite(None),
    "sqlite-file": _sqlite_file,
}
