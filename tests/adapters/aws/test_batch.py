"""Batches: nothing is dropped, whatever the service leaves over."""

from collections.abc import Iterator

import pytest

from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.adapters.aws.dynamodb.batch import Address, Batches
from clarity.adapters.local.clock import SystemClock
from clarity.ports.errors import Throttled
from tests.support.dynamodb import World, world_on
from tests.support.engines import running
from tests.support.fault_proxy import Fault, FaultProxy, always, fault_proxy

QUICK = Backoff(first_s=0.001, cap_s=0.002, limit_s=20.0)


@pytest.fixture(scope="module", params=["moto", "ministack", "dynalite"])
def proxy(request: pytest.FixtureRequest) -> Iterator[FaultProxy]:
    with fault_proxy(running(request.param)) as faulty:
        yield faulty


@pytest.fixture
def world(proxy: FaultProxy) -> Iterator[World]:
    proxy.plan = lambda *_: None
    with world_on(proxy.engine, SystemClock()) as opened:
        yield opened


def batches(world: World, backoff: Backoff = QUICK) -> Batches:
    return Batches(world.connection, SystemClock(), backoff)


def address(number: int) -> Address:
    return Address("main", "P#t#p", f"O#a#{number:08}")


def item(number: int) -> dict:
    return {**address(number).key, "v": {"N": str(number)}}


def test_more_than_one_request_holds_is_written_and_read_back(world: World):
    items = [item(n) for n in range(123)]

    written = batches(world).put("main", items)
    found = batches(world).get([address(n) for n in range(130)])

    assert (written.stored, written.left) == (123, ())
    assert found == {address(n): item(n) for n in range(123)}


def test_what_is_left_over_each_round_is_sent_again(world: World, proxy: FaultProxy):
    proxy.plan = always(Fault.UNPROCESSED, "BatchWriteItem", "BatchGetItem")
    items = [item(n) for n in range(40)]

    written = batches(world).put("main", items)
    found = batches(world).get([address(n) for n in range(40)])

    assert written.left == ()
    assert found == {address(n): item(n) for n in range(40)}


def test_what_is_left_at_the_deadline_is_returned(world: World, proxy: FaultProxy):
    proxy.plan = always(Fault.UNPROCESSED, "BatchWriteItem")
    once = Backoff(first_s=60, cap_s=60, limit_s=30, jitter=lambda: 1.0)
    items = [item(n) for n in range(8)]

    written = batches(world, once).put("main", items)
    proxy.plan = lambda *_: None
    found = batches(world).get([address(n) for n in range(8)])

    assert written.stored == 4
    assert list(written.left) == items[1::2]
    assert set(found) == {address(n) for n in range(0, 8, 2)}


def test_reads_that_stay_incomplete_are_refused(world: World, proxy: FaultProxy):
    batches(world).put("main", [item(n) for n in range(8)])
    proxy.plan = always(Fault.UNPROCESSED, "BatchGetItem")
    once = Backoff(first_s=60, cap_s=60, limit_s=30, jitter=lambda: 1.0)

    with pytest.raises(Throttled):
        batches(world, once).get([address(n) for n in range(8)])


def test_two_items_with_one_key_are_refused_before_the_wire(world: World, proxy: FaultProxy):
    proxy.requests.clear()

    with pytest.raises(ValueError, match="one key"):
        batches(world).put("main", [item(1), item(1)])
    with pytest.raises(ValueError, match="twice"):
        batches(world).get([address(1), address(1)])

    assert not proxy.requests


def test_nothing_is_asked_for_nothing(world: World, proxy: FaultProxy):
    proxy.requests.clear()

    assert batches(world).get([]) == {}
    assert batches(world).put("main", []).stored == 0
    assert not proxy.requests


def test_pauses_grow_to_their_cap_and_end_with_the_time():
    paused: list[float] = []
    now_s = [0.0]

    def sleep(seconds: float) -> None:
        paused.append(seconds)
        now_s[0] += seconds

    backoff = Backoff(first_s=1, cap_s=4, limit_s=12, jitter=lambda: 1.0, sleep=sleep)
    with backoff.tries(lambda: now_s[0]) as tries:
        numbers = list(tries)

    assert numbers == [0, 1, 2, 3, 4]
    assert paused == [1, 2, 4, 4]


def test_tries_within_tries_end_with_the_outer_ones():
    now_s = [0.0]

    def sleep(seconds: float) -> None:
        now_s[0] += seconds

    def tries(limit_s: float):
        backoff = Backoff(first_s=1, cap_s=1, limit_s=limit_s, jitter=lambda: 1.0, sleep=sleep)
        return backoff.tries(lambda: now_s[0])

    with tries(3) as outer, tries(100) as inner:
        assert (next(outer), list(inner)) == (0, [0, 1, 2])
        assert list(outer) == []


def test_items_that_a_later_round_failed_for_are_returned_and_not_lost(
    world: World, proxy: FaultProxy
):
    proxy.plan = lambda _, before: Fault.SERVER_ERROR if before else Fault.UNPROCESSED
    pauses = iter([0.0, 1.0])
    twice = Backoff(first_s=60, cap_s=60, limit_s=30, jitter=lambda: next(pauses))
    items = [item(n) for n in range(8)]
    proxy.requests.clear()

    written = batches(world, twice).put("main", items)

    assert written.stored == 4
    assert list(written.left) == items[1::2]
