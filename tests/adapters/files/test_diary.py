"""Diaries as CSV: nights out of lines, or the line and what is wrong with it."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from clarity.adapters.files import diary as module
from clarity.adapters.files.diary import CsvDiaries
from clarity.domain.sleep.diary import DiaryNight
from clarity.ports.diaries import DiaryColumns, DiaryZone, SkippedHour, UnparsableNight
from clarity.ports.unreadable import AbsurdDate, EmptyRecording, TooBig
from tests.support.recordings import source_of

OSLO = ZoneInfo("Europe/Oslo")


def read(text: str | bytes, zone: ZoneInfo | None = OSLO) -> tuple[DiaryNight, ...]:
    return CsvDiaries().read(source_of(text), zone=zone)


def times(nights: tuple[DiaryNight, ...]) -> list[tuple[str | None, str, str]]:
    return [
        (
            night.participant,
            night.window.start.astimezone(UTC).strftime("%d %H:%M"),
            night.window.end.astimezone(UTC).strftime("%d %H:%M"),
        )
        for night in nights
    ]


def test_instants_with_an_offset_need_no_zone():
    nights = read("bed,up\n2026-03-02T23:00+01:00,2026-03-03T07:00:00+01:00\n", zone=None)

    assert times(nights) == [(None, "02 22:00", "03 06:00")]


def test_clock_times_belong_to_the_evening_of_the_date():
    text = (
        "participant;date;bed;up;note\n"
        "ada;2026-03-02;23:00;07:00;slept well\n"
        "\n"
        "ben;2026-03-02;00:30;08:15;\n"
        '"ben";2026-03-03;13:00;14:00;nap\n'
    )

    assert times(read(text)) == [
        ("ada", "02 22:00", "03 06:00"),
        ("ben", "02 23:30", "03 07:15"),
        ("ben", "03 12:00", "03 13:00"),
    ]


def test_headings_have_other_names():
    text = "Patient,Evening,Bedtime,Get_Up_Time\nada,2026-03-02,23:00,07:00\n"

    assert times(read(text)) == [("ada", "02 22:00", "03 06:00")]


def test_the_night_of_the_clock_change_has_its_real_length():
    (night,) = read("date,bed,up\n2026-03-28,23:00,07:00\n")

    assert (night.window.end.timestamp() - night.window.start.timestamp()) / 3600 == 7


@pytest.mark.parametrize(
    ("text", "zone", "error", "line"),
    [
        ("", OSLO, EmptyRecording, 0),
        ("when,up\n", OSLO, DiaryColumns, 1),
        ("bed,up,bedtime\n", OSLO, DiaryColumns, 1),
        ("date,bed,up\n2026-03-02,23:00,07:00\n", None, DiaryZone, 2),
        ("bed,up\n2026-03-02T23:00,2026-03-03T07:00\n", None, DiaryZone, 2),
        ("bed,up\n2026-03-02T23:00,2026-03-02T22:00\n", OSLO, UnparsableNight, 2),
        ("bed,up\n2026-03-02T23:00\n", OSLO, UnparsableNight, 2),
        ("bed,up\n\nlate,early\n", OSLO, UnparsableNight, 3),
        ("date,bed,up\n2026-03-02,23:00+01:00,07:00\n", OSLO, UnparsableNight, 2),
        ("date,bed,up\n9999-12-31,23:00,07:00\n", OSLO, UnparsableNight, 2),
        ("bed,up\n0001-01-01T00:00,0001-01-01T01:00\n", OSLO, AbsurdDate, 2),
        ("bed,up\n2026-03-28T23:00,2026-03-29T02:30\n", OSLO, SkippedHour, 2),
        ("bed,up\n" + "x" * 5_000, OSLO, TooBig, 2),
    ],
)
def test_what_is_no_diary_is_refused_in_words(text: str, zone, error: type, line: int):
    with pytest.raises(error) as refused:
        read(text, zone)

    assert refused.value.line == line
    assert "expected" in str(refused.value)


def test_a_diary_has_an_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST_NIGHTS", 2)
    night = "2026-03-02T23:00,2026-03-03T07:00\n"

    assert len(read("bed,up\n" + 2 * night)) == 2
    with pytest.raises(TooBig, match="more than 2 nights"):
        read("bed,up\n" + 3 * night)
