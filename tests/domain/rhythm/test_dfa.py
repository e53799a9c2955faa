"""Goldens and laws of detrended fluctuation analysis."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.rhythm.dfa import DFA_WINDOWS_MIN, dfa, scaling_exponent
from tests.domain.rhythm.goldens import CASES, golden
from tests.domain.rhythm.strategies import EPOCH_S, recordings, scales

WITHOUT_GAPS = [name for name in CASES if name != "synth_gaps_7d"]


@pytest.mark.parametrize("name", WITHOUT_GAPS)
def test_fluctuations_reach_the_reference(name):
    case = golden(name)

    scaling = dfa(case.activity, epoch_s=case.epoch_s)

    assert scaling.windows_min.tolist() == case.first["DFA/n_minutes"]
    assert scaling.fluctuations == pytest.approx(np.array(case.first["DFA/F"]), rel=1e-10, abs=0)
    assert float(scaling.alpha) == pytest.approx(case.first["DFA/alpha"], rel=1e-10)


def test_windows_are_evenly_spaced_in_the_logarithm():
    spaced = np.geomspace(10, 1440, 24)

    assert tuple(np.round(spaced).astype(int)) == DFA_WINDOWS_MIN


def slow_fluctuation(activity, width):
    walk = np.cumsum(np.where(np.isnan(activity), 0.0, activity - np.nanmean(activity)))
    n = len(walk)
    starts = [k * width for k in range(n // width)]
    squares, segments = [], 0
    for first in [*starts, *(n - width - s for s in starts)]:
        segments += 1
        if np.isnan(activity[first : first + width]).any():
            continue
        part = walk[first : first + width]
        line = np.polyval(np.polyfit(range(width), part, 1), range(width))
        squares.append(((part - line) ** 2).mean())
    if not squares or len(squares) < segments / 2:
        return np.nan
    return np.sqrt(np.mean(squares))


@given(recordings(missing=(0.0, 0.01), min_days=2, max_days=3), st.sampled_from([4, 7, 12, 100]))
def test_a_fluctuation_equals_the_slow_form(recording, width):
    activity, _ = recording

    scaling = dfa(activity, epoch_s=EPOCH_S, windows_min=(width * 5,))

    assert float(scaling.fluctuations[0]) == pytest.approx(
        slow_fluctuation(activity, width), rel=1e-7, nan_ok=True
    )


@given(recordings(missing=(0.0, 0.01)), scales())
def test_alpha_does_not_depend_on_the_scale(recording, scale):
    activity, _ = recording

    before = dfa(activity, epoch_s=EPOCH_S).alpha
    after = dfa(activity * scale, epoch_s=EPOCH_S).alpha

    assert float(after) == pytest.approx(float(before), rel=1e-7, nan_ok=True)


def test_white_noise_scales_with_a_half_and_its_sum_with_three_halves():
    noise = np.random.default_rng(7).normal(size=(20, 7 * 1440))

    assert dfa(noise, epoch_s=60).alpha.mean() == pytest.approx(0.5, abs=0.03)
    assert dfa(np.cumsum(noise, axis=-1), epoch_s=60).alpha.mean() == pytest.approx(1.5, abs=0.06)


@given(recordings(missing=(0.0, 0.01)), st.integers(0, 2**32 - 1))
def test_a_batch_equals_the_loop_bit_for_bit(recording, seed):
    activity, _ = recording
    rng = np.random.default_rng(seed)
    batch = np.stack([rng.permuted(activity) for _ in range(3)])

    together = dfa(batch, epoch_s=EPOCH_S)
    alone = [dfa(row, epoch_s=EPOCH_S) for row in batch]

    assert np.array_equal(together.alpha, [each.alpha for each in alone], equal_nan=True)
    assert np.array_equal(
        together.fluctuations, [each.fluctuations for each in alone], equal_nan=True
    )


@pytest.mark.parametrize(
    "activity",
    [np.zeros(0), np.ones(7 * 288), np.zeros(7 * 288), np.full(7 * 288, np.nan), np.arange(300.0)],
    ids=["empty", "constant", "zero", "missing", "a day"],
)
def test_alpha_of_an_awkward_recording_is_undefined(activity):
    assert np.isnan(dfa(activity, epoch_s=EPOCH_S).alpha)


def test_windows_below_four_epochs_are_left_out():
    scaling = dfa(np.arange(7.0 * 24), epoch_s=3600)

    assert scaling.windows_min.min() == 240.0


def test_no_window_left_is_no_scaling():
    scaling = dfa(np.arange(100.0), epoch_s=3600, windows_min=(60,))

    assert scaling.fluctuations.shape == (0,)
    assert np.isnan(scaling.alpha)


def test_the_exponent_is_a_slope_and_absent_when_a_fluctuation_is():
    windows = np.array([10.0, 100.0, 1000.0])

    slopes = scaling_exponent(windows, np.array([windows**0.8, [1.0, np.nan, 2.0]]))

    assert slopes[0] == pytest.approx(0.8)
    assert np.isnan(slopes[1])
