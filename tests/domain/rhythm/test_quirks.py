"""What the deviations of pyActigraphy 1.2.2 do, in numbers that can be checked by hand."""

import numpy as np
import pytest

from clarity.domain.rhythm.binning import Anchor, Binning, Variance, binned
from clarity.domain.rhythm.fragmentation import State, bout_lengths
from clarity.domain.rhythm.grid import Quirk
from clarity.domain.rhythm.levels import active_phase, average_daily_total
from clarity.domain.rhythm.lowess import lowess
from clarity.domain.rhythm.transitions import (
    sustained_transition_probability,
    transition_curve,
)
from clarity.domain.rhythm.variability import interdaily_stability, intradaily_variability

QUIRK = Quirk.PYACTIGRAPHY_1_2_2
HOURLY = {"start_minute": 0, "epoch_s": 3_600}
TWO_DAYS = np.repeat([1.0, 3.0, 2.0, 6.0], 12)
"""Means of half days: 1, 3 and 2, 6; the mean day is 1.5, 4.5 and the grand mean 3."""


def test_the_binning_begins_at_the_first_epoch_and_takes_whole_bins_and_sample_variances():
    assert Binning.pyactigraphy(720) == Binning(
        bin_min=720, min_coverage=1.0, variance=Variance.SAMPLE, anchor=Anchor.FIRST_EPOCH
    )


@pytest.mark.parametrize(
    ("binning", "stability", "variability"),
    [
        (Binning(bin_min=720), (2 * 1.5**2 / 2) / (14 / 4), 7 / (14 / 4)),
        (Binning.pyactigraphy(720), (2 * 1.5**2 / 1) / (14 / 3), 7 / (14 / 3)),
    ],
    ids=["ours", "theirs"],
)
def test_sample_variances_make_other_numbers(binning, stability, variability):
    """Squares about the grand mean: 4 + 0 + 1 + 9; steps 2, -1, 4 have a mean square of 7."""
    clock = {**HOURLY, "binning": binning}

    assert float(interdaily_stability(TWO_DAYS, **clock)) == pytest.approx(stability)
    assert float(intradaily_variability(TWO_DAYS, **clock)) == pytest.approx(variability)


def test_one_missing_epoch_drops_a_bin_and_bins_run_from_the_first_epoch():
    values = TWO_DAYS.copy()
    values[13] = np.nan
    clock = {"start_minute": 360, "epoch_s": 3_600}

    theirs = binned(values, **clock, binning=Binning.pyactigraphy(720))
    ours = binned(values, **clock, binning=Binning(bin_min=720))

    assert np.array_equal(theirs, [[1.0, np.nan], [2.0, 6.0]], equal_nan=True)
    expected = [[1.0, (6 * 1 + 5 * 3) / 11], [(6 * 3 + 6 * 2) / 12, 4.0], [6.0, np.nan]]
    assert np.allclose(ours, expected, equal_nan=True)


def test_a_day_of_which_one_hour_was_seen_weighs_as_much_as_a_whole_one():
    values = np.full(48, np.nan)
    values[:24], values[30] = 10.0, 34.0

    assert float(average_daily_total(values, **HOURLY)) == pytest.approx(24 * 274 / 25)
    assert float(average_daily_total(values, **HOURLY, quirk=QUIRK)) == 24 * 22.0


def active_from(first_min, last_min, *, start_minute=0):
    """Two days of minutes: 10 between two clock minutes, else 1."""
    clock = (start_minute + np.arange(2 * 1_440)) % 1_440
    if first_min < last_min:
        return np.where((clock >= first_min) & (clock < last_min), 10.0, 1.0)
    return np.where((clock >= first_min) | (clock < last_min), 10.0, 1.0)


def phase(values, *, start_minute=0, quirk=None):
    found = active_phase(values, start_minute=start_minute, epoch_s=60, quirk=quirk)
    return float(found.onset_min), float(found.offset_min)


@pytest.mark.parametrize("quirk", [None, QUIRK])
def test_a_day_of_activity_has_its_ends_either_way(quirk):
    assert phase(active_from(480, 1_200), quirk=quirk) == (480.0, 1_200.0)


def test_sides_that_end_at_midnight_do_not_see_the_last_hour():
    late = active_from(1_410, 420)

    assert phase(late) == (1_410.0, 420.0)
    assert phase(late, quirk=QUIRK) == (1_380.0, 420.0)


def test_bins_from_the_first_epoch_are_named_after_the_clock_bin_they_begin_in():
    """From 8:17 on, noon lies in the bin 11:57 to 12:02, which is named 11:55."""
    values = active_from(720, 1_200, start_minute=497)

    assert phase(values, start_minute=497)[0] == 720.0
    assert phase(values, start_minute=497, quirk=QUIRK)[0] == 715.0


def states_with_gaps():
    """Bouts of many lengths, three in a hundred epochs missing."""
    rng = np.random.default_rng(11)
    lengths = rng.geometric(0.12, 600)
    states = np.repeat(np.arange(lengths.size) % 2.0, lengths)
    states[rng.random(states.size) < 0.03] = np.nan
    return states


def sustained(lengths):
    """The mean over the longest stretch of the curve that lies near its smooth form."""
    curve = transition_curve(lengths)
    smooth = lowess(curve.after_epochs, curve.probability, frac=0.3)
    near = np.abs(curve.probability - smooth) <= curve.probability.std(ddof=1)
    stretches = [
        range(a, b)
        for a in range(near.size)
        for b in range(a + 1, near.size + 1)
        if near[a:b].all()
    ]
    best = list(max(stretches, key=lambda stretch: (len(stretch), -stretch[0])))
    weight = np.sqrt(curve.at_risk + curve.outlasting)[best]
    return float(weight @ curve.probability[best] / weight.sum())


def test_every_missing_epoch_counts_as_a_rest_that_lasted_no_epoch():
    states = states_with_gaps()
    rests = bout_lengths(states, State.REST)
    missing = np.count_nonzero(np.isnan(states))

    ours = sustained_transition_probability(states, State.REST)
    theirs = sustained_transition_probability(states, State.REST, quirk=QUIRK)

    assert float(ours) == pytest.approx(sustained(rests))
    assert float(theirs) == pytest.approx(
        sustained(np.concatenate([np.zeros(missing, int), rests]))
    )
    assert float(ours) != float(theirs)


def test_activity_has_no_empty_bouts():
    states = states_with_gaps()

    assert float(sustained_transition_probability(states, State.ACTIVE, quirk=QUIRK)) == float(
        sustained_transition_probability(states, State.ACTIVE)
    )
