"""Goldens (lmfit) and laws of the cosinor whose period is found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.rhythm.cosinor import cosinor
from clarity.domain.rhythm.free_period import free_period_cosinor
from tests.domain.rhythm.goldens import golden
from tests.domain.rhythm.strategies import EPOCH_S, PER_DAY, recordings
from tests.domain.rhythm.test_cosinor import WITH_NONLINEAR_FIT, cosine, phase_from_start


@pytest.mark.parametrize("name", WITH_NONLINEAR_FIT)
def test_the_free_period_reaches_the_nonlinear_fit(name):
    case = golden(name)
    expected = case.first["cosinor/free"]

    fit = free_period_cosinor(case.activity, **case.clock)

    assert float(fit.period_h) * 3600 / case.epoch_s == pytest.approx(expected["Period"], rel=1e-4)
    assert float(fit.mesor) == pytest.approx(expected["Mesor"], rel=1e-4)
    assert float(fit.amplitude) == pytest.approx(expected["Amplitude"], rel=1e-4)
    assert phase_from_start(fit, case) == pytest.approx(expected["Acrophase"], rel=1e-4)


@pytest.mark.parametrize("period_h", [21.3, 24.0, 26.9])
def test_a_free_running_period_is_found(period_h):
    activity = cosine(mesor=10.0, amplitude=5.0, crest_h=3.0, period_h=period_h)

    fit = free_period_cosinor(activity, start_minute=0, epoch_s=EPOCH_S)

    assert float(fit.period_h) == pytest.approx(period_h, rel=1e-6)
    assert float(fit.acrophase_h) == pytest.approx(3.0, abs=1e-4)


@pytest.mark.parametrize("period_h", [15.0, 40.0])
def test_a_period_outside_the_range_is_not_forced_into_it(period_h):
    activity = cosine(mesor=10.0, amplitude=5.0, crest_h=3.0, period_h=period_h, days=21)

    fit = free_period_cosinor(activity, start_minute=0, epoch_s=EPOCH_S)

    assert np.isnan(fit.period_h) or float(fit.r2) < 0.02


@given(recordings())
def test_no_period_of_the_range_leaves_smaller_residuals(recording):
    activity, start = recording
    clock = {"start_minute": start, "epoch_s": EPOCH_S}
    others = np.linspace(20.0, 28.0, 81)

    fit = free_period_cosinor(activity, **clock)
    rss = np.array([cosinor(activity, **clock, period_h=each).rss for each in others])

    inside = 0 < np.argmin(rss) < others.size - 1
    assert np.isnan(fit.rss) or float(fit.rss) <= rss.min() * (1 + 1e-9)
    assert inside or np.isnan(fit.rss)


@given(recordings(), st.floats(1e-2, 1e3), st.floats(-1e3, 1e3))
def test_the_period_depends_neither_on_level_nor_on_scale(recording, scale, level):
    activity, start = recording
    clock = {"start_minute": start, "epoch_s": EPOCH_S}

    before = free_period_cosinor(activity, **clock)
    after = free_period_cosinor(activity * scale + level, **clock)

    assert float(after.period_h) == pytest.approx(float(before.period_h), rel=1e-6, nan_ok=True)


@given(recordings(), st.integers(0, 2**32 - 1))
def test_a_batch_equals_the_loop_bit_for_bit(recording, seed):
    activity, start = recording
    rng = np.random.default_rng(seed)
    batch = np.stack([activity, *(rng.permuted(activity) for _ in range(2))])
    clock = {"start_minute": start, "epoch_s": EPOCH_S}

    together = free_period_cosinor(batch, **clock)
    alone = [free_period_cosinor(row, **clock) for row in batch]

    for field in ("period_h", "mesor", "amplitude", "acrophase_h", "r2", "rss"):
        assert np.array_equal(
            getattr(together, field), [getattr(fit, field) for fit in alone], equal_nan=True
        )


@pytest.mark.parametrize("level", [0.0, 0.1, 1e5 / 3])
def test_constant_activity_has_no_period(level):
    fit = free_period_cosinor(np.full(7 * PER_DAY, level), start_minute=0, epoch_s=EPOCH_S)

    assert np.isnan([fit.period_h, fit.amplitude]).all()


def test_nothing_observed_has_no_cosinor_of_any_period():
    fit = free_period_cosinor(np.full(7 * PER_DAY, np.nan), start_minute=0, epoch_s=EPOCH_S)

    assert np.isnan([fit.period_h, fit.mesor, fit.amplitude]).all()
    assert int(fit.n) == 0


@pytest.mark.parametrize("days", [120, 365])
@pytest.mark.parametrize("period_h", [20.4, 24.12, 24.38])
def test_the_period_of_a_long_recording_is_found_between_the_steps_of_a_week(days, period_h):
    activity = cosine(mesor=10.0, amplitude=5.0, crest_h=3.0, period_h=period_h, days=days)

    fit = free_period_cosinor(activity, start_minute=0, epoch_s=EPOCH_S)

    assert float(fit.period_h) == pytest.approx(period_h, rel=1e-6)
    assert float(fit.r2) == pytest.approx(1.0, abs=1e-6)
