"""The proxy that breaks things does so as it is told."""

from collections.abc import Iterator

import attrs
import pytest

from clarity.adapters.aws._errors import Cancelled
from clarity.adapters.aws._operations import Answer, Op
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.local.clock import SystemClock
from clarity.ports.errors import TimedOut, Transient
from tests.support.dynamodb import LIMITS, World, world_at, world_on
from tests.support.engines import running
from tests.support.fault_proxy import Fault, FaultProxy, always, black_hole, fault_proxy

AT = Address("main", "P#t#p", "x")
HASTY = attrs.evolve(LIMITS, connect_timeout_s=0.2, read_timeout_s=0.5, deadline_s=2.0, attempts=1)


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    with fault_proxy(running("moto")) as faulty:
        yield faulty


@pytest.fixture
def world(proxy: FaultProxy) -> Iterator[World]:
    with world_on(proxy.engine, SystemClock()) as opened:
        yield opened


def _asked(world: World, operation: str, **parameters: object) -> Answer:
    return world.connection.run(
        Op(
            operation=operation,
            parameters=parameters,
            decode=lambda answer: answer,
            table="main",
            reads=False,
        )
    )


def test_a_request_is_on_its_way_for_as_long_as_it_is_told(world: World, proxy: FaultProxy):
    proxy.latency_s = 0.01
    assert world.connection.run(get_op(world.connection, AT)) is None

    proxy.latency_s = 20.0
    prefix = world.connection.table("")
    hasty = world_at(proxy.engine.url, prefix, SystemClock(), HASTY)
    with hasty as other, pytest.raises(TimedOut):
        other.connection.run(get_op(other.connection, AT))


def test_a_black_hole_takes_no_connection():
    with (
        black_hole() as hole,
        world_at(hole.url, "t-", SystemClock(), HASTY) as world,
        pytest.raises(Transient),
    ):
        world.connection.run(get_op(world.connection, AT))


@pytest.mark.parametrize(("share", "left"), [(0.0, 0), (0.25, 5), (0.5, 10), (0.9, 18), (1.0, 20)])
def test_so_large_a_share_of_a_batch_is_left_over(
    world: World, proxy: FaultProxy, share: float, left: int
):
    table = world.connection.table("main")
    keys = [Address("main", "P#t#p", f"{n:02}").key for n in range(20)]
    writes = {table: [{"PutRequest": {"Item": key}} for key in keys]}
    proxy.left_over = share
    proxy.plan = always(Fault.UNPROCESSED)

    written = _asked(world, "batch_write_item", RequestItems=writes)
    read = _asked(world, "batch_get_item", RequestItems={table: {"Keys": keys}})

    assert len(written.get("UnprocessedItems", {}).get(table, [])) == left
    assert len(read.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])) == left
    assert len(read.get("Responses", {}).get(table, [])) == 20 - left


def test_every_action_of_a_transaction_has_its_own_reason(world: World, proxy: FaultProxy):
    table = world.connection.table("main")
    puts = [
        {"Put": {"TableName": table, "Item": Address("main", "P#t#p", f"{n}").key}}
        for n in range(4)
    ]
    proxy.reasons = ("None", "ConditionalCheckFailed", "TransactionConflict")
    proxy.plan = always(Fault.CONFLICT, "TransactWriteItems")

    with pytest.raises(Cancelled) as refused:
        _asked(world, "transact_write_items", TransactItems=puts)

    codes = [reason.code for reason in refused.value.reasons]
    assert codes == ["None", "ConditionalCheckFailed", "TransactionConflict", "None"]
