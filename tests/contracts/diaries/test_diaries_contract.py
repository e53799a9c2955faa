"""Every sentence of `clarity.ports.diaries.Diaries`, for every adapter."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from clarity.domain.sleep.diary import DiaryNight
from clarity.ports.diaries import Diaries, DiaryColumns, DiaryZone, SkippedHour, UnparsableNight
from clarity.ports.recordings import Source
from clarity.ports.unreadable import NotText, TooBig, UnopenableFile, UnreadableRecording
from tests.contracts.diaries.harness import DiariesHarness, Row
from tests.support.recordings import source_of

OSLO = ZoneInfo("Europe/Oslo")
NIGHT: Row = {"bed": "2026-03-02T23:00", "up": "2026-03-03T07:00"}


def read(world: DiariesHarness, *rows: Row, zone: ZoneInfo | None = OSLO) -> tuple[DiaryNight, ...]:
    return world.diaries.read(world.of(rows), zone=zone)


def test_an_adapter_is_the_port(world: DiariesHarness):
    assert isinstance(world.diaries, Diaries)


def test_nights_come_line_by_line_with_their_person(world: DiariesHarness):
    rows = [{"participant": name, **NIGHT} for name in ("ben", "ada", "ben")]

    assert [night.participant for night in read(world, *rows)] == ["ben", "ada", "ben"]


def test_a_diary_without_people_names_nobody(world: DiariesHarness):
    assert [night.participant for night in read(world, NIGHT)] == [None]


def test_times_without_an_offset_are_meant_in_the_zone(world: DiariesHarness):
    (night,) = read(world, NIGHT)

    assert night.window.start == datetime(2026, 3, 2, 23, tzinfo=OSLO)
    assert night.window.end == datetime(2026, 3, 3, 7, tzinfo=OSLO)


def test_times_with_an_offset_need_no_zone(world: DiariesHarness):
    row = {"bed": "2026-03-02T23:00+01:00", "up": "2026-03-03T07:00+01:00"}

    (night,) = read(world, row, zone=None)

    assert night.window.start == datetime(2026, 3, 2, 23, tzinfo=OSLO)


def test_in_the_hour_that_comes_twice_the_first_pass_is_meant(world: DiariesHarness):
    (night,) = read(world, {"bed": "2026-10-24T23:00", "up": "2026-10-25T02:30"})

    assert night.window.end.timestamp() - night.window.start.timestamp() == 3.5 * 3600


def test_whether_nights_contradict_each_other_is_not_looked_at(world: DiariesHarness):
    assert len(read(world, NIGHT, NIGHT, {**NIGHT, "up": "2026-03-03T08:00"})) == 3


def test_a_time_without_an_offset_needs_a_zone(world: DiariesHarness):
    with pytest.raises(DiaryZone) as refused:
        read(world, NIGHT, zone=None)

    assert refused.value.line == 2


def test_a_diary_without_its_columns_is_refused(world: DiariesHarness):
    with pytest.raises(DiaryColumns):
        read(world, {"bed": NIGHT["bed"]})


@pytest.mark.parametrize("up", ["late", "", "2026-03-02T22:00"])
def test_a_line_that_is_no_night_is_named(world: DiariesHarness, up: str):
    with pytest.raises(UnparsableNight) as refused:
        read(world, NIGHT, {**NIGHT, "up": up})

    assert refused.value.line == 3


def test_a_time_that_the_clock_change_skips_is_named(world: DiariesHarness):
    with pytest.raises(SkippedHour) as refused:
        read(world, {"bed": "2026-03-28T23:00", "up": "2026-03-29T02:30"})

    assert refused.value.line == 2


def _gone() -> None:
    raise FileNotFoundError(2, "No such file")


def test_what_cannot_be_opened_is_refused(world: DiariesHarness):
    with pytest.raises(UnopenableFile):
        world.diaries.read(Source(name="diary.csv", open=_gone), zone=OSLO)


def test_what_is_no_text_is_refused(world: DiariesHarness):
    with pytest.raises(NotText):
        world.diaries.read(source_of(bytes(64)), zone=OSLO)


def test_what_is_larger_than_any_diary_is_refused(world: DiariesHarness):
    rows = [NIGHT] * (world.largest // len("".join(NIGHT.values())) + 1)

    with pytest.raises(TooBig):
        read(world, *rows)


def test_a_refusal_names_the_file_and_no_cell(world: DiariesHarness):
    with pytest.raises(UnreadableRecording) as refused:
        read(world, {**NIGHT, "up": "half past seven"})

    assert world.of([NIGHT]).name in str(refused.value)
    assert "half past seven" not in str(refused.value)
