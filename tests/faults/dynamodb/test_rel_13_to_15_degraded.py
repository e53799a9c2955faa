"""REL-13 to 15 on engines: throttles, errors and lost answers; leftovers; many writers of one key."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from clarity.adapters.aws.dynamodb.batch import Address, Batches
from clarity.adapters.aws.settings import Limits
from clarity.adapters.local.clock import SystemClock
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.streams import DayChunk
from clarity.ports.entities import key_of
from clarity.ports.errors import AlreadyExists, NotFound, StaleVersion, Transient
from clarity.ports.query import Query
from clarity.ports.repository import Put
from tests.contracts.repository.harness import ADA, chunk, digest, evidence
from tests.faults.dynamodb.worlds import faulty_world, whole_chain
from tests.support.dynamodb import LIMITS, PATIENT, World, world_on
from tests.support.engines import running
from tests.support.fault_proxy import Fault, FaultProxy, always, seeded

RATES: Final = {Fault.THROTTLE: 0.10, Fault.SERVER_ERROR: 0.05, Fault.DROP_AFTER: 0.02}
"""The goal's own."""

CALLS: Final = 1_000
SUCCEED: Final = 0.999
MOST_REQUESTS: Final = 1.3
"""Requests that reach DynamoDB, for each that would without faults."""


def _calls(world: World) -> Iterator[tuple[Callable[[], object], int]]:
    """Reads, queries and commits in turns, and how many requests each takes without faults."""
    repository = world.repository
    for number in range(CALLS):
        owner = PatientRef(TenantId("clinic"), PatientId(f"p{number % 50}"))
        told = evidence(owner, key=f"k{number}", request=digest(number))
        change = Put(chunk(number), 0)
        yield from (
            (lambda: repository.get(ADA, key_of(chunk())), 1),
            (lambda: repository.query(Query(DayChunk, ADA)), 1),
            (lambda change=change, told=told: repository.commit([change], evidence=told), 2),
        )[number % 3 : number % 3 + 1]


def _is_answered(call: Callable[[], object]) -> bool:
    try:
        call()
    except Transient:
        return False
    return True


@pytest.mark.slow
def test_rel_13_with_the_limits_as_shipped_nearly_all_calls_succeed_at_few_more_requests(
    proxy: FaultProxy,
):
    with faulty_world(proxy, Limits()) as world:
        world.repository.commit([Put(chunk(), 0)], evidence=evidence())
        calls = list(_calls(world))
        proxy.requests.clear()
        proxy.plan = seeded(13, RATES)
        answered = Counter(_is_answered(call) for call, _ in calls)
        proxy.plan = lambda *_: None

    assert answered[True] >= SUCCEED * CALLS
    assert proxy.requests.total() <= MOST_REQUESTS * sum(count for _, count in calls)


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_rel_14_whatever_share_is_left_over_each_round_everything_is_stored(
    proxy: FaultProxy, share: float
):
    with faulty_world(proxy, LIMITS) as world:
        proxy.left_over = share
        proxy.plan = always(Fault.UNPROCESSED, "BatchWriteItem")
        items = [{**Address("main", "P#t#p", f"{n:04}").key} for n in range(200)]

        written = Batches(world.connection, SystemClock(), PATIENT).put("main", items)

    assert (written.stored, written.left) == (200, ())


ROUNDS: Final = 3


def _written(world: World, writer: int) -> list[int]:
    """The versions that a writer made; it is refused only when another was faster."""
    done = []
    for _ in range(ROUNDS):
        try:
            current = world.repository.get(ADA, key_of(chunk())).version
        except NotFound:
            current = 0
        try:
            change = Put(chunk(level=float(writer)), current)
            done += world.repository.commit([change], evidence=evidence()).versions
        except (AlreadyExists, StaleVersion):
            continue
    return done


@pytest.mark.parametrize("engine", ["moto", "ministack"])
def test_rel_15_eight_writers_of_one_key_each_succeed_or_learn_the_version(engine: str):
    with world_on(running(engine), SystemClock()) as world:
        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(lambda writer: _written(world, writer), range(8)))

        versions = sorted(version for of_one in done for version in of_one)
        assert versions == list(range(1, len(versions) + 1))
        assert world.repository.get(ADA, key_of(chunk())).version == len(versions)
        assert whole_chain(world).seq == len(versions)
