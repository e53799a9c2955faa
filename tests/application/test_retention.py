from collections import Counter
from datetime import datetime, timedelta

import attrs
import pytest

from clarity.application.read import Days, first
from clarity.application.retention_rules import ALL, RetentionRules, rules_of
from clarity.domain.access import NotAllowed, tenant_subject
from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.audit import Operation
from clarity.domain.streams import DayChunk, StreamKind, Unit
from clarity.ports.query import Page, Query
from clarity.ports.repository import Put
from tests.faults.faulty import FaultPlan, FaultyRepository
from tests.support.worlds import (
    ADA,
    BEN,
    CLERK,
    CLINIC,
    CORRELATION,
    STEWARD,
    STRANGER,
    World,
    day_of,
    evidence,
    opened,
    records_of,
    store_days,
)

OLD = RetentionRules({ALL: 1})
WHO = {"actor": STEWARD, "correlation": CORRELATION}


def _days(world: World, patient=ADA) -> list[str]:
    page = world.core.repository().query(Query(DayChunk, patient, page_size=1_000))
    return [stored.entity.day.isoformat() for stored in page.items]


def _age_of(number: int, world: World) -> RetentionRules:
    return RetentionRules({ALL: (world.clock.now().date() - day_of(number).day).days})


def test_days_older_than_the_limit_go_and_the_limit_itself_stays():
    with opened() as world:
        store_days(world, ADA, count=200)
        store_days(world, BEN, count=3)

        purged = world.app.retention.run(CLINIC, rules=_age_of(150, world), **WHO)

        assert (purged.expired, purged.removed) == (0, 153)
        assert _days(world) == [day_of(n).day.isoformat() for n in range(150, 200)]
        assert _days(world, BEN) == []


@attrs.define(eq=False)
class Hesitant(FaultyRepository):
    """Gives an empty page before every other one, as a store does that has looked at enough."""

    def query(self, query):
        if query.cursor is None:
            return Page((), "begin")
        cursor = None if query.cursor == "begin" else query.cursor
        return self.inner.query(query.page(query.page_size, cursor))


def test_an_empty_page_is_not_the_end():
    with opened() as world:
        store_days(world, ADA, count=200)
        hesitant = Hesitant(world.core.repository(), FaultPlan())
        retention = attrs.evolve(world.app.retention, repository=hesitant)

        purged = retention.run(CLINIC, rules=_age_of(150, world), **WHO)

        assert purged.removed == 150
        assert first(hesitant, Query(DayChunk, ADA)).entity.day == day_of(150).day
        assert first(hesitant, Query(DayChunk, BEN)) is None


def test_results_go_with_their_window():
    with opened() as world:
        store_days(world, ADA, count=10)
        world.app.analyze.run(Days(patient=ADA, stream=StreamKind.ACTIVITY), **WHO)

        assert world.app.retention.run(CLINIC, rules=OLD, **WHO).removed == 11


def test_every_removal_is_in_the_chain():
    with opened() as world:
        store_days(world, ADA, count=100)
        world.app.retention.run(CLINIC, rules=OLD, **WHO)

        events = [record.event for record in records_of(world)]
        removed = [e for e in events if e.operation is Operation.ERASE]
        assert sum(len(event.touched) for event in removed) == 100


def _expiring(world: World, numbers: range, at: str) -> None:
    until = datetime.fromisoformat(at)
    puts = [Put(day_of(n), 0, until) for n in numbers]
    world.core.repository().commit(puts, evidence=evidence(ADA))


def test_without_a_limit_only_what_has_expired_goes():
    with opened() as world:
        store_days(world, ADA, count=2)
        _expiring(world, range(10, 13), "2001-01-01T00:00+00:00")
        _expiring(world, range(20, 24), "2999-01-01T00:00+00:00")

        purged = world.app.retention.run(CLINIC, **WHO)

        assert (purged.expired, purged.removed) == (3, 0)
        assert len(_days(world)) == 6
        assert world.app.retention.run(CLINIC, **WHO).expired == 0


def _steps(world: World, count: int) -> None:
    """Days of another stream beside those of activity."""
    steps = [
        attrs.evolve(day_of(n), stream=StreamKind.STEPS, unit=Unit.STEPS_PER_MIN)
        for n in range(count)
    ]
    world.core.repository().commit([Put(day, 0) for day in steps], evidence=evidence(ADA))


def _left(world: World) -> Counter[str]:
    """How many days of each stream and results there are."""
    repository = world.core.repository()
    days = repository.query(Query(DayChunk, ADA, page_size=1_000)).items
    results = repository.query(Query(AnalysisResult, ADA)).items
    return Counter([stored.entity.stream.value for stored in days] + ["results"] * len(results))


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        ({}, {"activity": 10, "steps": 10, "results": 1}),
        ({"steps": 1}, {"activity": 10, "results": 1}),
        ({"results": 1}, {"activity": 10, "steps": 10}),
        ({"all": 1}, {}),
        ({"all": 1, "activity": 36_500}, {"activity": 10}),
        ({"all": 36_500, "steps": 1, "results": 1}, {"activity": 10}),
        ({"heart-rate": 1}, {"activity": 10, "steps": 10, "results": 1}),
    ],
    ids=str,
)
def test_the_rules_that_are_set_are_applied_stream_by_stream(
    rules: dict[str, int], left: dict[str, int]
):
    with opened() as world:
        store_days(world, ADA, count=10)
        _steps(world, 10)
        world.app.analyze.run(Days(patient=ADA, stream=StreamKind.ACTIVITY), **WHO)

        kept = attrs.evolve(world.app.retention, rules=RetentionRules(rules))
        removed = kept.run(CLINIC, **WHO).removed

        assert _left(world) == left
        assert removed == 21 - sum(left.values())


def test_the_chain_of_the_tenant_says_which_rules_were_applied():
    with opened() as world:
        world.app.retention.run(CLINIC, rules=RetentionRules({"steps": 30, "activity": 730}), **WHO)

        (record,) = records_of(world, tenant_subject(CLINIC))

    assert [one.entity for one in record.event.touched] == ["rule/activity=730", "rule/steps=30"]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("", {}),
        ("all=1825", {"all": 1825}),
        ("activity=730, results=3650,all=1825", {"activity": 730, "results": 3650, "all": 1825}),
        ("heart-rate=1,steps=36500,", {"heart-rate": 1, "steps": 36_500}),
    ],
)
def test_a_setting_says_the_rules(text: str, days: dict[str, int]):
    assert rules_of(text) == RetentionRules(days)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("365", "NAME=DAYS, 365 has not"),
        ("activity=", "NAME=DAYS, activity= has not"),
        ("activity=one", "NAME=DAYS, activity=one has not"),
        ("activity=-1", "NAME=DAYS"),
        ("activity=1.5", "NAME=DAYS"),
        ("activity=\N{SUPERSCRIPT TWO}", "NAME=DAYS"),
        ("activity=0", "activity is kept for 1 to 36500 days"),
        ("all=36501", "all is kept for 1 to 36500 days"),
        ("pulse=3", "pulse is none of activity, steps,"),
        ("all=3,all=4", "all has two rules"),
    ],
)
def test_a_rule_that_says_nothing_clear_is_refused(text: str, said: str):
    with pytest.raises(ValueError, match=said):
        rules_of(text)


def test_another_tenant_is_refused():
    with opened() as world:
        store_days(world)
        with pytest.raises(NotAllowed):
            world.app.retention.run(CLINIC, rules=OLD, actor=STRANGER, correlation=CORRELATION)

        assert len(_days(world)) == 1


def test_jobs_that_ended_long_ago_go_and_others_stay():
    with opened() as world:
        store_days(world, ADA, count=1)
        for _ in range(2):
            list(world.app.export.run(ADA, actor=CLERK, correlation=CORRELATION))
        world.clock.advance(timedelta(days=91).total_seconds())
        list(world.app.export.run(ADA, actor=CLERK, correlation=CORRELATION))

        purged = world.app.retention.run(CLINIC, **WHO)
        left, _ = world.app.jobs.run(actor=CLERK, limit=10, cursor=None)

    assert purged.jobs == 2
    assert len(left) == 1


def test_that_a_rule_was_applied_is_in_the_chain_of_the_tenant():
    with opened() as world:
        world.app.retention.run(CLINIC, **WHO)

        (record,) = records_of(world, tenant_subject(CLINIC))

    assert record.event.operation is Operation.PURGE
