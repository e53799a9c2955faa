"""Stamped samples laid on an even grid."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.actigraphy.regrid import (
    MAX_EPOCHS,
    MixedEpochs,
    NoEpoch,
    Samples,
    TooLongSpan,
    regrid,
    sniff_epoch,
)
from clarity.domain.streams import Placement, Unit

OSLO = ZoneInfo("Europe/Oslo")
NOON = int(datetime(2003, 6, 1, 12, tzinfo=OSLO).timestamp())


def laid(seconds, values, **facts):
    return regrid(Samples(seconds=seconds, values=values), zone=OSLO, unit=Unit.COUNTS, **facts)


def laid_crowded(seconds, values):
    return laid(seconds, values, epoch_s=60).series.values


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
    assert laid(minutes(2), [1, 2]).series.device == ""


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


@given(st.permutations(range(200)))
def test_of_many_values_of_one_epoch_the_last_in_the_file_counts(order):
    epoch, values = np.array(order) % 3, np.array(order, dtype=np.float64)

    done = laid_crowded(minutes(3)[epoch], values)

    assert done.tolist() == [values[epoch == one][-1] for one in range(3)]


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
    with pytest.raises(NoEpoch) as refused:
        sniff_epoch(np.array(seconds))

    assert str(refused.value) == (
        "there is one time alone; evenly spaced times are needed: say how long an epoch is with "
        "--epoch"
    )


def test_an_odd_step_is_no_epoch():
    with pytest.raises(NoEpoch) as refused:
        sniff_epoch(NOON + 47 * np.arange(5))

    assert str(refused.value) == (
        "the usual step is 47 s, which is no epoch in use; evenly spaced times are needed: say how "
        "long an epoch is with --epoch"
    )


@pytest.mark.parametrize(
    ("step", "epoch"), [(54, 60), (66, 60), (1_980, 1_800), (1, 1), (108, 120)]
)
def test_a_step_within_a_tenth_of_a_standard_epoch_is_that(step, epoch):
    assert sniff_epoch(NOON + step * np.arange(5)) == epoch


@pytest.mark.parametrize("step", [53, 67, 1_981, 107])
def test_a_step_further_off_is_no_epoch(step):
    with pytest.raises(NoEpoch, match=f"usual step is {step} s"):
        sniff_epoch(NOON + step * np.arange(5))


def test_two_stamps_are_enough_to_tell_an_epoch_or_that_there_is_none():
    assert sniff_epoch(np.array([NOON, NOON + 30])) == 30
    with pytest.raises(NoEpoch, match=r"^the usual step is 47 s, which is no epoch in use;"):
        sniff_epoch(np.array([NOON, NOON + 47]))


def test_the_most_frequent_step_is_the_epoch_and_not_the_shortest():
    assert sniff_epoch(steps_of((9, 60), (1, 5), (9, 60))) == 60


def test_of_steps_that_are_as_frequent_the_shortest_is_the_epoch():
    seconds = NOON + np.cumsum([0, 60, 300, 60, 300])

    assert sniff_epoch(seconds) == 60


def steps_of(*kinds):
    """Instants after steps: (how many, s) each."""
    return NOON + np.cumsum([0, *(step for count, step in kinds for _ in range(count))])


@pytest.mark.parametrize(
    "kinds",
    [
        ((17, 60), (3, 30)),
        ((15, 60), (5, 66)),
        ((10, 5), (5, 6), (5, 4)),
        ((10, 60), (1, 30), (1, 20), (1, 30), (1, 20), (1, 600)),
    ],
    ids=["two in twenty repeat", "a tenth longer", "a second of five", "no step repeats"],
)
def test_foreign_steps_that_hardly_repeat_are_gaps(kinds):
    assert sniff_epoch(steps_of(*kinds)) in {5, 60}


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        (((16, 60), (4, 30)), "15% of the samples follow another step (30 s) than the epoch of 60"),
        (((15, 60), (5, 67)), "20% of the samples follow another step (67 s) than the epoch of 60"),
        (((10, 5), (9, 7)), "42% of the samples follow another step (7 s) than the epoch of 5"),
    ],
)
def test_a_change_of_epoch_is_refused(kinds, told):
    with pytest.raises(MixedEpochs) as refused:
        sniff_epoch(steps_of(*kinds))

    assert str(refused.value) == (
        f"{told} s; split the file where it changes, or say its epoch with --epoch"
    )


def test_a_finer_recording_is_not_squeezed_into_a_given_epoch():
    with pytest.raises(MixedEpochs) as refused:
        laid(NOON + 15 * np.arange(20), range(20), epoch_s=60)

    assert (refused.value.epoch_s, refused.value.other_s) == (60, 15)
    assert refused.value.share == 14 / 20


@pytest.mark.parametrize(("alone", "is_one"), [(8, True), (7, False)])
def test_a_tenth_of_the_stamps_may_share_an_epoch(alone, is_one):
    """One stamp 20 s after another, among ten stamps or among nine."""
    seconds = [*minutes(alone), NOON + 60 * alone, NOON + 60 * alone + 20]

    if is_one:
        assert laid(seconds, range(alone + 2), epoch_s=60).report.conflicts == 1
        return
    with pytest.raises(MixedEpochs):
        laid(seconds, range(alone + 2), epoch_s=60)


def test_a_wild_stamp_does_not_fill_the_memory():
    with pytest.raises(TooLongSpan) as refused:
        laid([86_400, NOON, NOON + 1, NOON + 2], [0, 1, 2, 3])

    assert str(refused.value) == (
        f"the times span {NOON // 86_400 - 1} days at an epoch of 1 s, more than 10,000,000 epochs; "
        "look for a wrong year in the file"
    )


def test_a_grid_of_one_epoch_too_many_is_refused():
    with pytest.raises(TooLongSpan):
        laid([NOON, NOON + 1_800 * MAX_EPOCHS], [1, 2], epoch_s=1_800)


def test_gaps_at_both_ends_of_what_repeats_are_counted_apart():
    done = laid(minutes(9)[[0, 2, 3, 6, 6, 6, 8]], [1, 2, 3, 4, 5, 5, 6], epoch_s=60)

    assert (done.report.gaps, done.report.missing) == (3, 4)
    assert (done.report.duplicates, done.report.conflicts) == (1, 1)
    assert done.series.values[6] == 5


def test_samples_have_one_value_per_instant():
    for seconds, values in (([1, 2], [1.0]), ([[1]], [[1.0]]), (1, 1.0)):
        with pytest.raises(
            ValueError, match="samples have one instant per value, in one dimension"
        ):
            Samples(seconds=seconds, values=values)


@pytest.mark.parametrize(("at_17_s", "n", "offset"), [(2, 4, 17), (1, 4, 0), (2, 5, 0)])
def test_half_of_the_stamps_are_enough_for_a_common_phase(at_17_s, n, offset):
    shift = np.array([17] * at_17_s + [3, 5, 7][: n - at_17_s])

    done = laid(minutes(n) + shift, range(n), epoch_s=60)

    assert done.report.offset_s == offset
