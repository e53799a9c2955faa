"""A measure of the rhythm is given in the units that it means something in, and a reason else."""

import numpy as np
import pytest

from clarity.domain.actigraphy.regrid import resample
from clarity.domain.analysis.rhythm import RhythmAnalysis
from clarity.domain.rhythm.scope import AMOUNTS
from clarity.domain.streams import Unit
from tests.domain.analysis.made_up import recording
from tests.domain.analysis.test_bouts import FRAGMENTATION
from tests.domain.analysis.test_rhythm import MEAN_DAY

ADD_UP = {Unit.COUNTS, Unit.STEPS_PER_MIN, Unit.MIMS, Unit.ACTIVE_KCAL}
REST_AT_FLOOR = ADD_UP | {Unit.INTENSITY_LEVEL}
ACTIVITY = REST_AT_FLOOR | {Unit.ENMO_MG, Unit.ACTIVITY_INDEX}
NO_NAMES = set(Unit) - {Unit.SLEEP_STAGE}
ANY_MEAN = {
    *("IS", "IV", "ISm", "IVm", "DFA_alpha", "mesor", "amplitude", "acrophase", "mesor_SE"),
    *("amplitude_SE", "acrophase_SE"),
    *("cosinor_R2", "cosinor_F", "cosinor_p"),
}
NEEDS = {
    **dict.fromkeys(ANY_MEAN, NO_NAMES),
    **dict.fromkeys(MEAN_DAY, ACTIVITY),
    **dict.fromkeys(FRAGMENTATION, REST_AT_FLOOR),
    "ADAT": ADD_UP,
}


def found(unit: Unit, **chosen: float):
    series = recording(days=4, unit=unit, device="", values=np.arange(4 * 1_440.0) % 1_440 % 7)
    return {one.metric: one for one in RhythmAnalysis(**chosen).run(series).findings}


@pytest.mark.parametrize("unit", Unit)
def test_every_measure_is_given_in_its_units_and_has_a_reason_in_the_others(unit):
    findings = found(unit)

    assert set(findings) == set(NEEDS)
    for metric, one in findings.items():
        means_something = unit in NEEDS[metric]
        assert ("not meaningful" in one.reason) != means_something, metric
        assert one.value is None or means_something, metric


def test_the_reason_names_the_unit_and_what_is_needed():
    assert found(Unit.BEATS_PER_MIN)["ADAT"].reason == (
        "not meaningful for beats/min: it needs an amount that adds up over a day"
    )
    assert found(Unit.SLEEP_STAGE)["IV"].reason == (
        "not meaningful for sleep-stage: it needs a quantity that can be averaged"
    )


def test_a_chosen_threshold_gives_bouts_of_any_activity():
    assert "chosen threshold" in found(Unit.ENMO_MG)["rest_gini"].reason
    assert found(Unit.ENMO_MG, active_above=3.0)["rest_gini"].value is not None
    assert "0 in stillness" in found(Unit.BEATS_PER_MIN, active_above=60.0)["rest_gini"].reason


def test_amounts_are_the_units_that_add_up_in_a_longer_epoch():
    def adds_up(unit: Unit) -> bool:
        two = recording(np.array([1.0, 1.0]), unit=unit, epoch_s=30)
        return unit is not Unit.SLEEP_STAGE and resample(two, 60).values.tolist() == [2.0]

    assert AMOUNTS.units == {unit for unit in Unit if adds_up(unit)}


@pytest.mark.parametrize("hours", [1 / 60, 1, 15.9, 16, 24])
def test_a_daily_total_needs_16_of_the_24_hours_of_the_clock(hours):
    (total,) = (
        one
        for one in RhythmAnalysis().run(recording(np.full(int(hours * 60), 2.0))).findings
        if one.metric == "ADAT"
    )

    if hours >= 16:
        assert total.value == 2.0 * 1_440
    else:
        assert total.reason == "less than 16 of the 24 hours of the clock were observed"
    assert total.parameters["min_clock_h"] == 16


def test_the_hours_of_the_clock_may_be_seen_on_different_days():
    values = np.full(3 * 1_440, np.nan)
    values[:480] = values[1_440 + 480 : 1_440 + 960] = 3.0

    (total,) = (
        one for one in RhythmAnalysis().run(recording(values)).findings if "ADAT" in one.metric
    )

    assert total.value == 3.0 * 1_440
