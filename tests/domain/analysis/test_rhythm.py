"""The mean day rests on the same days at every clock time, whatever the clock and the ends do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.actigraphy.days import clock_days
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.rhythm import CHANGED, RhythmAnalysis
from clarity.domain.streams import Unit
from clarity.domain.timeline import LocalDay
from tests.domain.analysis.made_up import OSLO
from tests.domain.analysis.recorded import depresjon

EPOCH_S = 300
BIN_MIN = 5
PER_DAY = 288
PER_HOUR = 12
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
MEAN_DAY = ("RA", "L5", "L5_onset", "M10", "M10_onset", "AonT", "AoffT")
ONSETS = ("L5_onset", "M10_onset", "AonT", "AoffT")
SEEDS = st.integers(0, 2**32 - 1)


def regular(days: int, seed: int) -> np.ndarray:
    """(days, PER_DAY) of somebody active from 07:00 to 23:00, most at 14:00, quietest at 03:00."""
    hour = np.arange(PER_DAY) / PER_HOUR
    awake = 200.0 + 100.0 * np.exp(-(((hour - 14.0) / 4.0) ** 2))
    asleep = 4.0 + (np.minimum(hour, 24.0 - hour) - 3.0) ** 2
    usual = np.where((hour >= 7) & (hour < 23), awake, asleep)
    noise = np.random.default_rng(seed).uniform(0.999, 1.001, (days, PER_DAY))
    return usual * noise


def made(values: np.ndarray, start: datetime) -> ActivitySeries:
    return ActivitySeries(values=values, start=start, epoch_s=EPOCH_S, unit=Unit.COUNTS)


def around(day: date, zone: ZoneInfo) -> datetime:
    """Noon three days before."""
    return LocalDay(day, zone).start.astimezone(zone).replace(hour=12) - timedelta(days=3)


def lived(days: int, seed: int, factor: float = 1.0, *, later_h: int = 0) -> np.ndarray:
    """
    Regular days from noon to noon, `later_h` after usual people.

    The day three days after the first is `factor` times as active.
    """
    table = np.roll(regular(days + 1, seed), later_h * PER_HOUR, axis=1)
    table[3] *= factor
    return table.ravel()[PER_DAY // 2 : -PER_DAY // 2]


def without_the_hour(values: np.ndarray, day: int, hour: int) -> np.ndarray:
    """Without that hour of that day, the recording having begun at noon."""
    first = day * PER_DAY - PER_DAY // 2 + hour * PER_HOUR
    return np.delete(values, np.s_[first : first + PER_HOUR])


def mean_day(series: ActivitySeries) -> dict[str, float | None]:
    found = RhythmAnalysis().run(series).findings
    return {one.metric: one.value for one in found if one.metric in MEAN_DAY}


def apart_min(one: float, other: float) -> float:
    """The shorter way round the clock between two clock hours."""
    way = abs(one - other) * 60 % 1_440
    return min(way, 1_440 - way)


def assert_same_onsets(found: dict[str, float], expected: dict[str, float]) -> None:
    for onset in ONSETS:
        assert apart_min(found[onset], expected[onset]) <= BIN_MIN + 1e-9, onset


@given(SEEDS, st.integers(4, 10), st.floats(1.0, 40.0), st.integers(0, 23))
def test_an_hour_that_the_clock_skips_moves_no_onset(seed, days, factor, later_h):
    """The recording of a lively day of 23 h says when somebody is active as that of 24 h does."""
    values = lived(days, seed, factor, later_h=later_h)
    whole = mean_day(made(values, around(SPRING, ZoneInfo("UTC"))))

    skipped = mean_day(made(without_the_hour(values, 3, 2), around(SPRING, OSLO)))

    assert_same_onsets(skipped, whole)


@given(SEEDS, st.integers(3, 10), st.data())
def test_an_hour_cut_out_of_one_night_moves_no_onset(seed, days, data):
    values = lived(days, seed)
    start = datetime(2026, 3, 1, 12, tzinfo=UTC).astimezone(ZoneInfo("UTC"))
    whole = mean_day(made(values, start))
    night = data.draw(st.integers(1, days - 1))
    first = night * PER_DAY - PER_HOUR + data.draw(st.integers(0, 7 * PER_HOUR)) - PER_DAY // 2
    values[first : first + PER_HOUR] = np.nan

    assert_same_onsets(mean_day(made(values, start)), whole)


@pytest.mark.parametrize(("changed", "hours"), [(SPRING, 23), (AUTUMN, 25)])
@given(SEEDS, st.integers(4, 8))
def test_whatever_was_done_on_a_day_whose_clock_changed_the_mean_day_is_that_of_others(
    changed, hours, seed, days
):
    start = around(changed, OSLO)
    n = days * PER_DAY + (hours - 24) * PER_HOUR
    values = lived(days + 1, seed)[:n]
    first = (LocalDay(changed, OSLO).start_s - int(start.timestamp())) // EPOCH_S
    known = mean_day(made(values, start))
    values[first : first + hours * PER_HOUR] = np.random.default_rng(seed).uniform(
        0, 2_000, hours * PER_HOUR
    )

    assert mean_day(made(values, start)) == known


@given(SEEDS, st.integers(1, 5), st.integers(0, PER_DAY - 1), st.integers(0, PER_DAY - 1))
def test_what_follows_the_last_whole_24_hours_does_not_enter_the_mean_day(seed, days, more, begin):
    values = regular(days + 2, seed).ravel()[begin : begin + days * PER_DAY + more]
    start = datetime(2026, 3, 1, tzinfo=UTC).astimezone(ZoneInfo("UTC"))
    start += timedelta(seconds=begin * EPOCH_S)
    values[days * PER_DAY :] *= 50.0

    whole = mean_day(made(values[: days * PER_DAY], start))

    assert mean_day(made(values, start)) == whole


def test_the_report_is_told_which_days_had_no_24_hours():
    values = lived(5, 1)

    told = RhythmAnalysis().run(made(values, around(SPRING, OSLO)))
    untold = RhythmAnalysis().run(made(values, around(SPRING, ZoneInfo("UTC"))))

    changed = CHANGED.format(dates="2026-03-29")
    assert changed in told.notices
    assert changed not in untold.notices


def test_the_mean_day_says_which_days_it_is_made_of():
    found = RhythmAnalysis().run(made(lived(4, 1), around(SPRING, OSLO))).findings

    said = {one.metric: one.parameters.get("days") for one in found}
    assert {metric for metric, days in said.items() if days} == set(MEAN_DAY)
    assert said["AonT"] == "whole 24 h without a change of the clock"


def test_somebody_up_late_on_the_night_that_loses_an_hour_has_no_onset_at_its_edges():
    """Before, L5 began and activity ended at 02:00, and activity began at 03:00."""
    series = depresjon("control/control_1")

    found = mean_day(series)

    assert clock_days(series).changed == (date(2003, 3, 30),)
    assert {onset: found[onset] for onset in ("L5_onset", "AonT", "AoffT")} == {
        "L5_onset": pytest.approx(1.75),
        "AonT": pytest.approx(6.75),
        "AoffT": pytest.approx(1.75),
    }
