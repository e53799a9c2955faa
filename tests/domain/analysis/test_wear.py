import attrs
import numpy as np
import pytest

from clarity.domain.actigraphy.wear import CHOI_2011, TROIANO_2007
from clarity.domain.analysis.quality import QualityAnalysis
from clarity.domain.analysis.result import Layer
from clarity.domain.analysis.wear import WearAssessment
from clarity.domain.streams import Unit
from tests.domain.analysis.made_up import recording
from tests.domain.analysis.recorded import depresjon
from tests.domain.analysis.test_built_in import ODD


def still_at_noon(minutes: int = 240, **other):
    """Three days, the device laid aside from noon of the second on."""
    values = recording(days=3).values.copy()
    values[1_440 : 1_440 + minutes] = 0.0
    return recording(values, **other)


def test_a_device_laid_aside_by_day_is_marked():
    assessed = WearAssessment().run(still_at_noon())

    (spans,) = assessed.written.spans
    assert spans.layer is Layer.NON_WEAR
    assert spans.algorithm == "wear/choi-2011"
    assert spans.spans == ((1_440, 1_680),)
    assert np.flatnonzero(~assessed.series.worn).tolist() == list(range(1_440, 1_680))


def test_the_share_of_wear_is_a_finding():
    (share,) = WearAssessment().run(still_at_noon()).written.findings

    assert share.metric == "wear"
    assert share.value == pytest.approx(100 * (1 - 240 / (3 * 1_440)))


def test_a_quiet_night_is_no_non_wear():
    values = recording(days=3).values.copy()
    values[11 * 60 : 19 * 60] = 0.0

    assessed = WearAssessment().run(recording(values))

    assert assessed.series.worn.all()


def test_stillness_longer_than_a_night_is_non_wear():
    values = recording(days=3).values.copy()
    values[-20 * 60 :] = 0.0

    worn = WearAssessment().run(recording(values)).series.worn

    assert worn[: -20 * 60].all()
    assert not worn[-20 * 60 :].any()


def test_what_is_missing_is_not_called_laid_aside():
    values = recording(days=3).values.copy()
    values[1_440:1_680] = np.nan

    assessed = WearAssessment().run(recording(values))

    assert assessed.series.worn.all()
    assert assessed.written.spans[0].spans == ()


def test_a_recording_with_its_own_flags_keeps_them():
    flags = np.ones(3 * 1_440, dtype=np.bool_)
    flags[10:20] = False
    series = recording(days=3, worn=flags)

    assessed = WearAssessment().run(series)

    assert assessed.series is series
    (spans,) = assessed.written.spans
    assert (spans.algorithm, spans.spans) == ("flags of the recording", ((10, 20),))
    (share,) = assessed.written.findings
    assert (share.algorithm, share.n_valid, share.coverage) == (spans.algorithm, 3 * 1_440, 1.0)
    assert share.value == 100 * (1 - 10 / (3 * 1_440))
    assert share.citation == "wear flags of the recording"


def test_flags_without_a_value_tell_no_share():
    series = recording(np.full(1_440, np.nan), worn=np.ones(1_440))

    (share,) = WearAssessment().run(series).written.findings

    assert (share.value, share.reason, share.coverage) == (None, "nothing was recorded", 0.0)
    (share,) = WearAssessment().run(recording(np.zeros(0), worn=np.zeros(0))).written.findings
    assert (share.n_valid, share.coverage) == (0, 0.0)


@pytest.mark.parametrize("epoch_s", [15, 30])
def test_finer_epochs_get_the_wear_of_their_minute(epoch_s):
    values = recording(days=2, epoch_s=epoch_s).values.copy()
    noon, per_hour = 86_400 // epoch_s, 3_600 // epoch_s
    values[noon : noon + 4 * per_hour] = 0.0

    assessed = WearAssessment().run(recording(values, epoch_s=epoch_s))

    assert assessed.written.spans[0].spans == ((noon, noon + 4 * per_hour),)


@pytest.mark.parametrize("other", [{"unit": Unit.STEPS_PER_MIN}, {"epoch_s": 120}, {"epoch_s": 45}])
def test_where_the_rule_does_not_apply_nothing_is_marked_and_that_is_said(other):
    series = recording(days=2, **other)

    assessed = WearAssessment().run(series)

    assert assessed.series is series
    assert assessed.written.findings == assessed.written.spans == ()
    assert "the rule needs counts per minute (wear/choi-2011)" in assessed.written.notices[0]


def test_a_sensor_that_never_reads_zero_is_said_and_its_share_is_absent():
    series = recording(recording(days=2).values + 5.0)

    assessed = WearAssessment().run(series)

    assert assessed.series.worn is None
    (share,) = assessed.written.findings
    assert share.value is None
    assert "does not read 0" in share.reason
    assert share.reason in assessed.written.notices[0]


def test_another_rule_is_used_and_named():
    assessment = WearAssessment(rule=TROIANO_2007)

    assessed = assessment.run(still_at_noon(70))

    assert assessment.parameters["rule"] == "wear/troiano-2007"
    assert assessed.written.spans[0].spans == ((1_440, 1_510),)
    assert WearAssessment().run(still_at_noon(70)).series.worn.all()


def test_a_device_on_a_shelf_is_not_worn_even_where_its_sensor_never_reads_zero():
    used = np.concatenate([recording(days=6).values + 3.0, np.full(3 * 1_440, 3.0)])

    assessed = WearAssessment().run(recording(used))

    assert np.flatnonzero(~assessed.series.worn)[0] == 6 * 1_440
    not_assessed, ended = assessed.written.notices
    assert "not read 0" in not_assessed
    assert ended.startswith("The last 33% of the recording")
    (share,) = assessed.written.findings
    assert (share.algorithm, share.value) == ("end of use", 100 * 6 / 9)
    assert share.citation == "clarity: still days up to the end of the file"
    assert assessed.written.spans[0].algorithm == "end of use"


def test_a_gap_that_was_filled_with_one_busy_value_is_left_out():
    values = recording(days=6).values.copy()
    filled = slice(3 * 1_440, 3 * 1_440 + 600)
    values[filled] = 184.0

    assessed = WearAssessment().run(recording(values))

    assert not assessed.series.worn[filled].any()
    assert any("10.0 h" in notice for notice in assessed.written.notices)
    assert assessed.written.spans[0].algorithm == "wear/choi-2011 + stuck"


def everything_at_once():
    """Six days of use, four hours of them aside and ten filled, and three days on a shelf."""
    values = np.concatenate([recording(days=6).values, np.tile([0.0] * 80 + [9.0], 54)[:4_320]])
    values[1_440 : 1_440 + 240] = 0.0
    values[3 * 1_440 : 3 * 1_440 + 600] = 184.0
    return recording(values)


def test_the_share_of_wear_is_that_of_all_parts_and_names_them():
    (share,) = WearAssessment().run(everything_at_once()).written.findings

    assert share.algorithm == "wear/choi-2011 + end of use + stuck"
    assert share.value == pytest.approx(100 * (6 * 1_440 - 240 - 600) / (9 * 1_440))
    assert share.citation.split("; ") == [
        CHOI_2011.citation,
        "clarity: still days up to the end of the file",
        "clarity: one busy value for an hour or more",
    ]
    assert share.parameters == {
        "still_min": 90,
        "forgiven_min": 2,
        "forgiven_max": None,
        "flank_min": 30,
        "busy_share": 0.5,
    }


@pytest.mark.parametrize("kind", ODD)
def test_the_share_of_wear_and_that_of_the_quality_agree(kind):
    assessed = WearAssessment().run(ODD[kind])

    shares = {one.metric: one.value for one in assessed.written.findings}
    quality = {one.metric: one.value for one in QualityAnalysis().run(assessed.series).findings}

    if shares.get("wear") is None:
        assert quality["quality.worn"] is None
    else:
        assert shares["wear"] == pytest.approx(100 * quality["quality.worn"])


def test_a_recording_laid_aside_has_one_share_of_wear():
    """The share by the rule alone was 82.1 % on an excerpt, beside a `quality.worn` of 0.694."""
    series = depresjon("control/control_1").trimmed()
    whole = attrs.evolve(series, worn=None)

    (share,) = WearAssessment().run(whole).written.findings
    quality = {one.metric: one.value for one in QualityAnalysis().run(series).findings}

    assert share.algorithm == "wear/choi-2011 + end of use + stuck"
    assert share.value == pytest.approx(100 * quality["quality.worn"])


def test_a_value_of_half_the_mean_is_busy():
    others = np.where(np.arange(120) % 2 == 0, 298.0, 302.0)
    values = np.concatenate([np.full(120, 100.0), others])

    assessed = WearAssessment().run(recording(values))

    assert np.flatnonzero(~assessed.series.worn).tolist() == list(range(120))
    assert WearAssessment().run(recording(np.append(values, 200.2))).series.worn is None


@pytest.mark.parametrize(
    "unit", [Unit.SLEEP_STAGE, Unit.INTENSITY_LEVEL, Unit.BEATS_PER_MIN, Unit.BREATHS_PER_MIN]
)
def test_a_name_a_level_or_a_rate_that_repeats_is_no_stuck_sensor(unit):
    """Ninety minutes of deep sleep, of light activity, of one heart rate."""
    values = np.where(np.arange(1_440) % 180 < 90, 3.0, np.arange(1_440) % 5)

    assessed = WearAssessment().run(recording(values, unit=unit))

    assert assessed.series.worn is None
    assert not any("stuck" in notice for notice in assessed.written.notices)


def test_days_without_a_stage_of_sleep_are_no_device_laid_aside():
    values = np.concatenate([np.tile([2.0, 3.0], 3 * 720), np.zeros(3 * 1_440)])

    assert WearAssessment().run(recording(values, unit=Unit.SLEEP_STAGE)).series.worn is None
    assert WearAssessment().run(recording(values, unit=Unit.ENMO_MG)).series.worn is not None


def test_of_long_epochs_two_that_repeat_make_an_hour():
    values = np.array([300.0, 310.0, 320.0, 320.0, 330.0, 340.0])

    assessed = WearAssessment().run(recording(values, epoch_s=1_800))

    assert assessed.written.spans[0].spans == ((2, 4),)
    assert assessed.written.findings[0].algorithm == "stuck"


def test_a_low_value_that_repeats_is_a_drifted_zero_and_stays():
    values = recording(days=6).values + 3.0
    values[600:1_000] = 5.0

    assert WearAssessment().run(recording(values)).series.worn is None


def test_a_recording_without_any_value_is_left_as_it_is():
    assert WearAssessment().run(recording(np.full(2_000, np.nan))).series.worn is None
