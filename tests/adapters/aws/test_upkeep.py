"""What looks at whole tables: expired items go, damage and tampering are counted."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.items import EntityItems
from clarity.adapters.aws.dynamodb.keys import owner_pk
from clarity.adapters.aws.dynamodb.upkeep import DynamoDBUpkeep
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.ports.repository import Put
from tests.contracts.repository.harness import ADA, chunk, evidence
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
