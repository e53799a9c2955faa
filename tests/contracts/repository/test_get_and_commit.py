"""Port Repository, sentence by sentence: reading one entity, changing some, versions, expiry."""

from datetime import timedelta

import attrs
import pytest
from hypothesis import given

from clarity.domain.streams import DayChunk
from clarity.ports.entities import BadKey, Entity, Key, key_of
from clarity.ports.errors import AlreadyExists, DamagedEntity, NotFound, StaleVersion, TooLarge
from clarity.ports.query import Query, Stored
from clarity.ports.repository import MAX_CHANGES, Delete, Put
from tests.contracts.repository.harness import (
    ADA,
    BEN,
    Opener,
    RepositoryHarness,
    chunk,
    everything,
    evidence,
    result,
    trail_of,
)
from tests.support import strategies
from tests.support.clocks import START


@given(entity=strategies.entities())
def test_what_was_committed_comes_back_exactly(opened: Opener, entity: Entity):
    with opened() as world:
        world.repository.commit([Put(entity, 0)], evidence=evidence())

        stored = world.repository.get(ADA, key_of(entity))

    assert strategies.same(stored, Stored(entity, 1))


def test_what_was_never_stored_is_not_found(world: RepositoryHarness):
    with pytest.raises(NotFound):
        world.repository.get(ADA, key_of(chunk()))


def test_one_patients_entity_is_not_found_at_another(world: RepositoryHarness):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence(ADA))
    world.repository.commit([], evidence=evidence(BEN))

    with pytest.raises(NotFound):
        world.repository.get(BEN, key_of(chunk()))


@pytest.mark.parametrize(
    ("entity", "remedy"),
    [(chunk(), "restore from a backup"), (result(START), "analyze the same again")],
)
def test_what_is_damaged_is_told_with_what_to_do_and_not_given(
    world: RepositoryHarness, entity: Entity, remedy: str
):
    world.repository.commit([Put(entity, 0)], evidence=evidence())
    world.damaged(entity)

    with pytest.raises(DamagedEntity, match=remedy):
        world.repository.get(ADA, key_of(entity))
    with pytest.raises(DamagedEntity, match=remedy):
        world.repository.query(Query(type(entity), ADA))


@pytest.mark.parametrize(
    "key",
    [
        Key("nothing", ("activity",)),
        Key("chunk", ("activity",)),
        Key("chunk", ("activity", "2003-05-01")),
        Key("chunk", (chunk().day, "activity")),
    ],
)
def test_a_key_of_no_kind_is_refused_everywhere(world: RepositoryHarness, key: Key):
    with pytest.raises(BadKey):
        world.repository.get(ADA, key)
    with pytest.raises(BadKey):
        world.repository.commit([Delete(key, 1)], evidence=evidence())


def test_versions_count_from_one(world: RepositoryHarness):
    versions = [
        world.repository.commit([Put(chunk(level=n), n)], evidence=evidence()).versions
        for n in range(3)
    ]

    assert versions == [(1,), (2,), (3,)]
    assert world.repository.get(ADA, key_of(chunk())) == Stored(chunk(level=2), 3)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_creating_what_exists_is_refused_and_the_current_version_told(
    world: RepositoryHarness, version: int
):
    for based_on in range(version):
        world.repository.commit([Put(chunk(), based_on)], evidence=evidence())

    with pytest.raises(AlreadyExists) as refused:
        world.repository.commit([Put(chunk(level=2), 0)], evidence=evidence())

    assert refused.value.current == version
    assert world.repository.get(ADA, key_of(chunk())) == Stored(chunk(), version)


@pytest.mark.parametrize("change", [Put(chunk(level=3), 1), Delete(key_of(chunk()), 1)])
def test_a_change_based_on_an_old_version_learns_the_current_one(
    world: RepositoryHarness, change: Put | Delete
):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())
    world.repository.commit([Put(chunk(level=2), 1)], evidence=evidence())

    with pytest.raises(StaleVersion) as refused:
        world.repository.commit([change], evidence=evidence())

    assert refused.value.current == 2
    assert world.repository.get(ADA, key_of(chunk())) == Stored(chunk(level=2), 2)


@pytest.mark.parametrize("change", [Put(chunk(), 1), Delete(key_of(chunk()), 1)])
def test_a_change_of_what_is_not_there_finds_version_none(
    world: RepositoryHarness, change: Put | Delete
):
    with pytest.raises(StaleVersion) as refused:
        world.repository.commit([change], evidence=evidence())

    assert refused.value.current == 0


def test_a_deleted_entity_is_gone_and_starts_again_at_one(world: RepositoryHarness):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())

    deleted = world.repository.commit([Delete(key_of(chunk()), 1)], evidence=evidence())

    assert deleted.versions == (0,)
    with pytest.raises(NotFound):
        world.repository.get(ADA, key_of(chunk()))
    assert world.repository.commit([Put(chunk(), 0)], evidence=evidence()).versions == (1,)


def test_of_several_changes_all_happen_in_order(world: RepositoryHarness):
    world.repository.commit([Put(chunk(0), 0), Put(chunk(1), 0)], evidence=evidence())

    done = world.repository.commit(
        [Put(chunk(2), 0), Delete(key_of(chunk(0)), 1), Put(chunk(1, level=5), 1)],
        evidence=evidence(),
    )

    assert done.versions == (1, 0, 2)
    left = everything(world.repository, Query(DayChunk, ADA))
    assert left == [Stored(chunk(1, level=5), 2), Stored(chunk(2), 1)]


def test_when_one_change_is_refused_nothing_has_happened(world: RepositoryHarness):
    world.repository.commit([Put(chunk(0), 0)], evidence=evidence())

    with pytest.raises(AlreadyExists):
        world.repository.commit([Put(chunk(1), 0), Put(chunk(0), 0)], evidence=evidence())

    assert everything(world.repository, Query(DayChunk, ADA)) == [Stored(chunk(0), 1)]
    assert len(trail_of(world)) == 1
    assert world.trail.head(ADA).seq == 1


def test_of_several_conflicts_the_first_is_told(world: RepositoryHarness):
    world.repository.commit([Put(chunk(0), 0)], evidence=evidence())

    with pytest.raises(StaleVersion):
        world.repository.commit([Put(chunk(1), 7), Put(chunk(0), 0)], evidence=evidence())
    with pytest.raises(AlreadyExists):
        world.repository.commit([Put(chunk(0), 0), Put(chunk(1), 7)], evidence=evidence())


def test_a_refused_commit_of_an_unknown_patient_leaves_no_chain(world: RepositoryHarness):
    with pytest.raises(StaleVersion):
        world.repository.commit([Put(chunk(), 1)], evidence=evidence(BEN))

    assert world.trail.patients(BEN.tenant) == ()


def test_two_changes_of_one_key_are_refused(world: RepositoryHarness):
    changes = [Put(chunk(), 0), Put(chunk(level=2), 0)]

    with pytest.raises(ValueError, match="one key"):
        world.repository.commit(changes, evidence=evidence())

    assert trail_of(world) == ()


def test_text_that_is_no_unicode_is_refused(world: RepositoryHarness):
    broken = attrs.evolve(chunk(), device="\ud800")

    with pytest.raises(ValueError, match="cannot be stored"):
        world.repository.commit([Put(broken, 0)], evidence=evidence())

    assert trail_of(world) == ()


def test_as_many_changes_as_the_port_says_fit_and_one_more_is_too_large(world: RepositoryHarness):
    changes = [Put(chunk(number), 0) for number in range(MAX_CHANGES)]

    done = world.repository.commit(changes, evidence=evidence())

    assert done.versions == (1,) * MAX_CHANGES
    with pytest.raises(TooLarge) as refused:
        world.repository.commit([*changes, Put(chunk(MAX_CHANGES), 0)], evidence=evidence())
    assert (refused.value.limit, refused.value.given) == (MAX_CHANGES, MAX_CHANGES + 1)


def test_an_entity_expires_for_every_method(world: RepositoryHarness):
    until = world.clock.now() + timedelta(hours=1)
    world.repository.commit([Put(chunk(), 0, until)], evidence=evidence())
    key = key_of(chunk())

    world.clock.advance(3_599)
    assert world.repository.get(ADA, key).version == 1
    world.clock.advance(1)

    with pytest.raises(NotFound):
        world.repository.get(ADA, key)
    assert everything(world.repository, Query(DayChunk, ADA)) == []
    with pytest.raises(StaleVersion) as refused:
        world.repository.commit([Put(chunk(), 1)], evidence=evidence())
    assert refused.value.current == 0
    again = world.repository.commit([Put(chunk(level=2), 0)], evidence=evidence())
    assert again.versions == (1,)
    assert world.repository.get(ADA, key) == Stored(chunk(level=2), 1)


def test_a_later_put_decides_anew_when_an_entity_expires(world: RepositoryHarness):
    soon = world.clock.now() + timedelta(seconds=10)
    world.repository.commit([Put(chunk(0), 0, soon), Put(chunk(1), 0)], evidence=evidence())
    world.repository.commit([Put(chunk(0), 1), Put(chunk(1), 1, soon)], evidence=evidence())

    world.clock.advance(10)

    assert everything(world.repository, Query(DayChunk, ADA)) == [Stored(chunk(0), 2)]
