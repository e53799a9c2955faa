"""Stamped samples laid on an even grid, and epochs joined."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.actigraphy.regrid import (
    MixedEpochs,
    NoEpoch,
    NotAMultiple,
    Samples,
    TooLongSpan,
    regrid,
    resample,
    sniff_epoch,
)
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.streams import Placement, Unit, UnitMismatch

OSLO = ZoneInfo("Europe/Oslo")
NOON = int(datetime(2003, 6, 1, 12, tzinfo=OSLO).timestamp())


def laid(seconds, values, **facts):
    return regrid(Samples(seconds=seconds, values=values), zone=OSLO, unit=Unit.COUNTS, **facts)


def minutes(n, first=NOON):
    return first + 60 * np.arange(n, dtype=np.int64)


def test_even_samples_come_through_as_they_are():
    done = laid(minutes(5), [1, 2, 3, 4, 5], device="AW4", placement=Placement.WRIST)

    assert done.series.values.tolist() == [1, 2, 3, 4, 5]
    assert done.series.start == datetime(2003, 6, 1, 12, tzinfo=OSLO)
    assert (done.series.device, done.series.placement) == ("AW4", Placement.WRIST)
    report = done.report
    assert (report.samples, report.epochs, report.epoch_s, report.offset_s) == (5, 5, 60, 0)
    assert report.duplicates == report.conflicts == report.out_of_order == report.gaps == 0
    assert report.missing == 0


@given(st.permutations(range(12)))
def test_the_order_of_the_samples_does_not_matter(order):
    values = np.arange(12.0)

    shuffled = laid(minutes(12)[order], values[order], epoch_s=60)

    assert shuffled.series.values.tolist() == values.tolist()


def test_samples_out_of_order_are_counted():
    done = laid(minutes(4)[[0, 2, 1, 3]], [0, 2, 1, 3])

    assert done.report.out_of_order == 1


def test_equal_duplicates_count_once():
    done = laid(minutes(3)[[0, 1, 1, 2]], [5, 6, 6, 7])

    assert done.series.values.tolist() == [5, 6, 7]
    assert (done.report.duplicates, done.report.conflicts) == (1, 0)


def test_of_different_values_the_last_in_the_file_counts():
    done = laid(minutes(3)[[1, 0, 1, 2]], [9, 5, 6, 7])

    assert done.series.values.tolist() == [5, 6, 7]
    assert (done.report.duplicates, done.report.conflicts) == (0, 1)


@pytest.mark.parametrize("pair", [[6, np.nan], [np.nan, 6]])
def test_a_value_beats_a_missing_one_wherever_it_stands(pair):
    done = laid(minutes(3)[[0, 1, 1, 2]], [5, *pair, 7])

    assert done.series.values.tolist() == [5, 6, 7]
    assert (done.report.duplicates, done.report.conflicts) == (1, 0)


def test_a_gap_is_missing_and_counted():
    done = laid(minutes(6)[[0, 1, 4, 5]], [1, 2, np.nan, 6])

    assert np.array_equal(done.series.values, [1, 2, np.nan, np.nan, np.nan, 6], equal_nan=True)
    assert (done.report.gaps, done.report.missing) == (1, 3)


@pytest.mark.parametrize(("shift", "offset", "first"), [(17, 17, 0), (30, 30, 0), (45, -15, 1)])
def test_a_shared_offset_is_taken_off_and_reported(shift, offset, first):
    done = laid(minutes(5) + shift, range(5))

    assert done.report.offset_s == offset
    assert done.series.start_s == NOON + 60 * first
    assert done.series.values.tolist() == [0, 1, 2, 3, 4]


def test_jitter_around_a_common_phase_leaves_neither_gap_nor_conflict():
    jitter = np.array([0, 1, 0, -1, 0, 0, 2, 0, 0, -2])

    done = laid(minutes(10) + jitter, range(10))

    assert done.series.values.tolist() == list(range(10))


def test_without_a_common_phase_each_sample_goes_to_the_nearest_epoch():
    done = laid(minutes(4) + np.arange(1, 5), range(4), epoch_s=60)

    assert done.report.offset_s == 0
    assert done.series.start_s == NOON


def test_the_grid_starts_at_local_midnight_in_a_zone_off_the_hour():
    kathmandu = ZoneInfo("Asia/Kathmandu")
    start = int(datetime(2020, 1, 1, tzinfo=kathmandu).timestamp())

    done = regrid(
        Samples(seconds=start + 1800 * np.arange(4), values=range(4)),
        zone=kathmandu,
        unit=Unit.COUNTS,
    )

    assert done.report.offset_s == 0
    assert done.series.start == datetime(2020, 1, 1, tzinfo=kathmandu)


def test_what_daylight_saving_did_to_the_stamps_is_passed_on():
    samples = Samples(seconds=minutes(3), values=range(3), in_gap=2, in_fold=1)

    report = regrid(samples, zone=OSLO, unit=Unit.COUNTS).report

    assert (report.in_gap, report.in_fold) == (2, 1)


@pytest.mark.parametrize("epoch", [1, 5, 15, 30, 60, 300])
def test_the_epoch_is_found_from_the_stamps(epoch):
    seconds = NOON + epoch * np.array([0, 1, 2, 4, 5, 6, 9, 10, 11])

    assert sniff_epoch(seconds) == epoch


def test_a_usual_step_beside_a_standard_epoch_is_taken_for_it():
    assert sniff_epoch(NOON + np.cumsum([61, 60, 61, 61, 59, 61])) == 60


@pytest.mark.parametrize("seconds", [[NOON], [NOON, NOON]])
def test_one_instant_gives_no_epoch(seconds):
    with pytest.raises(NoEpoch, match=r"1 distinct times .*--epoch"):
        sniff_epoch(np.array(seconds))


def test_an_odd_step_is_no_epoch():
    with pytest.raises(NoEpoch, match="usual step is 47 s"):
        sniff_epoch(NOON + 47 * np.arange(5))


def test_a_change_of_epoch_is_refused():
    seconds = np.concatenate((minutes(10), minutes(1)[0] + 600 + 30 * np.arange(8)))

    with pytest.raises(MixedEpochs, match=r"30 s.*--epoch"):
        sniff_epoch(seconds)


def test_a_finer_recording_is_not_squeezed_into_a_given_epoch():
    with pytest.raises(MixedEpochs, match=r"15 s"):
        laid(NOON + 15 * np.arange(20), range(20), epoch_s=60)


def test_a_wild_stamp_does_not_fill_the_memory():
    with pytest.raises(TooLongSpan, match="wrong year"):
        laid([0, NOON, NOON + 1, NOON + 2], [0, 1, 2, 3])


def test_samples_have_one_value_per_instant():
    with pytest.raises(ValueError, match="one instant per value"):
        Samples(seconds=[1, 2], values=[1.0])


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


def test_an_epoch_is_worn_only_when_all_of_it_was():
    joined = resample(series([1, 2, 3, 4], worn=[True, True, True, False]))

    assert joined.worn.tolist() == [True, False]


def test_the_same_epoch_changes_nothing():
    given_series = series([1, 2])

    assert resample(given_series, 30) is given_series


@pytest.mark.parametrize("asked", [45, 0, 15, 70 * 30])
def test_an_epoch_that_does_not_fit_is_refused(asked):
    with pytest.raises(NotAMultiple, match="multiple of 30 s"):
        resample(series([1, 2]), asked)


def test_sleep_stages_are_not_joined():
    with pytest.raises(UnitMismatch, match="sleep-stage"):
        resample(series([1, 2], unit=Unit.SLEEP_STAGE))


@pytest.mark.parametrize(("at_17_s", "offset"), [(2, 17), (1, 0)])
def test_half_of_the_stamps_are_enough_for_a_common_phase(at_17_s, offset):
    shift = np.array([17] * at_17_s + [3, 5, 7][: 4 - at_17_s])

    done = laid(minutes(4) + shift, range(4), epoch_s=60)

    assert done.report.offset_s == offset
