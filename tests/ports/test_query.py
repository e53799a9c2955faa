"""Queries as values: what can be asked, and what is refused before any store sees it."""

import math
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.streams import DayChunk
from clarity.ports.query import (
    MAX_PAGE,
    MAX_TERMS,
    All,
    AnyOf,
    BadQuery,
    Compare,
    Comparison,
    Expression,
    Not,
    Order,
    Query,
    field,
)

ADA = PatientRef(TenantId("clinic"), PatientId("ada"))
DAYS = Query(DayChunk, ADA)
FIRST = date(2003, 5, 1)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (field("day") < FIRST, Compare("day", Comparison.LT, FIRST)),
        (field("day") <= FIRST, Compare("day", Comparison.LE, FIRST)),
        (field("day") > FIRST, Compare("day", Comparison.GT, FIRST)),
        (field("day") >= FIRST, Compare("day", Comparison.GE, FIRST)),
        (field("unit").equals("mims"), Compare("unit", Comparison.EQ, "mims")),
        (field("unit").differs("mims"), Compare("unit", Comparison.NE, "mims")),
        (field("unit").begins_with("m"), Compare("unit", Comparison.BEGINS_WITH, "m")),
        (field("epoch_s").between(1, 9), All((field("epoch_s") >= 1, field("epoch_s") <= 9))),
        (
            field("unit").one_of("mims", "counts"),
            AnyOf((field("unit").equals("mims"), field("unit").equals("counts"))),
        ),
    ],
)
def test_a_comparison_is_written_as_it_is_said(written: Expression, meant: Expression):
    assert written == meant
    assert DAYS.where(written).condition == All((All(()), meant))


def test_a_query_is_narrowed_turned_and_paged_without_being_changed():
    query = DAYS.where(field("day") >= FIRST).newest_first().page(7, "cursor")

    assert (query.order, query.page_size, query.cursor) == (Order.NEWEST_FIRST, 7, "cursor")
    assert (DAYS.order, DAYS.page_size, DAYS.cursor) == (Order.OLDEST_FIRST, 100, None)


@pytest.mark.parametrize("size", [0, -1, MAX_PAGE + 1])
def test_a_page_of_no_or_too_many_entities_is_refused(size: int):
    with pytest.raises(BadQuery, match="1 to 1000"):
        DAYS.page(size)


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        (field("values").equals("1"), "chunk has no field 'values'"),
        (field("day").equals("2003-05-01"), "day is compared with date only"),
        (field("day") > datetime(2003, 5, 1, tzinfo=ZoneInfo("UTC")), "compared with date only"),
        (field("epoch_s").equals(60.0), "epoch_s is compared with int only"),
        (field("epoch_s").equals(True), "epoch_s is compared with int only"),
        (Compare("day", Comparison.BEGINS_WITH, FIRST), "day is no text"),
        (field("coverage").equals(math.nan), "compared with NaN"),
        (field("epoch_s") < 1 << 63, "a number that large"),
        (field("epoch_s") > -(10**400), "a number that large"),
        (field("device").equals("\ud800"), "text that is no Unicode"),
        (Not(field("nothing").equals(1)), "no field"),
        (AnyOf((All((field("nothing").equals(1),)),)), "no field"),
    ],
)
def test_what_no_store_could_answer_is_refused(condition: Expression, problem: str):
    with pytest.raises(BadQuery, match=problem) as refused:
        DAYS.where(condition)

    assert "ports/entities.py lists the fields" in str(refused.value)


def test_a_time_without_a_zone_is_refused():
    naive = datetime.fromisoformat("2003-05-01T12:00:00")

    with pytest.raises(BadQuery, match="a time without a zone"):
        Query(AnalysisResult, ADA).where(field("window_end") < naive)


@pytest.mark.parametrize(
    "value", ["é", "", "a" * 9, float("inf"), (1 << 63) - 1, FIRST, ZoneInfo("UTC")]
)
def test_ordinary_values_are_fine(value):
    fields = {str: "device", float: "coverage", int: "epoch_s", date: "day"}
    name = fields.get(type(value))
    condition = field(name).equals(value) if name else field("zone").equals(value.key)

    assert DAYS.where(condition).condition == All((All(()), condition))


def test_a_condition_may_be_as_large_as_every_store_can_take_and_no_larger():
    terms = tuple(field("epoch_s").equals(n) for n in range(MAX_TERMS - 1))

    assert Query(DayChunk, ADA, AnyOf(terms))
    with pytest.raises(BadQuery, match="at most 200 terms"):
        Query(DayChunk, ADA, AnyOf((*terms, terms[0])))


def test_a_condition_of_any_depth_is_refused_without_a_crash():
    condition: Expression = field("epoch_s").equals(60)
    for _ in range(100_000):
        condition = Not(condition)

    with pytest.raises(BadQuery, match="terms"):
        Query(DayChunk, ADA, condition)
