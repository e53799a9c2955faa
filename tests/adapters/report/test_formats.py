"""Numbers and times as a reader expects them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.adapters.report.formats import (
    ABSENT,
    brief,
    clock,
    day_name,
    duration,
    hours_minutes,
    number,
    percent,
    shown,
)
from tests.support.reports import finding


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.6312, 2, "0.63"),
        (1234567.0, 0, "1\u202f234\u202f567"),
        (-3.5, 1, "−3.5"),
        (-0.001, 2, "0.00"),
    ],
)
def test_a_number_is_rounded_with_narrow_spaces_and_a_true_minus(
    value: float, decimals: int, text: str
):
    assert number(value, decimals) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (0.0001, "0.1 %"),
        (0.004, "0.4 %"),
        (0.5, "50 %"),
        (0.9961, "99.6 %"),
        (0.99999, "99.9 %"),
        (1.0, "100 %"),
    ],
)
def test_only_all_is_a_hundred_per_cent_and_only_nothing_is_none(share: float, text: str):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0.0, "0:00"), (59.6, "1:00"), (432.2, "7:12"), (-61.0, "−1:01"), (None, ABSENT)],
)
def test_minutes_stand_as_hours_and_minutes(minutes: float | None, text: str):
    assert hours_minutes(minutes) == text


@pytest.mark.parametrize(
    ("hour", "text"), [(23.75, "23:45"), (23.999, "00:00"), (-0.5, "23:30"), (25.5, "01:30")]
)
def test_a_clock_hour_of_any_day_is_a_time(hour: float, text: str):
    assert clock(hour) == text


@given(hour=st.floats(-1e4, 1e4))
def test_a_clock_time_is_always_a_time_of_day(hour: float):
    hours, minutes = clock(hour).split(":")

    assert 0 <= int(hours) < 24
    assert 0 <= int(minutes) < 60


def test_a_date_carries_its_weekday():
    assert day_name(date(2003, 3, 18)) == "Tue 18 Mar 2003"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=35, hours=20, minutes=12), "35 d 20 h"),
        (timedelta(hours=20, minutes=5), "20 h 5 min"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(), "0 min"),
    ],
)
def test_a_length_of_time_has_its_two_largest_units(length: timedelta, text: str):
    assert duration(length) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.6312345, "1", ("0.63", "")),
        (0.0771, "1", ("0.077", "")),
        (62.43, "1", ("62.4", "")),
        (1.0, "1", ("1.00", "")),
        (62.0, "1", ("62", "")),
        (3.1e-17, "1", ("3.1 × 10⁻¹⁷", "")),
        (-3.1e-5, "1", ("−3.1 × 10⁻⁵", "")),
        (0.0, "1", ("0.00", "")),
        (432.4, "min", ("432 (7:12)", "min")),
        (41.25, "min", ("41.2", "min")),
        (87.66, "%", ("87.7", "%")),
        (23.75, "clock_h", ("23:45", "clock time")),
        (90.0, "clock_min", ("01:30", "clock time")),
        (241.83, "counts/min", ("242", "counts/min")),
        (2.5, "d", ("2.50", "days")),
        (None, "min", (ABSENT, "min")),
    ],
)
def test_a_finding_is_rounded_as_its_unit_asks(
    value: float | None, unit: str, text: tuple[str, str]
):
    assert shown(finding("X", value, unit)) == text


@pytest.mark.parametrize(("value", "text"), [(0.0, "0"), (1.0, "1"), (18.0, "18"), (9.25, "9.25")])
def test_a_count_has_decimals_only_as_an_average(value: float, text: str):
    assert shown(finding("awakenings", value)) == (text, "")


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0, "< 0.001"),
        (7.1e-282, "< 0.001"),
        (0.00099, "< 0.001"),
        (0.001, "0.001"),
        (0.0314, "0.031"),
        (1.0, "1.000"),
    ],
)
def test_a_p_value_is_told_by_its_size(p, text):
    assert shown(finding("cosinor_p", p)) == (text, "")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (432.4, "min", ("7:12", "h")),
        (41.25, "min", ("41.2", "min")),
        (3.5, "clock_h", ("03:30", "")),
        (None, "min", (ABSENT, "min")),
    ],
)
def test_a_finding_in_brief_has_one_form(value: float | None, unit: str, text: tuple[str, str]):
    assert brief(finding("X", value, unit)) == text
