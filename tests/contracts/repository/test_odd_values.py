"""Port Repository: times at the ends of the calendar, empty names, separators and look-alikes."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

import attrs
import pytest

from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.exact import WrongType
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.sleep.rests import MainRest, RestMethod
from clarity.domain.streams import BadChunk, DayChunk
from clarity.domain.timeline import NaiveTime, NamelessZone, OutsideCalendar, TimeWindow
from clarity.ports.audit import AuditFilter
from clarity.ports.entities import BadKey, Entity, Key, key_of
from clarity.ports.errors import Corrupt
from clarity.ports.query import ALWAYS, Compare, Comparison, Query, Stored, field
from clarity.ports.repository import Delete, Put, Upsert
from tests.contracts.repository.harness import (
    ADA,
    RepositoryHarness,
    chunk,
    everything,
    evidence,
    profile,
    result,
    trail_of,
)
from tests.support.clocks import START

BEGINNING = datetime.min.replace(tzinfo=ZoneInfo("Asia/Tokyo"))
"""Before year 1 in UTC."""

END = datetime.max.replace(tzinfo=ZoneInfo("America/New_York"))
"""After year 9999 in UTC."""

NAIVE = datetime.fromisoformat("2003-05-01T12:00:00")


def computed(at: datetime) -> AnalysisResult:
    made = result(START)
    return attrs.evolve(made, provenance=attrs.evolve(made.provenance, computed_at=at))


def test_a_time_at_either_end_of_the_calendar_is_compared_and_kept(world: RepositoryHarness):
    first, last = computed(BEGINNING), attrs.evolve(computed(END), kind="other")
    changes = [Put(first, 0, END), Put(last, 0, END), Put(chunk(), 0, BEGINNING)]

    world.repository.commit(changes, evidence=evidence())

    computed_at = field("computed_at")
    for condition, found in [
        (computed_at <= BEGINNING, [first]),
        (computed_at > BEGINNING, [last]),
        (computed_at >= END, [last]),
        (computed_at < END, [first]),
    ]:
        held = everything(world.repository, Query(AnalysisResult, ADA, condition))
        assert [stored.entity for stored in held] == found
    assert everything(world.repository, Query(DayChunk, ADA)) == []


def test_a_trail_is_asked_for_all_times_there_are(world: RepositoryHarness):
    world.repository.commit([], evidence=evidence())

    wanted = AuditFilter(tenant=ADA.tenant, patient=ADA, since=BEGINNING, until=END)

    assert len(world.trail.records(wanted, limit=9, cursor=None).records) == 1


OUTSIDE: dict[str, Callable[[], object]] = {
    "an event before the first": lambda: evidence(at=BEGINNING),
    "an event after the last": lambda: evidence(at=END),
    "a record before the first": lambda: attrs.evolve(evidence().event(()), at=BEGINNING),
    "a result of a window behind the last": lambda: result(END),
    "a key behind the last": lambda: Key("result", ("a", END, "f")),
    "a day without an end": lambda: attrs.evolve(chunk(), day=date.max),
}


@pytest.mark.parametrize("built", OUTSIDE.values(), ids=OUTSIDE)
def test_what_lies_outside_the_calendar_in_utc_is_refused_where_it_is_built(
    built: Callable[[], object],
):
    with pytest.raises(OutsideCalendar, match="lies before year 1 or after year 9999 in UTC"):
        built()


def test_a_result_says_when_it_was_computed_with_a_zone():
    with pytest.raises(NaiveTime, match="computed_at"):
        computed(NAIVE)


def test_a_key_has_times_with_a_zone(world: RepositoryHarness):
    with pytest.raises(BadKey):
        world.repository.get(ADA, Key("result", ("rest-activity", NAIVE, "f")))


@pytest.mark.parametrize("analyses", [5, None, "ab", [("a",)], [5], {"a": 1}], ids=repr)
def test_analyses_are_names_with_versions(analyses: object):
    with pytest.raises(WrongType, match=r"Provenance\.analyses"):
        attrs.evolve(result(START).provenance, analyses=analyses)


def _nameless() -> ZoneInfo:
    with (resources.files("tzdata.zoneinfo.Europe") / "Oslo").open("rb") as file:
        return ZoneInfo.from_file(file)


NAMELESS = _nameless()
SOME_TIME = START.astimezone(NAMELESS)


def test_a_zone_has_a_name():
    with pytest.raises(BadChunk, match="the zone has no name"):
        attrs.evolve(chunk(), zone=NAMELESS)
    with pytest.raises(NamelessZone, match="a time zone has no name"):
        attrs.evolve(profile().details, zone=NAMELESS)


OF_A_DAY = MainRest(date=date(2003, 5, 1), method=RestMethod.CRESPO, start=SOME_TIME, end=SOME_TIME)
ELSEWHERE: dict[str, Entity] = {
    "a profile": attrs.evolve(profile(), created_at=SOME_TIME),
    "a window": attrs.evolve(result(START), window=TimeWindow(start=SOME_TIME, end=SOME_TIME)),
    "a provenance": computed(SOME_TIME),
    "a rest": attrs.evolve(result(START), rests=(OF_A_DAY,)),
}


@pytest.mark.parametrize("entity", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_time_in_a_zone_without_a_name_is_refused_and_nothing_is_written(
    world: RepositoryHarness, entity: Entity
):
    with pytest.raises(NamelessZone, match="a time zone has no name"):
        world.repository.commit([Put(chunk(), 0), Put(entity, 0)], evidence=evidence())

    assert everything(world.repository, Query(DayChunk, ADA)) == []
    assert trail_of(world) == ()


def _type(value: object) -> str:
    return type(value).__name__


@pytest.mark.parametrize("changes", [None, 5, Put(chunk(), 0), iter([])], ids=_type)
def test_changes_that_are_no_sequence_are_refused_and_nothing_is_written(
    world: RepositoryHarness, changes: object
):
    with pytest.raises(WrongType, match="the changes"):
        world.repository.commit(changes, evidence=evidence())

    assert trail_of(world) == ()


@pytest.mark.parametrize("key", [None, "chunk/activity/2003-05-01", ("chunk", ())], ids=repr)
def test_a_key_that_is_none_is_refused(world: RepositoryHarness, key: object):
    with pytest.raises(WrongType, match="the key"):
        world.repository.get(ADA, key)


NO_PEOPLE = [None, "ada", ("clinic", "ada"), PatientId("ada")]


@pytest.mark.parametrize("owner", NO_PEOPLE, ids=repr)
def test_an_owner_that_is_none_is_refused(world: RepositoryHarness, owner: object):
    with pytest.raises(WrongType, match="the owner"):
        world.repository.get(owner, key_of(chunk()))


@pytest.mark.parametrize("query", [None, "chunk", DayChunk, ALWAYS], ids=repr)
def test_a_query_that_is_none_is_refused(world: RepositoryHarness, query: object):
    with pytest.raises(WrongType, match="the query"):
        world.repository.query(query)


@pytest.mark.parametrize("told", [None, "nurse", ADA, evidence().event(())], ids=_type)
def test_evidence_that_is_none_is_refused_and_nothing_is_written(
    world: RepositoryHarness, told: object
):
    with pytest.raises(WrongType, match="the evidence"):
        world.repository.commit([Put(chunk(), 0)], evidence=told)

    assert trail_of(world) == ()


@pytest.mark.parametrize("name", [5, [], None], ids=repr)
def test_a_field_is_named_by_a_text(name: object):
    with pytest.raises(WrongType, match=r"Compare\.field"):
        Compare(name, Comparison.EQ, "a")


@pytest.mark.parametrize("name", ["actor", "entity"])
def test_a_trail_is_asked_in_unicode(name: str):
    with pytest.raises(WrongType, match="Unicode"):
        AuditFilter(tenant=ADA.tenant, **{name: "\ud800"})


def test_a_version_that_none_has_is_damage_and_is_not_written_over(world: RepositoryHarness):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())
    world.unversioned(chunk())

    for touching in (
        lambda: world.repository.get(ADA, key_of(chunk())),
        lambda: world.repository.query(Query(DayChunk, ADA)),
        lambda: world.repository.commit([Put(chunk(level=2), 0)], evidence=evidence()),
        lambda: world.repository.commit([Put(chunk(level=2), 1)], evidence=evidence()),
        lambda: world.repository.commit([Upsert(chunk(level=2))], evidence=evidence()),
        lambda: world.repository.commit([Delete(key_of(chunk()), 1)], evidence=evidence()),
    ):
        with pytest.raises(Corrupt, match="the version of a stored "):
            touching()

    assert len(trail_of(world)) == 1


LOOK_ALIKES = ["ada", "Ada", "ada#", "ada$c", "a/da", "a%2Fda", "\u0430da", "ad\u00e1", "ada\u0301"]
"""Cyrillic letters, accents in one and in two code points, separators and their escapes."""


def test_people_whose_ids_look_alike_have_their_own(world: RepositoryHarness):
    people = [
        PatientRef(TenantId(tenant), PatientId(name))
        for tenant in ("clinic", "clinic#ada")
        for name in LOOK_ALIKES
    ]
    for number, owner in enumerate(people):
        world.repository.commit([Put(chunk(level=number), 0)], evidence=evidence(owner))

    for number, owner in enumerate(people):
        held = everything(world.repository, Query(DayChunk, owner))
        assert held == [Stored(chunk(level=number), 1)]


def test_results_whose_names_are_empty_or_look_alike_are_different_ones(world: RepositoryHarness):
    made = [result(START, kind=kind) for kind in ("", "#", "$c", "a/b", "a%2Fb", "\u0430", "a")]
    made += [result(START + timedelta(days=1), print_=print_) for print_ in ("", "#", "t", "$")]
    world.repository.commit([Put(one, 0) for one in made], evidence=evidence())

    assert len(everything(world.repository, Query(AnalysisResult, ADA))) == len(made)
    for one in made:
        assert world.repository.get(ADA, key_of(one)).entity == one
    (record,) = trail_of(world)
    assert len({touched.entity for touched in record.event.touched}) == len(made)


def test_every_instant_of_a_day_is_one_key_in_every_zone(world: RepositoryHarness):
    made = result(START.astimezone(ZoneInfo("Asia/Tokyo")))
    world.repository.commit([Put(made, 0)], evidence=evidence())

    in_utc = Key("result", ("rest-activity", START.astimezone(UTC), made.provenance.fingerprint))

    assert world.repository.get(ADA, in_utc).entity == made
