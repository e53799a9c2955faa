"""REL-06 on ministack: no read gives what is another's, however alike the names are."""

import random
from collections.abc import Iterator
from itertools import product
from typing import Final

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

ODD: Final = ("a", "#", "$", "/", "%", "$c", "a#", "#a", "a$", "\N{CYRILLIC SMALL LETTER A}", "é")
NAMES: Final = ("a", "A", "a#a", "a$c", "%61", "\N{CYRILLIC SMALL LETTER A}", "U#EMAIL", "P")
OWNERS: Final = tuple(PatientRef(TenantId(t), PatientId(p)) for t, p in product(NAMES, NAMES))
LEVELS: Final = {owner: float(number + 1) for number, owner in enumerate(OWNERS)}
STORED: Final = frozenset(OWNERS[::2])
TRIPLES: Final = 1_000


def _email(owner: PatientRef) -> str:
    return f"p{int(LEVELS[owner])}@{owner.patient.value}"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Every second owner has a day at a level of their own, and a profile; the others nothing."""
    with world_on(running("ministack"), SystemClock()) as fresh:
        for owner in sorted(STORED):
            changes = [Put(chunk(level=LEVELS[owner]), 0), Put(profile(_email(owner)), 0)]
            fresh.repository.commit(changes, evidence=evidence(owner))
        yield fresh


def _got(world: World, owner: PatientRef, key: Key) -> set[float]:
    try:
        return set(world.repository.get(owner, key).entity.values.tolist())
    except NotFound:
        return set()


def _queried(world: World, owner: PatientRef) -> set[float]:
    found = everything(world.repository, Query(DayChunk, owner))
    return {float(one.entity.values[0]) for one in found}


@pytest.mark.slow
def test_rel_06_no_read_crosses_patients_or_tenants(world: World):
    chance, seen = random.Random(6), {"own": 0, "none": 0}
    for _ in range(TRIPLES):
        owner, other = chance.choice(OWNERS), chance.choice(OWNERS)
        stream = chance.choice(["activity", "activity#", "Activity", "$", "a"])
        own = {LEVELS[owner]} if owner in STORED else set()
        key = Key("chunk", (stream, chunk().day))
        found = world.directory.find(owner.tenant, email=EmailAddress(_email(other)))

        assert _got(world, owner, key) == (own if stream == "activity" else set())
        assert _queried(world, owner) == own
        is_there = other in STORED and other.tenant == owner.tenant
        assert found == (other if is_there else None)
        assert len(records_of(world, owner)) == (owner in STORED)
        seen["own" if own else "none"] += 1

    assert min(seen.values()) > TRIPLES // 3


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
