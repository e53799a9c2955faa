"""Epochs joined to longer ones."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from clarity.domain.actigraphy.regrid import NotAMultiple, resample
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.streams import Unit, UnitMismatch

OSLO = ZoneInfo("Europe/Oslo")
NOON = int(datetime(2003, 6, 1, 12, tzinfo=OSLO).timestamp())


def series(values, *, unit=Unit.COUNTS, epoch_s=30, start=NOON, worn=None):
    return ActivitySeries(
        values=values,
        start=datetime.fromtimestamp(start, OSLO),
        epoch_s=epoch_s,
        unit=unit,
        worn=worn,
    )


def test_counts_add_up_over_an_epoch_and_a_missing_part_leaves_it_missing():
    joined = resample(series([1, 2, 3, np.nan, 5, 6]))

    assert np.array_equal(joined.values, [3, np.nan, 11], equal_nan=True)
    assert joined.epoch_s == 60


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (Unit.COUNTS, 6.0),
        (Unit.STEPS_PER_MIN, 6.0),
        (Unit.MIMS, 6.0),
        (Unit.ACTIVE_KCAL, 6.0),
        (Unit.INTENSITY_LEVEL, 3.0),
        (Unit.SDNN_MS, 3.0),
        (Unit.ENMO_MG, 3.0),
        (Unit.ACTIVITY_INDEX, 3.0),
        (Unit.BEATS_PER_MIN, 3.0),
        (Unit.RMSSD_MS, 3.0),
        (Unit.BREATHS_PER_MIN, 3.0),
    ],
)
def test_amounts_are_summed_and_rates_averaged(unit, expected):
    assert resample(series([2, 4], unit=unit)).values.tolist() == [expected]


def test_joined_epochs_begin_at_whole_minutes_even_when_the_series_does_not():
    joined = resample(series([1, 2, 3, 4], start=NOON + 30))

    assert joined.start_s == NOON
    assert np.array_equal(joined.values, [np.nan, 5, np.nan], equal_nan=True)


def test_joined_epochs_begin_at_local_midnight_in_a_zone_off_the_hour():
    kathmandu = ZoneInfo("Asia/Kathmandu")
    half_past_one = datetime(2020, 1, 1, 1, 30, tzinfo=kathmandu)
    whole = ActivitySeries(values=np.ones(5), start=half_past_one, epoch_s=1_800, unit=Unit.COUNTS)

    joined = resample(whole, 3_600)

    assert joined.start == datetime(2020, 1, 1, 1, tzinfo=kathmandu)
    assert np.array_equal(joined.values, [np.nan, 2, 2], equal_nan=True)


def test_an_epoch_is_worn_only_when_all_of_it_was():
    joined = resample(series([1, 2, 3, 4], worn=[True, True, True, False]))

    assert joined.worn.tolist() == [True, False]


def test_the_same_epoch_changes_nothing():
    given_series = series([1, 2])

    assert resample(given_series, 30) is given_series


@pytest.mark.parametrize("asked", [45, 0, 15, 70 * 30])
def test_an_epoch_that_does_not_fit_is_refused(asked):
    with pytest.raises(NotAMultiple) as refused:
        resample(series([1, 2]), asked)

    assert str(refused.value) == (
        f"an epoch of 30 s cannot be made {asked} s; "
        "ask for a multiple of 30 s that divides the day"
    )


def test_a_whole_day_is_an_epoch_too_and_keeps_what_is_known_of_the_series():
    start = NOON - 12 * 3_600
    joined = resample(series(np.ones(2_880), start=start), 86_400)

    assert joined.values.tolist() == [2_880]
    assert (joined.unit, joined.zone, joined.start_s) == (Unit.COUNTS, OSLO, start)
    assert joined.worn is None


def test_a_minute_that_begins_or_ends_within_the_series_is_not_worn():
    joined = resample(series([1, 2, 3, 4], start=NOON + 30, worn=[True] * 4))

    assert joined.worn.tolist() == [False, True, False]


def test_sleep_stages_are_not_joined():
    with pytest.raises(
        UnitMismatch, match=r"resampling is defined for amounts and rates, .*sleep-st"
    ):
        resample(series([1, 2], unit=Unit.SLEEP_STAGE))
