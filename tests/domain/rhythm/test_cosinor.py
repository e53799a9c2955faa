"""Goldens (statsmodels OLS, lmfit) and laws of the cosinor."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from clarity.domain.rhythm.cosinor import cosinor
from tests.domain.rhythm.goldens import CASES, golden
from tests.domain.rhythm.strategies import EPOCH_S, PER_DAY, recordings, scales

WITH_NONLINEAR_FIT = [name for name in CASES if name != "synth_gaps_7d"]


def phase_from_start(fit, case):
    """The phase of A cos(2 pi x / T + phase), x from the first epoch, in [0, 2 pi)."""
    hours = float(fit.acrophase_h) - case.start_minute / 60
    return -2 * math.pi * hours / float(fit.period_h) % (2 * math.pi)


@pytest.mark.parametrize("name", CASES)
def test_the_24_hour_cosinor_reaches_statsmodels(name):
    case = golden(name)
    expected = case.second["cosinor_ols_24h"]

    fit = cosinor(case.activity, **case.clock)

    assert float(fit.mesor) == pytest.approx(expected["mesor"], rel=1e-9)
    assert float(fit.amplitude) == pytest.approx(expected["amplitude"], rel=1e-9)
    assert float(fit.acrophase_h) == pytest.approx(expected["acrophase_h"], rel=1e-9)
    assert float(fit.mesor_se) == pytest.approx(expected["mesor_se"], rel=1e-9)
    assert float(fit.r2) == pytest.approx(expected["r2"], rel=1e-9)
    assert float(fit.p) == pytest.approx(expected["f_pvalue"], rel=1e-9)
    assert int(fit.n) == expected["n"]


@pytest.mark.parametrize("name", WITH_NONLINEAR_FIT)
def test_the_24_hour_cosinor_reaches_the_nonlinear_fit(name):
    case = golden(name)
    expected = case.first["cosinor/fixed24h"]

    fit = cosinor(case.activity, **case.clock)

    assert float(fit.mesor) == pytest.approx(expected["Mesor"], rel=1e-4)
    assert float(fit.amplitude) == pytest.approx(expected["Amplitude"], rel=1e-4)
    assert phase_from_start(fit, case) == pytest.approx(expected["Acrophase"], rel=1e-4)
    assert float(fit.rss) / (int(fit.n) - 3) == pytest.approx(expected["redchi"], rel=1e-9)


def cosine(*, mesor, amplitude, crest_h, period_h=24.0, start_minute=0.0, days=7):
    hours = start_minute / 60 + np.arange(days * PER_DAY) * EPOCH_S / 3600
    return mesor + amplitude * np.cos(2 * np.pi * (hours - crest_h) / period_h)


@given(st.floats(0.1, 1e3), st.floats(0.0, 23.9), st.sampled_from([0.0, 497.0]))
def test_a_cosine_is_found_as_it_was_made(amplitude, crest_h, start):
    activity = cosine(mesor=1e3, amplitude=amplitude, crest_h=crest_h, start_minute=start)

    fit = cosinor(activity, start_minute=start, epoch_s=EPOCH_S)

    assert float(fit.mesor) == pytest.approx(1e3, rel=1e-9)
    assert float(fit.amplitude) == pytest.approx(amplitude, rel=1e-6)
    assert (float(fit.acrophase_h) - crest_h + 12) % 24 == pytest.approx(12, abs=1e-6)
    assert float(fit.r2) == pytest.approx(1.0, abs=1e-9)


def ordinary_least_squares(activity, start, period_h=24.0):
    """Coefficients (mesor, cosine, sine) and their covariance, by a general solver."""
    seen = ~np.isnan(activity)
    angle = 2 * np.pi * (start / 60 + np.arange(activity.size) * EPOCH_S / 3600) / period_h
    design = np.column_stack([np.ones(activity.size), np.cos(angle), np.sin(angle)])[seen]
    solution, *_ = np.linalg.lstsq(design, activity[seen], rcond=None)
    rest = activity[seen] - design @ solution
    return solution, np.linalg.inv(design.T @ design) * (rest @ rest / (seen.sum() - 3))


def linearised_se(function, solution, covariance):
    """The standard error of function(solution), its gradient taken by central differences."""
    step = 1e-5 * np.hypot(*solution[1:])
    gradient = [
        (function(solution + step * unit) - function(solution - step * unit)) / (2 * step)
        for unit in np.eye(3)
    ]
    return math.sqrt(gradient @ covariance @ np.array(gradient))


@given(recordings(min_days=1), st.sampled_from([24.0, 21.5, 26.0]))
def test_the_standard_errors_are_those_of_the_linearised_fit(recording, period_h):
    activity, start = recording
    solution, covariance = ordinary_least_squares(activity, start, period_h)
    crest = np.arctan2(solution[2], solution[1])

    fit = cosinor(activity, start_minute=start, epoch_s=EPOCH_S, period_h=period_h)

    assert float(fit.amplitude_se) == pytest.approx(
        linearised_se(lambda at: np.hypot(at[1], at[2]), solution, covariance), rel=1e-6
    )
    turn = np.array([[np.cos(crest), np.sin(crest)], [-np.sin(crest), np.cos(crest)]])
    assert float(fit.acrophase_se_h) == pytest.approx(
        linearised_se(lambda at: np.arctan2(*(turn @ at[1:])[::-1]), solution, covariance)
        * period_h
        / (2 * np.pi),
        rel=1e-6,
    )


def test_the_standard_errors_are_the_spread_of_repeated_fits():
    """400 weeks of a known cosine with independent noise; the spread of a spread is 3.5 %."""
    rng = np.random.default_rng(11)
    usual = cosine(mesor=50.0, amplitude=20.0, crest_h=15.0)
    weeks = usual + rng.normal(0.0, 30.0, (400, usual.size))

    fits = cosinor(weeks, start_minute=0, epoch_s=EPOCH_S)

    assert np.std(fits.amplitude) == pytest.approx(float(fits.amplitude_se.mean()), rel=0.1)
    assert np.std(fits.acrophase_h) == pytest.approx(float(fits.acrophase_se_h.mean()), rel=0.1)


def test_a_perfect_cosine_has_no_error_and_a_constant_no_rhythm_to_have_one():
    made = cosine(mesor=50.0, amplitude=20.0, crest_h=15.0)

    perfect = cosinor(made, start_minute=0, epoch_s=EPOCH_S)
    constant = cosinor(np.full(PER_DAY, 5.0), start_minute=0, epoch_s=EPOCH_S)

    assert float(perfect.amplitude_se) < 1e-12
    assert float(perfect.acrophase_se_h) < 1e-12
    assert np.isnan(constant.amplitude_se)
    assert np.isnan(constant.acrophase_se_h)
    assert float(constant.mesor_se) == 0.0


@given(recordings())
def test_the_closed_form_equals_a_general_solver(recording):
    activity, start = recording
    seen = ~np.isnan(activity)
    angle = 2 * np.pi * (start / 60 + np.arange(activity.size) * EPOCH_S / 3600) / 24
    design = np.column_stack([np.ones(activity.size), np.cos(angle), np.sin(angle)])[seen]
    solution, *_ = np.linalg.lstsq(design, activity[seen], rcond=None)
    rest = activity[seen] - design @ solution
    sigma2 = rest @ rest / (seen.sum() - 3)

    fit = cosinor(activity, start_minute=start, epoch_s=EPOCH_S)

    assert float(fit.mesor) == pytest.approx(solution[0], rel=1e-9)
    assert float(fit.amplitude) == pytest.approx(np.hypot(*solution[1:]), rel=1e-7)
    assert float(fit.rss) == pytest.approx(rest @ rest, rel=1e-9)
    assert float(fit.mesor_se) == pytest.approx(
        math.sqrt(np.linalg.inv(design.T @ design)[0, 0] * sigma2), rel=1e-7
    )


@given(recordings())
def test_f_and_p_belong_together(recording):
    activity, start = recording

    fit = cosinor(activity, start_minute=start, epoch_s=EPOCH_S)
    tail = stats.f.sf(float(fit.f), 2, int(fit.n) - 3)

    assert float(fit.p) == pytest.approx(tail, rel=1e-6)


@given(recordings(), scales())
def test_the_acrophase_and_the_fit_do_not_depend_on_the_scale(recording, scale):
    activity, start = recording
    clock = {"start_minute": start, "epoch_s": EPOCH_S}

    before, after = cosinor(activity, **clock), cosinor(activity * scale, **clock)

    assert float(after.acrophase_h) == pytest.approx(float(before.acrophase_h), rel=1e-7)
    assert float(after.r2) == pytest.approx(float(before.r2), rel=1e-7)
    assert float(after.amplitude) == pytest.approx(float(before.amplitude) * scale, rel=1e-7)


@given(recordings(missing=(0.0,), whole_days=True), st.integers(1, PER_DAY - 1))
def test_a_shift_of_the_clock_moves_the_acrophase_by_exactly_the_shift(recording, shift):
    activity, _ = recording
    moved = np.roll(activity.reshape(-1, PER_DAY), shift, axis=1).ravel()

    before = cosinor(activity, start_minute=0, epoch_s=EPOCH_S)
    after = cosinor(moved, start_minute=0, epoch_s=EPOCH_S)
    turned = float(after.acrophase_h) - float(before.acrophase_h) - shift * EPOCH_S / 3600

    assert (turned + 12) % 24 == pytest.approx(12, abs=1e-7)
    assert float(after.amplitude) == pytest.approx(float(before.amplitude), rel=1e-7)


@given(recordings(), st.integers(0, 2**32 - 1))
def test_a_batch_equals_the_loop_bit_for_bit(recording, seed):
    activity, start = recording
    rng = np.random.default_rng(seed)
    batch = np.stack([rng.permuted(activity) for _ in range(3)])
    clock = {"start_minute": start, "epoch_s": EPOCH_S}

    together = cosinor(batch, **clock)
    alone = [cosinor(row, **clock) for row in batch]

    for field in ("mesor", "amplitude", "acrophase_h", "mesor_se", "r2", "f", "p", "rss"):
        assert np.array_equal(
            getattr(together, field), [getattr(fit, field) for fit in alone], equal_nan=True
        )


def test_constant_activity_has_a_level_and_no_rhythm():
    fit = cosinor(np.full(7 * PER_DAY, 0.1), start_minute=0, epoch_s=EPOCH_S)

    assert float(fit.mesor) == pytest.approx(0.1)
    assert float(fit.amplitude) == 0.0
    assert np.isnan([fit.acrophase_h, fit.r2, fit.f, fit.p]).all()


def test_a_few_hours_of_the_clock_cannot_tell_cosine_from_sine():
    fit = cosinor(np.arange(60.0), start_minute=0, epoch_s=60)

    assert np.isnan([fit.mesor, fit.amplitude, fit.acrophase_h, fit.r2, fit.mesor_se]).all()
