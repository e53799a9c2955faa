"""What the drawings are made of."""

import re
from datetime import datetime, timedelta

import attrs
import numpy as np
import pytest

from clarity.adapters.report.actogram import SKIPPED, actogram, coordinate
from clarity.adapters.report.days import DayBins, day_bins
from clarity.adapters.report.mean_day import mean_day
from clarity.adapters.report.profile import FLOOR, TOP, Profile, profile, sparkline
from clarity.domain.actigraphy.days import clock_days
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.timeline import DAY_S
from tests.support.reports import OSLO, finding, result, series

NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")


def folded(recording: ActivitySeries, **of_result: object) -> tuple[DayBins, AnalysisResult]:
    told = result(recording, **of_result)
    return day_bins(recording, told), told


def still(days: float) -> ActivitySeries:
    moving = series(days=days)
    return attrs.evolve(moving, values=np.zeros(moving.values.size), worn=None)


def gone(days: float) -> ActivitySeries:
    moving = series(days=days)
    return attrs.evolve(moving, values=np.full(moving.values.size, np.nan), worn=None)


def test_lengths_have_at_most_one_decimal():
    assert [coordinate(v) for v in (1.0, 1.25, 10.04)] == ["1", "1.2", "10"]


def test_the_actogram_has_a_row_per_day_from_the_first_to_the_last():
    days, _ = folded(series())

    drawn = actogram(days)

    assert [(row.weekday, row.label) for row in drawn.rows][:2] == [
        ("Mon", "2 Mar"),
        ("Tue", "3 Mar"),
    ]
    assert len(drawn.rows) == 8


def test_bars_stay_inside_their_row():
    days, _ = folded(series())
    drawn = actogram(days)

    heights = [float(y) for row in drawn.rows for y in re.findall(r"V([\d.]+)", row.bars)]

    assert min(heights) == 0.0
    assert max(heights) <= float(drawn.pitch)


def test_twice_the_values_draw_the_same_bars_with_another_full_height():
    recording = series()
    twice = attrs.evolve(recording, values=recording.values * 2)

    one, other = actogram(folded(recording)[0]), actogram(folded(twice)[0])

    assert [row.bars for row in one.rows] == [row.bars for row in other.rows]
    assert one.full_height != other.full_height


def test_the_legend_names_what_occurs_and_who_marked_it():
    days, _ = folded(series())

    assert actogram(days).layers == (
        ("sleep", "cole-kripke/paper"),
        ("rest", "rest/main-window"),
        ("non-wear", ""),
        ("missing", ""),
    )


def test_a_skipped_hour_is_drawn_and_in_the_legend():
    days, _ = folded(series(days=2, start=datetime(2026, 3, 28, 12, 0, tzinfo=OSLO)))

    drawn = actogram(days)

    assert drawn.layers[-1] == (SKIPPED, "")
    assert [name for name, _ in drawn.rows[1].shades if name == SKIPPED] == [SKIPPED]


@pytest.mark.parametrize("recording", [still(3), gone(3)], ids=["all zero", "all missing"])
def test_nothing_moving_draws_no_bar(recording: ActivitySeries):
    drawn = actogram(folded(recording)[0])

    assert [row.bars for row in drawn.rows if row.bars] == []
    assert drawn.full_height == ""


def test_the_longer_the_recording_the_closer_the_rows():
    pitches = [float(actogram(folded(series(days=n))[0]).pitch) for n in (3, 12, 20, 30, 60)]

    assert pitches == sorted(pitches, reverse=True)
    assert len(set(pitches)) == 5


def drawn_profile(recording: ActivitySeries, **of_result: object) -> Profile:
    return profile(mean_day(recording), result(recording, **of_result))


def test_the_profile_is_the_mean_over_days_while_worn():
    gaps = series(days=7, start=datetime(2026, 3, 2, 0, 0, tzinfo=OSLO))
    worn = np.arange(gaps.values.size) >= 1440
    recording = attrs.evolve(gaps, values=np.nan_to_num(gaps.values, nan=100.0), worn=worn)

    drawn = drawn_profile(recording)

    ys = [float(pair.split(" ")[1]) for pair in re.split("[ML]", drawn.line)[1:]]
    daily = recording.values.reshape(7, 48, 30)[1:].mean(axis=2)
    mean = daily.mean(axis=0)
    high = np.percentile(daily, 75, axis=0).max()
    expected = FLOOR - mean / max(mean.max(), high) * (FLOOR - TOP)
    assert ys == pytest.approx(expected, abs=0.06)
    assert (drawn.n_days, drawn.left_out) == (6, False)
    assert drawn.step_min == 30


def test_the_mean_day_is_the_one_that_its_measures_rest_on():
    """From 15:00 to 12:00, over a night that lost an hour: neither makes a step."""
    began = datetime(2026, 3, 26, 15, 0, tzinfo=OSLO)
    made = series(days=4 + 20 / 24, start=began, worn=False)
    recording = attrs.evolve(made, values=np.nan_to_num(made.values, nan=100.0))

    day = mean_day(recording)

    expected = np.nanmean(clock_days(recording).balanced.reshape(-1, 48, 30), axis=(0, 2))
    assert day.mean == pytest.approx(expected)
    assert len(set((~np.isnan(day.by_day)).sum(axis=0))) == 1
    assert (day.n_days, day.left_out) == (3, True)


@pytest.mark.parametrize(("epoch_s", "bins"), [(640, 135), (60, 48), (3_600, 24), (DAY_S, 1)])
def test_bins_of_the_mean_day_hold_whole_epochs(epoch_s: int, bins: int):
    began = datetime(2026, 3, 2, 0, 0, tzinfo=OSLO)

    assert mean_day(series(days=3, start=began, epoch_s=epoch_s)).mean.size == bins


def test_windows_follow_the_findings_and_split_at_midnight():
    drawn = drawn_profile(series())

    night, day = drawn.windows
    assert (night.name, night.clock, len(night.pieces)) == ("L5", "23:45–04:45", 2)
    assert (day.name, day.clock, len(day.pieces)) == ("M10", "09:15–19:15", 1)
    assert night.meaning == "the least active 5 hours"
    assert sum(float(width) for _, width in night.pieces) == pytest.approx(
        float(day.pieces[0][1]) / 2, abs=0.2
    )


@pytest.mark.parametrize("unit", ["min", "clock_min"])
def test_an_onset_in_minutes_is_understood(unit: str):
    drawn = drawn_profile(series(), findings=(finding("L5-Onset", 90.0, unit),))

    assert [window.clock for window in drawn.windows] == ["01:30–06:30"]


def test_without_onsets_no_window_is_marked():
    drawn = drawn_profile(series(), findings=(finding("L5_onset", None, "clock_h"),))

    assert drawn.windows == ()


def test_two_days_have_no_spread():
    recording = series(days=2, start=datetime(2026, 3, 2, 0, 0, tzinfo=OSLO))

    assert drawn_profile(recording).band == ""


def test_a_line_is_broken_where_nothing_was_seen():
    recording = series(days=0.5, start=datetime(2026, 3, 2, 0, 0, tzinfo=OSLO), worn=False)
    values = recording.values.copy()
    values[120:240] = np.nan
    values[270:300] = np.nan

    drawn = drawn_profile(attrs.evolve(recording, values=values), nights=(), spans=())

    assert drawn.line.count("M") == 3


@pytest.mark.parametrize("recording", [still(3), gone(3), series(days=0)])
def test_a_profile_of_nothing_is_drawn_without_a_failure(recording: ActivitySeries):
    drawn = drawn_profile(recording, spans=(), nights=())

    assert next(text for _, text in drawn.levels) == "0.0"
    assert drawn.band == "" or "nan" not in drawn.band
    assert "nan" not in drawn.line + sparkline(mean_day(recording).mean)


def test_the_axis_has_a_few_round_marks():
    drawn = drawn_profile(series())

    steps = [float(text.replace("\u202f", "")) for _, text in drawn.levels]
    assert 3 <= len(steps) <= 6
    assert steps[0] == 0
    assert np.diff(steps) == pytest.approx(steps[1])


def test_a_sparkline_stays_in_its_box():
    numbers = [float(text) for text in NUMBERS.findall(sparkline(mean_day(series()).mean))]

    assert all(0 <= x <= 120 for x in numbers[::2])
    assert all(0 <= y <= 28 for y in numbers[1::2])
    assert min(numbers[1::2]) == 0


def test_months_are_drawn_in_less_than_a_megabyte_and_a_half():
    days, _ = folded(series(days=45))

    drawn = actogram(days)

    size = sum(len(row.bars) + sum(len(path) for _, path in row.shades) for row in drawn.rows)
    assert len(drawn.rows) == timedelta(days=46).days
    assert size < 500_000
