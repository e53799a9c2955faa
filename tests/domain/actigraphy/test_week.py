"""The week that a model reads is whole, measured where it was measured, and says what was filled."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.actigraphy.regrid import NotAMultiple
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.actigraphy.week import (
    PatWeek,
    TooLittleWear,
    WeekRule,
    pat_week,
)
from clarity.domain.streams import Placement, Unit, UnitMismatch

OSLO = ZoneInfo("Europe/Oslo")
MONDAY = datetime(2003, 6, 2, tzinfo=OSLO)


def series(values, *, start=MONDAY, epoch_s=60, unit=Unit.COUNTS, worn=None):
    return ActivitySeries(
        values=values,
        start=start,
        epoch_s=epoch_s,
        unit=unit,
        device="AW4",
        placement=Placement.WRIST,
        worn=worn,
    )


def days(n):
    return np.arange(n * 1440.0) % 997


def test_seven_whole_days_are_taken_as_they_are():
    week = pat_week(series(days(7)))

    assert np.array_equal(week.flat, days(7))
    assert week.values.shape == (7, 1440)
    assert (week.first_date, week.first_weekday) == (date(2003, 6, 2), 0)
    assert (week.valid_days, week.imputed_fraction, week.validated) == (7, 0.0, True)
    assert (week.unit, week.device, week.placement) == (Unit.COUNTS, "AW4", Placement.WRIST)


def test_a_gap_gets_the_mean_of_the_same_clock_minute_on_other_valid_days():
    values = days(7)
    values[100:130] = np.nan

    week = pat_week(series(values))

    expected = values.reshape(7, 1440)[1:, 100:130].mean(axis=0)
    assert np.allclose(week.values[0, 100:130], expected, rtol=1e-15)
    assert np.array_equal(week.flat[130:], values[130:])
    assert week.imputed_fraction == pytest.approx(30 / 10_080, rel=1e-12)


def test_four_valid_days_are_enough_and_empty_days_are_filled_from_them():
    week = pat_week(series(days(4)))

    assert week.valid_days == 4
    assert np.allclose(week.values[5], days(4).reshape(4, 1440).mean(axis=0))
    assert week.imputed_fraction == pytest.approx(3 / 7)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_three_days_are_too_little(n):
    with pytest.raises(TooLittleWear, match=f"{n} valid days in the best seven, 4 needed"):
        pat_week(series(days(n)))


def test_time_not_worn_does_not_count():
    worn = np.ones(7 * 1440, dtype=bool)
    worn[: 4 * 1440] = False

    with pytest.raises(TooLittleWear, match="3 valid days"):
        pat_week(series(days(7), worn=worn))


def test_a_clock_minute_that_no_valid_day_has_cannot_be_filled():
    values = days(7).reshape(7, 1440)
    values[:, 200:210] = np.nan

    with pytest.raises(TooLittleWear, match="10 minutes of the clock"):
        pat_week(series(values.ravel()))


def test_the_best_seven_days_are_taken_and_of_equals_the_first():
    values = days(12)
    values[: 3 * 1440] = np.nan

    assert pat_week(series(values)).first_date == date(2003, 6, 5)
    assert pat_week(series(days(12))).first_date == date(2003, 6, 2)


def test_a_recording_that_starts_at_noon_is_read_from_midnight():
    week = pat_week(series(days(8), start=datetime(2003, 6, 2, 12, tzinfo=OSLO)))

    assert week.first_date == date(2003, 6, 3)
    assert week.values[0, 0] == 720
    assert week.imputed_fraction == 0.0


def test_the_skipped_hour_is_filled_and_said_so():
    start = datetime(2003, 3, 24, tzinfo=OSLO)

    week = pat_week(series(days(7)[: 10_080 - 60], start=start))

    assert week.imputed_fraction == pytest.approx(60 / 10_080)
    assert week.valid_days == 7


def test_shorter_epochs_are_joined_first():
    week = pat_week(series(np.ones(2 * 10_080), epoch_s=30))

    assert (week.flat == 2).all()


def test_what_encoders_were_trained_on_is_validated_steps_are_not_and_others_are_refused():
    assert pat_week(series(days(7), unit=Unit.COUNTS)).validated
    assert pat_week(series(days(7), unit=Unit.MIMS)).validated
    assert not pat_week(series(days(7), unit=Unit.STEPS_PER_MIN)).validated
    with pytest.raises(UnitMismatch, match="PAT is defined for counts, MIMS or steps"):
        pat_week(series(days(7), unit=Unit.ENMO_MG))


def test_an_epoch_beyond_the_minute_is_refused():
    with pytest.raises(NotAMultiple):
        pat_week(series(days(2), epoch_s=300))


@given(st.integers(0, 2**32), st.floats(0, 0.2))
def test_measured_minutes_are_never_changed(seed, share):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 500, 10_080).astype(float)
    values[rng.random(10_080) < share] = np.nan
    values[:1440] = 1

    week = pat_week(series(values), WeekRule(min_valid_days=1, min_valid_minutes=1))

    known = ~np.isnan(values)
    assert np.array_equal(week.flat[known], values[known])
    assert week.imputed_fraction == pytest.approx(1 - known.mean())


def test_a_week_is_whole_by_construction():
    week = pat_week(series(days(7)))
    with pytest.raises(ValueError, match="7 x 1440"):
        PatWeek(
            values=np.full((7, 1440), np.nan),
            first_date=week.first_date,
            valid_days=7,
            imputed_fraction=0.0,
            unit=week.unit,
            device="",
            placement=week.placement,
        )
    with pytest.raises(ValueError, match="read-only"):
        week.values[0, 0] = 1


@pytest.mark.parametrize("rule", [{"min_valid_days": 8}, {"min_valid_minutes": 0}])
def test_a_rule_makes_sense(rule):
    with pytest.raises(ValueError, match="min_valid"):
        WeekRule(**rule)
