"""REL-06 on ministack: no read gives what is another's, however alike the names are."""

import random
from collections.abc import Iterator
from itertools import product
from typing import Final

import attrs
import pytest

from clarity.adapters.aws.dynamodb.keys import key_text, owner_pk
from clarity.adapters.local.clock import SystemClock
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.profile import EmailAddress
from clarity.domain.streams import DayChunk
from clarity.ports.entities import Key
from clarity.ports.errors import NotFound
from clarity.ports.query import Query
from clarity.ports.repository import Put
from tests.contracts.repository.harness import chunk, everything, evidence, profile
from tests.faults.dynamodb.worlds import records_of
from tests.support.clocks import START
from tests.support.dynamodb import World, world_on
from tests.support.engines import running
from tests.support.runs import runs

ODD: Final = ("a", "#", "$", "/", "%", "$c", "a#", "#a", "a$", "\N{CYRILLIC SMALL LETTER A}", "é")
NAMES: Final = (
    *("a", "A", "a#a", "a$c", "%61", "\N{CYRILLIC SMALL LETTER A}", "U#EMAIL", "P"),
    *("a#", "#a", "##", "a$", "$", "%", "é", "a%23a"),
)
OWNERS: Final = tuple(PatientRef(TenantId(t), PatientId(p)) for t, p in product(NAMES, NAMES))
NUMBERS: Final = {owner: number for number, owner in enumerate(OWNERS)}
STORED: Final = frozenset(OWNERS[::2])
STREAMS: Final = ("activity", "activity#", "Activity", "$", "a")
DAYS: Final = range(20)


@attrs.frozen
class Triple:
    """Who is asked about, whose address is looked for in that tenant, and a key."""

    owner: PatientRef
    other: PatientRef
    stream: str
    day: int

    @property
    def key(self) -> Key:
        return Key("chunk", (self.stream, chunk(self.day).day))


def _email(owner: PatientRef) -> str:
    return f"p{NUMBERS[owner]}@{owner.patient.value}"


def _levels(owner: PatientRef) -> dict[int, float]:
    """By day the level that is stored of the owner and of nobody else; every third day is."""
    if owner not in STORED:
        return {}
    number = NUMBERS[owner]
    return {day: 100.0 * number + day for day in DAYS if (day + number // 2) % 3 == 0}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Every second owner has days at levels of their own, and a profile; the others nothing."""
    with world_on(running("ministack"), SystemClock()) as fresh:
        for owner in sorted(STORED):
            days = [Put(chunk(day, level=level), 0) for day, level in _levels(owner).items()]
            changes = [*days, Put(profile(_email(owner)), 0)]
            fresh.repository.commit(changes, evidence=evidence(owner))
        yield fresh


def _triples(count: int) -> Iterator[Triple]:
    """No two are alike; a key that many have is drawn as often as all that look like it."""
    chance, drawn = random.Random(6), set[Triple]()
    while len(drawn) < count:
        stream = chance.choice((STREAMS[0], chance.choice(STREAMS)))
        one = Triple(chance.choice(OWNERS), chance.choice(OWNERS), stream, chance.choice(DAYS))
        if one not in drawn:
            drawn.add(one)
            yield one


def _got(world: World, triple: Triple) -> set[float]:
    try:
        return set(world.repository.get(triple.owner, triple.key).entity.values.tolist())
    except NotFound:
        return set()


def _found(world: World, triple: Triple) -> PatientRef | None:
    return world.directory.find(triple.owner.tenant, email=EmailAddress(_email(triple.other)))


@pytest.mark.slow
def test_rel_06_no_read_by_key_crosses_patients_or_tenants(world: World):
    reads = runs(ci=10_000, soak=100_000)
    seen = {"own": 0, "none": 0}
    for triple in _triples(reads):
        levels = _levels(triple.owner) if triple.stream == "activity" else {}
        own = {levels[triple.day]} if triple.day in levels else set()

        assert _got(world, triple) == own
        seen["own" if own else "none"] += 1

    assert min(seen.values()) > reads // 20


@pytest.mark.slow
def test_rel_06_no_address_is_found_in_another_tenant(world: World):
    addresses = runs(ci=2_500, soak=25_000)
    seen = {"own": 0, "none": 0}
    for triple in _triples(addresses):
        is_there = triple.other in STORED and triple.other.tenant == triple.owner.tenant

        assert _found(world, triple) == (triple.other if is_there else None)
        seen["own" if is_there else "none"] += 1

    assert min(seen.values()) > addresses // 100


@pytest.mark.slow
def test_rel_06_no_query_or_trail_crosses_patients_or_tenants(world: World):
    for owner in OWNERS:
        found = everything(world.repository, Query(DayChunk, owner))

        assert {float(one.entity.values[0]) for one in found} == set(_levels(owner).values())
        assert len(records_of(world, owner)) == (owner in STORED)


def test_rel_06_no_two_owners_and_keys_share_a_place():
    chance = random.Random(6)
    places: dict[tuple[str, str], tuple[str, ...]] = {}
    for _ in range(10_000):
        parts = tuple("".join(chance.choices(ODD, k=chance.randint(1, 3))) for _ in range(4))
        tenant, patient, kind, fingerprint = parts
        owner = PatientRef(TenantId(tenant), PatientId(patient))
        key = Key("result", (kind, START, fingerprint))
        place = (owner_pk(owner), key_text(key))

        assert places.setdefault(place, parts) == parts
    assert len(places) > 9_000
