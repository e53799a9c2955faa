"""An activity series is valid by construction and does not change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.streams import Unit
from clarity.domain.timeline import NaiveTime

OSLO = ZoneInfo("Europe/Oslo")


def series(values=(1.0, 2.0, 3.0), *, start=datetime(2003, 3, 30, 1, 58, tzinfo=OSLO), **facts):
    return ActivitySeries(
        **{"values": values, "start": start, "epoch_s": 60, "unit": Unit.COUNTS, **facts}
    )


def test_epochs_run_through_real_time_over_daylight_saving():
    recording = series()

    assert recording.end == datetime(2003, 3, 30, 3, 1, tzinfo=OSLO)
    assert recording.zone == OSLO
    assert np.diff(recording.seconds).tolist() == [60, 60]
    assert recording.seconds[0] == recording.start_s


def test_what_is_known_as_not_worn_is_not_observed():
    assert np.array_equal(series(worn=[True, False, True]).observed, [1, np.nan, 3], equal_nan=True)
    assert series().observed.tolist() == [1, 2, 3]


def test_values_are_copied_and_cannot_be_changed():
    values, worn = np.ones(3), np.ones(3, dtype=bool)
    recording = series(values, worn=worn)

    values[0], worn[0] = 9, False

    assert recording.values[0] == 1
    assert recording.worn[0]
    with pytest.raises(ValueError, match="read-only"):
        recording.values[0] = 2
    with pytest.raises(ValueError, match="read-only"):
        recording.worn[0] = False


def test_series_are_equal_when_all_they_hold_is():
    assert series([1, np.nan]) == series([1, np.nan])
    assert series([1, 2]) != series([1, 3])
    assert series([1], worn=[True]) == series([1], worn=[True])
    assert series([1], worn=[True]) != series([1])
    assert series([1], worn=[True]) != series([1], worn=[False])


@pytest.mark.parametrize(
    "start", [datetime.fromisoformat("2003-01-01"), datetime(2003, 1, 1, tzinfo=UTC)]
)
def test_a_start_without_a_named_zone_is_refused(start):
    with pytest.raises(NaiveTime, match="start of the recording"):
        series(start=start)


def test_parts_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="one dimension"):
        series([[1.0]])
    with pytest.raises(ValueError, match="one entry per value"):
        series(worn=[True])
    with pytest.raises(ValueError, match="epoch_s"):
        series(epoch_s=0)


def test_trimming_leaves_the_series_from_its_first_to_its_last_value():
    whole = series([np.nan, 1, np.nan, 2, np.nan], worn=[True, False, True, True, True])

    trimmed = whole.trimmed()

    assert trimmed == attrs.evolve(
        whole,
        values=[1, np.nan, 2],
        worn=[False, True, True],
        start=whole.start + timedelta(seconds=whole.epoch_s),
    )


def test_trimming_a_series_without_a_value_leaves_none():
    trimmed = series([np.nan, np.nan], worn=[True, True]).trimmed()

    assert (trimmed.values.size, trimmed.worn.size) == (0, 0)
    assert trimmed.start == trimmed.end == series().start


def test_trimming_goes_through_real_time_over_daylight_saving():
    """01:58 and 01:59 are missing; the clock skips from 02:00 to 03:00."""
    trimmed = series([np.nan, np.nan, 5.0]).trimmed()

    assert trimmed.start == datetime(2003, 3, 30, 3, tzinfo=OSLO)
    assert trimmed.start.tzinfo is OSLO
    assert trimmed.worn is None


def test_what_is_missing_is_told_apart_from_what_was_not_worn():
    recording = series([1.0, np.nan, 0.0], worn=[False, True, True])

    assert recording.missing.tolist() == [False, True, False]
    assert np.isnan(recording.observed).tolist() == [True, True, False]


def test_a_series_does_not_tell_its_values_when_printed():
    assert "12345" not in repr(series([12345.0], worn=[True]))
