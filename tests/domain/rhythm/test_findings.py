"""Findings of cosinor, regularity, timing, bouts and scaling."""

import numpy as np
import pytest

from clarity.domain.rhythm.cosinor import cosinor
from clarity.domain.rhythm.findings import (
    cosinor_findings,
    fragmentation_findings,
    regularity_findings,
    scaling_findings,
    sustained_transition_findings,
    timing_findings,
)
from clarity.domain.rhythm.fragmentation import State, active_states
from clarity.domain.rhythm.transitions import sustained_transition_probability
from tests.domain.rhythm.awkward import AWKWARD
from tests.domain.rhythm.goldens import golden


def by_name(findings):
    return {finding.metric: finding for finding in findings}


@pytest.mark.parametrize("activity", AWKWARD.values(), ids=AWKWARD.keys())
def test_an_awkward_recording_has_every_finding_or_a_reason(activity):
    sleep = np.where(np.isnan(activity), np.nan, activity < 1)

    found = (
        *cosinor_findings(activity, start_minute=0, epoch_s=60, unit="counts"),
        *regularity_findings(sleep, epoch_s=60),
        *fragmentation_findings(activity, epoch_s=60, above=4),
        *scaling_findings(activity, epoch_s=60),
        *sustained_transition_findings(activity, above=4),
    )

    assert len(found) == 9 + 1 + 10 + 1 + 2
    assert all(bool(each.reason) == (each.value is None) for each in found)
    assert all(each.citation for each in found)


@pytest.mark.parametrize("name", ["empty", "a day", "all zero", "constant", "all missing"])
def test_regularity_and_scaling_of_too_little_are_absent(name):
    sleep = np.where(np.isnan(AWKWARD[name]), np.nan, AWKWARD[name] < 1)

    (index,) = regularity_findings(sleep, epoch_s=60)
    (alpha,) = scaling_findings(AWKWARD[name], epoch_s=60)

    assert index.value is None
    assert "two days" in index.reason
    assert alpha.value is None


def test_the_cosinor_of_a_golden_recording_is_stated_whole():
    case = golden("synth_gaps_7d")
    expected = case.second["cosinor_ols_24h"]

    found = by_name(cosinor_findings(case.activity, **case.clock, unit="counts"))

    assert found["mesor"].value == pytest.approx(expected["mesor"], rel=1e-9)
    assert found["acrophase"].value == pytest.approx(expected["acrophase_h"], rel=1e-9)
    assert (found["mesor"].unit, found["acrophase"].unit) == ("counts", "clock_h")
    assert found["mesor"].n_valid == expected["n"]
    assert found["mesor"].parameters["period_h"] == 24.0
    assert found["mesor_SE"].value == pytest.approx(expected["mesor_se"], rel=1e-9)
    fit = cosinor(case.activity, **case.clock)
    assert found["amplitude_SE"].value == float(fit.amplitude_se)
    assert found["acrophase_SE"].value == float(fit.acrophase_se_h)
    assert (found["amplitude_SE"].unit, found["acrophase_SE"].unit) == ("counts", "h")


def test_regularity_reports_its_pairs():
    case = golden("synth_gaps_7d")
    sleep = np.where(np.isnan(case.activity), np.nan, case.masks["Scripps"])
    expected = case.second["SRI_pairwise/Scripps"]

    (index,) = regularity_findings(sleep, epoch_s=60)

    assert index.value == pytest.approx(expected["value"], abs=1e-9)
    assert index.n_valid == expected["pairs"]
    assert index.coverage == pytest.approx(expected["pairs"] / (6 * 1440))


def test_bouts_are_stated_in_minutes():
    case = golden("synth_30s_7d")
    expected = case.second["frag/thr4/rest"]

    found = by_name(fragmentation_findings(case.activity, epoch_s=30, above=4))

    assert found["rest_mean_bout"].value == pytest.approx(expected["average_duration"] / 2)
    assert found["rest_gini"].value == pytest.approx(expected["gini_index"])
    assert found["active_gini"].parameters["state"] == "active"


def test_scaling_reaches_the_reference():
    case = golden("synth_regular_7d")

    (alpha,) = scaling_findings(case.activity, epoch_s=60)

    assert alpha.value == pytest.approx(case.first["DFA/alpha"], rel=1e-10)


def test_sustained_transitions_are_named_after_the_state_they_leave():
    case = golden("synth_regular_7d")
    states = active_states(case.activity, above=4)

    found = by_name(sustained_transition_findings(case.activity, above=4))

    assert found["kRA"].value == float(sustained_transition_probability(states, State.REST))
    assert found["kAR"].value == float(sustained_transition_probability(states, State.ACTIVE))


def test_sleep_timing_is_circular_and_signed():
    found = by_name(timing_findings([1430.0, 10.0, 90.0, np.nan], [False, False, True, True]))

    assert found["social_jetlag"].value == pytest.approx(90.0)
    assert found["sleep_midpoint"].n_valid == 3
    assert found["sleep_midpoint"].coverage == 0.75


@pytest.mark.parametrize(
    ("midpoints", "free", "absent"),
    [
        ([], [], {"sleep_midpoint", "sleep_midpoint_SD", "social_jetlag"}),
        ([180.0], [True], {"sleep_midpoint_SD", "social_jetlag"}),
        ([180.0, 200.0], [True, True], {"social_jetlag"}),
        ([180.0, 200.0], [False, False], {"social_jetlag"}),
    ],
)
def test_too_few_nights_leave_a_reason(midpoints, free, absent):
    found = timing_findings(midpoints, free)

    assert {each.metric for each in found if each.value is None} == absent
    assert all(each.reason for each in found if each.value is None)
