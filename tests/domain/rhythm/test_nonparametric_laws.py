"""What must hold for every recording."""

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clarity.domain.rhythm.binning import Anchor, Binning, Variance
from clarity.domain.rhythm.extremes import Basis, extremes
from clarity.domain.rhythm.grid import day_matrix, periods
from clarity.domain.rhythm.levels import active_phase, average_daily_total
from clarity.domain.rhythm.variability import interdaily_stability, intradaily_variability
from tests.domain.rhythm.strategies import EPOCH_S, PER_DAY, recordings, scales

BINNINGS = st.sampled_from(
    [
        Binning(),
        Binning(bin_min=15, variance=Variance.SAMPLE),
        Binning(bin_min=20, variance=Variance.TEXTBOOK),
        Binning(bin_min=30, anchor=Anchor.FIRST_EPOCH, min_coverage=1.0),
    ]
)


def slow_bins(activity, start_minute, binning):
    """{bin number since midnight or start: mean}, written for reading, not for speed."""
    first = int(start_minute * 60 // EPOCH_S) if binning.anchor is Anchor.CLOCK else 0
    width = binning.bin_min * 60 // EPOCH_S
    members = {}
    for i, value in enumerate(activity):
        members.setdefault((first + i) // width, []).append(value)
    kept = {}
    for number, values in members.items():
        seen = [v for v in values if not np.isnan(v)]
        if seen and len(seen) >= binning.min_coverage * width:
            kept[number] = sum(seen) / len(seen)
    return kept


def slow_stability(activity, start_minute, binning):
    bins = slow_bins(activity, start_minute, binning)
    per_day = 1440 // binning.bin_min
    by_slot = {}
    for number, value in bins.items():
        by_slot.setdefault(number % per_day, []).append(value)
    if sum(len(v) >= 2 for v in by_slot.values()) < per_day / 2:
        return None
    profile = [sum(v) / len(v) for v in by_slot.values()]
    weight = [1 if binning.variance is Variance.TEXTBOOK else len(v) for v in by_slot.values()]
    if binning.variance is Variance.SAMPLE:
        return np.var(profile, ddof=1) / np.var(list(bins.values()), ddof=1)
    grand = sum(bins.values()) / len(bins)
    between = sum(w * (v - grand) ** 2 for w, v in zip(weight, profile, strict=True)) / sum(weight)
    return between / (sum((v - grand) ** 2 for v in bins.values()) / len(bins))


def slow_variability(activity, start_minute, binning):
    bins = slow_bins(activity, start_minute, binning)
    steps = [(bins[i + 1] - bins[i]) ** 2 for i in bins if i + 1 in bins]
    if len(steps) < 1440 // binning.bin_min - 1:
        return None
    ddof = 1 if binning.variance is Variance.SAMPLE else 0
    return sum(steps) / len(steps) / np.var(list(bins.values()), ddof=ddof)


def same(fast, slow):
    return np.isnan(fast) if slow is None else float(fast) == pytest.approx(slow, rel=1e-9)


@given(recordings(), BINNINGS)
def test_stability_and_variability_equal_the_slow_form(recording, binning):
    activity, start = recording
    clock = {"start_minute": start, "epoch_s": EPOCH_S, "binning": binning}

    assert same(interdaily_stability(activity, **clock), slow_stability(activity, start, binning))
    assert same(
        intradaily_variability(activity, **clock), slow_variability(activity, start, binning)
    )


def slow_windows(profile, hours):
    """(mean, first slot) of each window round the clock, by counting."""
    slots = len(profile)
    width = slots * hours // 24
    for first in range(slots):
        seen = [profile[(first + i) % slots] for i in range(width)]
        seen = [v for v in seen if not np.isnan(v)]
        if len(seen) >= width / 2:
            yield sum(seen) / len(seen), first


@settings(max_examples=10)
@given(recordings(min_days=4, max_days=5))
def test_extremes_equal_the_slow_form(recording):
    activity, start = recording
    days = day_matrix(activity, start_minute=start, epoch_s=EPOCH_S)
    profile = [
        np.mean(column[~np.isnan(column)]) if (~np.isnan(column)).any() else np.nan
        for column in days.T
    ]

    found = extremes(activity, start_minute=start, epoch_s=EPOCH_S)
    lowest = min(mean for mean, _ in slow_windows(profile, 5))
    highest = max(mean for mean, _ in slow_windows(profile, 10))

    assert float(found.l5) == pytest.approx(lowest, rel=1e-9, abs=1e-9)
    assert float(found.m10) == pytest.approx(highest, rel=1e-9)
    assert float(found.ra) == pytest.approx((highest - lowest) / (highest + lowest), rel=1e-9)
    at_l5 = {first: mean for mean, first in slow_windows(profile, 5)}
    assert at_l5[int(found.l5_onset_min) // 5] == pytest.approx(lowest, rel=1e-9, abs=1e-9)


@given(recordings(min_days=1, max_days=1, whole_days=True, missing=(0.0,)), st.integers(2, 6))
def test_identical_days_are_perfectly_stable(recording, days):
    day, _ = recording
    activity = np.tile(day, days)

    stability = interdaily_stability(activity, start_minute=420, epoch_s=EPOCH_S)

    assert float(stability) == pytest.approx(1.0, abs=1e-12)


@given(recordings(missing=(0.0, 0.3, 0.8, 0.97)), st.sampled_from([5, 30, 60, 240]))
def test_stability_lies_between_zero_and_one_however_incomplete_the_days(recording, bin_min):
    activity, start = recording

    stability = interdaily_stability(
        activity, start_minute=start, epoch_s=EPOCH_S, binning=Binning(bin_min=bin_min)
    )

    assert np.isnan(stability) or 0.0 <= float(stability) <= 1.0 + 1e-12


@given(recordings(min_days=1, max_days=1, whole_days=True, missing=(0.0,)), st.data())
def test_identical_days_are_perfectly_stable_where_hours_are_missing_too(recording, data):
    hours = np.tile(recording[0].reshape(24, -1).mean(axis=1), 5)
    lost = data.draw(st.lists(st.integers(0, hours.size - 1), max_size=40))
    hours[lost] = np.nan

    stability = interdaily_stability(hours, start_minute=0, epoch_s=3600)

    assert np.isnan(stability) or float(stability) == pytest.approx(1.0, abs=1e-12)


def test_the_form_of_the_textbook_exceeds_one_on_incomplete_days():
    """Two busy hours that one of seven days saw weigh as much as those of all days."""
    day = np.where(np.isin(np.arange(24), [10, 11]), 900.0, 10.0)
    hours = np.tile(day, 7)
    hours[24:][np.isin(np.arange(144) % 24, [10, 11])] = np.nan
    clock = {"start_minute": 0, "epoch_s": 3600}

    textbook = interdaily_stability(hours, **clock, binning=Binning(variance=Variance.TEXTBOOK))

    assert float(textbook) > 5.0
    assert float(interdaily_stability(hours, **clock)) == pytest.approx(1.0, abs=1e-12)


def test_alternating_hours_have_a_variability_of_four():
    activity = np.tile([0.0, 10.0], 12 * 7)

    variability = intradaily_variability(activity, start_minute=0, epoch_s=3600)

    assert float(variability) == pytest.approx(4.0, rel=1e-12)


@given(recordings(min_days=4), scales())
def test_ratios_do_not_depend_on_the_scale_of_the_device(recording, scale):
    activity, start = recording
    clock = {"start_minute": start, "epoch_s": EPOCH_S}

    for metric in (interdaily_stability, intradaily_variability):
        unscaled = metric(activity, **clock)
        assert float(metric(activity * scale, **clock)) == pytest.approx(
            float(unscaled), rel=1e-9, nan_ok=True
        )
    scaled, unscaled = extremes(activity * scale, **clock), extremes(activity, **clock)
    assert float(scaled.ra) == pytest.approx(float(unscaled.ra), rel=1e-9)
    assert float(scaled.l5_onset_min) == float(unscaled.l5_onset_min)


@given(recordings(min_days=2, max_days=4, whole_days=True, missing=(0.0,)), st.integers(1, 287))
def test_a_shift_of_the_clock_moves_the_onsets_by_exactly_the_shift(recording, shift):
    activity, _ = recording
    bumpy = activity + np.tile(np.linspace(0.0, 1e-3, PER_DAY) ** 2, len(activity) // PER_DAY)
    moved = np.roll(bumpy.reshape(-1, PER_DAY), shift, axis=1).ravel()

    before = extremes(bumpy, start_minute=0, epoch_s=EPOCH_S)
    after = extremes(moved, start_minute=0, epoch_s=EPOCH_S)

    assert float(after.l5_onset_min) == (float(before.l5_onset_min) + shift * 5) % 1440
    assert float(after.m10_onset_min) == (float(before.m10_onset_min) + shift * 5) % 1440
    assert float(after.ra) == pytest.approx(float(before.ra), rel=1e-9)


@given(recordings(min_days=1), st.sampled_from(list(Basis)))
def test_relative_amplitude_lies_between_zero_and_one(recording, basis):
    activity, start = recording

    ra = extremes(activity, start_minute=start, epoch_s=EPOCH_S, basis=basis).ra

    assert np.isnan(ra) or 0.0 <= float(ra) <= 1.0


@given(recordings(min_days=7, max_days=7, whole_days=True, missing=(0.0,)), st.integers(0, 6))
def test_losing_one_day_of_a_regular_week_hardly_moves_the_stability(recording, lost):
    noisy, _ = recording
    regular = np.tile(noisy[:PER_DAY], 7) + 0.05 * noisy
    holed = regular.copy()
    holed[lost * PER_DAY : (lost + 1) * PER_DAY] = np.nan

    whole = interdaily_stability(regular, start_minute=0, epoch_s=EPOCH_S)
    without = interdaily_stability(holed, start_minute=0, epoch_s=EPOCH_S)

    assert abs(float(whole) - float(without)) < 0.05


METRICS = {
    "IS": interdaily_stability,
    "IV": intradaily_variability,
    "L5": lambda a, **clock: extremes(a, **clock).l5,
    "L5 onset": lambda a, **clock: extremes(a, **clock).l5_onset_min,
    "RA daily": lambda a, **clock: extremes(a, **clock, basis=Basis.DAILY).ra,
    "M10 daily onset": lambda a, **clock: extremes(a, **clock, basis=Basis.DAILY).m10_onset_min,
    "ADAT": average_daily_total,
    "AonT": lambda a, **clock: active_phase(a, **clock).onset_min,
}


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())
@given(recordings(), st.integers(0, 2**32 - 1))
def test_a_batch_equals_the_loop_bit_for_bit(metric, recording, seed):
    activity, start = recording
    rng = np.random.default_rng(seed)
    batch = np.stack([rng.permuted(activity) for _ in range(6)]).reshape(2, 3, -1)

    together = metric(batch, start_minute=start, epoch_s=EPOCH_S)
    alone = [[metric(row, start_minute=start, epoch_s=EPOCH_S) for row in rows] for rows in batch]

    assert np.array_equal(together, np.array(alone), equal_nan=True)


@given(recordings(missing=(0.0,)))
def test_periods_are_the_recording_cut_in_order(recording):
    activity, _ = recording

    cut = periods(activity, epoch_s=EPOCH_S, days=2)

    assert cut.shape == (len(activity) // (2 * PER_DAY), 2 * PER_DAY)
    assert np.array_equal(cut.ravel(), activity[: cut.size])


@given(recordings())
def test_relabelling_the_clock_moves_onsets_and_leaves_the_levels(recording):
    activity, start = recording
    later = (start + 120) % 1440

    before = extremes(activity, start_minute=start, epoch_s=EPOCH_S)
    after = extremes(activity, start_minute=later, epoch_s=EPOCH_S)

    for field in ("l5", "m10", "ra"):
        assert float(getattr(after, field)) == pytest.approx(
            float(getattr(before, field)), rel=1e-9, abs=1e-9
        )


def test_settings_are_part_of_the_parameters_of_a_binning():
    assert attrs.evolve(Binning(), bin_min=30).parameters == {
        "bin_min": 30,
        "min_bin_coverage": 0.5,
        "variance": "population",
        "anchor": "clock",
    }
