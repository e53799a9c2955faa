"""What streams are held: their ends, in few queries however long they are, and audited."""

from collections.abc import Iterator
from datetime import date

import attrs
import pytest

from clarity.application.streams_held import Held
from clarity.domain.access import NotAllowed
from clarity.domain.streams import StreamKind, Unit
from clarity.ports.errors import PortError
from clarity.ports.repository import Put
from tests.faults.faulty import FaultPlan, FaultyRepository
from tests.support.worlds import (
    ADA,
    BEN,
    CORRELATION,
    NURSE,
    STRANGER,
    World,
    close_trail,
    day_of,
    evidence,
    opened,
    records_of,
    store_days,
)

WHO = {"actor": NURSE, "correlation": CORRELATION}
ACTIVITY = Held(StreamKind.ACTIVITY, date(2003, 5, 1), date(2004, 1, 5))


@pytest.fixture
def world() -> Iterator[World]:
    """250 days of activity, one of heart rate and two with a gap of steps."""
    others = [
        attrs.evolve(day_of(3), stream=StreamKind.HEART_RATE, unit=Unit.BEATS_PER_MIN),
        *(
            attrs.evolve(day_of(n), stream=StreamKind.STEPS, unit=Unit.STEPS_PER_MIN)
            for n in (7, 0)
        ),
    ]
    with opened() as fresh:
        store_days(fresh, ADA, count=250)
        changes = [Put(day, 0) for day in others]
        fresh.core.repository().commit(changes, evidence=evidence())
        yield fresh


def test_every_stream_is_told_with_its_first_and_last_day(world: World):
    assert world.app.streams_held.run(ADA, **WHO) == (
        ACTIVITY,
        Held(StreamKind.HEART_RATE, date(2003, 5, 4), date(2003, 5, 4)),
        Held(StreamKind.STEPS, date(2003, 5, 1), date(2003, 5, 8)),
    )


def test_of_somebody_without_data_nothing_is_held(world: World):
    world.core.repository().commit([], evidence=evidence(BEN))

    assert world.app.streams_held.run(BEN, **WHO) == ()
    assert [record.event.operation.value for record in records_of(world, BEN)] == ["ingest", "read"]


@attrs.define(eq=False)
class Counting(FaultyRepository):
    """Counts queries and the entities that they gave."""

    queries: int = 0
    given: int = 0

    def query(self, query):
        page = self.inner.query(query)
        self.queries += 1
        self.given += len(page.items)
        return page


def test_two_queries_of_one_day_are_asked_for_each_stream_and_one_more(world: World):
    counting = Counting(world.core.repository(), FaultPlan())

    attrs.evolve(world.app.streams_held, repository=counting).run(ADA, **WHO)

    assert (counting.queries, counting.given) == (2 * 3 + 1, 2 * 3)


def test_the_look_is_told_before_the_answer(world: World):
    world.app.streams_held.run(ADA, **WHO)

    event = records_of(world)[-1].event
    assert [touched.entity for touched in event.touched][:2] == [
        "chunk/activity/2003-05-01",
        "chunk/activity/2004-01-05",
    ]
    close_trail(world)
    with pytest.raises(PortError):
        world.app.streams_held.run(ADA, **WHO)


def test_another_tenants_person_is_refused(world: World):
    with pytest.raises(NotAllowed):
        world.app.streams_held.run(ADA, actor=STRANGER, correlation=CORRELATION)
