"""The adapters of port StoreCopies, each over a store that tests can write to and damage."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.aws._operations import Op
from clarity.adapters.aws.dynamodb.batch import Address
from clarity.adapters.aws.dynamodb.items import EntityItems
from clarity.adapters.aws.dynamodb.keys import chain_pk, owner_pk, seq_sk
from clarity.adapters.aws.dynamodb.upkeep import DynamoDBUpkeep
from clarity.adapters.local.copies import SqliteCopies
from clarity.adapters.local.items import EntityCodec
from clarity.adapters.local.repository import SqliteRepository
from clarity.adapters.local.store import SqliteStore, open_store
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.ports.copies import StoreCopies
from clarity.ports.repository import Repository
from tests.contracts.repository.harness import ADA
from tests.support.clocks import HandClock
from tests.support.dynamodb import World, world_on
from tests.support.engines import running

TIMEOUT_S: Final = 10.0


@attrs.frozen(kw_only=True)
class CopiesHarness:
    """
    A fresh store and what copies and checks it.

    Attributes:
        copies: under test.
        repository: writes into the store.
        folder: empty, for files.
        damaged: damages the day 2003-05-01 of ada.
        tampered: changes the first audit record of ada.
        makes_files: whether a copy is a file, or such copies are denied.
    """

    copies: StoreCopies
    repository: Repository
    folder: Path
    damaged: Callable[[], None]
    tampered: Callable[[], None]
    makes_files: bool


@contextmanager
def reopened(path: Path) -> Iterator[CopiesHarness]:
    """The store in the file that a copy is."""
    with open_store(path, busy_timeout_s=TIMEOUT_S) as store:
        yield _over(store, path.parent)


def _over(store: SqliteStore, folder: Path) -> CopiesHarness:
    def run(*statements: str) -> None:
        with store.writing() as connection:
            for statement in statements:
                connection.execute(statement)

    return CopiesHarness(
        copies=SqliteCopies(store, TIMEOUT_S),
        repository=SqliteRepository(store, EntityCodec(ShuffleZstdCodec()), HandClock()),
        folder=folder,
        damaged=lambda: run("UPDATE chunk SET digest = zeroblob(32) WHERE day = '2003-05-01'"),
        tampered=lambda: run(
            "DROP TRIGGER audit_is_never_edited",
            "UPDATE audit SET hash = zeroblob(32) WHERE owner = 1 AND seq = 1",
        ),
        makes_files=True,
    )


@contextmanager
def _sqlite(name: str | None) -> Iterator[CopiesHarness]:
    with tempfile.TemporaryDirectory() as outer:
        path = Path(outer) / name if name else None
        (folder := Path(outer) / "copies").mkdir()
        with open_store(path, busy_timeout_s=TIMEOUT_S) as store:
            yield _over(store, folder)


@contextmanager
def _dynamodb(engine: str) -> Iterator[CopiesHarness]:
    clock = HandClock()
    with tempfile.TemporaryDirectory() as folder, world_on(running(engine), clock) as world:
        record = Address("audit", chain_pk(ADA), seq_sk(1))
        day = Address("main", owner_pk(ADA), "O#activity#20030501")
        yield CopiesHarness(
            copies=DynamoDBUpkeep(world.connection, EntityItems(ShuffleZstdCodec()), clock),
            repository=world.repository,
            folder=Path(folder),
            damaged=lambda: _change(world, "main", day, "SET i = :v"),
            tampered=lambda: _change(world, "audit", record, "SET body = :v"),
            makes_files=False,
        )


def _change(world: World, table: str, at: Address, change: str) -> None:
    world.connection.run(
        Op(
            operation="update_item",
            parameters={
                "TableName": world.connection.table(table),
                "Key": at.key,
                "UpdateExpression": change,
                "ExpressionAttributeValues": {":v": {"S": "x"}},
            },
            decode=lambda _: None,
            table=table,
            reads=False,
        )
    )


Opener = Callable[[], AbstractContextManager[CopiesHarness]]

OPENERS: Final[dict[str, Opener]] = {
    "dynamodb-moto": lambda: _dynamodb("moto"),
    "dynamodb-ministack": lambda: _dynamodb("ministack"),
    "sqlite-memory": lambda: _sqlite(None),
    "sqlite-file": lambda: _sqlite("s.db"),
}

MAKING_FILES: Final = ("sqlite-memory", "sqlite-file")
DENYING: Final = tuple(name for name in OPENERS if name not in MAKING_FILES)
