"""REL-06: 10,000 triples (caller, owner, key) and not one view across patients or tenants."""

import random
from collections.abc import Iterator
from itertools import product
from typing import Final

import attrs
import pytest

from clarity.application.analyze import NothingStored
from clarity.application.read import Days
from clarity.application.summarize import Period
from clarity.domain.access import NotAllowed
from clarity.domain.identity import Actor, CorrelationId, PatientId, PatientRef, Purpose, TenantId
from clarity.domain.streams import StreamKind
from clarity.ports.audit import AuditFilter
from clarity.ports.cache_key import cache_key
from clarity.ports.entities import Key, key_of
from clarity.ports.errors import NotFound
from tests.support.worlds import World, day_of, opened, store_days

TRIPLES: Final = 10_000
NAMES: Final = (
    "a",
    "A",
    "a/",
    "a#a",
    "a|a",
    "%61",
    "a%2F",
    "\N{CYRILLIC SMALL LETTER A}",
    "a:",
    "*",
)
"""Ids that an escape, a separator, a pattern or a careless comparison would take for each other."""

OWNERS: Final = tuple(
    PatientRef(TenantId(tenant), PatientId(patient)) for tenant, patient in product(NAMES, NAMES)
)
LEVELS: Final = {owner: float(number + 1) for number, owner in enumerate(OWNERS)}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Every second owner has a day, at a level of their own; the others have nothing."""
    with opened() as fresh:
        for owner in OWNERS[::2]:
            store_days(fresh, owner, level=LEVELS[owner])
        yield fresh


@attrs.frozen(kw_only=True)
class Triple:
    """Who calls, about whom, for which entity."""

    caller: Actor
    owner: PatientRef
    key: Key


def _triples(seed: int) -> Iterator[Triple]:
    chance = random.Random(seed)
    day = key_of(day_of()).parts[1]
    for _ in range(TRIPLES):
        stream = chance.choice(["activity", "activity/", "Activity", "%61ctivity", "a"])
        own = chance.choice(OWNERS)
        tenant = chance.choice([own.tenant, TenantId(chance.choice(NAMES))])
        yield Triple(
            caller=Actor(id=chance.choice(NAMES), tenant=tenant, purpose=Purpose.RESEARCH),
            owner=own,
            key=Key("chunk", (stream, day)),
        )


def _levels_read(world: World, triple: Triple) -> set[float]:
    days = Days(patient=triple.owner, stream=StreamKind.ACTIVITY)
    page = world.app.read.run(days, actor=triple.caller, correlation=CorrelationId("c"))
    return {float(value) for stored in page.items for value in stored.entity.values}


def _levels_got(world: World, triple: Triple) -> set[float]:
    try:
        return set(world.core.repository().get(triple.owner, triple.key).entity.values.tolist())
    except NotFound:
        return set()


def _patients_reported(world: World, triple: Triple) -> set[PatientRef]:
    wanted = AuditFilter(tenant=triple.owner.tenant, patient=triple.owner)
    report = world.app.audit_report.run(wanted, actor=triple.caller, correlation=CorrelationId("c"))
    return {next(iter(report)).event.patient}


def _patients_verified(world: World, triple: Triple) -> set[TenantId]:
    verdicts = world.app.verify_trail.run(triple.owner.tenant, actor=triple.caller)
    return {verdict.patient.tenant for verdict in verdicts}


@pytest.mark.slow
def test_no_read_crosses_patients_or_tenants(world: World):
    stored = set(OWNERS[::2])
    seen = {"own": 0, "empty": 0, "refused": 0}
    for triple in _triples(seed=6):
        own = {LEVELS[triple.owner]} if triple.owner in stored else set()
        assert _levels_got(world, triple) in (own, set())
        if triple.caller.tenant != triple.owner.tenant:
            with pytest.raises(NotAllowed):
                _levels_read(world, triple)
            seen["refused"] += 1
        else:
            assert _levels_read(world, triple) == own
            seen["own" if own else "empty"] += 1

    assert sum(seen.values()) == TRIPLES
    assert min(seen.values()) > TRIPLES // 10


def test_no_report_verdict_count_or_analysis_crosses_tenants(world: World):
    for triple in list(_triples(seed=7))[:300]:
        if triple.caller.tenant != triple.owner.tenant:
            _expect_every_use_case_to_refuse(world, triple)
        else:
            assert _patients_reported(world, triple) == {triple.owner}
            assert _patients_verified(world, triple) <= {triple.owner.tenant}


def _expect_every_use_case_to_refuse(world: World, triple: Triple) -> None:
    correlation = CorrelationId("c")
    days = Days(patient=triple.owner, stream=StreamKind.ACTIVITY)
    with pytest.raises(NotAllowed):
        _patients_reported(world, triple)
    with pytest.raises(NotAllowed):
        _patients_verified(world, triple)
    with pytest.raises(NotAllowed):
        world.app.status.run(triple.owner.tenant, actor=triple.caller)
    with pytest.raises(NotAllowed):
        world.app.export.run(triple.owner, actor=triple.caller, correlation=correlation)
    with pytest.raises(NotAllowed):
        world.app.erase.run(triple.owner, actor=triple.caller, correlation=correlation)
    with pytest.raises(NotAllowed):
        world.app.erase.held(triple.owner, actor=triple.caller)
    with pytest.raises(NotAllowed):
        world.app.export_trail.run(
            triple.caller.tenant,
            patients=[triple.owner],
            actor=triple.caller,
            correlation=correlation,
        )
    with pytest.raises(NotAllowed):
        world.app.analyze.run(days, actor=triple.caller, correlation=correlation)
    with pytest.raises(NotAllowed):
        world.app.summarize.run(days, by=Period.WEEK, actor=triple.caller, correlation=correlation)


def test_somebody_without_data_has_nothing_to_analyze(world: World):
    owner = OWNERS[1]
    actor = Actor(id="a", tenant=owner.tenant, purpose=Purpose.RESEARCH)

    with pytest.raises(NothingStored):
        world.app.analyze.run(
            Days(patient=owner, stream=StreamKind.ACTIVITY),
            actor=actor,
            correlation=CorrelationId("c"),
        )


def test_no_two_of_the_triples_share_a_cache_key():
    named = {(t.owner, t.key): cache_key(t.owner, t.key, schema=1) for t in _triples(seed=8)}

    assert len(set(named.values())) == len(named)
    assert len(named) > 400
