"""What holds for every analysis that comes with clarity, on recordings of every kind."""

import math
import warnings
from datetime import datetime

import attrs
import numpy as np
import pytest

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.built_in import built_in
from clarity.domain.analysis.intensity import IntensityAnalysis
from clarity.domain.analysis.plugin import Analysis
from clarity.domain.analysis.quality import QualityAnalysis
from clarity.domain.analysis.result import Layer, Written
from clarity.domain.analysis.rhythm import RhythmAnalysis
from clarity.domain.analysis.wear import WearAssessment
from clarity.domain.rhythm.binning import Binning, Variance
from clarity.domain.sleep.nights import Night
from clarity.domain.streams import Placement, Unit
from tests.domain.analysis.made_up import NOON, OSLO, counts_of_a_sleeper, recording


def _gap(days: int = 5) -> np.ndarray:
    values = counts_of_a_sleeper(days * 1_440)
    values[2 * 1_440 : 3 * 1_440] = np.nan
    return values


def _trailing() -> np.ndarray:
    values = counts_of_a_sleeper(7 * 1_440)
    values[3 * 1_440 :] = 0.0
    return values


def _lonely() -> np.ndarray:
    values = np.full(3 * 1_440, np.nan)
    values[2_000] = 3.0
    return values


ODD: dict[str, ActivitySeries] = {
    "a usual week": recording(),
    "all zero": recording(np.zeros(4 * 1_440)),
    "constant": recording(np.full(4 * 1_440, 100.0)),
    "one epoch": recording(np.array([3.0])),
    "half a day": recording(days=0.5),
    "one day": recording(days=1),
    "a day is missing": recording(_gap()),
    "one value among missing ones": recording(_lonely()),
    "laid aside after three days": recording(_trailing()),
    "the clock skips an hour": recording(days=4, start=datetime(2026, 3, 27, 12, tzinfo=OSLO)),
    "the clock repeats an hour": recording(days=4, start=datetime(2026, 10, 23, 12, tzinfo=OSLO)),
    "epochs of 15 s": recording(days=2, epoch_s=15),
    "epochs of 30 s": recording(days=3, epoch_s=30),
    "epochs of 5 min": recording(days=4, epoch_s=300),
    "epochs of 45 s": recording(days=3, epoch_s=45),
    "epochs of a day": recording(days=4, epoch_s=86_400),
    "epochs of an hour": recording(days=4, epoch_s=3_600),
    "steps": recording(days=4, unit=Unit.STEPS_PER_MIN, device="Fitbit"),
    "an unknown device": recording(days=4, device=""),
    "a hip ActiGraph": recording(days=4, device="ActiGraph GT3X", placement=Placement.HIP),
    "a floor above zero": recording(counts_of_a_sleeper(4 * 1_440) + 7.0),
    "fractions": recording(counts_of_a_sleeper(4 * 1_440) / 7.0),
    "own wear flags": recording(days=4, worn=np.arange(4 * 1_440) % 1_440 > 90),
    "never worn": recording(days=2, worn=np.zeros(2 * 1_440)),
}
PARAMETERS = {one.id: one for one in built_in()}


def _numbers(night: Night) -> list[float]:
    values = attrs.asdict(night, recurse=False).values()
    return [value for value in values if isinstance(value, float)]


@pytest.mark.parametrize("analysis", PARAMETERS.values(), ids=PARAMETERS)
@pytest.mark.parametrize("kind", ODD)
def test_whatever_was_recorded_is_answered_without_an_error_or_a_nan(kind: str, analysis: Analysis):
    series = WearAssessment().run(ODD[kind]).series

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        written = analysis.run(series)

    assert isinstance(written, Written)
    assert written.findings or written.notices
    assert all(f.value is None or math.isfinite(f.value) for f in written.findings)
    assert all(f.reason for f in written.findings if f.value is None)
    assert not [night for night in written.nights if any(map(math.isnan, _numbers(night)))]


@pytest.mark.parametrize("kind", ODD)
def test_every_span_lies_within_the_recording_and_in_order(kind: str):
    assessed = WearAssessment().run(ODD[kind])
    size = assessed.series.values.size

    written = [assessed.written, *(one.run(assessed.series) for one in built_in())]

    for spans in (spans for one in written for spans in one.spans):
        edges = [edge for pair in spans.spans for edge in pair]
        assert edges == sorted(edges)
        assert all(0 <= first < stop <= size for first, stop in spans.spans)


@pytest.mark.parametrize("kind", ODD)
def test_the_same_recording_gives_the_same_answer(kind: str):
    series = WearAssessment().run(ODD[kind]).series

    for analysis in built_in():
        assert analysis.run(series) == analysis.run(series)


def test_all_findings_of_a_result_have_names_of_their_own():
    assessed = WearAssessment().run(recording())

    written = [assessed.written, *(one.run(assessed.series) for one in built_in())]
    metrics = [finding.metric for one in written for finding in one.findings]

    assert len(metrics) > 30
    assert sorted(set(metrics)) == sorted(metrics)


def test_the_built_in_analyses_have_stable_names_and_versions():
    names = [(one.id, one.version) for one in built_in()]

    assert names == [
        ("clarity.sleep", "2"),
        ("clarity.rest-crespo", "1"),
        ("clarity.rest-roenneberg", "1"),
        ("clarity.rhythm", "2"),
        ("clarity.period", "2"),
        ("clarity.intensity", "1"),
        ("clarity.quality", "2"),
    ]
    assert (WearAssessment().id, WearAssessment().version) == ("clarity.wear", "2")
    assert all(isinstance(one, Analysis) for one in built_in())


def test_a_usual_week_of_an_actiwatch_has_a_strong_rhythm():
    findings = {f.metric: f.value for f in RhythmAnalysis().run(recording()).findings}

    assert findings["IS"] > 0.9
    assert findings["RA"] > 0.9
    assert findings["L5_onset"] >= 22.5 or findings["L5_onset"] <= 2.5
    assert 6.5 <= findings["M10_onset"] <= 13.5


def test_the_settings_of_the_rhythm_are_among_its_parameters():
    assert RhythmAnalysis(active_above=7.0).parameters["active_above"] == 7.0
    assert RhythmAnalysis(binning=Binning(bin_min=30)).parameters != RhythmAnalysis().parameters
    assert RhythmAnalysis(binning=Binning(bin_min=30)).parameters.keys() == (
        RhythmAnalysis().parameters.keys()
    )


def test_the_chosen_bins_are_those_of_the_measures():
    binning = Binning(bin_min=30, min_coverage=0.9, variance=Variance.SAMPLE)
    series = recording(_gap())

    found = {f.metric: f for f in RhythmAnalysis(binning=binning).run(series).findings}
    usual = {f.metric: f for f in RhythmAnalysis().run(series).findings}

    for metric in ("IS", "IV", "ISm", "IVm"):
        assert found[metric].parameters["variance"] == "sample"
        assert found[metric].parameters["min_bin_coverage"] == 0.9
        assert found[metric].value != usual[metric].value
    assert found["IS"].parameters["bin_min"] == 30


@pytest.mark.parametrize(
    ("epoch_s", "left"),
    [
        (120, {"IS", "mesor", "kRA", "DFA_alpha"}),
        (300, {"IS", "mesor", "kRA", "DFA_alpha"}),
        (3_600, {"IS", "mesor", "kRA", "DFA_alpha"}),
        (7_200, {"kRA"}),
    ],
)
def test_of_long_epochs_the_measures_that_they_allow_are_computed(epoch_s: int, left: set[str]):
    written = RhythmAnalysis().run(recording(days=6, epoch_s=epoch_s))

    metrics = {finding.metric for finding in written.findings}
    assert metrics & {"ISm", "IS", "mesor", "kRA", "DFA_alpha"} == left
    assert all(notice.startswith("Some measures of the rhythm") for notice in written.notices)
    assert written.notices


def test_what_was_not_worn_does_not_enter_the_rhythm():
    laid_aside = np.ones(7 * 1_440, dtype=np.bool_)
    laid_aside[2 * 1_440 : 3 * 1_440] = False
    silent = recording().values.copy()
    silent[2 * 1_440 : 3 * 1_440] = 0.0
    missing = np.where(laid_aside, silent, np.nan)

    assert RhythmAnalysis().run(recording(silent, worn=laid_aside)) == RhythmAnalysis().run(
        recording(missing)
    )
    assert RhythmAnalysis().run(recording(silent)) != RhythmAnalysis().run(recording(missing))


def test_intensities_are_computed_for_counts_per_minute_of_a_hip():
    hip = recording(device="ActiGraph GT3X", placement=Placement.HIP)

    written = IntensityAnalysis().run(hip)

    assert written.notices == ()
    assert {"min", "min/day"} & {finding.unit for finding in written.findings}
    assert IntensityAnalysis().parameters == {"cut_points": IntensityAnalysis().cut_points.name}


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"unit": Unit.ENMO_MG}, "holds enmo-mg"),
        ({"epoch_s": 30, "placement": Placement.HIP}, "the recording has 30 s"),
        ({"placement": Placement.WRIST}, "says wrist"),
    ],
)
def test_why_there_are_no_intensities_is_said(other: dict[str, object], said: str):
    written = IntensityAnalysis().run(recording(days=2, **other))

    assert written.findings == ()
    assert said in written.notices[0]
    assert not written.notices[0].endswith("..")


def test_where_values_are_missing_is_marked():
    written = QualityAnalysis().run(recording(_gap()))

    (spans,) = written.spans
    assert (spans.layer, spans.spans) == (Layer.MISSING, ((2 * 1_440, 3 * 1_440),))
    assert QualityAnalysis().parameters == {}


def test_the_hour_that_the_clock_skips_is_known_to_the_quality():
    kinds = ("the clock skips an hour", "the clock repeats an hour", "one day")

    told = [
        [
            (f.metric, f.value)
            for f in QualityAnalysis().run(ODD[kind]).findings
            if "dst" in f.metric.lower()
        ]
        for kind in kinds
    ]

    assert told[0] != told[2]
    assert told[1] != told[2]


def test_noon_is_where_the_recordings_of_these_tests_begin():
    assert recording().start == NOON
