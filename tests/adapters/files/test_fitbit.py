"""Fitbit minute tables: several people, the wall clock, levels that are no amounts."""

import csv
import gzip
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from clarity.adapters.files.fitbit import FitbitRecordings
from clarity.adapters.files.limits import Limits
from clarity.domain.streams import Placement, Unit
from clarity.ports.recordings import DateOrder, ReadOptions
from clarity.ports.unreadable import (
    ContradictoryTimes,
    MissingZone,
    NoSamples,
    NoSuchColumn,
    TooBig,
    TooCoarse,
    UnparsableLine,
)
from tests.support.device_files import fitbit_hours, fitbit_minutes
from tests.support.recordings import read_one, source_of
from tests.support.shared import shared

CHICAGO = ReadOptions(zone=ZoneInfo("America/Chicago"))
READER = FitbitRecordings()


def test_a_wide_row_is_an_hour_of_minutes():
    recording = read_one(READER, fitbit_hours(("7",)), CHICAGO)

    assert recording.series.values.tolist() == 3 * list(range(60))
    assert recording.series.start.isoformat() == "2003-05-07T12:00:00-05:00"
    assert (recording.series.unit, recording.series.epoch_s) == (Unit.STEPS_PER_MIN, 60)
    assert recording.series.placement is Placement.WRIST
    assert not recording.notices


def test_a_narrow_row_is_a_minute():
    recording = read_one(READER, fitbit_minutes(("7",)), CHICAGO)

    assert recording.series.values.tolist() == list(range(30))
    assert recording.series.start.isoformat() == "2003-05-07T14:00:00-05:00"


def test_wild_times_of_many_people_fill_no_memory():
    rows = [f"{person},1/1/{year} 2:00:00 PM,1" for person in "abc" for year in (2003, 2013)]

    with pytest.raises(TooBig, match="10,000,000 epochs with the gaps"):
        READER.read(source_of("\n".join(("Id,ActivityMinute,Steps", *rows))), options=CHICAGO)


def test_times_since_1970_are_no_wall_clock():
    content = "Id,ActivityMinute,Steps\n7,1052301600,1\n7,1052301660,2\n"

    with pytest.raises(UnparsableLine, match="since 1970"):
        READER.read(source_of(content), options=CHICAGO)


@pytest.mark.parametrize(
    "table",
    [
        "Id,ActivityHour,StepTotal\n7,4/12/2016 0:00,373\n",
        "Id,ActivityHour,TotalIntensity,AverageIntensity\n7,4/12/2016 0:00,20,0.33\n",
        "Id,SleepDay,TotalSleepRecords,TotalMinutesAsleep\n7,4/12/2016 0:00,1,327\n",
        "Id,ActivityDate,TotalSteps,Calories\n7,4/12/2016,13162,1985\n",
        "Id,ActivityDay,StepTotal\n7,4/12/2016,13162\n",
    ],
)
def test_tables_of_hours_and_days_are_refused_with_the_one_to_export(table):
    assert READER.sniff(table.encode())
    with pytest.raises(TooCoarse, match="minuteStepsWide or minuteStepsNarrow"):
        READER.read(source_of(table), options=CHICAGO)


def test_intensity_levels_are_told_to_be_no_amount():
    recording = read_one(READER, fitbit_hours(("7",), name="Intensity"), CHICAGO)

    assert recording.series.unit is Unit.INTENSITY_LEVEL
    assert [notice.code for notice in recording.notices] == ["intensity-levels"]


def test_people_may_take_turns_in_the_table():
    content = fitbit_hours(("7", "8"), hours=2)
    head, *rows = content.rstrip().split("\n")

    mixed = READER.read(source_of("\n".join((head, *rows[::2], *rows[1::2]))), options=CHICAGO)

    apart = READER.read(source_of(content), options=CHICAGO)
    assert [(one.participant, one.series) for one in mixed] == [
        (one.participant, one.series) for one in apart
    ]


def test_a_missing_hour_stays_missing():
    lines = fitbit_hours(("7",)).split("\n")

    recording = read_one(READER, "\n".join((lines[0], lines[1], lines[3])), CHICAGO)

    assert np.isnan(recording.series.values[60:120]).all()
    assert recording.report.gaps == 1


def test_the_caller_may_say_that_days_come_first():
    options = ReadOptions(zone=CHICAGO.zone, date_order=DateOrder.DMY)

    assert read_one(READER, fitbit_hours(("7",)), options).series.start.month == 7


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("Id,ActivityHour,Steps00\n7,5/7/2003 12:00,1\n", NoSuchColumn),
        ("Id,Steps\n7,1\n", NoSuchColumn),
        ("Who,ActivityMinute,Steps\n7,5/7/2003 12:00,1\n", NoSuchColumn),
        ("Id,ActivityMinute,Steps\n7,5/7/2003 12:00Z,1\n", UnparsableLine),
        ("Id,ActivityMinute,Steps\n7,5/7/2003 12:00,\n", NoSamples),
        (
            fitbit_minutes(("7",))
            + fitbit_minutes(("7",)).split("\n", 1)[1].replace("PM,", "PM,1"),
            ContradictoryTimes,
        ),
    ],
)
def test_what_is_no_minute_table_is_refused(content, error):
    with pytest.raises(error):
        READER.read(source_of(content), options=CHICAGO)


def test_the_wall_clock_needs_a_zone():
    with pytest.raises(MissingZone):
        READER.read(source_of(fitbit_hours(("7",))), options=ReadOptions())


def test_a_table_of_too_many_values_is_refused():
    small = FitbitRecordings(limits=Limits(max_values=100))

    with pytest.raises(TooBig, match="more than 100 values"):
        small.read(source_of(fitbit_hours(("7",))), options=CHICAGO)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Steps", "Intensities"])
def test_the_shared_tables_are_read_whole(name):
    path = shared(f"data/fitbit/minute{name}Wide_merged.csv.gz")

    recordings = READER.read(source_of(path.read_bytes()), options=CHICAGO)

    with gzip.open(path, "rt", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))[1:]
    total = sum(float(cell) for row in rows for cell in row[2:])
    assert len(recordings) == 33
    assert sum(recording.report.samples for recording in recordings) == 60 * len(rows)
    assert sum(np.nansum(one.series.values) for one in recordings) == total
