"""What the contract cannot see of unique values: where they lie, and that no e-mail is in a key."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given

from clarity.adapters.aws._operations import Item, Op
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.items import EntityItems
from clarity.adapters.aws.dynamodb.keys import owner_pk, patient_of_owner, unique_pk
from clarity.adapters.aws.dynamodb.upkeep import DynamoDBUpkeep
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.identity import PatientRef
from clarity.domain.profile import EmailAddress
from clarity.ports.entities import Key, of_email
from clarity.ports.errors import AlreadyExists, Corrupt
from clarity.ports.repository import Delete, Put
from tests.contracts.repository.harness import ADA, BEN, chunk, evidence, profile
from tests.support.clocks import HandClock
from tests.support.dynamodb import BEACONS, World, items_of, put_item, world_on
from tests.support.engines import running
from tests.support.strategies import patients

ADDRESS = "ada@clinic.example"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(params=["moto", "ministack"])
def world(request: pytest.FixtureRequest, clock: HandClock) -> Iterator[World]:
    with world_on(running(request.param), clock) as opened:
        yield opened


def _run(world: World, operation: str, **parameters: object) -> dict:
    return world.connection.run(
        Op(
            operation=operation,
            parameters={"TableName": world.connection.table("main"), **parameters},
            decode=lambda answer: answer,
            table="main",
            reads=False,
        )
    )


def _pks(world: World) -> list[str]:
    return sorted(item["pk"]["S"] for item in _run(world, "scan")["Items"])


def _of(email: str, owner: PatientRef = ADA) -> str:
    one = of_email(EmailAddress(email))
    beacon = BEACONS.of(owner.tenant, field=one.field, value=one.value)
    return unique_pk("email", beacon)


def _held(world: World, email: str) -> Item | None:
    return world.connection.run(get_op(world.connection, Address("main", _of(email), "U")))


@given(patient=patients())
def test_a_partition_names_its_patient(patient: PatientRef):
    assert patient_of_owner(owner_pk(patient)) == patient


def test_an_address_lies_in_no_key_and_in_its_profile_alone(world: World):
    world.repository.commit([Put(profile(ADDRESS), 0)], evidence=evidence())

    items = _run(world, "scan")["Items"]
    assert _pks(world) == [owner_pk(ADA), _of(ADDRESS)]
    assert _of(ADDRESS).startswith("U#EMAIL#")
    assert [ADDRESS in str(item) for item in items].count(True) == 1
    assert _held(world, ADDRESS) == {
        "pk": {"S": _of(ADDRESS)},
        "sk": {"S": "U"},
        "who": {"S": owner_pk(ADA)},
    }


@pytest.mark.parametrize(
    "change", [Put(profile("new@x"), 1), Delete(Key("profile", ()), 1)], ids=["put", "delete"]
)
def test_nothing_stays_of_an_address_that_was_given_up(world: World, change: Put | Delete):
    world.repository.commit([Put(profile(ADDRESS), 0)], evidence=evidence())

    world.repository.commit([change], evidence=evidence())

    assert _held(world, ADDRESS) is None
    assert len(_pks(world)) == (2 if isinstance(change, Put) else 0)


def test_nothing_stays_of_an_address_after_erasing(world: World):
    world.repository.commit([Put(profile(ADDRESS), 0), Put(chunk(), 0)], evidence=evidence())

    assert world.erasure.erase(ADA, limit=10, evidence=evidence()) == 2

    assert _pks(world) == []


def test_what_has_expired_is_purged_with_the_address_and_counted_once(
    world: World, clock: HandClock
):
    soon = clock.now() + timedelta(seconds=5)
    world.repository.commit([Put(profile(ADDRESS), 0, soon)], evidence=evidence())
    clock.advance(5)

    upkeep = DynamoDBUpkeep(world.connection, EntityItems(ShuffleZstdCodec()), clock)

    assert (upkeep.purge_expired(), _pks(world)) == (1, [])


@pytest.mark.parametrize("taken", [{"S": "U"}, {"L": [{"N": "1"}]}, {"NULL": True}])
def test_an_address_is_free_again_though_the_profile_does_not_say_that_it_had_it(
    world: World, taken: dict
):
    world.repository.commit([Put(profile(), 0)], evidence=evidence())
    (item,) = items_of(world, owner_pk(ADA))
    put_item(world, {**item, "taken": taken})

    with pytest.raises(Corrupt, match="what a stored item has alone"):
        world.repository.commit([Put(profile(), 1)], evidence=evidence())
    assert world.erasure.erase(ADA, limit=9, evidence=evidence()) == 1

    assert _held(world, ADDRESS) is None
    world.repository.commit([Put(profile(), 0)], evidence=evidence(BEN))


@pytest.mark.parametrize("who", [{}, {"who": {"NULL": True}}])
def test_an_address_that_does_not_say_whose_it_is_goes_with_the_profile_that_has_it(
    world: World, who: Item
):
    world.repository.commit([Put(profile(), 0)], evidence=evidence())
    claim = _held(world, ADDRESS)
    put_item(world, {"pk": claim["pk"], "sk": claim["sk"], **who})

    world.erasure.erase(ADA, limit=9, evidence=evidence())

    assert _held(world, ADDRESS) is None


def test_a_claim_that_nobody_can_read_is_damage(world: World):
    world.repository.commit([Put(profile(ADDRESS), 0)], evidence=evidence())
    _run(world, "put_item", Item={"pk": {"S": _of(ADDRESS)}, "sk": {"S": "U"}})

    with pytest.raises(Corrupt):
        world.directory.find(ADA.tenant, email=EmailAddress(ADDRESS))


def test_a_whole_commit_with_a_profile_fits_into_one_transaction(world: World):
    days = [Put(chunk(number), 0) for number in range(89)]
    told = evidence(key="k", request="r")
    world.repository.commit([Put(profile("old@x"), 0)], evidence=evidence())

    world.repository.commit([*days, Put(profile("new@x"), 1)], evidence=told)

    assert world.directory.find(ADA.tenant, email=EmailAddress("new@x")) == ADA
    assert world.directory.find(ADA.tenant, email=EmailAddress("old@x")) is None


def test_of_two_conflicts_that_of_the_earlier_change_is_told(world: World):
    world.repository.commit([Put(profile("ben@x"), 0)], evidence=evidence(BEN))
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())

    with pytest.raises(AlreadyExists) as first:
        world.repository.commit([Put(profile("ben@x"), 0), Put(chunk(), 0)], evidence=evidence())
    with pytest.raises(AlreadyExists) as second:
        world.repository.commit([Put(chunk(), 0), Put(profile("ben@x"), 0)], evidence=evidence())

    assert (first.value.field, second.value.field) == ("email", "")
