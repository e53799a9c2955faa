import numpy as np
import pytest

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.rest import RestAnalysis
from clarity.domain.analysis.result import Layer
from clarity.domain.sleep.rests import RestMethod
from clarity.domain.streams import Unit
from tests.domain.analysis.made_up import recording

EACH = pytest.mark.parametrize("method", RestMethod)


def analyzed(method: RestMethod, series: ActivitySeries):
    return RestAnalysis(method=method).run(series)


@EACH
def test_a_sleeper_rests_from_eleven_to_seven_every_evening(method: RestMethod):
    written = analyzed(method, recording(days=7))

    found = {finding.metric: finding.value for finding in written.findings}
    assert [rest.date.day for rest in written.rests] == [2, 3, 4, 5, 6, 7, 8]
    assert {rest.method for rest in written.rests} == {method}
    assert (found[f"{method}_rest_start"] - 23 + 12) % 24 - 12 == pytest.approx(0, abs=0.75)
    assert found[f"{method}_rest_end"] == pytest.approx(7, abs=0.75)
    assert found[f"{method}_rest_duration"] == pytest.approx(480, abs=60)


@EACH
def test_name_version_and_parameters_are_those_of_the_method(method: RestMethod):
    analysis = RestAnalysis(method=method)

    assert (analysis.id, analysis.version) == (f"clarity.rest-{method}", "1")
    assert analysis.parameters == method.parameters


@EACH
@pytest.mark.parametrize("epoch_s", [15, 30])
def test_finer_epochs_are_summed_to_minutes(method: RestMethod, epoch_s: int):
    minutes = recording(days=3)
    parts = 60 // epoch_s
    finer = recording(np.repeat(minutes.values / parts, parts), epoch_s=epoch_s)

    by_minute, by_part = analyzed(method, minutes), analyzed(method, finer)

    assert by_part.rests == by_minute.rests
    assert [(first // parts, stop // parts) for first, stop in by_part.spans[0].spans] == list(
        by_minute.spans[0].spans
    )


@EACH
def test_all_rest_is_marked_in_epochs_of_the_recording(method: RestMethod):
    series = recording(days=3)

    (spans,) = analyzed(method, series).spans

    assert (spans.layer, spans.algorithm) == (Layer.REST, f"rest/{method}")
    marked = sum(stop - first for first, stop in spans.spans)
    assert marked == pytest.approx(3 * 480, rel=0.15)


@EACH
def test_what_was_not_worn_is_no_rest(method: RestMethod):
    worn = np.ones(4 * 1_440, dtype=np.bool_)
    worn[1_440:2_880] = False

    written = analyzed(method, recording(days=4, worn=worn))

    second = written.rests[1]
    assert second.start is None
    assert second.reason == "nothing could be scored; 24.0 h were not worn"
    assert written.findings[0].n_valid == 3
    assert written.findings[0].coverage == 0.75


@EACH
@pytest.mark.parametrize("unit", [Unit.STEPS_PER_MIN, Unit.MIMS, Unit.ENMO_MG])
def test_the_unit_of_activity_does_not_matter(method: RestMethod, unit: Unit):
    counts, other = recording(days=3), recording(days=3, unit=unit)

    assert analyzed(method, other).rests == analyzed(method, counts).rests


@EACH
@pytest.mark.parametrize(
    "unit",
    [Unit.BEATS_PER_MIN, Unit.RMSSD_MS, Unit.SDNN_MS, Unit.BREATHS_PER_MIN, Unit.SLEEP_STAGE],
)
def test_what_is_no_activity_has_no_rest_periods(method: RestMethod, unit: Unit):
    written = analyzed(method, recording(days=2, unit=unit))

    assert written.findings == written.rests == written.spans == ()
    assert written.notices == (
        f"Rest periods (rest/{method}) were not sought: {unit} is no activity.",
    )


@EACH
@pytest.mark.parametrize("epoch_s", [45, 120, 3_600])
def test_epochs_that_make_no_minutes_have_none_either(method: RestMethod, epoch_s: int):
    written = analyzed(method, recording(days=2, epoch_s=epoch_s))

    assert written.rests == ()
    assert written.notices[0].endswith(f"sought: epochs of {epoch_s} s make no minutes.")


@EACH
@pytest.mark.parametrize("values", [np.zeros(3 * 1_440), np.full(3 * 1_440, np.nan)])
def test_without_contrast_every_evening_says_why(method: RestMethod, values: np.ndarray):
    written = analyzed(method, recording(values))

    assert [rest.start for rest in written.rests] == [None] * 3
    assert {rest.reason for rest in written.rests} <= {
        "nothing could be scored",
        "nothing could be scored; 24.0 h hold no value",
    }
    assert {finding.value for finding in written.findings} == {None}
