from datetime import datetime, timedelta

import attrs
import pytest

from clarity.application.read import Days, first
from clarity.domain.access import NotAllowed, tenant_subject
from clarity.domain.audit import Operation
from clarity.domain.streams import DayChunk, StreamKind
from clarity.ports.query import Page, Query
from clarity.ports.repository import Put
from tests.faults.faulty import FaultPlan, FaultyRepository
from tests.support.worlds import (
    ADA,
    BEN,
    CLINIC,
    CORRELATION,
    NURSE,
    STRANGER,
    World,
    day_of,
    evidence,
    opened,
    records_of,
    store_days,
)

WHO = {"actor": NURSE, "correlation": CORRELATION}


def _days(world: World, patient=ADA) -> list[str]:
    page = world.core.repository().query(Query(DayChunk, patient, page_size=1_000))
    return [stored.entity.day.isoformat() for stored in page.items]


def _age_of(number: int, world: World) -> timedelta:
    return timedelta(days=(world.clock.now().date() - day_of(number).day).days)


def test_days_older_than_the_limit_go_and_the_limit_itself_stays():
    with opened() as world:
        store_days(world, ADA, count=200)
        store_days(world, BEN, count=3)

        purged = world.app.retention.run(CLINIC, older_than=_age_of(150, world), **WHO)

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

        purged = retention.run(CLINIC, older_than=_age_of(150, world), **WHO)

        assert purged.removed == 150
        assert first(hesitant, Query(DayChunk, ADA)).entity.day == day_of(150).day
        assert first(hesitant, Query(DayChunk, BEN)) is None


def test_results_go_with_their_window():
    with opened() as world:
        store_days(world, ADA, count=10)
        world.app.analyze.run(Days(patient=ADA, stream=StreamKind.ACTIVITY), **WHO)

        assert world.app.retention.run(CLINIC, older_than=timedelta(days=1), **WHO).removed == 11


def test_every_removal_is_in_the_chain():
    with opened() as world:
        store_days(world, ADA, count=100)
        world.app.retention.run(CLINIC, older_than=timedelta(days=1), **WHO)

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

        purged = world.app.retention.run(CLINIC, older_than=None, **WHO)

        assert (purged.expired, purged.removed) == (3, 0)
        assert len(_days(world)) == 6
        assert world.app.retention.run(CLINIC, older_than=None, **WHO).expired == 0


def test_another_tenant_is_refused():
    with opened() as world:
        store_days(world)
        with pytest.raises(NotAllowed):
            world.app.retention.run(
                CLINIC, older_than=timedelta(days=1), actor=STRANGER, correlation=CORRELATION
            )

        assert len(_days(world)) == 1


def test_jobs_that_ended_long_ago_go_and_others_stay():
    with opened() as world:
        store_days(world, ADA, count=1)
        for _ in range(2):
            list(world.app.export.run(ADA, **WHO))
        world.clock.advance(timedelta(days=91).total_seconds())
        list(world.app.export.run(ADA, **WHO))

        purged = world.app.retention.run(CLINIC, older_than=None, **WHO)
        left, _ = world.app.jobs.run(actor=NURSE, limit=10, cursor=None)

    assert purged.jobs == 2
    assert len(left) == 1


def test_that_a_rule_was_applied_is_in_the_chain_of_the_tenant():
    with opened() as world:
        world.app.retention.run(CLINIC, older_than=None, **WHO)

        (record,) = records_of(world, tenant_subject(CLINIC))

    assert record.event.operation is Operation.PURGE
