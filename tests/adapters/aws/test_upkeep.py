"""What looks at whole tables: expired items go, damage and tampering are counted."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from clarity.adapters.aws._operations import Op
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.items import EntityItems
from clarity.adapters.aws.dynamodb.keys import chain_pk, owner_pk, seq_sk
from clarity.adapters.aws.dynamodb.upkeep import DynamoDBUpkeep
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.ports.errors import Denied
from clarity.ports.repository import Put
from tests.contracts.repository.harness import ADA, BEN, chunk, evidence
from tests.support.clocks import START, HandClock
from tests.support.dynamodb import World, world_on
from tests.support.engines import running

ONE = Address("main", owner_pk(ADA), "O#activity#20030501")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(params=["moto", "ministack"])
def world(request: pytest.FixtureRequest, clock: HandClock) -> Iterator[World]:
    with world_on(running(request.param), clock) as opened:
        yield opened


@pytest.fixture
def upkeep(world: World, clock: HandClock) -> DynamoDBUpkeep:
    return DynamoDBUpkeep(world.connection, EntityItems(ShuffleZstdCodec()), clock)


def test_what_has_expired_is_removed_and_counted(
    world: World, upkeep: DynamoDBUpkeep, clock: HandClock
):
    soon = START + timedelta(seconds=5)
    changes = [Put(chunk(0), 0, soon), Put(chunk(1), 0), Put(chunk(2), 0, soon)]
    world.repository.commit(changes, evidence=evidence(key="k"))
    clock.advance(5)

    assert (upkeep.purge_expired(), upkeep.purge_expired()) == (2, 0)
    assert world.connection.run(get_op(world.connection, ONE)) is None
    clock.advance(8 * 86_400)
    assert upkeep.purge_expired() == 0
    assert world.erasure.holdings(ADA)[0].count == 1


def test_a_sound_store_says_what_was_looked_at(world: World, upkeep: DynamoDBUpkeep):
    world.repository.commit([Put(chunk(0), 0), Put(chunk(1), 0)], evidence=evidence(key="k"))
    world.repository.commit([Put(chunk(0), 0)], evidence=evidence(BEN))

    found = upkeep.check()

    assert found.is_sound
    assert (found.items, found.chains, found.records) == (3, 2, 2)


def test_damage_and_tampering_are_counted(world: World, upkeep: DynamoDBUpkeep):
    world.repository.commit([Put(chunk(0), 0)], evidence=evidence())
    world.repository.commit([Put(chunk(1), 0)], evidence=evidence())
    _run(world, "main", ONE, "SET device = :v")
    _run(world, "audit", Address("audit", chain_pk(ADA), seq_sk(1)), "SET body = :v")

    found = upkeep.check()

    assert not found.is_sound
    assert (len(found.damage), found.tampered) == (1, 1)


def _run(world: World, table: str, at: Address, change: str) -> None:
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


def test_files_are_no_copies_of_tables(upkeep: DynamoDBUpkeep):
    here = Path("copy.db")

    for refused in (
        lambda: upkeep.backup(here),
        lambda: upkeep.restore(here, to=here),
        lambda: upkeep.replace(here, to=here),
    ):
        with pytest.raises(Denied, match="DynamoDB's own backups"):
            refused()
