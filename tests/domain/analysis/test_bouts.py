"""Bouts of activity lie above the floor of the sensor, where it rests there."""

import numpy as np
import pytest

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.rhythm import FLICKERS, RhythmAnalysis
from clarity.domain.findings import Finding
from tests.domain.analysis.made_up import recording
from tests.domain.analysis.recorded import depresjon

BOUTS = ("transition_probability", "mean_bout", "gini", "hazard", "power_law")
FRAGMENTATION = (
    *(f"{state}_{name}" for state in ("rest", "active") for name in BOUTS),
    *("kRA", "kAR"),
)


def fragmentation(series: ActivitySeries, **chosen: float) -> dict[str, Finding]:
    found = RhythmAnalysis(**chosen).run(series).findings
    return {one.metric: one for one in found if one.metric in FRAGMENTATION}


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("condition/condition_2", 0.05),
        ("condition/condition_3", 0.12),
        ("control/control_22", 0.05),
    ],
)
def test_a_sensor_that_flickers_at_rest_has_no_bouts_and_that_is_said(name, share):
    """With 0 as the threshold, activity lasted 27,406, 10,779 and 3,313 min at a time."""
    found = fragmentation(depresjon(name))

    assert set(found) == set(FRAGMENTATION)
    assert {one.value for one in found.values()} == {None}
    assert {one.reason for one in found.values()} == {FLICKERS.format(floor=3, share=share)}


@pytest.mark.parametrize("above", [7.0, 10.0])
def test_a_threshold_above_the_flicker_can_be_given(above):
    found = fragmentation(depresjon("condition/condition_2"), active_above=above)

    assert 8.0 < found["active_mean_bout"].value < 10.0
    assert {one.parameters["active_above"] for one in found.values()} == {above}


@pytest.mark.parametrize("drift", [1.0, 3.0, 500.0])
def test_a_zero_that_has_drifted_changes_no_bout(drift):
    counts = recording(days=5).values

    drifted = fragmentation(recording(counts + drift))

    assert {one.parameters["active_above"] for one in drifted.values()} == {drift}
    assert {name: one.value for name, one in drifted.items()} == {
        name: one.value for name, one in fragmentation(recording(counts)).items()
    }
    assert drifted["rest_mean_bout"].value > drifted["active_gini"].value > 0.0


@pytest.mark.parametrize("floor", [4.0, 0.25])
@pytest.mark.parametrize(("at_floor", "known"), [(0.19, False), (0.2, True)])
def test_a_sensor_rests_at_its_floor_from_a_fifth_of_the_values_on(floor, at_floor, known):
    n = 1_000
    values = np.where(np.arange(n) % 100 < 100 * at_floor, floor, floor + np.arange(n) % 100)

    found = fragmentation(recording(np.tile(values, 3)))

    assert (found["rest_mean_bout"].value is not None) == known


def test_a_sensor_that_reads_zero_may_do_so_rarely():
    values = np.where(np.arange(3_000) % 100 < 2, 0.0, 50.0)

    found = fragmentation(recording(values))

    assert found["rest_mean_bout"].value == 2.0
    assert found["rest_mean_bout"].parameters["active_above"] == 0.0


def test_the_floor_is_that_of_what_was_worn():
    values = recording(days=4).values + 3.0
    worn = np.arange(values.size) >= 300
    values[:300] = 0.0

    found = fragmentation(recording(values, worn=worn))

    assert found["kRA"].parameters["active_above"] == 3.0
    assert found["kRA"].value is not None


def test_without_a_value_there_are_no_bouts():
    found = fragmentation(recording(np.full(1_440, np.nan)))

    assert {one.value for one in found.values()} == {None}
    assert "flickers" not in found["rest_gini"].reason


def test_the_threshold_is_among_the_parameters_of_the_analysis():
    assert RhythmAnalysis().parameters["active_above"] == "floor of the sensor"
    assert RhythmAnalysis(active_above=0.0).parameters["active_above"] == 0.0
