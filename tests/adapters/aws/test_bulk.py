"""Bulk import in tables: what the wire sees, and what the service leaves over."""

from collections.abc import Callable, Iterator, Sequence

import attrs
import numpy as np
import pytest

from clarity.adapters.aws._operations import Item
from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.adapters.aws.dynamodb.batch import Address, Batches, Written
from clarity.adapters.aws.dynamodb.keys import batch_sk, owner_pk
from clarity.adapters.aws.dynamodb.lease import LEASE_S, UNTIL, is_held
from clarity.adapters.local.clock import SystemClock
from clarity.domain.audit import Operation
from clarity.domain.streams import DayChunk
from clarity.ports.audit import AuditFilter
from clarity.ports.bulk import MAX_DAYS, Brought
from clarity.ports.entities import key_of
from clarity.ports.errors import Corrupt, IdempotencyMismatch, TooLarge, Unavailable
from clarity.ports.query import Query
from clarity.ports.repository import Put
from tests.contracts.repository.harness import ADA, chunk, evidence
from tests.support.clocks import HandClock
from tests.support.dynamodb import InBetween, World, world_on
from tests.support.engines import running
from tests.support.fault_proxy import Fault, FaultProxy, always, fault_proxy

DAYS = tuple(chunk(number) for number in range(8))
KEYS = tuple(key_of(day) for day in DAYS)
ONCE = Backoff(first_s=60, cap_s=60, limit_s=30, jitter=lambda: 1.0)
"""No second try."""


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultProxy]:
    with fault_proxy(running("ministack")) as faulty:
        yield faulty


@pytest.fixture
def world(proxy: FaultProxy) -> Iterator[World]:
    proxy.plan = lambda *_: None
    with world_on(proxy.engine, SystemClock()) as opened:
        yield opened


def named(name: str = "batch"):
    return evidence(ADA, key=name, request="r")


def hasty(world: World):
    """The adapter, which gives up after one try."""
    batches = Batches(world.connection, SystemClock(), ONCE)
    return attrs.evolve(world.bulk, batches=batches, backoff=ONCE)


def test_a_full_batch_takes_nine_requests(world: World, proxy: FaultProxy):
    proxy.requests.clear()

    world.bulk.put([chunk(number) for number in range(MAX_DAYS)], evidence=named())

    assert proxy.requests == {
        "BatchGetItem": 2,
        "BatchWriteItem": 3,
        "GetItem": 1,
        "TransactWriteItems": 2,
        "UpdateItem": 1,
    }


def test_days_that_the_service_leaves_over_are_told_and_the_batch_stays_open(
    world: World, proxy: FaultProxy
):
    proxy.plan = always(Fault.UNPROCESSED, "BatchWriteItem")

    brought = hasty(world).put(DAYS, evidence=named())

    assert brought == Brought(stored=KEYS[::2], left=KEYS[1::2])
    assert world.trail.head(ADA).seq == 1
    proxy.plan = lambda *_: None
    assert world.bulk.put(DAYS, evidence=named()) == Brought(stored=KEYS[1::2], same=KEYS[::2])
    assert world.trail.head(ADA).seq == 2


def test_half_of_what_is_left_over_each_round_is_sent_again(world: World, proxy: FaultProxy):
    proxy.plan = always(Fault.UNPROCESSED, "BatchWriteItem")

    assert world.bulk.put(DAYS, evidence=named()) == Brought(stored=KEYS)


NOISE = np.random.default_rng(1).random(86_400)


@pytest.mark.parametrize(
    ("large", "told"),
    [
        (attrs.evolve(chunk(), epoch_s=1, values=NOISE), "the setting `blobs`"),
        (attrs.evolve(chunk(), device="d" * 500_000), "one day, bytes"),
    ],
    ids=["values", "text"],
)
def test_a_day_that_does_not_fit_is_refused_before_anything_is_written(
    world: World, proxy: FaultProxy, large: DayChunk, told: str
):
    proxy.requests.clear()

    with pytest.raises(TooLarge, match=told):
        world.bulk.put([large, chunk(1)], evidence=named())

    assert not proxy.requests


def test_a_chain_that_never_rests_is_told(world: World, proxy: FaultProxy):
    proxy.plan = always(Fault.CONFLICT, "TransactWriteItems")

    with pytest.raises(Unavailable):
        hasty(world).put(DAYS, evidence=named())

    assert world.trail.head(ADA).seq == 0


def test_a_damaged_day_is_told_and_nothing_is_written(world: World):
    world.bulk.put(DAYS[:1], evidence=named())
    batches = Batches(world.connection, SystemClock(), ONCE)
    day = world.bulk.items.encode(ADA, DAYS[0])
    batches.put("main", [{**day.item, "v": {"N": "1"}, "d": {"B": bytes(32)}}])

    with pytest.raises(Corrupt):
        world.bulk.put(DAYS, evidence=named("again"))

    assert world.trail.head(ADA).seq == 2


def _interrupted(world: World, proxy: FaultProxy, request: str) -> None:
    """A batch of that content was begun, and its process died."""
    proxy.plan = always(Fault.SERVER_ERROR, "BatchWriteItem")
    with pytest.raises(Unavailable):
        world.bulk.put(DAYS, evidence=evidence(ADA, key="batch", request=request))
    proxy.plan = lambda *_: None


def test_a_batch_that_somebody_begins_meanwhile_with_other_content_is_a_mismatch(
    world: World, proxy: FaultProxy
):
    late = attrs.evolve(world.bulk, nonce=InBetween(lambda: _interrupted(world, proxy, "other")))

    with pytest.raises(IdempotencyMismatch):
        late.put(DAYS, evidence=evidence(ADA, key="batch", request="r"))

    assert world.repository.query(Query(DayChunk, ADA)).items == ()
    assert world.trail.head(ADA).seq == 1


def test_a_batch_that_somebody_begins_meanwhile_is_completed_under_that_intent(
    world: World, proxy: FaultProxy
):
    late = attrs.evolve(world.bulk, nonce=InBetween(lambda: _interrupted(world, proxy, "r")))

    brought = late.put(DAYS, evidence=evidence(ADA, key="batch", request="r"))

    assert brought == Brought(stored=KEYS)
    assert world.trail.head(ADA).seq == 2


def test_a_batch_that_somebody_completes_meanwhile_leaves_no_second_record(world: World):
    told = evidence(ADA, key="batch", request="r")
    late = attrs.evolve(world.bulk, nonce=InBetween(lambda: world.bulk.put(DAYS, evidence=told)))

    assert late.put(DAYS, evidence=told) == Brought(same=KEYS)
    assert world.trail.head(ADA).seq == 2


def test_what_was_committed_before_the_intent_is_left_alone(world: World):
    changed = chunk(3, level=7)
    commit = InBetween(lambda: world.repository.commit([Put(changed, 0)], evidence=evidence(ADA)))

    brought = attrs.evolve(world.bulk, nonce=commit).put(DAYS, evidence=named())

    assert brought.taken == KEYS[3:4]
    assert world.repository.get(ADA, KEYS[3]).entity == changed


def test_an_open_batch_that_cannot_be_read_is_told_and_nothing_is_written(world: World):
    at = Address("main", owner_pk(ADA), batch_sk("batch"))
    Batches(world.connection, SystemClock(), ONCE).put("main", [at.key])

    with pytest.raises(Corrupt, match="an open batch"):
        world.bulk.put(DAYS, evidence=named())

    assert world.trail.head(ADA).seq == 0


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def by_hand(proxy: FaultProxy, clock: HandClock) -> Iterator[World]:
    """Tables on a clock that stands still."""
    proxy.plan = lambda *_: None
    with world_on(proxy.engine, clock) as opened:
        yield opened


def erased(world: World, clock: HandClock) -> int:
    asked = attrs.evolve(evidence(ADA, at=clock.now()), operation=Operation.ERASE)
    return world.erasure.erase(ADA, limit=10, evidence=asked)


def erased_late(world: World, clock: HandClock) -> int:
    """Erased when the lease of whoever writes is over."""
    clock.advance(LEASE_S)
    return erased(world, clock)


def held(world: World) -> dict[str, int]:
    return {one.kind: one.count for one in world.erasure.holdings(ADA)}


def operations(world: World) -> list[str]:
    wanted = AuditFilter(tenant=ADA.tenant, patient=ADA)
    records = world.trail.records(wanted, limit=100, cursor=None).records
    return [record.event.operation.value for record in records]


def at_first(proxy: FaultProxy, operation: str, happens: Callable[[], object]) -> None:
    """Something happens while the first request of that operation is on its way."""

    def plan(asked: str, _: int) -> None:
        if asked == operation:
            proxy.plan = lambda *_: None
            happens()

    proxy.plan = plan


class _Slow(Batches):
    """Something happens, once each, after days were written and before it is told."""

    def __init__(self, batches: Batches, happening: list[Callable[[], object]]) -> None:
        super().__init__(batches.connection, batches.clock, batches.backoff)
        object.__setattr__(self, "happening", happening)

    def put(self, table: str, items: Sequence[Item]) -> Written:
        written = super().put(table, items)
        if self.happening:
            self.happening.pop()()
        return written


def test_erasing_leaves_a_batch_there_whose_days_are_on_their_way(
    by_hand: World, proxy: FaultProxy, clock: HandClock
):
    seen: list[object] = []
    at_first(
        proxy,
        "BatchWriteItem",
        lambda: seen.extend([erased(by_hand, clock), held(by_hand)]),
    )

    by_hand.bulk.put(DAYS, evidence=named())

    assert seen == [0, {"import": 1}]
    assert held(by_hand) == {"chunk": len(DAYS)}
    assert operations(by_hand) == ["import-intent", "import-done"]


def test_a_batch_that_was_erased_before_its_days_went_is_begun_anew(
    by_hand: World, proxy: FaultProxy, clock: HandClock
):
    at_first(proxy, "UpdateItem", lambda: erased_late(by_hand, clock))

    assert by_hand.bulk.put(DAYS, evidence=named()) == Brought(stored=KEYS)
    assert operations(by_hand) == ["import-intent", "erase", "import-intent", "import-done"]


def test_a_batch_that_was_erased_with_its_days_is_begun_anew(
    by_hand: World, proxy: FaultProxy, clock: HandClock
):
    batches = _Slow(by_hand.bulk.batches, [lambda: erased_late(by_hand, clock)])

    brought = attrs.evolve(by_hand.bulk, batches=batches).put(DAYS, evidence=named())

    assert brought == Brought(stored=KEYS)
    assert held(by_hand) == {"chunk": len(DAYS)}
    assert operations(by_hand) == ["import-intent", "erase", "import-intent", "import-done"]


def test_a_batch_that_is_erased_over_and_over_is_told(
    by_hand: World, proxy: FaultProxy, clock: HandClock
):
    at_first(proxy, "UpdateItem", lambda: erased_late(by_hand, clock))

    with pytest.raises(Unavailable, match="other writers hold the same patient"):
        hasty(by_hand).put(DAYS, evidence=named())

    assert held(by_hand) == {}


def test_a_batch_whose_end_never_comes_in_stays_open(world: World, proxy: FaultProxy):
    def plan(operation: str, before: int) -> Fault | None:
        return Fault.CONFLICT if (operation, before) == ("TransactWriteItems", 1) else None

    proxy.requests.clear()
    proxy.plan = plan

    with pytest.raises(Unavailable):
        hasty(world).put(DAYS, evidence=named())

    proxy.plan = lambda *_: None
    assert held(world) == {"chunk": len(DAYS), "import": 1}
    assert world.bulk.put(DAYS, evidence=named()) == Brought(same=KEYS)
    assert held(world) == {"chunk": len(DAYS)}


def test_a_batch_that_is_taken_up_while_it_is_erased_stays(
    by_hand: World, proxy: FaultProxy, clock: HandClock
):
    _interrupted(by_hand, proxy, "r")
    clock.advance(LEASE_S)
    again = InBetween(lambda: _interrupted(by_hand, proxy, "r"))
    removal = attrs.evolve(by_hand.removal, nonce=again)
    world = attrs.evolve(by_hand, erasure=attrs.evolve(by_hand.erasure, removal=removal))

    assert erased(world, clock) == 0
    assert held(world) == {"import": 1}


@pytest.mark.parametrize(
    "lease",
    [{"N": "x"}, {"S": "1"}, {"NULL": True}, {"N": str(10**18)}],
    ids=["no number", "text", "nothing", "of a clock that is wrong"],
)
def test_a_lease_that_cannot_be_right_holds_nothing_up(
    by_hand: World, clock: HandClock, lease: dict[str, object]
):
    at = Address("main", owner_pk(ADA), batch_sk("batch"))

    assert not is_held({**at.key, UNTIL: lease}, clock)


def test_a_batch_of_a_clarity_that_knew_no_leases_goes_at_once(by_hand: World, clock: HandClock):
    at = Address("main", owner_pk(ADA), batch_sk("batch"))
    by_hand.bulk.batches.put("main", [{**at.key, "req": {"S": "r"}}])

    assert erased(by_hand, clock) == 1
    assert held(by_hand) == {}
