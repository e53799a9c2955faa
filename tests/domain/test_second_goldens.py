"""Goldens that need a convention of their own: CosinorPy, nolds, skdh, masks, the generator's truth."""

import hashlib
import math

import numpy as np
import pytest

from clarity.domain.pat.reference import trace
from clarity.domain.rhythm.cosinor import cosinor
from clarity.domain.rhythm.dfa import dfa
from clarity.domain.rhythm.free_period import free_period_cosinor
from clarity.domain.sleep.crespo import PYACTIGRAPHY, rest_periods
from clarity.domain.sleep.profiles import QUIRK, scoring_profile
from clarity.domain.sleep.roenneberg import consolidated_rest
from clarity.domain.sleep.scoring import asleep
from tests.domain.rhythm.goldens import CASES, golden
from tests.domain.rhythm.test_nonparametric_findings import nonparametric_findings
from tests.domain.sleep.test_nights import diary_night, golden_nights, mask_of
from tests.support import pat
from tests.support.shared import shared

each_case = pytest.mark.parametrize("name", CASES)
WITHOUT_GAPS = [name for name in CASES if name != "synth_gaps_7d"]


@each_case
def test_cosinorpy_has_the_phase_of_the_clock_hour_in_radians(name):
    """There y = M + A cos(2 pi t / 24 + phase), t in clock hours."""
    case = golden(name)
    expected = case.second["CosinorPy_full"]

    fit = cosinor(case.activity, **case.clock)

    phase = -2 * math.pi * float(fit.acrophase_h) / 24 % (2 * math.pi)
    assert float(fit.mesor) == pytest.approx(expected["mesor"], rel=1e-13)
    assert float(fit.amplitude) == pytest.approx(expected["amplitude"], rel=1e-13)
    assert phase == pytest.approx(expected["acrophase_rad"], rel=1e-13)


@pytest.mark.parametrize("name", WITHOUT_GAPS)
def test_the_free_period_leaves_the_residuals_of_the_nonlinear_fit(name):
    """Four parameters are fitted there; of 24 h three, and the period is an epoch count."""
    case = golden(name)

    fit = free_period_cosinor(case.activity, **case.clock)

    expected = case.first["cosinor/free"]["redchi"]
    assert float(fit.rss) / (int(fit.n) - 4) == pytest.approx(expected, rel=1e-8)
    assert case.first["cosinor/fixed24h"]["Period"] * case.epoch_s == 86_400


@each_case
def test_the_textbook_uses_as_many_hours_and_differences_as_the_findings_say(name):
    case = golden(name)
    expected = case.second["textbook_hourly_mean"]

    found = {
        finding.metric: finding for finding in nonparametric_findings(case.activity, **case.clock)
    }

    assert found["IS"].n_valid == expected["hours_used"]
    assert found["IV"].n_valid == expected["diffs_used"]


def residual_roots(walk, width):
    """The root mean square around a line in each of the forward segments of that width."""
    segments = walk[: walk.size - walk.size % width].reshape(-1, width)
    at = np.arange(width)
    slope, level = np.polyfit(at, segments.T, 1)
    lines = slope[:, None] * at + level[:, None]
    return np.sqrt(((segments - lines) ** 2).mean(axis=1))


@pytest.mark.parametrize("name", WITHOUT_GAPS)
def test_nolds_takes_the_mean_of_the_roots_over_forward_segments(name):
    """
    Ours is the root of the mean, of segments in both directions.

    By their convention the same windows give their exponent to the last digits; what the two
    conventions make of these recordings differs by less than a tenth.
    """
    case = golden(name)
    expected = case.second["nolds_dfa_alpha_nonoverlap_poly1"]
    windows_min = case.first["DFA/n_minutes"]
    widths = [round(minutes * 60 / case.epoch_s) for minutes in windows_min]
    walk = np.cumsum(case.activity - case.activity.mean())

    means = [residual_roots(walk, width).mean() for width in widths]
    alpha = np.polyfit(np.log(widths), np.log(means), 1)[0]
    scaling = dfa(case.activity, epoch_s=case.epoch_s)

    assert alpha == pytest.approx(expected, rel=1e-12)
    assert scaling.windows_min.tolist() == windows_min
    assert float(scaling.alpha) == pytest.approx(expected, abs=0.1)


def test_skdh_counts_wakes_after_onset_without_the_last_of_the_window():
    """The last wake of a window counts there as getting up, also when sleep follows it."""
    rows = golden_nights()

    assert len(rows) == 84
    for case, name, _, numbers, first, last in rows:
        arrays = np.load(shared("goldens/actigraphy") / f"{case}.npz")
        runs = [(float(value), 1) for value in arrays[f"mask_{name}"]]
        night = diary_night(mask_of(*runs), first, last)
        uncounted = night.awakenings > 0 and night.terminal_wake_min == 0
        assert night.awakenings - uncounted == numbers["n_wake_bouts_skdh"]
        assert night.in_bed_min == numbers["TIB"]


@each_case
def test_a_mask_in_words_is_the_mask_in_the_arrays(name):
    arrays = np.load(shared("goldens/actigraphy") / f"{name}.npz")
    told = {key[5:]: value for key, value in golden(name).first.items() if key[:5] == "mask/"}

    assert {f"mask_{mask}" for mask in told} == {key for key in arrays if key[:5] == "mask_"}
    for mask, expected in told.items():
        values = arrays[f"mask_{mask}"]
        assert values.size == expected["n"]
        assert int(values.sum()) == expected["ones"]
        assert values.mean() == expected["mean"]
        assert hashlib.sha256(values.tobytes()).hexdigest() == expected["sha256"]


TRUTH = {
    "sadeh": 0.88,
    "scripps": 0.92,
    "oakley-40-{}s": 0.87,
    "oakley-auto-{}s": 0.63,
}
"""Least share of epochs in which a scoring agrees with who made the recordings up."""


def agreement(case, mask):
    truth = np.load(shared("goldens/actigraphy") / f"{case.name}.npz")["true_sleep"]
    known = ~np.isnan(mask)
    return np.mean(mask[known] == truth[known])


@each_case
@pytest.mark.parametrize("profile", TRUTH)
def test_scorings_agree_with_the_truth_of_the_generator(name, profile):
    case = golden(name)
    scored = scoring_profile(profile.format(case.epoch_s), variant=QUIRK)

    assert agreement(case, asleep(case.activity, scored)) > TRUTH[profile]


@each_case
def test_rest_periods_agree_with_the_truth_better_than_scorings_of_minutes(name):
    case = golden(name)
    clock = {"epoch_s": case.epoch_s}

    assert agreement(case, rest_periods(case.activity, **clock, settings=PYACTIGRAPHY)) > 0.93
    assert agreement(case, consolidated_rest(case.activity, **clock)) > 0.95


@pytest.mark.parametrize("variant", pat.GOLDEN_VARIANTS)
def test_the_reference_has_the_tokens_of_keras_within_float32(variant):
    recorded = pat.golden(variant)

    for sample, expected in zip(recorded.inputs, recorded.arrays["tokens_every16"], strict=True):
        tokens = trace(recorded.weights, sample).layers[-1][::16]
        assert pat.relative_error(tokens, expected) < 2e-5
