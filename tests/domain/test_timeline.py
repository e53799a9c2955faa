"""Local times, days and windows, and what daylight saving does to them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clarity.domain.timeline import (
    DAY_S,
    LocalDay,
    NaiveTime,
    TimeWindow,
    UnknownZone,
    clock_minutes,
    days_covered,
    days_touched,
    local_seconds,
    localize,
    zone_named,
    zone_offsets,
)

OSLO = ZoneInfo("Europe/Oslo")
ZONES = [
    "Europe/Oslo",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Pacific/Auckland",
    "America/Havana",
    "UTC",
]


def walls(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[s]")


def utc_texts(seconds: np.ndarray) -> list[str]:
    return [datetime.fromtimestamp(int(s), UTC).strftime("%d %H:%M") for s in seconds]


@given(st.sampled_from(ZONES), st.integers(631_152_000, 2_145_916_800))
def test_a_lone_time_is_placed_where_the_standard_library_places_its_first_pass(zone, naive_s):
    wall = datetime.fromtimestamp(naive_s, UTC).replace(tzinfo=None)

    placed = localize(np.array([wall], dtype="datetime64[s]"), ZoneInfo(zone))

    expected = wall.replace(tzinfo=ZoneInfo(zone)).timestamp()
    assert placed.seconds[0] == int(expected)


@given(st.sampled_from(ZONES), st.integers(0, 2_100_000_000))
def test_a_recording_that_begins_and_ends_off_a_change_comes_back_from_its_clock(zone, first):
    info = ZoneInfo(zone)
    seconds = first + 600 * np.arange(6 * 24 * 20, dtype=np.int64)
    ends = np.array([[first - 7200, first + 7200], seconds[-1] + np.array([-7200, 7200])])
    assume((np.diff(local_seconds(ends.ravel(), info).reshape(2, 2)) == 14_400).all())
    wall = local_seconds(seconds, info).astype("datetime64[s]")

    placed = localize(wall, info)

    assert np.array_equal(placed.seconds, seconds)


def test_a_skipped_time_is_moved_forward_by_the_hole():
    placed = localize(walls("2003-03-30T01:59", "2003-03-30T02:30", "2003-03-30T03:00"), OSLO)

    assert utc_texts(placed.seconds) == ["30 00:59", "30 01:30", "30 01:00"]
    assert (placed.in_gap, placed.in_fold) == (1, 0)


def test_a_repeated_time_alone_is_placed_in_the_first_pass():
    placed = localize(walls("2003-10-26T02:30"), OSLO)

    assert utc_texts(placed.seconds) == ["26 00:30"]
    assert placed.in_fold == 1


@pytest.mark.parametrize("step_min", [1, 5, 15, 30, 60])
def test_an_hour_recorded_twice_is_placed_in_both_passes(step_min):
    start = int(datetime(2003, 10, 25, 22, tzinfo=UTC).timestamp())
    seconds = start + 60 * step_min * np.arange(6 * 60 // step_min, dtype=np.int64)
    wall = local_seconds(seconds, OSLO).astype("datetime64[s]")

    placed = localize(wall, OSLO)

    assert np.array_equal(placed.seconds, seconds)
    assert placed.in_fold == 120 // step_min


def test_a_recording_written_backwards_is_placed_like_its_mirror_image():
    start = int(datetime(2003, 10, 25, 22, tzinfo=UTC).timestamp())
    seconds = start + 60 * np.arange(360, dtype=np.int64)
    wall = local_seconds(seconds, OSLO).astype("datetime64[s]")

    placed = localize(wall[::-1], OSLO)

    assert np.array_equal(placed.seconds, seconds[::-1])


def test_repeated_times_without_order_stay_in_the_first_pass():
    minutes = np.tile([0, 59, 1, 58], 5)
    wall = np.datetime64("2003-10-26T02:00:00") + minutes.astype("timedelta64[m]")

    placed = localize(wall.astype("datetime64[s]"), OSLO)

    assert placed.seconds.max() < int(datetime(2003, 10, 26, 1, tzinfo=UTC).timestamp())


def test_no_times_are_no_instants():
    placed = localize(walls(), OSLO)

    assert placed.seconds.size == placed.in_gap == placed.in_fold == 0


def test_each_of_many_years_has_its_own_daylight_saving():
    wall = np.array([f"{y}-07-01T12:00" for y in range(1990, 2037)], dtype="datetime64[s]")

    placed = localize(wall, OSLO)

    expected = [datetime(y, 7, 1, 12, tzinfo=OSLO).timestamp() for y in range(1990, 2037)]
    assert placed.seconds.tolist() == [int(s) for s in expected]


@given(st.sampled_from(ZONES), st.lists(st.integers(0, 2_100_000_000), min_size=1, max_size=20))
def test_the_offset_of_every_instant_is_that_of_the_standard_library(zone, instants):
    info = ZoneInfo(zone)
    seconds = np.array(instants, dtype=np.int64)

    offsets = zone_offsets(info, seconds // 86_400).at(seconds)

    expected = [
        datetime.fromtimestamp(s, UTC).astimezone(info).utcoffset().total_seconds()
        for s in instants
    ]
    assert offsets.tolist() == expected


def test_clock_minutes_follow_the_wall_clock_over_daylight_saving():
    before = int(datetime(2003, 3, 30, 0, 59, tzinfo=UTC).timestamp())

    minutes = clock_minutes(np.array([before, before + 60, before + 90]), OSLO)

    assert minutes.tolist() == [119.0, 180.0, 180.5]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Oslo", date(2003, 3, 30), 23.0),
        ("Europe/Oslo", date(2003, 10, 26), 25.0),
        ("Europe/Oslo", date(2003, 6, 1), 24.0),
        ("Australia/Lord_Howe", date(2024, 10, 6), 23.5),
        ("America/Sao_Paulo", date(2018, 11, 4), 23.0),
    ],
)
def test_a_local_day_has_its_real_length(zone, day, hours):
    assert LocalDay(day, ZoneInfo(zone)).length_s == hours * 3600


def test_a_day_without_midnight_begins_when_the_clock_is_put_forward():
    day = LocalDay(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo"))

    assert datetime.fromtimestamp(day.start_s, UTC) == datetime(2018, 11, 4, 3, tzinfo=UTC)


def window(start: datetime, hours: float) -> TimeWindow:
    return TimeWindow(start=start, end=start + timedelta(hours=hours))


def test_a_window_touches_days_in_part_and_covers_them_whole():
    noon = datetime(2003, 6, 1, 12, tzinfo=OSLO)

    touched = days_touched(window(noon, 60), OSLO)
    covered = days_covered(window(noon, 60), OSLO)

    assert [day.date.day for day in touched] == [1, 2, 3]
    assert [day.date.day for day in covered] == [2, 3]


def test_an_empty_window_touches_no_day():
    assert days_touched(window(datetime(2003, 6, 1, 12, tzinfo=OSLO), 0), OSLO) == ()


def test_a_window_is_aware_and_runs_forward():
    with pytest.raises(NaiveTime, match="--tz"):
        window(datetime.fromisoformat("2003-06-01"), 1)
    with pytest.raises(ValueError, match="ends before"):
        window(datetime(2003, 6, 1, tzinfo=OSLO), -1)


@pytest.mark.parametrize("name", ["Europe/Nowhere", "", "../etc/passwd", "x" * 500, "a\0b"])
def test_an_unknown_zone_is_refused_in_words(name):
    with pytest.raises(UnknownZone, match="Europe/Oslo or UTC"):
        zone_named(name)


def test_zones_that_may_be_meant_are_named():
    text = str(UnknownZone("Olso", ("Europe/Oslo", "Atlantic/Jan_Mayen")))

    assert text.endswith("; did you mean Europe/Oslo or Atlantic/Jan_Mayen?")


def test_a_known_zone_is_found_by_name():
    assert zone_named("Europe/Oslo") == OSLO


def test_local_days_sort_by_date():
    assert LocalDay(date(2003, 1, 1), OSLO) < LocalDay(date(2003, 1, 2), OSLO)


@pytest.mark.parametrize(
    "change",
    [
        datetime(2003, 3, 30, 1, tzinfo=UTC),
        datetime(2003, 10, 26, 1, tzinfo=UTC),
        datetime(1972, 1, 7, 0, 44, 30, tzinfo=UTC),
        datetime(1895, 1, 1, tzinfo=UTC) - timedelta(minutes=43),
    ],
)
@pytest.mark.parametrize("zone", ["Europe/Oslo", "Africa/Monrovia", "Australia/Lord_Howe"])
def test_offsets_are_exact_to_the_second_around_a_change(change: datetime, zone: str):
    second = int(change.timestamp())
    near = np.arange(second - 3, second + 4)
    there = ZoneInfo(zone)

    offsets = zone_offsets(there, near // DAY_S).at(near)

    told = [datetime.fromtimestamp(int(each), there).utcoffset() for each in near]
    assert offsets.tolist() == [int(offset.total_seconds()) for offset in told]
