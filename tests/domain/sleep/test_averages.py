"""Circular means of clock times, and means over nights, in numbers that can be checked by hand."""

import math
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from clarity.domain.sleep.averages import (
    MIN_COVERAGE,
    averages,
    circular_mean_h,
    sleep_midpoint_h,
)
from clarity.domain.sleep.nights import Night, SleepMask, WindowSource, night_in
from clarity.domain.timeline import TimeWindow

NAN = math.nan
START = datetime(2024, 1, 8, 22, tzinfo=ZoneInfo("Europe/Oslo"))


@pytest.mark.parametrize(
    ("times", "mean"),
    [
        ([23.0, 1.0], 0.0),
        ([22.0, 23.0, 0.0], 23.0),
        ([6.0], 6.0),
        ([6.0, NAN], 6.0),
        ([30.0], 6.0),
    ],
)
def test_clock_times_have_a_mean_on_the_circle(times: list[float], mean: float) -> None:
    found = circular_mean_h(times)

    assert found is not None
    assert (found - mean + 12) % 24 - 12 == pytest.approx(0, abs=1e-9)
    assert 0 <= found < 24


@pytest.mark.parametrize("times", [[], [NAN], [0.0, 12.0], [0.0, 8.0, 16.0]])
def test_times_that_cancel_out_and_no_times_have_none(times: list[float]) -> None:
    assert circular_mean_h(times) is None


def test_the_midpoint_of_sleep_is_the_mean_clock_time_of_epochs_asleep() -> None:
    hours = [21.0, 22.0, 23.0, 0.0, 1.0, 2.0]

    assert sleep_midpoint_h([0, 1, 1, 1, NAN, 0], hours) == pytest.approx(23.0)
    assert sleep_midpoint_h([0, 0, 0, 0, NAN, 0], hours) is None


def night(*, asleep: int, awake: int, missing: int = 0, shift_h: float = 0.0) -> Night:
    """From 22:00: one minute asleep, awake, then asleep for the rest; then what is missing."""
    states = [1.0, *[0.0] * awake, *[1.0] * (asleep - 1), *[NAN] * missing]
    start = START + timedelta(hours=shift_h)
    mask = SleepMask(values=np.array(states), start=start, epoch_s=60)
    window = TimeWindow(start=start, end=mask.instant(len(states)))
    return night_in(mask, window, source=WindowSource.DIARY)


def test_a_measure_is_the_mean_of_the_nights_and_no_ratio_of_means() -> None:
    nights = [night(asleep=300, awake=100), night(asleep=450, awake=0)]

    found = {finding.metric: finding for finding in averages(nights)}

    assert found["TST"].value == 375.0
    assert found["WASO"].value == 50.0
    assert found["SE"].value == (75.0 + 100.0) / 2
    assert found["SME"].value == (75.0 + 100.0) / 2
    assert found["awakenings"].value == 0.5
    assert found["SOL"].value == found["terminal_wake"].value == 0.0
    assert {finding.n_valid for finding in found.values()} == {2}
    assert {finding.coverage for finding in found.values()} == {1.0}
    assert found["TST"].parameters == {"min_coverage": MIN_COVERAGE}


@pytest.mark.parametrize(("missing", "used"), [(10, 1), (11, 0)])
def test_a_night_counts_from_nine_tenths_scored_on(missing: int, used: int) -> None:
    one = night(asleep=90, awake=0, missing=missing)

    findings = averages([one])

    assert {finding.n_valid for finding in findings} == {used}
    assert {finding.coverage for finding in findings} == {float(used)}
    if not used:
        assert {finding.reason for finding in findings} == {
            "no night with enough of its window scored"
        }


def test_another_share_may_be_asked_for_and_is_told() -> None:
    half = night(asleep=90, awake=0, missing=90)

    (tst, *_) = averages([half, night(asleep=100, awake=0)], min_coverage=0.5)

    assert (tst.value, tst.n_valid, tst.parameters["min_coverage"]) == (95.0, 2, 0.5)


def test_the_mean_midpoint_lies_on_the_circle() -> None:
    early, late = night(asleep=120, awake=0), night(asleep=120, awake=0, shift_h=3)

    *_, midpoint = averages([early, late])

    assert midpoint.value == pytest.approx(0.5)


def test_midpoints_that_cancel_out_have_no_mean() -> None:
    nights = [night(asleep=120, awake=0), night(asleep=120, awake=0, shift_h=12)]

    *_, midpoint = averages(nights)

    assert midpoint.value is None
    assert midpoint.reason == "the nights' clock times cancel out"


def test_without_nights_there_is_a_reason_and_no_coverage() -> None:
    for finding in averages([]):
        assert (finding.value, finding.n_valid, finding.coverage) == (None, 0, 0.0)
        assert finding.reason == "no night with enough of its window scored"


def test_a_measure_that_no_night_defines_has_the_reason_of_the_nights() -> None:
    mask = SleepMask(values=np.ones(60), start=START, epoch_s=60)
    window = TimeWindow(start=START, end=mask.instant(60))

    found = {f.metric: f for f in averages([night_in(mask, window, source=WindowSource.DETECTED)])}

    assert found["SOL"].reason.startswith("the window was found without a diary")
    assert (found["SOL"].n_valid, found["TST"].n_valid) == (0, 1)
