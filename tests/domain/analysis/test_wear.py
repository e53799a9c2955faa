import numpy as np
import pytest

from clarity.domain.actigraphy.wear import TROIANO_2007
from clarity.domain.analysis.result import Layer
from clarity.domain.analysis.wear import WearAssessment
from clarity.domain.streams import Unit
from tests.domain.analysis.made_up import recording


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
    assert any("laid aside" in notice for notice in assessed.written.notices)
    assert any("never" in notice or "not read 0" in notice for notice in assessed.written.notices)


def test_a_gap_that_was_filled_with_one_busy_value_is_left_out():
    values = recording(days=6).values.copy()
    filled = slice(3 * 1_440, 3 * 1_440 + 600)
    values[filled] = 184.0

    assessed = WearAssessment().run(recording(values))

    assert not assessed.series.worn[filled].any()
    assert any("10.0 h" in notice for notice in assessed.written.notices)
    assert assessed.written.spans[0].algorithm == "wear/choi-2011 + stuck"


def test_a_low_value_that_repeats_is_a_drifted_zero_and_stays():
    values = recording(days=6).values + 3.0
    values[600:1_000] = 5.0

    assert WearAssessment().run(recording(values)).series.worn is None


def test_a_recording_without_any_value_is_left_as_it_is():
    assert WearAssessment().run(recording(np.full(2_000, np.nan))).series.worn is None
