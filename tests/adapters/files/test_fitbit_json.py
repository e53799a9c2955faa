"""Fitbit's own export: steps and heart rate in UTC, sleep by the wall clock."""

import json
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from clarity.adapters.files.fitbit_json import FitbitJsonRecordings
from clarity.adapters.files.limits import Limits
from clarity.domain.streams import SleepStage, Unit
from clarity.ports.recordings import ReadOptions
from clarity.ports.unreadable import (
    AbsurdDate,
    ContradictoryTimes,
    DamagedFile,
    MisencodedText,
    MissingUnit,
    MissingZone,
    NegativeValue,
    NoSamples,
    NoSuchColumn,
    TooBig,
    UnboundedValue,
    UnparsableLine,
)
from tests.support.device_files import fitbit_steps
from tests.support.recordings import read_one, source_of

CHICAGO = ReadOptions(zone=ZoneInfo("America/Chicago"))
READER = FitbitJsonRecordings()


def item(value="7", at="05/07/23 17:00:00"):
    return {"dateTime": at, "value": value}


def night(*stages, short=()):
    def entries(found):
        return [{"dateTime": at, "level": level, "seconds": s} for at, level, s in found]

    return [
        {
            "dateOfSleep": "2023-05-08",
            "levels": {"data": entries(stages), "shortData": entries(short)},
        }
    ]


def test_steps_are_stamped_in_utc_and_a_notice_says_so():
    recording = read_one(READER, fitbit_steps(), CHICAGO)

    assert recording.series.values.tolist() == list(range(30))
    assert recording.series.start.isoformat() == "2023-05-07T12:00:00-05:00"
    assert recording.series.unit is Unit.STEPS_PER_MIN
    assert [notice.code for notice in recording.notices] == ["times-in-utc", "person-by-file"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps-2023-05-07.json", "1.07"),
        ("a/calories-2023-05-07.json", "1"),
        ("distance-2023-05-07.json", "7340"),
        ("very_active_minutes-2023-05-07.json", "3"),
    ],
)
def test_other_files_of_the_archive_that_look_like_steps_are_not_taken_for_them(name, value):
    source = source_of(json.dumps([item(value), item(value, "05/07/23 17:01:00")]), name)

    with pytest.raises(MissingUnit, match=f"{name}: .*steps"):
        READER.read(source, options=CHICAGO)
    (energy,) = READER.read(source, options=evolve(CHICAGO, unit=Unit.ACTIVE_KCAL))
    assert energy.series.values.tolist() == [float(value)] * 2


@pytest.mark.parametrize(("first", "second"), [("3", {"bpm": 60}), ({"bpm": 60}, "3")])
def test_steps_and_heart_beats_are_not_mixed(first, second):
    items = [item(first), item(second, "05/07/23 17:01:00")]

    with pytest.raises(UnparsableLine, match="the value of item 2"):
        read_one(READER, json.dumps(items), CHICAGO)


@pytest.mark.parametrize(("value", "error"), [("1e999", UnboundedValue), ("-3", NegativeValue)])
def test_a_value_that_no_device_gives_is_refused_with_its_item(value, error):
    items = [item()] * 300 + [item(value)]

    with pytest.raises(error, match=r"\(item 301\)"):
        read_one(READER, json.dumps(items), CHICAGO)


def test_times_that_come_again_with_other_values_are_refused():
    content = fitbit_steps()[:-1] + "," + fitbit_steps().replace('"value":"', '"value":"1')[1:]

    with pytest.raises(ContradictoryTimes, match="30 of them"):
        read_one(READER, content, CHICAGO)


def test_files_that_the_caller_gives_to_a_person_need_no_hint():
    options = ReadOptions(zone=CHICAGO.zone, participant="anna")

    assert "--patient" in read_one(READER, fitbit_steps(), CHICAGO).notices[1].text
    recording = read_one(READER, fitbit_steps(), options)
    assert (recording.participant, len(recording.notices)) == ("anna", 1)


def test_heart_beats_are_averaged_over_the_minute():
    beats = [
        item({"bpm": 60, "confidence": 3}, "05/07/23 17:00:05"),
        item({"bpm": 70, "confidence": 3}, "05/07/23 17:00:55"),
        item({"bpm": 80, "confidence": 3}, "05/07/23 17:02:00"),
    ]

    series = read_one(READER, json.dumps(beats), CHICAGO).series

    assert series.values[[0, 2]].tolist() == [65.0, 80.0]
    assert series.missing.tolist() == [False, True, False]
    assert series.unit is Unit.BEATS_PER_MIN


def test_stages_of_sleep_lie_on_the_wall_clock_and_short_ones_win():
    content = night(
        ("2023-05-07T23:00:00.000", "light", 180),
        ("2023-05-07T23:03:00.000", "rem", 60),
        short=[("2023-05-07T23:01:00.000", "wake", 60)],
    )

    recording = read_one(READER, json.dumps(content), CHICAGO)

    assert recording.series.values.tolist() == [
        SleepStage.LIGHT,
        SleepStage.AWAKE,
        SleepStage.LIGHT,
        SleepStage.REM,
    ]
    assert recording.series.start.isoformat() == "2023-05-07T23:00:00-05:00"
    assert [notice.code for notice in recording.notices] == ["person-by-file"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("[{", DamagedFile),
        ("[" * 100_000, DamagedFile),
        ("{}", NoSuchColumn),
        ("[1]", NoSuchColumn),
        ("[]", NoSamples),
        (json.dumps([item("many")]), UnparsableLine),
        (json.dumps([item([1])]), UnparsableLine),
        (json.dumps([item("-1")]), NegativeValue),
        (json.dumps([item(0)]).replace("0}", "1" + "0" * 5_000 + "}"), UnboundedValue),
        (json.dumps([item("")]), NoSamples),
        (json.dumps([item({"bpm": None})]), NoSamples),
        (json.dumps([item(at="yesterday")]), UnparsableLine),
        (json.dumps([item(at="02/30/23 17:00:00")]), UnparsableLine),
        (json.dumps([item(at="NaT 17:00:00")]), UnparsableLine),
        (json.dumps([item(at="2023 17:00:00")]), UnparsableLine),
        (json.dumps([item(at="2023-05 17:00:00")]), UnparsableLine),
        (json.dumps([item(at="07/05/2023 17:00:00")]), UnparsableLine),
        (json.dumps([item(at="1066-05-07T17:00:00")]), AbsurdDate),
        (json.dumps(night(("2023-05-07T23:00:00", "dreaming", 60))), UnparsableLine),
        (json.dumps(night(("2023-05-07T23:00:00", "rem", 1e9))), UnparsableLine),
        (json.dumps(night(("2023-05-07T23:00:00", "rem", "nan"))), UnparsableLine),
        (json.dumps(night()), NoSamples),
        (json.dumps([{"dateOfSleep": "x", "levels": 5}]), NoSamples),
        (" " * 100_000, NoSuchColumn),
        ("x", NoSuchColumn),
        ("[", DamagedFile),
        ("[{},", DamagedFile),
        ("[{} {}]", DamagedFile),
        ("[{}] 1", DamagedFile),
        ("[null]", DamagedFile),
        (b'[{"dateTime": "\xff"}]', MisencodedText),
        (b'[{"dateTime": "\xc3', MisencodedText),
        ('[{"dateTime": "' + "x" * (9 << 20), TooBig),
    ],
)
def test_what_is_no_export_is_refused(content, error):
    with pytest.raises(error):
        READER.read(source_of(content), options=CHICAGO)


def test_the_zone_must_be_known():
    with pytest.raises(MissingZone):
        READER.read(source_of(fitbit_steps()), options=ReadOptions())


def test_a_list_is_taken_object_by_object_wherever_the_pieces_end():
    items = [item(str(i), f"05/07/23 {i // 60:02}:{i % 60:02}:00") for i in range(1_440)]
    items[3]["note"] = '[{]}\\"\u00e9' * 20_000

    read = [read_one(READER, json.dumps(items, indent=i), CHICAGO).series for i in (None, 0, 2)]

    assert read[0].values.tolist() == [float(i) for i in range(1_440)]
    assert read[1] == read[2] == read[0]


@pytest.mark.parametrize(
    "content",
    [
        [item(at=f"05/07/23 17:0{i}:00") for i in range(6)],
        night(("2023-05-07T23:00:00", "rem", 360)),
    ],
)
def test_more_values_than_are_taken_are_refused(content):
    reader = FitbitJsonRecordings(limits=Limits(max_values=5))

    with pytest.raises(TooBig):
        reader.read(source_of(json.dumps(content)), options=CHICAGO)
