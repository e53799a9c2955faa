"""Days and weeks of a stream: totals of what was recorded, with how much that is."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.streams import SleepStage, Unit
from clarity.domain.summaries import daily, weekly

OSLO = ZoneInfo("Europe/Oslo")
MONDAY = datetime(2026, 3, 2, tzinfo=OSLO)


def series(values, *, unit=Unit.STEPS_PER_MIN, epoch_s=1_800, start=MONDAY):
    return ActivitySeries(values=values, start=start, epoch_s=epoch_s, unit=unit)


def told(summary):
    return {finding.metric: finding.value for finding in summary.findings}


def test_a_day_of_steps_is_their_total():
    first, second = daily(series([*np.ones(48), *np.full(48, 2.0)]))

    assert (first.first, first.last) == (date(2026, 3, 2), date(2026, 3, 2))
    assert told(first) == {"total": 48.0}
    assert told(second) == {"total": 96.0}
    assert first.findings[0].coverage == 1.0
    assert (first.findings[0].unit, first.findings[0].n_valid) == ("steps", 48)


def test_a_total_is_of_what_was_recorded_and_says_how_much_that_is():
    values = np.full(48, 5.0)
    values[:36] = np.nan

    (day,) = daily(series(values))

    assert told(day) == {"total": 60.0}
    assert day.findings[0].coverage == 0.25


def test_a_day_without_a_value_is_absent_with_its_reason():
    values = np.ones(3 * 48)
    values[48:96] = np.nan

    for unit in (Unit.STEPS_PER_MIN, Unit.BEATS_PER_MIN, Unit.SLEEP_STAGE):
        _, empty, _ = daily(series(values, unit=unit))

        assert set(told(empty).values()) == {None}
        assert {finding.reason for finding in empty.findings} == {"nothing was recorded"}
        assert {finding.coverage for finding in empty.findings} == {0.0}


def test_rates_have_a_mean_and_a_range():
    values = np.full(48, np.nan)
    values[:3] = (50, 60, 100)

    (day,) = daily(series(values, unit=Unit.BEATS_PER_MIN))

    assert told(day) == {"mean": 70.0, "minimum": 50.0, "maximum": 100.0}
    assert {finding.unit for finding in day.findings} == {"beats/min"}


def test_a_night_has_minutes_of_every_stage():
    stages = [SleepStage.IN_BED, SleepStage.N1, SleepStage.LIGHT, SleepStage.DEEP, SleepStage.REM]
    values = [*stages, SleepStage.ASLEEP, SleepStage.AWAKE, SleepStage.AWAKE]

    (day,) = daily(series(values, unit=Unit.SLEEP_STAGE, epoch_s=60))

    assert told(day) == {
        "sleep_min": 5.0,
        "light_min": 2.0,
        "deep_min": 1.0,
        "rem_min": 1.0,
        "awake_min": 2.0,
    }


def test_weeks_begin_on_monday():
    sunday = datetime(2026, 3, 1, tzinfo=OSLO)

    first, second = weekly(series(np.ones(2 * 48), start=sunday))

    assert (first.first, first.last) == (date(2026, 2, 23), date(2026, 3, 1))
    assert (second.first, second.last) == (date(2026, 3, 2), date(2026, 3, 8))
    assert told(first) == told(second) == {"total": 48.0}
    assert first.findings[0].coverage == pytest.approx(1 / 7)


def test_the_week_of_the_clock_change_is_an_hour_shorter():
    start = datetime(2026, 3, 23, tzinfo=OSLO)

    (week,) = weekly(series(np.ones(7 * 48 - 2), start=start))

    assert week.findings[0].coverage == 1.0


def test_a_stream_without_a_value_has_no_days():
    nothing = series(np.full(48, np.nan))

    assert daily(nothing) == weekly(nothing) == ()


@given(
    values=st.lists(st.one_of(st.just(np.nan), st.integers(0, 10_000)), min_size=1, max_size=900)
)
def test_days_and_weeks_add_up_to_the_same(values):
    steps = series(np.array(values, dtype=np.float64))

    totals = [
        sum(told(one)["total"] or 0.0 for one in summaries)
        for summaries in (daily(steps), weekly(steps))
    ]

    assert totals == [np.nansum(steps.values)] * 2


def counts(recorded: int, *, days: int = 1):
    """So many half hours with a count of 1 at the beginning of each day."""
    day = np.full(48, np.nan)
    day[:recorded] = 1.0
    return series(np.tile(day, days), unit=Unit.COUNTS)


def test_a_day_of_activity_needs_ten_hours():
    (enough,) = daily(counts(20))
    (short,) = daily(counts(19))

    assert told(enough) == {"total": 20.0}
    assert told(short) == {"total": None}
    assert short.findings[0].reason == "570 min recorded, a day needs 600"
    assert short.findings[0].coverage == 19 / 48
    assert dict(short.findings[0].parameters) == {"valid_day_min": 600.0, "valid_days_a_week": 4}


def test_a_week_of_activity_needs_four_such_days():
    (enough,) = weekly(counts(20, days=4))
    (short,) = weekly(counts(20, days=3))

    assert told(enough) == {"total": 80.0}
    assert told(short) == {"total": None}
    assert short.findings[0].reason == "3 days with 600 min or more, a week needs 4"


def test_short_days_make_no_week():
    (week,) = weekly(counts(19, days=7))

    assert week.findings[0].reason == "0 days with 600 min or more, a week needs 4"


@pytest.mark.parametrize("unit", [Unit.STEPS_PER_MIN, Unit.ACTIVE_KCAL, Unit.BEATS_PER_MIN])
def test_streams_of_single_values_need_one(unit):
    values = np.full(48, np.nan)
    values[7] = 3.0

    (day,) = daily(series(values, unit=unit))

    assert None not in told(day).values()
    assert dict(day.findings[0].parameters) == {}
