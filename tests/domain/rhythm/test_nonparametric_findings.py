"""Findings carry value, coverage and settings, or the reason of their absence."""

import numpy as np
import pytest

from clarity.domain.rhythm.binning import Binning
from clarity.domain.rhythm.extremes import Basis, extremes
from clarity.domain.rhythm.grid import UnevenGrid, day_matrix, slots_per_day
from clarity.domain.rhythm.levels import average_daily_total
from clarity.domain.rhythm.nonparametric import (
    profile_findings,
    spectrum_findings,
    stability_findings,
    total_findings,
)
from clarity.domain.rhythm.variability import (
    interdaily_stability,
    intradaily_variability,
    mean_interdaily_stability,
    mean_intradaily_variability,
)
from tests.domain.rhythm.awkward import AWKWARD
from tests.domain.rhythm.goldens import golden

NAMES = ("IS", "IV", "RA", "L5", "L5_onset", "M10", "M10_onset", "AonT", "AoffT", "ADAT")


def nonparametric_findings(activity, *, start_minute=0, epoch_s=60):
    clock = {"start_minute": start_minute, "epoch_s": epoch_s}
    return (
        *stability_findings(activity, **clock),
        *profile_findings(activity, **clock, unit="counts"),
        *total_findings(activity, **clock, unit="counts"),
    )


def findings(activity, *, epoch_s=60):
    both = (
        *nonparametric_findings(activity, epoch_s=epoch_s),
        *spectrum_findings(activity, start_minute=0, epoch_s=epoch_s),
    )
    return {finding.metric: finding for finding in both}


@pytest.mark.parametrize("activity", AWKWARD.values(), ids=AWKWARD.keys())
def test_an_awkward_recording_has_every_finding_or_a_reason(activity):
    found = findings(activity)

    assert set(found) == {*NAMES, "ISm", "IVm"}
    assert all(bool(finding.reason) == (finding.value is None) for finding in found.values())


@pytest.mark.parametrize(
    "name", ["empty", "an hour", "a day", "all zero", "constant", "all missing", "one epoch"]
)
def test_stability_needs_two_varying_days(name):
    assert findings(AWKWARD[name])["IS"].value is None


@pytest.mark.parametrize("name", ["all zero", "all missing", "one value in a week", "an hour"])
def test_the_relative_amplitude_of_nothing_is_absent(name):
    assert findings(AWKWARD[name])["RA"].value is None


def test_a_constant_day_has_no_amplitude_and_no_onsets():
    found = findings(AWKWARD["constant with holes"])

    assert found["RA"].value == 0.0
    assert found["L5"].value == pytest.approx(0.1)
    assert found["M10"].value == pytest.approx(0.1)
    assert found["L5_onset"].value is found["M10_onset"].value is None
    assert "alike" in found["M10_onset"].reason
    assert found["IS"].value is found["IV"].value is found["AonT"].value is None


def test_unseen_nights_leave_no_least_active_hours():
    found = findings(AWKWARD["nights missing"])

    assert found["L5"].value is found["RA"].value is None
    assert "less than half" in found["L5"].reason
    assert found["L5"].coverage == pytest.approx(2 / 3)


def test_findings_equal_the_functions_and_say_what_they_rest_on():
    case = golden("synth_gaps_7d")

    found = {
        finding.metric: finding for finding in nonparametric_findings(case.activity, **case.clock)
    }
    expected = extremes(case.activity, **case.clock)

    assert found["IS"].value == float(interdaily_stability(case.activity, **case.clock))
    assert found["IV"].value == float(intradaily_variability(case.activity, **case.clock))
    assert (found["IS"].n_valid, found["IV"].n_valid) == (161, 157)
    assert found["IS"].coverage == pytest.approx(161 / 168)
    assert found["L5"].value == float(expected.l5)
    assert found["L5_onset"].value == float(expected.l5_onset_min) / 60
    assert found["ADAT"].value == float(average_daily_total(case.activity, **case.clock))
    assert (found["L5"].n_valid, found["L5"].unit) == (9762, "counts")
    assert dict(found["IS"].parameters)["bin_min"] == 60
    assert all("doi:" in found[name].citation for name in ("IS", "IV", "RA", "L5", "M10"))


def test_hourly_epochs_have_all_but_the_active_phase():
    activity = np.tile([*[0.0] * 8, *[10.0] * 16], 7) + np.arange(168.0) % 5

    found = nonparametric_findings(activity, epoch_s=3600)

    assert {each.metric for each in found if each.value is None} == {"AonT", "AoffT"}


def test_the_spectrum_equals_the_functions():
    case = golden("synth_gaps_7d")

    stability, variability = spectrum_findings(case.activity, **case.clock)

    assert stability.value == float(mean_interdaily_stability(case.activity, **case.clock))
    assert variability.value == float(mean_intradaily_variability(case.activity, **case.clock))
    assert str(stability.parameters["bin_min"]).startswith("1,2,3")


def test_the_daily_basis_is_the_mean_over_days():
    day = np.zeros(24)
    day[8:18] = [10.0] * 10
    activity = np.concatenate([day, 2 * day, 3 * day])

    found = extremes(activity, start_minute=0, epoch_s=3600, basis=Basis.DAILY)

    assert float(found.m10) == 20.0
    assert float(found.m10_onset_min) == pytest.approx(480.0)
    assert float(found.l5) == 0.0
    assert float(found.l5_onset_min) == pytest.approx(18 * 60.0)
    assert float(found.ra) == 1.0


@pytest.mark.parametrize("epoch_s", [0, 7, 7200])
def test_an_epoch_that_does_not_divide_the_hour_is_refused(epoch_s):
    with pytest.raises(UnevenGrid, match="regrid the recording"):
        slots_per_day(epoch_s)


def test_a_bin_that_holds_no_whole_epochs_is_refused():
    with pytest.raises(UnevenGrid, match=r"300 s do not hold a whole number of epochs of 3600 s"):
        interdaily_stability(np.zeros(48), start_minute=0, epoch_s=3600, binning=Binning(bin_min=5))


@pytest.mark.parametrize("bin_min", [0, 7, 1440])
def test_a_bin_divides_the_day(bin_min):
    with pytest.raises(ValueError, match="fill the day"):
        Binning(bin_min=bin_min)


@pytest.mark.parametrize("share", [0.0, 1.1])
def test_the_coverage_of_a_bin_is_a_share(share):
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        Binning(min_coverage=share)


def test_the_day_matrix_begins_at_midnight_and_pads_with_missing():
    days = day_matrix([1.0, 2.0, 3.0], start_minute=22 * 60 + 30, epoch_s=3600)

    assert days.shape == (2, 24)
    assert days[0, 22:].tolist() == [1.0, 2.0]
    assert days[1, 0] == 3.0
    assert np.isnan(days).sum() == 45


def test_the_active_phase_is_told_in_hours_and_the_daily_total_in_its_unit():
    minutes = np.arange(4 * 1_440) % 1_440
    awake = np.where((minutes >= 480) & (minutes < 1_320), 100.0, 1.0)

    found = findings(awake)

    assert found["AonT"].value == pytest.approx(8.0, abs=0.5)
    assert found["AoffT"].value == pytest.approx(22.0, abs=0.5)
    assert found["ADAT"].value == 840 * 100.0 + 600
    assert found["ADAT"].unit == "counts/day"
