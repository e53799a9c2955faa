"""Port Erasable, sentence by sentence."""

from collections import Counter

import attrs
import pytest

from clarity.domain.audit import Operation, verify_chain
from clarity.domain.identity import PatientRef, TenantId
from clarity.domain.jobs import Job
from clarity.ports.audit import AuditFilter
from clarity.ports.entities import ENTITIES, Key
from clarity.ports.erasure import Trace
from clarity.ports.repository import Evidence
from tests.contracts.erasure.harness import ErasureHarness
from tests.contracts.repository.harness import ADA, BEN, evidence

ERASE: Evidence = attrs.evolve(evidence(ADA), operation=Operation.ERASE)
NAMESAKE = PatientRef(TenantId("clinic2"), ADA.patient)


def _count(world: ErasureHarness, owner: PatientRef = ADA) -> int:
    return sum(holding.count for holding in world.erasable.holdings(owner))


def _erase(world: ErasureHarness, *, limit: int = 500) -> int:
    return world.erasable.erase(ADA, limit=limit, evidence=ERASE)


def _erasures(world: ErasureHarness) -> list[int]:
    """How many things each record of an erasure names, in order."""
    wanted = AuditFilter(tenant=ADA.tenant, patient=ADA)
    records = world.trail.records(wanted, limit=1_000, cursor=None).records
    assert verify_chain(records) == world.trail.head(ADA)
    events = [record.event for record in records]
    return [len(event.touched) for event in events if event.operation is Operation.ERASE]


def _gone(world: ErasureHarness) -> set[str]:
    """What the records of erasures name."""
    wanted = AuditFilter(tenant=ADA.tenant, patient=ADA)
    records = world.trail.records(wanted, limit=1_000, cursor=None).records
    erased = [r.event for r in records if r.event.operation is Operation.ERASE]
    return {touched.entity for event in erased for touched in event.touched}


def test_of_somebody_unknown_nothing_is_held_nothing_goes_and_nothing_is_recorded(
    world: ErasureHarness,
):
    assert _count(world) == 0
    assert _erase(world) == 0
    assert _erasures(world) == []


def test_everything_counts_what_has_expired_too(world: ErasureHarness):
    world.fill(ADA, 0, 40)

    assert _count(world) == 40


def _counted(world: ErasureHarness, owner: PatientRef = ADA) -> dict[str, int]:
    """What is counted of things that are no entities, by kind."""
    entities = {spec.kind for spec in ENTITIES}
    held = world.erasable.holdings(owner)
    return {one.kind: one.count for one in held if one.count and one.kind not in entities}


def _named(thing: Job | Trace) -> tuple[str, str]:
    return ("job", thing.id) if isinstance(thing, Job) else (thing.kind, thing.name)


def test_everything_that_counts_and_is_no_entity_is_named_once(world: ErasureHarness):
    assert list(world.erasable.traces(ADA)) == []
    for owner in (ADA, BEN, NAMESAKE):
        world.fill(owner, 0, 400)

    named = [_named(one) for one in world.erasable.traces(ADA)]

    assert Counter(kind for kind, _ in named) == _counted(world)
    assert len(set(named)) == len(named) > 0


@pytest.mark.slow
def test_many_traces_over_many_pages_are_all_named(world: ErasureHarness):
    world.fill(ADA, 0, world.many)

    assert Counter(_named(one)[0] for one in world.erasable.traces(ADA)) == _counted(world)


def test_what_is_named_is_what_the_chain_names_when_it_goes(world: ErasureHarness):
    world.fill(ADA, 0, 40)
    named = {str(Key(kind, (name,))) for kind, name in map(_named, world.erasable.traces(ADA))}

    while _erase(world):
        continue

    assert named <= _gone(world)
    assert list(world.erasable.traces(ADA)) == []


@pytest.mark.parametrize("limit", [1, 7, 39, 40, 41])
def test_calls_until_none_goes_leave_nothing(world: ErasureHarness, limit: int):
    world.fill(ADA, 0, 40)
    left, gone = 40, -1
    while gone:
        gone = _erase(world, limit=limit)
        left -= gone
        assert gone <= limit
        assert _count(world) == left

    assert left == 0


def test_every_thing_that_went_is_named_once_in_the_chain(world: ErasureHarness):
    world.fill(ADA, 0, 40)
    gone = [_erase(world, limit=15) for _ in range(4)]

    assert gone[-1] == 0
    assert _erasures(world) == gone[:-1]
    assert len(_gone(world)) == 40


def test_what_is_damaged_counts_and_goes_as_anything_else(world: ErasureHarness):
    for owner in (ADA, BEN):
        world.fill(owner, 0, 40)
    world.spoil(ADA)
    assert _count(world) == 40

    while _erase(world, limit=15):
        continue

    assert _count(world) == 0
    assert sum(_erasures(world)) == 40
    assert len(_gone(world)) == 40
    assert _count(world, BEN) == 40


def test_others_and_namesakes_elsewhere_keep_theirs(world: ErasureHarness):
    for owner in (ADA, BEN, NAMESAKE):
        world.fill(owner, 0, 10)

    while _erase(world):
        continue

    assert [_count(world, owner) for owner in (ADA, BEN, NAMESAKE)] == [0, 10, 10]


def test_what_is_stored_after_an_erasure_is_held_again(world: ErasureHarness):
    world.fill(ADA, 0, 10)
    _erase(world)
    world.fill(ADA, 100, 3)

    assert _count(world) == 3
    assert _erase(world) == 3


@pytest.mark.slow
def test_many_things_over_many_pages_all_go(world: ErasureHarness):
    world.fill(ADA, 0, world.many)
    assert _count(world) == world.many

    rounds = 0
    while _erase(world):
        rounds += 1

    assert _count(world) == 0
    assert sum(_erasures(world)) == world.many
    assert rounds >= world.many // 500
