"""A diary whose nights can all be true, and what it says of itself."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from clarity.domain.sleep.diary import BadDiary, Diary, DiaryNight
from clarity.domain.timeline import TimeWindow


def night(day: int, bed_h: float = 23.0, hours: float = 8.0) -> TimeWindow:
    bed = datetime(2026, 3, day, tzinfo=UTC) + timedelta(hours=bed_h)
    return TimeWindow(start=bed, end=bed + timedelta(hours=hours))


def test_nights_are_kept_by_time():
    assert Diary(windows=[night(3), night(1), night(2)]).windows == (night(1), night(2), night(3))


@pytest.mark.parametrize(
    ("windows", "number", "problem"),
    [
        ([night(1), night(2, hours=0)], 2, "no length"),
        ([night(1, hours=24.1)], 1, "more than 24 h"),
        ([night(1), night(2, bed_h=6.9)], 2, "before the one before it ends"),
        ([night(1, bed_h=13, hours=1), night(1)], 2, "same evening"),
    ],
)
def test_nights_that_cannot_be_true_are_refused(windows, number: int, problem: str):
    with pytest.raises(BadDiary, match=problem) as refused:
        Diary(windows=windows)

    assert refused.value.number == number
    assert f"night {number} of the diary" in str(refused.value)


def test_a_day_in_bed_and_nights_that_touch_can_be_true():
    touching = [night(1, hours=24), night(2)]

    assert list(Diary(windows=touching).windows) == touching


def test_the_digest_is_of_the_instants_alone():
    east = timezone(timedelta(hours=5))
    (one,) = Diary(windows=[night(1)]).windows
    moved = TimeWindow(start=one.start.astimezone(east), end=one.end.astimezone(east))

    assert Diary(windows=[moved]).digest == Diary(windows=[one]).digest
    assert Diary(windows=[night(1, hours=7)]).digest != Diary(windows=[one]).digest
    assert Diary(windows=[night(1), night(2)]).digest != Diary(windows=[one]).digest


def test_no_repr_tells_when_somebody_slept():
    said = repr(Diary(windows=[night(1)])) + repr(DiaryNight(participant="ada", window=night(1)))

    assert "2026" not in said
    assert "ada" not in said
