"""Queries compiled without a server: the range and the filter say what the condition says."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.adapters.aws.dynamodb.conditions import NEVER, simplified, without
from clarity.adapters.aws.dynamodb.conditions import holds as asked_of
from clarity.adapters.aws.dynamodb.items import comparable
from clarity.adapters.aws.dynamodb.keys import key_text
from clarity.adapters.aws.dynamodb.query import planned, question
from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.streams import DayChunk
from clarity.ports.entities import Key, spec_of
from clarity.ports.query import (
    ALWAYS,
    All,
    AnyOf,
    Compare,
    Comparison,
    Expression,
    Not,
    Query,
    field,
)
from tests.support.golden_entities import GOLDEN

ADA = PatientRef(TenantId("t"), PatientId("ada"))

Row = Mapping[str, str | date | datetime]


def holds(condition: Expression, row: Row) -> bool:
    """What a condition means, slowly."""
    match condition:
        case Compare(name, Comparison.BEGINS_WITH, value):
            return str(row[name]).startswith(str(value))
        case Compare(name, comparison, value):
            have = row[name]
            return {
                Comparison.EQ: have == value,
                Comparison.NE: have != value,
                Comparison.LT: have < value,
                Comparison.LE: have <= value,
                Comparison.GT: have > value,
                Comparison.GE: have >= value,
            }[comparison]
        case Not(term):
            return not holds(term, row)
        case All(terms):
            return all(holds(term, row) for term in terms)
        case AnyOf(terms):
            return any(holds(term, row) for term in terms)


words = st.text("a#$% b\U0010fffe\U0010ffff", max_size=3)
days = st.dates(date(2003, 4, 28), date(2003, 5, 9)) | st.sampled_from([date.min, date.max])
comparisons = st.sampled_from([c for c in Comparison if c is not Comparison.BEGINS_WITH])


def conditions(leaves: st.SearchStrategy[Compare]) -> st.SearchStrategy[Expression]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda terms: All(tuple(terms))),
            st.lists(inner, max_size=3).map(lambda terms: AnyOf(tuple(terms))),
            inner.map(Not),
        ),
        max_leaves=6,
    )


ends = st.integers(-2, 2).map(lambda n: datetime(2003, 5, 1, tzinfo=UTC) + timedelta(hours=n))
result_terms = st.builds(
    Compare,
    st.sampled_from(["kind", "fingerprint"]),
    st.sampled_from(Comparison),
    words,
) | st.builds(Compare, st.just("window_end"), comparisons, ends)
chunk_terms = st.builds(
    Compare, st.just("stream"), st.sampled_from(Comparison), st.sampled_from(["activity", "a", ""])
) | st.builds(Compare, st.just("day"), comparisons, days)


def check(query: Query, row: Row, key: Key) -> None:
    plan = planned(query)
    wanted = holds(query.condition, row)
    if plan is None:
        assert not wanted
        return
    inside = plan.keys.low <= key_text(key) <= plan.keys.high
    assert inside or not wanted
    if not plan.filter:
        assert inside == wanted


@given(conditions(result_terms), words, ends, words)
def test_the_range_of_results_loses_nothing_and_alone_is_exact(
    condition: Expression, kind: str, end: datetime, print_: str
):
    row = {"kind": kind, "window_end": end, "fingerprint": print_}

    check(Query(AnalysisResult, ADA, condition), row, Key("result", (kind, end, print_)))


@given(conditions(chunk_terms), st.sampled_from(["activity", "hrv"]), days)
def test_the_range_of_chunks_loses_nothing_and_alone_is_exact(
    condition: Expression, stream: str, day: date
):
    query = Query(DayChunk, ADA, condition)

    check(query, {"stream": stream, "day": day}, Key("chunk", (stream, day)))


@given(conditions(chunk_terms), st.sampled_from(["activity", "hrv"]), days)
def test_a_condition_without_some_fields_says_no_more_than_with_them(
    condition: Expression, stream: str, day: date
):
    row = {"stream": stream, "day": day}

    weaker = without(simplified(condition), frozenset({"stream"}))

    assert holds(weaker, row) or not holds(condition, row)


@given(conditions(result_terms), words, ends, words)
def test_a_simplified_condition_means_the_same(
    condition: Expression, kind: str, end: datetime, print_: str
):
    row = {"kind": kind, "window_end": end, "fingerprint": print_}

    assert holds(simplified(condition), row) == holds(condition, row)


OSLO = ZoneInfo("Europe/Oslo")
FIRST, SECOND = (datetime(2003, 10, 26, 2, 30, tzinfo=OSLO, fold=fold) for fold in (0, 1))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (field("window_end").equals(SECOND), True),
        (field("window_end").equals(FIRST), False),
        (field("window_end") > FIRST, True),
        (field("window_end").equals(SECOND.astimezone(UTC)), True),
        (Not(field("window_end") < FIRST), True),
        (AnyOf((field("kind").equals("x"), field("kind").begins_with("rest"))), True),
        (All((field("kind").equals("x"), field("kind").begins_with("rest"))), False),
    ],
)
def test_what_the_reader_asks_means_what_the_port_says_times_as_instants(
    condition: Expression, expected: bool
):
    result = GOLDEN["result-1"]
    assert result.window.end == SECOND

    assert asked_of(condition, spec_of(AnalysisResult), result) == expected


def test_constants_are_folded():
    term = field("kind").equals("a")

    assert simplified(AnyOf((term, ALWAYS))) == ALWAYS
    assert simplified(All((term, NEVER))) == NEVER
    assert simplified(Not(Not(All((All((term,)), ALWAYS))))) == term


def test_what_can_never_match_is_not_asked():
    query = Query(DayChunk, ADA).where(field("day").one_of())

    assert planned(query) is None
    assert (
        planned(Query(DayChunk, ADA, All((field("stream") < "a", field("stream") > "b")))) is None
    )


def test_a_week_of_a_stream_is_one_range_without_a_filter():
    week = field("day").between(date(2003, 5, 1), date(2003, 5, 7))
    query = Query(DayChunk, ADA).where(field("stream").equals("activity")).where(week)

    plan = planned(query)

    assert plan is not None
    assert (plan.keys.low, plan.keys.high) == ("O#activity#20030501", "O#activity#20030507")
    assert plan.filter == ""
    assert plan.values == {}


def test_other_fields_are_filtered_by_alias_and_bound_value():
    condition = All(
        (
            field("coverage") >= 0.5,
            AnyOf((field("device").begins_with("x"), field("unit").equals("counts"))),
            Not(field("device").begins_with("y")),
        )
    )

    plan = planned(Query(DayChunk, ADA, condition))

    assert plan is not None
    assert plan.filter == (
        "#n0 < :v0 OR "
        "(#n1 >= :v1 AND (begins_with(#n2, :v2) OR #n3 = :v3) AND NOT begins_with(#n2, :v4))"
    )
    assert plan.names == {"#n0": "s", "#n1": "k", "#n2": "i", "#n3": "u"}
    assert plan.values[":v0"] == {"N": "2"}
    assert plan.values[":v3"] == {"S": "counts"}


def test_a_kind_of_one_form_is_filtered_by_the_condition_alone():
    plan = planned(Query(AnalysisResult, ADA).where(field("clarity_version") > "1"))

    assert plan is not None
    assert plan.filter == "#n0 > :v0"
    assert plan.names == {"#n0": "f_clarity_version"}


SOURCED = field("source").begins_with("0")


@pytest.mark.parametrize(
    ("condition", "filter_"),
    [
        (SOURCED, ""),
        (Not(SOURCED), ""),
        (AnyOf((SOURCED, field("coverage") > 0.5)), ""),
        (All((SOURCED, field("coverage") > 0.5)), "#n0 < :v0 OR #n1 > :v1"),
        (
            AnyOf((All((SOURCED, field("coverage") > 0.5)), field("unit").equals("counts"))),
            "#n0 < :v0 OR (#n1 > :v1 OR #n2 = :v2)",
        ),
    ],
)
def test_what_the_service_cannot_tell_is_left_to_the_reader(condition: Expression, filter_: str):
    plan = planned(Query(DayChunk, ADA, condition))

    assert plan is not None
    assert plan.filter == filter_
    assert plan.rest == simplified(condition)
    assert plan.step(5) == 200


def test_the_same_value_is_bound_once():
    condition = AnyOf((field("device").equals("x"), field("zone").equals("x")))

    plan = planned(Query(DayChunk, ADA, condition))

    assert plan is not None
    assert plan.values == {":v0": {"N": "2"}, ":v1": {"S": "x"}}


def test_every_name_and_value_of_the_request_is_used():
    condition = field("coverage") > 0.5
    plan = planned(Query(DayChunk, ADA, condition).newest_first())

    assert plan is not None
    request = plan.parameters("t", remaining=7, after="O#activity#20030501")
    text = request["KeyConditionExpression"] + request["FilterExpression"]
    for alias in [*request["ExpressionAttributeNames"], *request["ExpressionAttributeValues"]]:
        assert alias in text
    assert request["ScanIndexForward"] is False
    assert request["ConsistentRead"] is True
    assert request["ExclusiveStartKey"]["sk"] == {"S": "O#activity#20030501"}


def test_a_plan_explains_itself_without_naming_the_owner():
    plan = planned(
        Query(DayChunk, ADA)
        .where(field("stream").equals("activity"))
        .where(field("coverage") > 0.9)
    )

    assert plan is not None
    text = plan.explain(item_bytes=1_400, page_size=7)
    assert "no index, consistent, ascending" in text
    assert "chunk from 'activity#' to 'activity$'" in text
    assert "about 3 read units" in text
    assert "'k'" in text
    assert "ada" not in text
    assert "filter: none" in planned(Query(DayChunk, ADA)).explain(item_bytes=1, page_size=1)


def test_a_cursor_question_tells_queries_apart_but_not_page_sizes():
    query = Query(DayChunk, ADA)
    other = PatientRef(TenantId("u"), PatientId("ada"))

    questions = {
        question(query),
        question(query.newest_first()),
        question(Query(AnalysisResult, ADA)),
        question(Query(DayChunk, other)),
        question(query.where(field("day") > date(2003, 5, 1))),
    }

    assert len(questions) == 5
    assert question(query.page(7)) == question(query)


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_floats_are_ordered_as_bytes(one: float, other: float):
    assert (comparable(one)["B"] < comparable(other)["B"]) == (one < other)
    assert (comparable(one)["B"] == comparable(other)["B"]) == (one == other)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_instants_are_ordered_as_numbers(one: datetime, other: datetime):
    assert (int(comparable(one)["N"]) < int(comparable(other)["N"])) == (one < other)


@pytest.mark.parametrize("value", ["text", date(2003, 5, 1), 5])
def test_other_values_are_bound_as_they_are_read(value: str | date | int):
    assert comparable(value) in ({"S": "text"}, {"S": "2003-05-01"}, {"N": "5"})
