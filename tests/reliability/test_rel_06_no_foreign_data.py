"""REL-06: 10,000 triples (caller, owner, key) and not one view across patients or tenants."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import attrs
import pytest

from clarity.application.ask_model import ModelQuestion
from clarity.application.known_people import PatientUnknown
from clarity.application.read import Days
from clarity.application.reports import Order
from clarity.application.summarize import Period
from clarity.domain.access import NotAllowed, NotOperator
from clarity.domain.identity import (
    Actor,
    CorrelationId,
    PatientId,
    PatientRef,
    Purpose,
    Role,
    TenantId,
)
from clarity.domain.jobs import JobKind
from clarity.domain.models import ModelSelector
from clarity.domain.profile import Details, EmailAddress
from clarity.domain.streams import StreamKind
from clarity.ports.audit import AuditFilter
from clarity.ports.cache_key import cache_key
from clarity.ports.entities import Key, key_of
from clarity.ports.errors import NotFound
from clarity.ports.recordings import ReadOptions
from tests.application.world import recording
from tests.support.recordings import depresjon_table, source_of
from tests.support.worlds import World, day_of, opened, records_of, store_days

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
BUSY: Final = recording()
PROFILE: Final = Details(email=EmailAddress("a@x"), zone=ZoneInfo("UTC"))
NO_MODEL: Final = ModelQuestion(selector=ModelSelector("none"))
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
            caller=Actor(
                id=chance.choice(NAMES),
                tenant=tenant,
                purpose=chance.choice(list(Purpose)),
                role=chance.choice(list(Role)),
            ),
            owner=own,
            key=Key("chunk", (stream, day)),
        )


def _levels_read(world: World, triple: Triple) -> set[float]:
    days = Days(patient=triple.owner, stream=StreamKind.ACTIVITY)
    try:
        page = world.app.read.run(days, actor=triple.caller, correlation=CorrelationId("c"))
    except PatientUnknown:
        return set()
    return {float(value) for stored in page.items for value in stored.entity.values}


def _levels_got(world: World, triple: Triple) -> set[float]:
    try:
        return set(world.core.repository().get(triple.owner, triple.key).entity.values.tolist())
    except NotFound:
        return set()


def _patients_reported(world: World, triple: Triple) -> set[PatientRef]:
    wanted = AuditFilter(tenant=triple.owner.tenant, patient=triple.owner)
    asked = {"actor": triple.caller, "correlation": CorrelationId("c")}
    try:
        return {record.event.patient for record in world.app.audit_report.run(wanted, **asked)}
    except PatientUnknown:
        return set()


def _patients_verified(world: World, triple: Triple) -> set[TenantId]:
    verdicts = world.app.verify_trail.run(
        triple.owner.tenant, actor=triple.caller, correlation=CorrelationId("c")
    )
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
            known = {triple.owner} & set(OWNERS[::2])
            assert _patients_reported(world, triple) == known
            assert _patients_verified(world, triple) <= {triple.owner.tenant}


def _calls_about(world: World, triple: Triple) -> Iterator[Callable[[], object]]:
    """Everything that takes an actor and says about whom, asked by the caller about the owner."""
    app, owner, tenant = world.app, triple.owner, triple.owner.tenant
    days = Days(patient=owner, stream=StreamKind.ACTIVITY)
    who = {"actor": triple.caller, "correlation": CorrelationId("c")}
    yield lambda: _patients_reported(world, triple)
    yield lambda: _patients_verified(world, triple)
    yield lambda: app.status.run(tenant, **who)
    yield lambda: app.sign_heads.run(tenant, again_after=None, actor=triple.caller)
    yield lambda: app.sign_heads.after_restore(tenant, actor=triple.caller)
    yield lambda: app.export.run(owner, **who)
    yield lambda: app.erase.run(owner, **who)
    yield lambda: app.erase.held(owner, **who)
    yield lambda: app.erase_again.run(tenant, **who)
    yield lambda: app.export_trail.run(triple.caller.tenant, patients=[owner], **who)
    yield lambda: app.analyze.run(days, **who)
    yield lambda: app.streams_held.run(owner, **who)
    yield lambda: app.latest_result.run(owner, **who)
    yield lambda: app.keep_profile.run(PROFILE, patient=owner, **who)
    yield lambda: app.read_profile.run(owner, **who)
    yield lambda: app.summarize.run(days, by=Period.WEEK, **who)
    yield lambda: app.ingest.run(BUSY, patient=owner, **who)
    yield lambda: app.import_days.run([day_of()], patient=owner, **who)
    yield lambda: app.retention.run(tenant, **who)
    yield lambda: world.core.ask().run(BUSY.series, question=NO_MODEL, patient=owner, **who)


def _expect_every_use_case_to_refuse(world: World, triple: Triple) -> None:
    for call in _calls_about(world, triple):
        with pytest.raises(NotAllowed):
            call()


def _whole_store(world: World, actor: Actor, folder: Path) -> Iterator[Callable[[], object]]:
    """Everything that concerns all tenants."""
    keep = world.app.keep
    who = {"actor": actor, "correlation": CorrelationId("c")}
    yield lambda: keep.back_up(folder / "copy", **who)
    yield lambda: keep.check(**who)
    yield lambda: keep.restored(**who)
    yield lambda: keep.restore(folder / "no", to=folder / "copy", actor=actor)
    yield lambda: keep.replace(folder / "no", to=folder / "copy", actor=actor)


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("tenant", NAMES)
def test_nobody_of_one_tenant_touches_the_whole_store(
    world: World, tmp_path: Path, tenant: str, purpose: Purpose
):
    actor = Actor(id="operator", tenant=TenantId(tenant), purpose=purpose)

    for call in _whole_store(world, actor, tmp_path):
        with pytest.raises(NotOperator):
            call()

    assert list(tmp_path.iterdir()) == []


def test_the_jobs_of_others_are_neither_listed_nor_found(world: World):
    tenants, ids = [TenantId(name) for name in NAMES], NAMES
    jobs: dict[Actor, str] = {}
    for tenant, name in product(tenants, ids):
        actor = Actor(id=name, tenant=tenant, purpose=Purpose.RESEARCH)
        work = world.core.track().running(
            JobKind.EXPORT, actor=actor, correlation=CorrelationId("c")
        )
        with work as progress:
            jobs[actor] = progress.job.id

    for actor, own in jobs.items():
        listed, _ = world.app.jobs.run(actor=actor, limit=100, cursor=None)
        assert [one.job.id for one in listed] == [own]
        other = random.Random(own).choice([job for job in jobs.values() if job != own])
        with pytest.raises(NotFound):
            world.app.jobs.one(other, actor=actor)


def test_an_address_finds_people_of_the_own_tenant_alone():
    with opened() as world:
        who = {"correlation": CorrelationId("c")}
        actors = [Actor(id="a", tenant=TenantId(name), purpose=Purpose.RESEARCH) for name in NAMES]
        for number, actor in enumerate(actors[::2]):
            owner = PatientRef(actor.tenant, PatientId(NAMES[number]))
            world.app.keep_profile.run(PROFILE, patient=owner, actor=actor, **who)

        found = [world.app.find_patient.run(PROFILE.email, actor=actor, **who) for actor in actors]

    assert found[::2] == [
        PatientRef(actor.tenant, PatientId(NAMES[number]))
        for number, actor in enumerate(actors[::2])
    ]
    assert set(found[1::2]) == {None}


def test_unfinished_jobs_of_other_tenants_are_not_listed():
    with opened() as world, ExitStack() as running:
        actors = [Actor(id="a", tenant=TenantId(n), purpose=Purpose.RESEARCH) for n in NAMES]
        track = world.core.track()
        jobs = {
            actor: running.enter_context(
                track.running(JobKind.EXPORT, actor=actor, correlation=CorrelationId("c"))
            ).job.id
            for actor in actors
        }
        for actor, own in jobs.items():
            listed, _ = world.app.unfinished_jobs.run(actor=actor, limit=100, cursor=None)
            assert [one.job.id for one in listed] == [own]


@pytest.mark.parametrize("use_case", ["report", "import_recordings"])
def test_a_file_goes_to_the_tenant_of_who_brings_it_whatever_its_label(use_case: str):
    with opened() as world:
        for tenant in NAMES:
            store_days(world, PatientRef(TenantId(tenant), PatientId("a")), level=7.0)
        caller = Actor(id="a", tenant=TenantId("a/"), purpose=Purpose.RESEARCH)
        order = Order(
            sources=(source_of(depresjon_table()),),
            options=ReadOptions(),
            patient="a",
            actor=caller,
            correlation=CorrelationId("c"),
        )

        assert list(getattr(world.app, use_case).run(order))

        chains = {
            tenant: len(records_of(world, PatientRef(TenantId(tenant), PatientId("a"))))
            for tenant in NAMES
        }
        assert chains.pop("a/") > 1
        assert set(chains.values()) == {1}


def test_somebody_without_data_has_nothing_to_analyze(world: World):
    owner = OWNERS[1]
    actor = Actor(id="a", tenant=owner.tenant, purpose=Purpose.RESEARCH)

    with pytest.raises(PatientUnknown):
        world.app.analyze.run(
            Days(patient=owner, stream=StreamKind.ACTIVITY),
            actor=actor,
            correlation=CorrelationId("c"),
        )


def test_no_two_of_the_triples_share_a_cache_key():
    named = {(t.owner, t.key): cache_key(t.owner, t.key, schema=1) for t in _triples(seed=8)}

    assert len(set(named.values())) == len(named)
    assert len(named) > 400
