"""Port BulkDays, sentence by sentence."""

import contextlib
import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.audit import AuditEvent, Operation, Touched, verify_chain
from clarity.domain.exact import WrongType
from clarity.domain.identity import PatientRef
from clarity.domain.streams import DayChunk
from clarity.ports.audit import AuditFilter
from clarity.ports.bulk import MAX_DAYS, Brought
from clarity.ports.entities import Key, key_of
from clarity.ports.errors import IdempotencyMismatch, PortError
from clarity.ports.query import Query
from clarity.ports.repository import Put
from tests.contracts.bulk.harness import OPENERS, BulkHarness
from tests.contracts.repository.harness import ADA, BEN, chunk, evidence, profile

DAYS = tuple(chunk(number) for number in range(4))
KEYS = tuple(key_of(day) for day in DAYS)
BATCH = "import/batch-1"


def put(
    world: BulkHarness,
    days: Sequence[DayChunk] = DAYS,
    *,
    name: str = "batch-1",
    request: str = "r",
    patient: PatientRef = ADA,
) -> Brought:
    told = evidence(patient, key=name, request=request, at=world.clock.now())
    return world.bulk.put(days, evidence=told)


def stored(world: BulkHarness, patient: PatientRef = ADA) -> list[tuple[DayChunk, int]]:
    items = world.repository.query(Query(DayChunk, patient).page(200)).items
    return [(one.entity, one.version) for one in items]


def events(world: BulkHarness, patient: PatientRef = ADA) -> list[AuditEvent]:
    """The chain, which is whole."""
    wanted = AuditFilter(tenant=patient.tenant, patient=patient)
    records = world.trail.records(wanted, limit=1_000, cursor=None).records
    verify_chain(records, head=world.trail.head(patient))
    return [record.event for record in records]


def told(world: BulkHarness) -> list[tuple[str, list[str]]]:
    """Operation and named entities of each record."""
    return [(e.operation.value, [t.entity for t in e.touched]) for e in events(world)]


def names(keys: Sequence[Key] = KEYS) -> list[str]:
    return [BATCH, *map(str, keys)]


def test_absent_days_are_stored_at_version_1(world: BulkHarness):
    brought = put(world)

    assert brought == Brought(stored=KEYS)
    assert stored(world) == [(day, 1) for day in DAYS]
    assert stored(world, BEN) == []


def test_both_records_name_the_batch_and_its_days_with_what_they_hold(world: BulkHarness):
    put(world)

    assert told(world) == [("import-intent", names()), ("import-done", names())]
    intent, done = events(world)
    assert intent.touched[0] == Touched(BATCH)
    assert all(len(bytes.fromhex(t.after)) == 32 and not t.before for t in intent.touched[1:])
    assert intent.touched == done.touched
    assert intent.actor.id == "nurse"
    assert intent.at == world.clock.now()


def test_the_digests_are_those_that_a_commit_would_name(world: BulkHarness):
    put(world, DAYS[:1])
    world.repository.commit([Put(DAYS[0], 1)], evidence=evidence())

    _, done, commit = events(world)

    assert commit.touched[0].before == done.touched[1].after


def test_the_same_batch_again_leaves_everything_alone_and_no_record(world: BulkHarness):
    put(world)

    again = put(world)

    assert again == Brought(same=KEYS)
    assert stored(world) == [(day, 1) for day in DAYS]
    assert len(events(world)) == 2


def test_days_that_hold_something_else_are_told_and_left_alone(world: BulkHarness):
    other = chunk(1, level=7.0)
    world.repository.commit([Put(other, 0), Put(DAYS[2], 0)], evidence=evidence())

    brought = put(world)

    assert brought == Brought(stored=(KEYS[0], KEYS[3]), same=(KEYS[2],), taken=(KEYS[1],))
    assert [day for day, _ in stored(world)] == [DAYS[0], other, DAYS[2], DAYS[3]]
    _, intent, done = told(world)
    assert intent == ("import-intent", names((KEYS[0], KEYS[3])))
    assert done == ("import-done", names((KEYS[2], KEYS[0], KEYS[3])))


def test_a_batch_without_absent_days_leaves_no_record(world: BulkHarness):
    world.repository.commit([Put(chunk(n, level=7.0), 0) for n in range(4)], evidence=evidence())

    assert put(world) == Brought(taken=KEYS)
    assert len(events(world)) == 1


def test_a_day_that_has_expired_is_absent(world: BulkHarness):
    soon = world.clock.now() + timedelta(seconds=1)
    old = chunk(0, level=7.0)
    world.repository.commit([Put(old, 0, soon)], evidence=evidence())
    world.clock.advance(2)

    brought = put(world, DAYS[:1])
    world.clock.advance(10**9)

    assert brought.stored == KEYS[:1]
    assert stored(world) == [(DAYS[0], 1)]


def test_days_stored_in_bulk_are_changed_like_any_other(world: BulkHarness):
    put(world)
    changed = chunk(0, level=9.0)

    world.repository.commit([Put(changed, 1)], evidence=evidence())

    assert stored(world)[0] == (changed, 2)


def test_the_intent_is_durable_before_any_day_is(world: BulkHarness):
    with world.broken(), pytest.raises(PortError):
        put(world)

    assert stored(world) == []
    assert told(world) == [("import-intent", names())]


def test_an_interrupted_batch_is_completed_under_its_intent(world: BulkHarness):
    with world.broken():
        for _ in range(2):
            with pytest.raises(PortError):
                put(world)

    brought = put(world)

    assert brought == Brought(stored=KEYS)
    assert stored(world) == [(day, 1) for day in DAYS]
    assert told(world) == [("import-intent", names()), ("import-done", names())]
    assert put(world) == Brought(same=KEYS)
    assert len(events(world)) == 2


def test_an_open_batch_whose_days_came_by_another_way_is_closed(world: BulkHarness):
    with world.broken(), pytest.raises(PortError):
        put(world)
    world.repository.commit([Put(day, 0) for day in DAYS], evidence=evidence())

    assert put(world) == Brought(same=KEYS)
    assert [operation for operation, _ in told(world)] == ["import-intent", "ingest", "import-done"]


def test_an_open_batch_that_holds_something_else_is_refused(world: BulkHarness):
    with world.broken(), pytest.raises(PortError):
        put(world)

    with pytest.raises(IdempotencyMismatch):
        put(world, request="other")

    assert stored(world) == []
    assert len(events(world)) == 1


def test_batches_of_other_names_and_people_are_others(world: BulkHarness):
    with world.broken(), pytest.raises(PortError):
        put(world)

    put(world, patient=BEN, request="other")
    put(world, name="batch-2", request="other")

    assert [day for day, _ in stored(world, BEN)] == list(DAYS)
    assert told(world)[1][1][0] == "import/batch-2"


def test_a_batch_that_cannot_be_is_refused_before_anything_is_written(world: BulkHarness):
    many = [chunk(number) for number in range(MAX_DAYS + 1)]
    broken_text = attrs.evolve(DAYS[0], device="\ud800")

    for days, name in ((), "b"), (many, "b"), ([DAYS[0], DAYS[0]], "b"), (DAYS, ""):
        with pytest.raises(ValueError, match=r"batch|days"):
            put(world, days, name=name)
    with pytest.raises(ValueError, match="cannot be stored"):
        put(world, [broken_text])
    for other in ("x", None, profile()):
        with pytest.raises(WrongType, match="days"):
            put(world, [DAYS[0], other])
    for none in (None, 5, DAYS[0], iter(DAYS)):
        with pytest.raises(WrongType, match="the days"):
            put(world, none)
    for none in (None, "nurse", ADA):
        with pytest.raises(WrongType, match="the evidence"):
            world.bulk.put(DAYS, evidence=none)

    assert stored(world) == []
    assert events(world) == []


def test_a_full_batch_is_stored(world: BulkHarness):
    days = tuple(chunk(number) for number in range(MAX_DAYS))

    assert put(world, days) == Brought(stored=tuple(map(key_of, days)))
    assert [day for day, _ in stored(world)] == list(days)


def test_an_open_batch_is_held_about_the_person_and_goes_with_them_after_a_minute(
    world: BulkHarness,
):
    with world.broken(), pytest.raises(PortError):
        put(world, patient=BEN)
    with world.broken(), pytest.raises(PortError):
        put(world)
    world.clock.advance(60)
    held = {one.kind: one.count for one in world.erasable.holdings(ADA)}

    erase = attrs.evolve(evidence(), operation=Operation.ERASE)
    gone = world.erasable.erase(ADA, limit=10, evidence=erase)

    assert (held["import"], gone) == (1, 1)
    assert told(world)[-1] == ("erase", [BATCH])
    assert sum(one.count for one in world.erasable.holdings(ADA)) == 0
    assert sum(one.count for one in world.erasable.holdings(BEN)) == 1


def test_of_processes_that_bring_the_same_batch_none_fails_and_the_days_are_there(
    world: BulkHarness,
):
    with ThreadPoolExecutor(4) as pool:
        brought = list(pool.map(lambda _: put(world), range(4)))

    assert all({*one.stored, *one.same} == set(KEYS) for one in brought)
    assert stored(world) == [(day, 1) for day in DAYS]
    operations = [operation for operation, _ in told(world)]
    assert operations[0] == "import-intent"
    assert operations[-1] == "import-done"


@pytest.mark.parametrize("opener", ["sqlite-memory"])
@given(
    interrupted=st.lists(st.booleans(), min_size=1, max_size=6),
    order=st.lists(st.integers(0, 2), min_size=1, max_size=6),
)
def test_whatever_is_interrupted_the_end_is_the_same(
    opener: str, interrupted: list[bool], order: list[int]
):
    with OPENERS[opener]() as world:
        for is_broken, which in zip(interrupted, order, strict=False):
            if is_broken:
                with world.broken(), contextlib.suppress(PortError):
                    _bring(world, which)
            else:
                _bring(world, which)
        for which in range(3):
            _bring(world, which)

        assert [day for day, _ in stored(world)] == [chunk(n) for n in range(6)]
        counts = [event.operation for event in events(world)]
        assert counts.count(Operation.IMPORT_INTENT) == counts.count(Operation.IMPORT_DONE) == 3


def _bring(world: BulkHarness, which: int) -> None:
    days = [chunk(2 * which), chunk(2 * which + 1)]
    request = hashlib.sha256(np.array([day.values for day in days]).tobytes()).hexdigest()
    put(world, days, name=f"batch-{which}", request=request)
