"""Port Repository: the same request again, and at once from many threads; the record it leaves."""

from concurrent.futures import ThreadPoolExecutor

import attrs
import pytest

from clarity.domain.audit import Operation, Touched, verify_chain
from clarity.domain.identity import PatientRef, TenantId
from clarity.domain.streams import DayChunk
from clarity.ports.entities import key_of
from clarity.ports.errors import AlreadyExists, IdempotencyMismatch, StaleVersion
from clarity.ports.query import Query, Stored
from clarity.ports.repository import Committed, Delete, Put
from tests.contracts.repository.harness import (
    ADA,
    BEN,
    RepositoryHarness,
    chunk,
    digest,
    everything,
    evidence,
    trail_of,
)

WEEK_S = 7 * 86_400


def test_the_same_request_again_gets_the_same_answer_and_changes_nothing(world: RepositoryHarness):
    changes = [Put(chunk(0), 0), Put(chunk(1), 0)]

    first = world.repository.commit(changes, evidence=evidence(key="k", request=digest(1)))
    again = world.repository.commit(changes, evidence=evidence(key="k", request=digest(1)))

    assert again == first
    assert len(trail_of(world)) == 1


def test_the_first_answer_stands_after_later_changes(world: RepositoryHarness):
    first = world.repository.commit(
        [Put(chunk(), 0)], evidence=evidence(key="k", request=digest(1))
    )
    world.repository.commit([Put(chunk(level=2), 1)], evidence=evidence())

    again = world.repository.commit(
        [Put(chunk(), 0)], evidence=evidence(key="k", request=digest(1))
    )

    assert again == first
    assert world.repository.get(ADA, key_of(chunk())) == Stored(chunk(level=2), 2)


@pytest.mark.parametrize(
    "other",
    [
        evidence(key="k", request=digest(2)),
        evidence(BEN, key="k", request=digest(1)),
    ],
)
def test_a_key_of_another_request_or_patient_is_refused(world: RepositoryHarness, other):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence(key="k", request=digest(1)))

    with pytest.raises(IdempotencyMismatch):
        world.repository.commit([Put(chunk(1), 0)], evidence=other)

    assert trail_of(world, BEN) == ()
    assert everything(world.repository, Query(DayChunk, ADA)) == [Stored(chunk(), 1)]


def test_tenants_do_not_share_keys(world: RepositoryHarness):
    elsewhere = PatientRef(TenantId("other"), ADA.patient)
    world.repository.commit([Put(chunk(), 0)], evidence=evidence(key="k", request=digest(1)))

    there = world.repository.commit(
        [Put(chunk(), 0)], evidence=evidence(elsewhere, key="k", request=digest(2))
    )

    assert there.versions == (1,)


def test_a_key_is_remembered_for_seven_days_and_no_longer(world: RepositoryHarness):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence(key="k", request=digest(1)))

    world.clock.advance(WEEK_S - 1)
    with pytest.raises(IdempotencyMismatch):
        world.repository.commit([], evidence=evidence(key="k", request=digest(2)))
    world.clock.advance(2)
    world.repository.commit([], evidence=evidence(key="k", request=digest(2)))

    assert len(trail_of(world)) == 2


def test_a_refused_commit_remembers_nothing(world: RepositoryHarness):
    request = evidence(key="k", request=digest(1))
    with pytest.raises(StaleVersion):
        world.repository.commit([Put(chunk(), 1)], evidence=request)
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())

    done = world.repository.commit([Put(chunk(level=2), 1)], evidence=request)

    assert done.versions == (2,)


def test_commits_without_a_key_are_never_the_same_request(world: RepositoryHarness):
    for _ in range(2):
        world.repository.commit([], evidence=evidence(request=digest(1)))

    assert len(trail_of(world)) == 2


def test_a_commit_without_changes_leaves_its_record(world: RepositoryHarness):
    done = world.repository.commit([], evidence=evidence())

    assert done.versions == ()
    assert [record.head for record in trail_of(world)] == [done.head]


def test_the_record_says_who_did_what_to_which_content(world: RepositoryHarness):
    said = attrs.evolve(evidence(), operation=Operation.ANALYZE)
    key = str(key_of(chunk()))
    world.repository.commit([Put(chunk(), 0)], evidence=said)
    world.repository.commit([Put(chunk(level=2), 1), Put(chunk(1), 0)], evidence=said)
    world.repository.commit([Delete(key_of(chunk()), 2)], evidence=said)

    first, second, third = (record.event for record in trail_of(world))

    assert (first.actor, first.patient, first.operation) == (said.actor, ADA, Operation.ANALYZE)
    assert (first.correlation, first.at) == (said.correlation, said.at)
    (created,), (changed, beside), (deleted,) = first.touched, second.touched, third.touched
    assert (created.entity, created.before) == (key, "")
    assert changed.before == created.after != changed.after
    assert beside.entity == str(key_of(chunk(1)))
    assert deleted == Touched(key, before=changed.after)
    assert {len(name) for name in (created.after, changed.after, beside.after)} == {64}


def test_the_head_of_a_commit_closes_the_chain(world: RepositoryHarness):
    for number in range(3):
        done = world.repository.commit([Put(chunk(number), 0)], evidence=evidence())

    assert verify_chain(trail_of(world), head=world.trail.head(ADA)) == done.head


def _at_once(count: int, work) -> list[object]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def test_the_same_request_ten_times_at_once_has_one_effect(world: RepositoryHarness):
    def commit(_: int) -> Committed:
        request = evidence(key="k", request=digest(1))
        return world.repository.commit([Put(chunk(), 0)], evidence=request)

    answers = _at_once(10, commit)

    assert len(set(answers)) == 1
    assert len(trail_of(world)) == 1
    assert world.repository.get(ADA, key_of(chunk())).version == 1


def test_of_eight_writers_on_one_version_exactly_one_wins(world: RepositoryHarness):
    def commit(number: int) -> bool:
        try:
            world.repository.commit([Put(chunk(level=number), 0)], evidence=evidence())
        except AlreadyExists:
            return False
        return True

    won = _at_once(8, commit)

    stored = world.repository.get(ADA, key_of(chunk())).entity
    assert won.count(True) == 1
    assert stored == chunk(level=won.index(True))
    assert verify_chain(trail_of(world), head=world.trail.head(ADA)).seq == 1


def test_writers_of_one_patient_lose_nothing(world: RepositoryHarness):
    def commit(number: int) -> tuple[int, ...]:
        return world.repository.commit([Put(chunk(number), 0)], evidence=evidence()).versions

    versions = _at_once(8, commit)

    assert versions == [(1,)] * 8
    assert len(everything(world.repository, Query(DayChunk, ADA))) == 8
    assert verify_chain(trail_of(world), head=world.trail.head(ADA)).seq == 8
