"""Port Directory, sentence by sentence."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import attrs

from clarity.domain.audit import Operation
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.profile import EmailAddress
from clarity.ports.entities import Key
from clarity.ports.errors import AlreadyExists
from clarity.ports.repository import Delete, Put
from tests.contracts.directory.harness import DirectoryHarness
from tests.contracts.repository.harness import ADA, BEN, chunk, evidence, profile

KEY = Key("profile", ())
LOOKALIKE = PatientRef(TenantId("clinic#ada"), PatientId("a$b#c/\u0430"))
ERASE = attrs.evolve(evidence(ADA), operation=Operation.ERASE)


def _find(world: DirectoryHarness, email: str, tenant: TenantId = ADA.tenant) -> PatientRef | None:
    return world.directory.find(tenant, email=EmailAddress(email))


def _keep(world: DirectoryHarness, email: str, owner: PatientRef = ADA, based_on: int = 0) -> None:
    world.repository.commit([Put(profile(email), based_on)], evidence=evidence(owner))


def test_who_has_an_address_is_found_whatever_its_spelling(world: DirectoryHarness):
    _keep(world, "Ada@Clinic.example")
    _keep(world, "ben@clinic.example", BEN)

    assert _find(world, "ada@clinic.EXAMPLE") == ADA
    assert _find(world, "Ben@clinic.example") == BEN


def test_an_address_that_nobody_has_finds_nobody(world: DirectoryHarness):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())

    assert _find(world, "ada@clinic.example") is None


def test_people_of_other_tenants_are_not_found(world: DirectoryHarness):
    _keep(world, "ada@x")
    _keep(world, "ada@x", LOOKALIKE)

    assert _find(world, "ada@x") == ADA
    assert _find(world, "ada@x", LOOKALIKE.tenant) == LOOKALIKE
    assert _find(world, "ada@x", TenantId("clinic2")) is None


def test_after_a_change_of_address_the_new_one_finds_and_the_old_one_does_not(
    world: DirectoryHarness,
):
    _keep(world, "old@x")
    _keep(world, "new@x", based_on=1)

    assert (_find(world, "old@x"), _find(world, "new@x")) == (None, ADA)


def test_a_deleted_profile_is_not_found(world: DirectoryHarness):
    _keep(world, "ada@x")
    world.repository.commit([Delete(KEY, 1)], evidence=evidence())

    assert _find(world, "ada@x") is None


def test_an_expired_profile_is_not_found(world: DirectoryHarness):
    soon = world.clock.now() + timedelta(seconds=10)
    world.repository.commit([Put(profile("ada@x"), 0, soon)], evidence=evidence())
    assert _find(world, "ada@x") == ADA

    world.clock.advance(10)

    assert _find(world, "ada@x") is None


def test_somebody_who_was_erased_is_not_found_and_the_address_is_free(changing: DirectoryHarness):
    _keep(changing, "ada@x")
    while changing.erasure.erase(ADA, limit=5, evidence=ERASE):
        continue

    assert _find(changing, "ada@x") is None
    _keep(changing, "ada@x", BEN)
    assert _find(changing, "ada@x") == BEN


def test_erasing_somebody_whose_profile_has_expired_takes_nothing_from_who_came_after(
    changing: DirectoryHarness,
):
    soon = changing.clock.now() + timedelta(seconds=10)
    changing.repository.commit([Put(profile("ada@x"), 0, soon)], evidence=evidence())
    changing.clock.advance(10)
    _keep(changing, "ada@x", BEN)

    while changing.erasure.erase(ADA, limit=5, evidence=ERASE):
        continue

    assert _find(changing, "ada@x") == BEN
    assert sum(holding.count for holding in changing.erasure.holdings(ADA)) == 0


def test_whoever_wins_a_race_for_an_address_is_who_is_found(changing: DirectoryHarness):
    people = [PatientRef(ADA.tenant, PatientId(f"p{number}")) for number in range(8)]
    versions = dict.fromkeys(people, 0)

    for email in ("one@x", "two@x", "three@x"):
        with ThreadPoolExecutor(8) as pool:
            done = list(
                pool.map(lambda who, to=email: _is_kept(changing, to, who, versions), people)
            )

        (winner,) = [who for who, is_done in zip(people, done, strict=True) if is_done]
        assert _find(changing, email) == winner
        versions[winner] += 1

    held = [_find(changing, email) for email in ("one@x", "two@x", "three@x")]
    assert {who for who in held if who} == {who for who in people if versions[who]}


def _is_kept(
    world: DirectoryHarness, email: str, who: PatientRef, versions: dict[PatientRef, int]
) -> bool:
    try:
        _keep(world, email, who, versions[who])
    except AlreadyExists:
        return False
    return True
