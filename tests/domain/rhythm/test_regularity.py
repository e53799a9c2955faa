"""Laws of sleep regularity and of clock times."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.means import (
    circular_difference_min,
    circular_mean_min,
    circular_sd_min,
    resultant,
)
from clarity.domain.rhythm.grid import Quirk
from clarity.domain.rhythm.regularity import sleep_regularity, social_jetlag_min, valid_pairs
from tests.domain.rhythm.strategies import EPOCH_S, PER_DAY

SOME_DAYS = st.integers(2, 5)


@st.composite
def sleep_series(draw, *, days=SOME_DAYS, missing=(0.0, 0.1)):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    states = (rng.random(draw(days) * PER_DAY) < 0.4).astype(float)
    return np.where(rng.random(states.size) < draw(st.sampled_from(missing)), np.nan, states)


@given(sleep_series())
def test_the_index_equals_counting_pairs(states):
    same = [a == b for a, b in zip(states, states[PER_DAY:], strict=False) if a == a and b == b]  # noqa: PLR0124 - a NaN is not itself

    index = sleep_regularity(states, epoch_s=EPOCH_S)

    assert float(index) == pytest.approx(-100 + 200 * sum(same) / len(same), abs=1e-9)
    assert int(valid_pairs(states, epoch_s=EPOCH_S)) == len(same)


@given(sleep_series(days=st.just(1), missing=(0.0,)), st.integers(2, 5))
def test_identical_days_are_perfectly_regular(day, days):
    assert float(sleep_regularity(np.tile(day, days), epoch_s=EPOCH_S)) == 100.0


@given(sleep_series(days=st.just(1), missing=(0.0,)))
def test_opposite_days_are_perfectly_irregular(day):
    assert float(sleep_regularity(np.concatenate([day, 1 - day]), epoch_s=EPOCH_S)) == -100.0


@given(sleep_series())
def test_a_batch_equals_the_loop_bit_for_bit(states):
    batch = np.stack([states, states[::-1], 1 - states])

    for quirk in (None, Quirk.PYACTIGRAPHY_1_2_2):
        together = sleep_regularity(batch, epoch_s=EPOCH_S, quirk=quirk)
        alone = [sleep_regularity(row, epoch_s=EPOCH_S, quirk=quirk) for row in batch]
        assert np.array_equal(together, alone, equal_nan=True)


@pytest.mark.parametrize(
    "states",
    [
        np.zeros(0),
        np.zeros(3 * PER_DAY),
        np.ones(3 * PER_DAY),
        np.full(3 * PER_DAY, np.nan),
        np.tile([0.0, 1.0], PER_DAY - 1),
        np.where(np.arange(3 * PER_DAY) % PER_DAY < 260, np.nan, np.arange(3 * PER_DAY) % 2),
    ],
    ids=["empty", "always awake", "always asleep", "missing", "below two days", "few pairs"],
)
def test_the_index_of_an_awkward_recording_is_undefined(states):
    assert np.isnan(sleep_regularity(states, epoch_s=EPOCH_S))


def test_social_jetlag_runs_over_midnight():
    midpoints = [1430.0, 1435.0, 20.0, 30.0, np.nan]
    free = [False, False, True, True, True]

    assert float(social_jetlag_min(midpoints, free)) == pytest.approx(32.5)


@given(st.lists(st.floats(0, 1439), min_size=2, max_size=6), st.floats(-700, 700))
def test_free_nights_that_are_later_by_a_shift_have_that_jetlag(work, shift):
    if float(resultant(work)) < 0.01:
        work = [180.0, 200.0]
    midpoints = [*work, *(np.array(work) + shift)]
    free = [False] * len(work) + [True] * len(work)

    assert float(social_jetlag_min(midpoints, free)) == pytest.approx(shift, abs=1e-5)


@pytest.mark.parametrize("free", [[True, True], [False, False]])
def test_social_jetlag_needs_a_free_and_a_work_night(free):
    assert np.isnan(social_jetlag_min([180.0, 200.0], free))


def test_clock_times_are_averaged_round_midnight():
    assert float(circular_mean_min([1430.0, 10.0, np.nan])) in (0.0, pytest.approx(1440.0))
    assert float(circular_mean_min([1400.0, 20.0])) == pytest.approx(1430.0)


def test_opposite_clock_times_have_no_mean_and_no_spread():
    assert np.isnan(circular_mean_min([0.0, 720.0]))
    assert np.isnan(circular_sd_min([0.0, 720.0]))
    assert float(resultant([0.0, 720.0])) == pytest.approx(0.0, abs=1e-12)


def test_the_circular_deviation_follows_from_the_resultant():
    times = [0.0, 60.0]
    length = math.cos(math.radians(7.5))

    expected = math.sqrt(-2 * math.log(length)) * 1440 / (2 * math.pi)

    assert float(circular_sd_min(times)) == pytest.approx(expected)


@pytest.mark.parametrize("times", [[], [100.0], [100.0, np.nan]])
def test_one_time_has_no_deviation(times):
    assert np.isnan(circular_sd_min(times))


@given(st.floats(-3000, 3000), st.floats(-3000, 3000))
def test_the_shorter_way_round_is_at_most_half_a_day(later, earlier):
    way = float(circular_difference_min(later, earlier))

    assert -720 <= way < 720
    assert (later - earlier - way + 720) % 1440 == pytest.approx(720, abs=1e-6)
