"""Tables with a day in each line and a column per epoch of the clock."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from clarity.adapters.files.limits import Limits
from clarity.adapters.files.wide_days import WIDE_DAYS, WideDayRecordings
from clarity.domain.streams import Unit
from clarity.ports.recordings import DateOrder, ReadOptions
from clarity.ports.unreadable import (
    AmbiguousDates,
    ContradictoryTimes,
    MissingUnit,
    MissingZone,
    NoSamples,
    NoSuchColumn,
    TooBig,
    UnparsableLine,
)
from tests.support.recordings import clock_table, read_one, source_of

OSLO = ReadOptions(zone=ZoneInfo("Europe/Oslo"))
READER = WideDayRecordings()


def test_a_day_begins_at_local_midnight_and_has_a_value_per_column():
    recording = read_one(READER, clock_table(), OSLO)

    assert recording.series.values.tolist() == list(range(1_440))
    assert recording.series.start.isoformat() == "2003-05-07T00:00:00+02:00"
    assert (recording.series.unit, recording.participant) == (Unit.STEPS_PER_MIN, "21005")


def test_without_a_column_of_people_the_caller_or_the_file_names_the_one_person():
    head, row = clock_table().split("\n")[:2]
    table = "\n".join(line.partition(",")[2] for line in (head, row))

    assert read_one(READER, table, OSLO).participant == "person_7"
    named = ReadOptions(zone=OSLO.zone, participant="anna")
    assert read_one(READER, table, named).participant == "anna"


@pytest.mark.parametrize(("step_min", "epoch_s"), [(5, 300), (30, 1_800)])
def test_the_step_between_the_columns_is_the_epoch(step_min, epoch_s):
    recording = read_one(READER, clock_table(step_min=step_min), OSLO)

    assert recording.series.epoch_s == epoch_s
    assert recording.series.values.size == 1_440 // step_min


@pytest.mark.parametrize(
    ("what", "unit"),
    [
        ("HR ", Unit.BEATS_PER_MIN),
        ("heart-rate_", Unit.BEATS_PER_MIN),
        ("RMSSD-", Unit.RMSSD_MS),
        ("steps", Unit.STEPS_PER_MIN),
    ],
)
def test_the_text_before_the_clock_time_tells_the_unit(what, unit):
    assert read_one(READER, clock_table(what=what), OSLO).series.unit is unit


@pytest.mark.parametrize("what", ["", "HRV ", "value "])
def test_a_unit_that_is_left_open_must_be_said(what):
    table = clock_table(what=what)

    with pytest.raises(MissingUnit, match="--unit"):
        read_one(READER, table, OSLO)
    options = ReadOptions(zone=OSLO.zone, unit=Unit.SDNN_MS)
    assert read_one(READER, table, options).series.unit is Unit.SDNN_MS


def test_without_a_column_of_labels_the_file_names_the_person():
    lines = [line.partition(",")[2] for line in clock_table().splitlines()]

    recording = read_one(READER, "\n".join(lines), OSLO)

    assert recording.participant == "person_7"


def test_columns_may_stand_in_any_order_and_single_digit_hours_are_known():
    lines = [line.split(",") for line in clock_table(step_min=30).splitlines()]
    lines[0] = [name.replace(" 0", " ") for name in lines[0]]
    turned = "\n".join(",".join([*row[:2], *row[:1:-1]]) for row in lines)

    assert read_one(READER, turned, OSLO).series.values.tolist() == list(range(48))


def test_dates_may_have_a_clock_time_of_midnight_and_an_order():
    table = clock_table(days=("5/7/2003 0:00", "5/8/2003 0:00"))
    options = ReadOptions(zone=OSLO.zone, date_order=DateOrder.MDY)

    assert read_one(READER, table, options).series.start.isoformat()[:10] == "2003-05-07"
    with pytest.raises(AmbiguousDates):
        read_one(READER, table, OSLO)


def test_the_column_of_days_can_be_named():
    table = clock_table().replace("id,date", "born,day").replace("21005", "2001-01-01")
    options = ReadOptions(zone=OSLO.zone, time_column="day")

    assert read_one(READER, table, options).series.start.isoformat()[:10] == "2003-05-07"


def test_the_hours_of_daylight_saving_are_counted():
    days = ("2003-03-30", "2003-10-26")

    spring, autumn = (read_one(READER, clock_table(days=(day,)), OSLO) for day in days)

    assert (spring.report.in_gap, spring.series.values.size) == (60, 1_380)
    assert autumn.report.in_fold == 60
    assert np.count_nonzero(autumn.series.missing) == 60


@pytest.mark.parametrize(
    ("table", "error"),
    [
        (clock_table().replace("2003-05-07", "2003-05-07 06:00"), UnparsableLine),
        (clock_table().replace("2003-05-07", "2003-05-07T00:00Z"), UnparsableLine),
        (clock_table().replace("2003-05-07", "a day"), NoSuchColumn),
        (clock_table(("x" * 200,)), UnparsableLine),
        (clock_table(days=("2003-05-07", "2003-05-07")).replace(",9,", ",8,", 1), None),
        (clock_table() + "21005,2003-05-07" + ",7" * 1_440, ContradictoryTimes),
    ],
)
def test_what_is_no_table_of_days_is_refused(table, error):
    if error is None:
        assert read_one(READER, table, OSLO).report.conflicts == 1
        return
    with pytest.raises(error):
        read_one(READER, table, OSLO)


@pytest.mark.parametrize("drop", ["Steps 12:00", "Steps 23:59", "Steps 00:00"])
def test_a_clock_that_is_not_whole_is_none(drop):
    table = clock_table().replace(f",{drop}", "")

    assert READER.sniff(table.encode()) is None
    with pytest.raises(NoSuchColumn, match="00:00 to 23:59"):
        READER.read(source_of(table), options=OSLO)


def test_columns_of_two_streams_make_no_clock():
    assert READER.sniff(clock_table().replace("Steps 12:00", "HR 12:00").encode()) is None
    assert READER.sniff(clock_table().encode()) is WIDE_DAYS


def test_more_values_than_are_taken_are_refused():
    reader = WideDayRecordings(limits=Limits(max_values=1_500))

    with pytest.raises(TooBig, match="more than 1,500 values"):
        reader.read(source_of(clock_table(("1", "2"))), options=OSLO)


def test_nothing_but_blank_lines_or_no_zone_is_refused():
    table = clock_table().split("\n", maxsplit=1)[0]

    with pytest.raises(NoSamples):
        READER.read(source_of(f"{table}\n{',' * 1_441}\n\n"), options=OSLO)
    with pytest.raises(MissingZone):
        READER.read(source_of(clock_table()), options=ReadOptions())
