import numpy as np
import pytest

from clarity.domain.actigraphy.intensity import FREEDSON_1998, TROIANO_2008
from clarity.domain.actigraphy.requirements import EpochMismatch, PlacementMismatch
from clarity.domain.actigraphy.wear import CHOI_2011, TROIANO_2007
from clarity.domain.analysis.as_recorded import AsRecorded
from clarity.domain.analysis.built_in import built_in
from clarity.domain.analysis.choice import USUAL, Choice
from clarity.domain.analysis.intensity import IntensityAnalysis
from clarity.domain.analysis.result import Layer
from clarity.domain.analysis.sleep import SleepAnalysis
from clarity.domain.analysis.wear import WearAssessment
from clarity.domain.analysis.wear_choice import WearChoice
from clarity.domain.sleep.profiles import UnknownProfile
from clarity.domain.sleep.webster import RescoringForm
from clarity.domain.streams import Placement, Unit, UnitMismatch
from tests.domain.analysis.made_up import recording


def test_nothing_chosen_is_the_usual():
    assert Choice() == USUAL
    assert built_in(USUAL) == built_in()
    assert USUAL.sleep == SleepAnalysis()
    assert USUAL.wear == WearAssessment(rule=CHOI_2011)
    assert USUAL.intensity == IntensityAnalysis()


def test_what_is_chosen_reaches_the_analyses_and_their_parameters():
    choice = Choice(scoring="sadeh", rescoring=RescoringForm.PAPER, cut_points="freedson-1998")

    made = {one.id: one for one in built_in(choice)}

    assert list(made) == [one.id for one in built_in()]
    assert made["clarity.sleep"] == choice.sleep
    assert made["clarity.sleep"].parameters["scoring"] == "sadeh"
    assert made["clarity.sleep"].parameters["rescoring"] == "paper"
    assert made["clarity.intensity"].parameters == {"cut_points": "cut-points/freedson-1998"}


@pytest.mark.parametrize(
    ("choice", "rule"), [(WearChoice.CHOI, CHOI_2011), (WearChoice.TROIANO, TROIANO_2007)]
)
def test_wear_is_assessed_by_the_rule_that_was_chosen(choice, rule):
    wear = Choice(wear_rule=choice).wear

    assert wear == WearAssessment(rule=rule)
    assert wear.parameters["rule"] == rule.name


def test_the_rule_that_was_chosen_decides_what_was_worn():
    values = recording(days=3).values.copy()
    values[300:370] = 0.0
    series = recording(values)

    by_choi, by_troiano = (
        Choice(wear_rule=rule).wear.run(series).series.worn
        for rule in (WearChoice.CHOI, WearChoice.TROIANO)
    )

    assert by_choi.all()
    assert np.flatnonzero(~by_troiano).tolist() == list(range(300, 370))


def test_a_choice_that_does_not_exist_is_refused():
    with pytest.raises(UnknownProfile):
        Choice(scoring="best")
    with pytest.raises(ValueError, match="choose one of freedson-1998, troiano-2008"):
        Choice(cut_points="best")


def test_wear_that_nobody_assesses_leaves_a_recording_as_it_came():
    series = recording(np.zeros(4 * 1_440))

    wear = Choice(wear_rule=WearChoice.NONE).wear
    assessed = wear.run(series)

    assert isinstance(wear, AsRecorded)
    assert (wear.id, wear.version, wear.parameters) == ("clarity.wear", "1", {"rule": "none"})
    assert assessed.series is series
    assert assessed.written.findings == assessed.written.spans == ()
    (notice,) = assessed.written.notices
    assert notice.startswith("Wear was not assessed, as it was asked for")


def test_flags_of_the_recording_are_kept_and_shown_without_any_rule():
    worn = np.arange(2 * 1_440) >= 100
    series = recording(days=2, worn=worn)

    assessed = AsRecorded().run(series)

    (off,) = assessed.written.spans
    assert assessed.series is series
    assert (off.layer, off.algorithm, off.spans) == (
        Layer.NON_WEAR,
        "flags of the recording",
        ((0, 100),),
    )
    assert assessed.written.notices == ()


@pytest.mark.parametrize("asked", [FREEDSON_1998, TROIANO_2008])
@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"unit": Unit.STEPS_PER_MIN}, UnitMismatch),
        ({"epoch_s": 30, "placement": Placement.HIP}, EpochMismatch),
        ({"placement": Placement.WRIST}, PlacementMismatch),
    ],
)
def test_cut_points_that_were_asked_for_refuse_what_they_are_not_defined_for(asked, other, error):
    with pytest.raises(error, match=asked.name):
        IntensityAnalysis(asked=asked).run(recording(days=2, **other))


def test_cut_points_that_were_asked_for_are_used_and_named():
    hip = recording(days=3, placement=Placement.HIP)

    mvpa, sedentary = IntensityAnalysis(asked=FREEDSON_1998).run(hip).findings

    assert mvpa.algorithm == "cut-points/freedson-1998"
    assert mvpa.value is not None
    assert "defines no sedentary activity" in sedentary.reason
