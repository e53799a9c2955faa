"""Port Repository, sentence by sentence: what no two patients of a tenant may have alike."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.profile import Profile
from clarity.ports.entities import Key, key_of
from clarity.ports.errors import AlreadyExists, NotFound, StaleVersion
from clarity.ports.query import Query, Stored
from clarity.ports.repository import Delete, Put
from tests.contracts.repository.harness import (
    ADA,
    BEN,
    RepositoryHarness,
    chunk,
    everything,
    evidence,
    profile,
    trail_of,
)

KEY = Key("profile", ())
ELSEWHERE = PatientRef(TenantId("clinic2"), PatientId("ben"))
SPELLED = ["ada@clinic.example", "ADA@Clinic.Example", " ada@clinic.example"]


def _keep(world: RepositoryHarness, what: Profile, owner: PatientRef = ADA, based_on: int = 0):
    return world.repository.commit([Put(what, based_on)], evidence=evidence(owner))


def _is_taken(world: RepositoryHarness, email: str, owner: PatientRef = BEN) -> bool:
    """Whether somebody else may not have it; whoever may has it afterwards."""
    try:
        _keep(world, profile(email), owner)
    except AlreadyExists as refused:
        return refused.field == "email"
    return False


def test_a_profile_is_kept_queried_and_replaced_as_any_entity(world: RepositoryHarness):
    _keep(world, profile(name="Ada"))
    done = _keep(world, profile(name="Ada Berg"), based_on=1)

    stored = Stored(profile(name="Ada Berg"), 2)
    assert done.versions == (2,)
    assert world.repository.get(ADA, KEY) == stored
    assert everything(world.repository, Query(Profile, ADA)) == [stored]
    assert everything(world.repository, Query(Profile, ADA).newest_first()) == [stored]
    assert everything(world.repository, Query(Profile, BEN)) == []


@pytest.mark.parametrize("spelled", SPELLED)
def test_no_second_patient_of_a_tenant_has_the_same_whatever_its_spelling(
    world: RepositoryHarness, spelled: str
):
    _keep(world, profile())
    world.repository.commit([], evidence=evidence(BEN))

    with pytest.raises(AlreadyExists) as refused:
        world.repository.commit([Put(chunk(), 0), Put(profile(spelled), 0)], evidence=evidence(BEN))

    assert (refused.value.what, refused.value.field) == ("profile", "email")
    assert "clinic" not in str(refused.value)
    with pytest.raises(NotFound):
        world.repository.get(BEN, key_of(chunk()))
    assert len(trail_of(world, BEN)) == 1


def test_in_another_tenant_it_may_be_had(world: RepositoryHarness):
    _keep(world, profile())

    assert not _is_taken(world, SPELLED[0], ELSEWHERE)


def test_a_patient_may_keep_it_through_changes_of_the_rest(world: RepositoryHarness):
    _keep(world, profile())

    for version, spelled in enumerate(SPELLED, start=1):
        _keep(world, profile(spelled, name=f"Ada {version}"), based_on=version)

    assert _is_taken(world, SPELLED[0])


def test_one_that_was_changed_is_free_at_once_and_the_new_one_taken(world: RepositoryHarness):
    _keep(world, profile("old@x"))
    _keep(world, profile("new@x"), based_on=1)

    assert _is_taken(world, "new@x")
    assert not _is_taken(world, "old@x")


def test_a_change_that_is_refused_frees_and_takes_nothing(world: RepositoryHarness):
    _keep(world, profile("ada@x"))
    _keep(world, profile("ben@x"), BEN)

    with pytest.raises(AlreadyExists):
        _keep(world, profile("ben@x"), based_on=1)
    with pytest.raises(StaleVersion):
        _keep(world, profile("new@x"), based_on=7)

    cleo = PatientRef(ADA.tenant, PatientId("cleo"))
    assert [_is_taken(world, email, cleo) for email in ("ada@x", "ben@x", "new@x")] == [
        True,
        True,
        False,
    ]


def test_a_conflict_of_versions_is_told_before_one_of_values(world: RepositoryHarness):
    _keep(world, profile("ada@x"))
    _keep(world, profile("ben@x"), BEN)

    with pytest.raises(StaleVersion):
        _keep(world, profile("ben@x"), based_on=7)
    with pytest.raises(AlreadyExists) as refused:
        _keep(world, profile("ben@x"))
    assert refused.value.field == ""


def test_of_a_deleted_profile_nothing_is_taken(world: RepositoryHarness):
    _keep(world, profile("ada@x"))
    world.repository.commit([Delete(KEY, 1)], evidence=evidence())

    assert not _is_taken(world, "ada@x")


def test_what_has_expired_takes_nothing_even_before_it_is_removed(world: RepositoryHarness):
    soon = world.clock.now() + timedelta(seconds=10)
    world.repository.commit([Put(profile("ada@x"), 0, soon)], evidence=evidence())
    assert _is_taken(world, "ada@x")

    world.clock.advance(10)

    assert not _is_taken(world, "ada@x")
    assert _keep(world, profile("new@x")).versions == (1,)


def test_a_later_put_decides_anew_how_long_it_is_taken(world: RepositoryHarness):
    soon = world.clock.now() + timedelta(seconds=10)
    world.repository.commit([Put(profile("ada@x"), 0, soon)], evidence=evidence())
    _keep(world, profile("ada@x"), based_on=1)

    world.clock.advance(10)

    assert _is_taken(world, "ada@x")


def test_the_same_request_again_gives_the_same_answer_though_the_value_is_taken(
    world: RepositoryHarness,
):
    told = evidence(key="k", request="r")
    first = world.repository.commit([Put(profile("ada@x"), 0)], evidence=told)

    assert world.repository.commit([Put(profile("ada@x"), 0)], evidence=told) == first


def test_of_eight_writers_at_once_one_has_it(world: RepositoryHarness):
    people = [PatientRef(ADA.tenant, PatientId(f"p{number}")) for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(lambda who: _is_taken(world, "ada@x", who), people))

    assert refused.count(False) == 1
    holder = people[refused.index(False)]
    assert world.repository.get(holder, KEY).version == 1
    assert [world.trail.head(who).seq for who in people] == [int(who == holder) for who in people]
