from datetime import date

import attrs
import numpy as np
import pytest

from clarity.application.read import Days
from clarity.application.summarize import Period, Summarize
from clarity.domain.access import NotAllowed
from clarity.domain.actigraphy.days import MixedRecordings
from clarity.domain.streams import StreamKind, Unit
from clarity.ports.errors import Unavailable
from tests.application.faults import SilentSink
from tests.application.world import ADA, NURSE, REQUEST, STRANGER, World, days_of, later, recording


def asked(world: World, days: Days | None = None, *, by: Period = Period.DAY, actor=NURSE):
    use_case = Summarize(world.repository, world.sink, world.clock, world.people)
    return use_case.run(days or days_of(), by=by, actor=actor, correlation=REQUEST)


def totals(summaries):
    return [(one.first.isoformat(), one.findings[0].value) for one in summaries]


def test_days_are_summed_up_from_what_is_stored(world: World):
    world.stored()

    assert totals(asked(world)) == [
        ("2026-03-02", 1128.0),
        ("2026-03-03", 1128.0),
        ("2026-03-04", 1128.0),
    ]


def test_weeks_are_summed_up_from_what_is_stored(world: World):
    world.stored(recording(days=8))

    first, second = asked(world, by=Period.WEEK)

    assert (first.findings[0].value, first.findings[0].coverage) == (7 * 1128.0, 1.0)
    assert second.findings[0].value is None
    assert second.findings[0].reason == "1 days with 600 min or more, a week needs 4"


def test_a_window_holds_its_days_alone(world: World):
    world.stored()

    found = asked(world, attrs.evolve(days_of(), first=date(2026, 3, 3), last=date(2026, 3, 3)))

    assert totals(found) == [("2026-03-03", 1128.0)]


def test_every_stream_has_its_own_measures(world: World):
    world.stored(recording(np.full(48, 60.0), unit=Unit.BEATS_PER_MIN))

    (day,) = asked(world, days_of(stream=StreamKind.HEART_RATE))

    assert [finding.metric for finding in day.findings] == ["mean", "minimum", "maximum"]


def test_a_summary_is_audited_as_a_read_of_its_days(world: World):
    world.stored()

    asked(world)

    read = world.events()[-1]
    assert read.operation.value == "read"
    assert [one.entity for one in read.touched] == [
        f"chunk/activity/2026-03-0{day}" for day in (2, 3, 4)
    ]


def test_of_nothing_there_is_no_summary_and_it_is_audited(world: World):
    world.stored()

    assert asked(world, days_of(stream=StreamKind.SLEEP)) == ()
    assert world.operations() == ["ingest", "read"]


def test_when_the_trail_cannot_be_written_there_is_no_summary(world: World):
    world.stored()

    with pytest.raises(Unavailable):
        asked(attrs.evolve(world, sink=SilentSink()))


def test_another_tenant_is_refused(world: World):
    world.stored()

    with pytest.raises(NotAllowed):
        asked(world, actor=STRANGER)

    assert world.operations(ADA) == ["ingest"]


def test_days_of_two_devices_are_not_added_up(world: World):
    world.stored()
    world.stored(recording(np.ones(48), device="other", digest="bb" * 32, start=later(10)))

    with pytest.raises(MixedRecordings):
        asked(world)
