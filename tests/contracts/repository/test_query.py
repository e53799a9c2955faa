"""Port Repository: queries, their order, their pages and their cursors."""

import base64
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.profile import Profile
from clarity.domain.streams import DayChunk
from clarity.ports.entities import ENTITIES, Entity, EntitySpec, key_of, spec_of
from clarity.ports.errors import CURSOR_LIFE, BadCursor
from clarity.ports.query import Not, Query, Stored, field
from clarity.ports.repository import Delete, Put
from tests.contracts.repository.harness import (
    ADA,
    BEN,
    READERS,
    Opener,
    RepositoryHarness,
    chunk,
    everything,
    evidence,
    result,
)
from tests.support import strategies
from tests.support.evaluation import holds

DAYS = Query(DayChunk, ADA)


@pytest.fixture(scope="session", params=READERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return READERS[request.param]


@pytest.fixture
def week(world: RepositoryHarness) -> RepositoryHarness:
    changes = [Put(chunk(number), 0) for number in (3, 0, 6, 1, 5, 2, 4)]
    world.repository.commit(changes, evidence=evidence())
    return world


def _numbers(stored: list[Stored[DayChunk]]) -> list[int]:
    return [(one.entity.day - date(2003, 5, 1)).days for one in stored]


def test_an_unknown_patient_has_nothing(world: RepositoryHarness):
    page = world.repository.query(DAYS)

    assert (page.items, page.cursor) == ((), None)


def test_the_answer_comes_in_key_order(week: RepositoryHarness):
    assert _numbers(everything(week.repository, DAYS)) == [0, 1, 2, 3, 4, 5, 6]
    assert _numbers(everything(week.repository, DAYS.newest_first())) == [6, 5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
@pytest.mark.parametrize("query", [DAYS, DAYS.newest_first()])
def test_pages_are_full_until_the_last(week: RepositoryHarness, query: Query[DayChunk], size: int):
    sizes, cursor = [], None
    while not sizes or cursor is not None:
        page = week.repository.query(query.page(size, cursor))
        sizes.append(len(page.items))
        cursor = page.cursor

    assert sum(sizes) == 7
    assert set(sizes[:-1]) <= {size}


def test_a_page_is_filled_although_many_entities_do_not_match_or_have_expired(
    week: RepositoryHarness,
):
    soon = week.clock.now() + timedelta(seconds=1)
    again = [Put(chunk(number), 1, soon) for number in (1, 2)]
    week.repository.commit(again, evidence=evidence())
    week.clock.advance(2)

    page = week.repository.query(DAYS.where(field("day").differs(date(2003, 5, 4))).page(3))

    assert _numbers(list(page.items)) == [0, 4, 5]


def test_kinds_and_patients_are_apart(week: RepositoryHarness):
    assert everything(week.repository, Query(AnalysisResult, ADA)) == []
    assert everything(week.repository, Query(DayChunk, BEN)) == []


def test_a_cursor_serves_pages_of_any_size(week: RepositoryHarness):
    cursor = week.repository.query(DAYS.page(2)).cursor

    page = week.repository.query(DAYS.page(4, cursor))

    assert _numbers(list(page.items)) == [2, 3, 4, 5]


@pytest.mark.parametrize(
    "other",
    [
        DAYS.newest_first(),
        DAYS.where(field("unit").equals("counts")),
        Query(DayChunk, BEN),
        Query(DayChunk, PatientRef(TenantId("other"), ADA.patient)),
        Query(AnalysisResult, ADA),
    ],
)
def test_a_cursor_of_another_question_is_refused(week: RepositoryHarness, other: Query[Entity]):
    cursor = week.repository.query(DAYS.page(2)).cursor

    with pytest.raises(BadCursor):
        week.repository.query(other.page(2, cursor))


@given(data=st.data())
def test_a_changed_cursor_is_refused(opened: Opener, data: st.DataObject):
    with opened() as world:
        changes = [Put(chunk(number), 0) for number in range(3)]
        world.repository.commit(changes, evidence=evidence())
        cursor = world.repository.query(DAYS.page(1)).cursor
        raw = bytearray(base64.urlsafe_b64decode(cursor))
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place] ^= data.draw(st.integers(1, 255))

        with pytest.raises(BadCursor):
            world.repository.query(DAYS.page(1, base64.urlsafe_b64encode(raw).decode()))


def test_a_cursor_is_good_for_a_day_and_no_longer(week: RepositoryHarness):
    cursor = week.repository.query(DAYS.page(2)).cursor
    week.clock.advance(CURSOR_LIFE.total_seconds())

    assert _numbers(list(week.repository.query(DAYS.page(2, cursor)).items)) == [2, 3]
    week.clock.advance(1)
    with pytest.raises(BadCursor, match="has expired; start again"):
        week.repository.query(DAYS.page(2, cursor))


@given(made_up=st.text(max_size=40))
def test_a_made_up_cursor_is_refused(opened: Opener, made_up: str):
    with opened() as world, pytest.raises(BadCursor):
        world.repository.query(DAYS.page(1, made_up))


def test_what_exists_throughout_is_not_lost_while_others_write(week: RepositoryHarness):
    first = week.repository.query(DAYS.page(3))
    week.repository.commit(
        [Delete(key_of(chunk(1)), 1), Delete(key_of(chunk(2)), 1)], evidence=evidence()
    )

    rest = week.repository.query(DAYS.page(9, first.cursor))

    assert _numbers(list(rest.items)) == [3, 4, 5, 6]


def test_a_page_after_which_all_was_deleted_is_empty(week: RepositoryHarness):
    cursor = week.repository.query(DAYS.page(6)).cursor
    week.repository.commit([Delete(key_of(chunk(6)), 1)], evidence=evidence())

    page = week.repository.query(DAYS.page(6, cursor))

    assert (page.items, page.cursor) == ((), None)


@pytest.mark.parametrize(("prefix", "begins"), [("", True), ("a", False)])
def test_an_empty_text_begins_with_nothing_but_the_empty_text(
    week: RepositoryHarness, prefix: str, begins: bool
):
    condition = field("device").begins_with(prefix)

    found = everything(week.repository, DAYS.where(condition))
    others = everything(week.repository, DAYS.where(Not(condition)))

    assert (len(found), len(others)) == ((7, 0) if begins else (0, 7))


def _of_kind(spec: EntitySpec) -> st.SearchStrategy[list[Entity]]:
    of_type = {DayChunk: strategies.chunks, AnalysisResult: strategies.results}
    one = of_type.get(spec.type, strategies.profiles)()
    return st.lists(one, max_size=6, unique_by=key_of)


@pytest.mark.parametrize("spec", ENTITIES, ids=lambda spec: spec.kind)
@given(data=st.data())
def test_a_query_finds_what_its_condition_says(
    opened: Opener, spec: EntitySpec, data: st.DataObject
):
    found = data.draw(_of_kind(spec))
    condition = data.draw(strategies.conditions(spec, found))
    query = Query(spec.type, ADA, condition).page(data.draw(st.integers(1, 4)))
    with opened() as world:
        world.repository.commit([Put(entity, 0) for entity in found], evidence=evidence())

        forwards = everything(world.repository, query)
        backwards = everything(world.repository, query.newest_first())

    expected = sorted(
        (entity for entity in found if holds(condition, entity)),
        key=lambda entity: key_of(entity).parts,
    )
    assert [key_of(one.entity) for one in forwards] == [key_of(one) for one in expected]
    assert strategies.same([one.entity for one in forwards], expected)
    assert strategies.same(backwards, forwards[::-1])


def test_results_lie_in_the_order_in_which_their_windows_end(world: RepositoryHarness):
    ends = [
        datetime(2003, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Oslo"), fold=1),
        datetime(2003, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Oslo")),
        datetime(2004, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, tzinfo=UTC),
    ]
    made = [result(end, print_=f"{number:064x}") for number, end in enumerate(ends)]
    other = result(datetime(2005, 1, 1, tzinfo=UTC), kind="other")
    changes = [Put(one, 0) for one in (*made, other)]
    world.repository.commit(changes, evidence=evidence())
    of_kind = Query(AnalysisResult, ADA).where(field("kind").equals("rest-activity"))

    newest_first = everything(world.repository, of_kind.newest_first().page(1))
    (of_end,) = everything(world.repository, of_kind.where(field("window_end").equals(ends[1])))

    assert [one.entity for one in newest_first] == [made[n] for n in (2, 0, 1, 3)]
    assert of_end.entity == made[1]
    assert world.repository.get(ADA, key_of(made[0])).entity == made[0]


@given(owner=strategies.patients(), caller=strategies.patients(), entity=strategies.entities())
def test_nothing_is_seen_through_another_patients_name(
    opened: Opener, owner: PatientRef, caller: PatientRef, entity: Entity
):
    with opened() as world:
        world.repository.commit([Put(entity, 0)], evidence=evidence(owner))
        world.repository.commit([], evidence=evidence(caller))

        seen = everything(world.repository, Query(type(entity), caller))

    assert bool(seen) == (caller == owner)


def test_look_alike_patients_are_different_people(world: RepositoryHarness):
    pairs = [("a/b", "c"), ("a", "b/c"), ("a#b", "c"), ("A", "c"), ("\u0430", "c"), ("a%2Fb", "c")]
    owners = [PatientRef(TenantId(tenant), PatientId(patient)) for tenant, patient in pairs]
    for number, owner in enumerate(owners):
        world.repository.commit([Put(chunk(number), 0)], evidence=evidence(owner))

    seen = [_numbers(everything(world.repository, attrs.evolve(DAYS, owner=o))) for o in owners]

    assert seen == [[number] for number in range(len(owners))]


def test_every_kind_of_entity_has_a_strategy():
    assert {spec.type for spec in ENTITIES} == {DayChunk, AnalysisResult, Profile}
    assert [spec_of(spec.type) for spec in ENTITIES] == list(ENTITIES)
