"""What looks at whole tables: expired items go, damage and tampering are counted."""

import base64
import weakref
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.chain import Link
from clarity.adapters.aws.dynamodb.items import EntityItems
from clarity.adapters.aws.dynamodb.keys import HEAD, owner_pk
from clarity.adapters.aws.dynamodb.upkeep import DynamoDBUpkeep, Looked, looked_through
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.audit import ChainHead, Touched
from clarity.ports.repository import Put
from tests.bench.outage import connected
from tests.contracts.repository.harness import ADA, chunk, evidence
from tests.support.canned import canned, wire
from tests.support.clocks import START, HandClock
from tests.support.dynamodb import World, credentials, world_on
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


def test_looking_through_the_tables_is_counted_under_each(
    world: World, upkeep: DynamoDBUpkeep, clock: HandClock
):
    soon = START + timedelta(seconds=5)
    world.repository.commit([Put(chunk(0), 0, soon)], evidence=evidence())
    clock.advance(5)
    world.metrics.sums.clear()

    upkeep.check()
    upkeep.purge_expired()

    told = world.metrics.total
    assert told("dynamodb_call_s", table="main", operation="scan") == 2
    assert told("dynamodb_call_s", table="audit", operation="scan") == 1
    assert told("dynamodb_call_s", table="main", operation="transact_write_items") == 1
    for table in ("main", "audit"):
        assert told("dynamodb_units", table=table, operation="scan") > 0


class Remembered(dict):
    """An item that can be seen to be let go of."""


def chain_items(count: int) -> list[dict]:
    """The items of a chain as they travel, the head last."""
    head, items = ChainHead(), []
    for number in range(count):
        link = Link.of(evidence().event([Touched(f"chunk/{number}", after="a")]), head, "n")
        puts = [one["Put"]["Item"] for one in link.actions("t") if "Put" in one]
        items.append(next(wire(item) for item in puts if "z" in item))
        head = link.record.head
    last = {"n": {"N": str(head.seq)}, "h": {"B": base64.b64encode(head.hash).decode()}}
    return [*items, {"pk": items[0]["pk"], "sk": {"S": HEAD}, **last}]


def test_of_a_chain_one_item_at_a_time_is_held():
    held: set[int] = set()
    most = 0

    def given() -> Iterator[dict]:
        nonlocal most
        for number, item in enumerate(chain_items(50)):
            kept = Remembered(item)
            held.add(number)
            weakref.finalize(kept, held.discard, number)
            most = max(most, len(held))
            yield kept
            del kept

    assert looked_through(given()) == Looked(records=50, is_whole=True)
    assert most <= 3


ORDERS = {
    "whole": (lambda items: items, True),
    "head-first": (lambda items: [items[-1], *items[:-1]], False),
    "no-head": (lambda items: items[:-1], False),
    "one-gone": (lambda items: [items[0], *items[2:]], False),
    "first-gone": (lambda items: items[1:], False),
    "last-gone": (lambda items: [*items[:-2], items[-1]], False),
    "swapped": (lambda items: [items[1], items[0], *items[2:]], False),
    "damaged": (lambda items: [items[0], {**items[1], "h": {"S": "x"}}, *items[2:]], False),
}


@pytest.mark.parametrize(("order", "is_whole"), ORDERS.values(), ids=ORDERS)
def test_items_lead_to_each_other_from_the_first_to_the_head(order: Callable, is_whole: bool):
    items = order(chain_items(5))

    looked = looked_through(items)

    assert looked.is_whole == is_whole
    assert looked.records == sum(item["sk"]["S"] != HEAD for item in items)


@pytest.mark.parametrize(("alone", "tampered"), [("whole", 0), ("swapped", 1)])
def test_a_chain_that_a_scan_gives_in_parts_is_asked_for_by_itself(alone: str, tampered: int):
    credentials()
    chain, others = chain_items(4), {"pk": {"S": "ROSTER#t"}, "sk": {"S": "ada"}}
    parts = [*chain[:2], others, *chain[2:]]
    order, _ = ORDERS[alone]
    with canned({"Scan": {"Items": parts}, "Query": {"Items": order(chain)}}) as url:
        connection = connected(url)
        items = EntityItems(ShuffleZstdCodec())
        found = DynamoDBUpkeep(connection, items, HandClock()).check()
        connection.close()

    assert (found.chains, found.records, found.tampered) == (1, 4, tampered)
