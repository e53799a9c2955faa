"""Goldens: pyActigraphy 1.2.2 in its quirk form, textbook IS and IV in the default form."""

import numpy as np
import pytest

from clarity.domain.rhythm.binning import Binning, Variance
from clarity.domain.rhythm.extremes import extremes, mean_profile
from clarity.domain.rhythm.grid import Quirk, periods
from clarity.domain.rhythm.levels import active_phase, average_daily_total
from clarity.domain.rhythm.variability import (
    interdaily_stability,
    intradaily_variability,
    mean_interdaily_stability,
    mean_intradaily_variability,
)
from tests.domain.rhythm.goldens import CASES, golden

QUIRK = Quirk.PYACTIGRAPHY_1_2_2
WITH_ISM = [name for name in CASES if name != "synth_30s_7d"]

TIED = ("synth_30s_7d", "bin4")
WITHOUT_A_TIE = [(n, v) for n in CASES for v in ("counts", "bin4") if (n, v) != TIED]

each_case = pytest.mark.parametrize("name", CASES)
each_variant = pytest.mark.parametrize("variant", ["counts", "bin4"])


def near(value):
    return pytest.approx(value, rel=1e-9, abs=0)


@each_case
@each_variant
@pytest.mark.parametrize("bin_min", [5, 15, 30, 60])
def test_binned_stability_and_variability_reach_the_reference(name, variant, bin_min):
    case = golden(name)
    binning = Binning.pyactigraphy(bin_min)

    stability = interdaily_stability(case.variant(variant), **case.clock, binning=binning)
    variability = intradaily_variability(case.variant(variant), **case.clock, binning=binning)

    assert float(stability) == near(case.first[f"IS/{bin_min}min/{variant}"])
    assert float(variability) == near(case.first[f"IV/{bin_min}min/{variant}"])


@each_case
def test_textbook_stability_and_variability_reach_the_reference(name):
    case = golden(name)
    binning = Binning(variance=Variance.TEXTBOOK)

    stability = interdaily_stability(case.activity, **case.clock, binning=binning)
    variability = intradaily_variability(case.activity, **case.clock, binning=binning)

    assert float(stability) == near(case.second["textbook_hourly_mean"]["IS"])
    assert float(variability) == near(case.second["textbook_hourly_mean"]["IV"])


@pytest.mark.parametrize("name", [name for name in CASES if name != "synth_gaps_7d"])
def test_on_complete_days_the_default_is_the_textbook_form(name):
    case = golden(name)

    stability = interdaily_stability(case.activity, **case.clock)

    assert float(stability) == near(case.second["textbook_hourly_mean"]["IS"])


@each_case
def test_the_default_variability_is_that_of_the_textbook(name):
    case = golden(name)

    variability = intradaily_variability(case.activity, **case.clock)

    assert float(variability) == near(case.second["textbook_hourly_mean"]["IV"])


def test_where_hours_are_missing_the_default_weighs_a_bin_by_its_days():
    """0.5892 in the textbook form; 161 of 168 hours were seen, each on 6 or 7 days."""
    case = golden("synth_gaps_7d")

    stability = interdaily_stability(case.activity, **case.clock)

    assert float(stability) == pytest.approx(0.6072099285116829, rel=1e-12)


@pytest.mark.parametrize("name", WITH_ISM)
@each_variant
def test_means_over_many_bins_reach_the_reference(name, variant):
    case = golden(name)
    binning = Binning.pyactigraphy(60)

    stability = mean_interdaily_stability(case.variant(variant), **case.clock, binning=binning)
    variability = mean_intradaily_variability(case.variant(variant), **case.clock, binning=binning)

    assert float(stability) == near(case.first[f"ISm/{variant}"])
    assert float(variability) == near(case.first[f"IVm/{variant}"])


@each_case
@each_variant
def test_extremes_reach_the_reference(name, variant):
    case = golden(name)

    found = extremes(case.variant(variant), **case.clock)

    assert float(found.l5) == near(case.first[f"L5/{variant}"])
    assert float(found.m10) == near(case.first[f"M10/{variant}"])
    assert float(found.ra) == near(case.first[f"RA/{variant}"])
    assert float(found.m10_onset_min) == case.first[f"M10_onset_min/{variant}"]


@pytest.mark.parametrize(("name", "variant"), WITHOUT_A_TIE)
def test_the_least_active_hours_begin_where_the_reference_says(name, variant):
    case = golden(name)

    found = extremes(case.variant(variant), **case.clock)

    assert float(found.l5_onset_min) == case.first[f"L5_onset_min/{variant}"]


def test_the_one_deviating_onset_is_a_tie():
    case = golden("synth_30s_7d")
    profile = mean_profile(case.variant("bin4"), **case.clock)

    found = extremes(case.variant("bin4"), **case.clock)
    theirs = int(case.first["L5_onset_min/bin4"] * 2)
    their_window = np.take(profile, range(theirs, theirs + 600), mode="wrap")

    assert (float(found.l5_onset_min), theirs / 2) == (1422.0, 1435.5)
    assert round(their_window.sum() * 7) == round(float(found.l5) * 600 * 7)


@each_case
@each_variant
def test_the_average_daily_total_reaches_the_reference(name, variant):
    case = golden(name)

    total = average_daily_total(case.variant(variant), **case.clock, quirk=QUIRK)

    assert float(total) == near(case.first[f"ADAT/{variant}"])


@each_case
@each_variant
def test_the_active_phase_reaches_the_reference(name, variant):
    case = golden(name)

    phase = active_phase(case.variant(variant), **case.clock, quirk=QUIRK)

    assert float(phase.onset_min) == case.first[f"AonT_min/5min/{variant}"]
    assert float(phase.offset_min) == case.first[f"AoffT_min/5min/{variant}"]


@each_variant
def test_the_first_week_of_two_reaches_the_reference(variant):
    case = golden("synth_weekend_14d")
    weeks = periods(case.variant(variant), epoch_s=60)

    found = extremes(weeks, **case.clock)

    assert [float(found.l5[0])] == [near(v) for v in case.first[f"L5p/7D/{variant}"]]
    assert [float(found.m10[0])] == [near(v) for v in case.first[f"M10p/7D/{variant}"]]
    assert [float(found.ra[0])] == [near(v) for v in case.first[f"RAp/7D/{variant}"]]


@each_variant
def test_stability_per_period_reaches_the_reference_with_its_one_bin_too_many(variant):
    case = golden("synth_weekend_14d")
    week_and_an_hour = case.variant(variant)[: 7 * 1440 + 60]
    binning = Binning.pyactigraphy(60)

    stability = interdaily_stability(week_and_an_hour, **case.clock, binning=binning)
    variability = intradaily_variability(week_and_an_hour, **case.clock, binning=binning)

    assert [float(stability)] == [near(v) for v in case.first[f"ISp/7D/60min/{variant}"]]
    assert [float(variability)] == [near(v) for v in case.first[f"IVp/7D/60min/{variant}"]]
