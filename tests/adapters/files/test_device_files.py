"""ActiGraph, Actiwatch and UK Biobank files: what their headings say, and refusals in words."""

import csv
import sqlite3
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from clarity.adapters.files.actigraph import ActiGraphRecordings
from clarity.adapters.files.actiwatch import ActiwatchRecordings
from clarity.adapters.files.agd import AgdRecordings
from clarity.adapters.files.limits import Limits
from clarity.adapters.files.ukbiobank import UkBiobankRecordings
from clarity.domain.streams import Placement, Unit
from clarity.ports.recordings import DateOrder, ReadOptions
from clarity.ports.unreadable import (
    AbsurdDate,
    DamagedFile,
    HostileFile,
    MissingZone,
    NegativeValue,
    NoSamples,
    NoSuchColumn,
    TooBig,
    UnboundedValue,
    UnevenTimes,
    UnknownFormat,
    UnparsableLine,
)
from tests.support.device_files import (
    AGD_TABLES,
    TICKS_AT_NOON,
    actigraph_table,
    actiware_table,
    agd_file,
    awd_table,
    ukbiobank_table,
)
from tests.support.recordings import read_one
from tests.support.shared import shared

OSLO = ReadOptions(zone=ZoneInfo("Europe/Oslo"))
FOLDER = "data/device_formats"


def values_of(reader, content, options=OSLO):
    return read_one(reader, content, options).series.values.tolist()


def column(path, place, skip):
    with path.open(encoding="utf-8-sig") as file:
        return [float(row[place]) for row in list(csv.reader(file))[skip:]]


@pytest.mark.parametrize(("name", "epoch_s"), [("13", 15), ("61", 5)])
def test_an_actigraph_table_holds_the_counts_of_axis_1(name, epoch_s):
    path = shared(f"{FOLDER}/GGIR_ActiGraph{name}.csv")

    series = read_one(ActiGraphRecordings(), path.read_bytes(), OSLO).series

    assert series.values.tolist() == column(path, 0, 10)
    assert (series.epoch_s, series.unit) == (epoch_s, Unit.COUNTS)


def test_an_actigraph_table_says_device_placement_and_start():
    recording = read_one(ActiGraphRecordings(), actigraph_table(), OSLO)

    assert recording.series.device == "ActiGraph GT3X+"
    assert recording.series.placement is Placement.HIP
    assert recording.series.start.isoformat() == "2003-05-07T12:00:00+02:00"
    assert [notice.code for notice in recording.notices] == ["vertical-axis"]


@pytest.mark.parametrize(
    ("head", "day"), [("d/M/yyyy", "7/5/2003"), ("yyyy-MM-dd", "2003-05-07"), ("?", "5/7/2003")]
)
def test_an_actigraph_table_says_how_its_dates_are_written(head, day):
    series = read_one(ActiGraphRecordings(), actigraph_table(head=head, day=day), OSLO).series

    assert series.start.date().isoformat() == "2003-05-07"


def test_the_caller_may_say_how_dates_are_written():
    options = ReadOptions(zone=OSLO.zone, date_order=DateOrder.DMY)

    series = read_one(ActiGraphRecordings(), actigraph_table(), options).series

    assert series.start.date().isoformat() == "2003-07-05"


def test_another_column_is_read_when_it_is_named():
    steps = ReadOptions(zone=OSLO.zone, value_column="Steps")

    recording = read_one(ActiGraphRecordings(), actigraph_table(2), steps)

    assert recording.series.values.tolist() == [3.0, 3.0]
    assert not recording.notices
    assert values_of(AgdRecordings(), agd_file(2), steps) == [2.0, 2.0]


@pytest.mark.parametrize(
    ("reader", "content"),
    [(ActiGraphRecordings(), actigraph_table()), (AgdRecordings(), agd_file(30))],
)
def test_the_column_of_steps_holds_steps_unless_the_caller_says_what(reader, content):
    steps = ReadOptions(zone=OSLO.zone, value_column="Steps")
    other = ReadOptions(zone=OSLO.zone, value_column="Steps", unit=Unit.INTENSITY_LEVEL)

    assert read_one(reader, content, steps).series.unit is Unit.STEPS_PER_MIN
    assert read_one(reader, content, other).series.unit is Unit.INTENSITY_LEVEL


@pytest.mark.parametrize("mark", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_a_mark_above_the_values_that_ends_no_line_costs_no_value(mark):
    table = actigraph_table(3).replace("Current Battery", f"Current{mark}Battery")
    awd = awd_table(3).replace("subject", f"sub{mark}ject")

    assert values_of(ActiGraphRecordings(), table) == [0.0, 7.0, 14.0]
    assert values_of(ActiwatchRecordings(), awd) == [0.0, 7.0, 14.0]


def test_names_of_columns_under_the_heading_are_used():
    lines = actigraph_table(3).split("\n")
    named = "\n".join((*lines[:10], "Steps,Axis3,Axis2,Axis1", *lines[10:]))

    assert values_of(ActiGraphRecordings(), named) == [3.0, 3.0, 3.0]


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("Start Date 5/7/2003", "Start Date today", UnparsableLine),
        ("Start Date 5/7/2003", "Start Date 13/13/2003", UnparsableLine),
        ("Start Date 5/7/2003", "Start Date 5/7/1066", AbsurdDate),
        ("Start Time 12:00:00", "Start Time noon", UnparsableLine),
        ("00:01:00", "00:00:00", UnparsableLine),
        ("00:01:00", "12:00:00", UnevenTimes),
        ("Epoch Period", "Period", UnparsableLine),
        ("Start Date", "Date", UnparsableLine),
        ("--------------------------------------------------", "", NoSamples),
    ],
)
def test_a_bad_heading_is_refused(old, new, error):
    with pytest.raises(error):
        read_one(ActiGraphRecordings(), actigraph_table().replace(old, new, 1), OSLO)


@pytest.mark.parametrize("reader", [ActiGraphRecordings(), AgdRecordings()])
def test_a_column_that_is_not_there_is_refused(reader):
    options = ReadOptions(zone=OSLO.zone, value_column="axis9")
    content = agd_file() if isinstance(reader, AgdRecordings) else actigraph_table()

    with pytest.raises(NoSuchColumn, match="axis1"):
        read_one(reader, content, options)


@pytest.mark.parametrize(
    ("reader", "content"),
    [
        (ActiGraphRecordings(), actigraph_table()),
        (AgdRecordings(), agd_file()),
        (ActiwatchRecordings(), awd_table()),
        (ActiwatchRecordings(), actiware_table()),
    ],
)
def test_without_a_zone_a_device_clock_means_nothing(reader, content):
    with pytest.raises(MissingZone):
        read_one(reader, content, ReadOptions())


def test_an_agd_database_holds_what_its_table_holds():
    path = shared(f"{FOLDER}/agcounts_example5sec.agd")

    recording = read_one(AgdRecordings(), path.read_bytes(), OSLO)

    with sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True) as connection:
        rows = connection.execute("SELECT axis1 FROM data ORDER BY dataTimestamp").fetchall()
    connection.close()
    assert recording.series.values.tolist() == [row[0] for row in rows]
    assert recording.series.start.isoformat() == "2023-06-13T08:34:00+02:00"
    assert (recording.series.device, recording.series.placement) == (
        "ActiGraph Link",
        Placement.WRIST,
    )


def with_row(*row):
    """A database whose last row is this one."""
    insert = f"INSERT INTO data VALUES ({', '.join(row)})"
    more = f"INSERT INTO data VALUES ({TICKS_AT_NOON}, 1, 1, 1)"
    return agd_file(tables=(*AGD_TABLES, more, insert))


NEXT = str(TICKS_AT_NOON + 600_000_000)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (with_row(NEXT, "-1", "0", "0"), NegativeValue),
        (with_row(NEXT, "9e999", "0", "0"), UnboundedValue),
        (with_row(NEXT, "'many'", "0", "0"), DamagedFile),
        (with_row("9223372036854775807", "1", "0", "0"), AbsurdDate),
        (with_row("'now'", "1", "0", "0"), DamagedFile),
        (with_row("0", "1", "0", "0"), AbsurdDate),
        (with_row("-8951781733444415488", "1", "0", "0"), AbsurdDate),
        (with_row("-9223372036854775808", "1", "0", "0"), AbsurdDate),
        (with_row("1e300", "1", "0", "0"), DamagedFile),
        (with_row("9e999", "1", "0", "0"), DamagedFile),
        (with_row("NULL", "1", "0", "0"), DamagedFile),
        (with_row("x'00'", "1", "0", "0"), DamagedFile),
        (agd_file(0), NoSamples),
        (agd_file(tables=("CREATE TABLE other (a)",)), UnknownFormat),
        (
            agd_file(tables=(AGD_TABLES[0], "CREATE VIEW data AS SELECT 1 AS dataTimestamp")),
            HostileFile,
        ),
        (agd_file(tables=(AGD_TABLES[0], "CREATE TABLE data (dataTimestamp, lux)")), NoSuchColumn),
        (b"no database at all", DamagedFile),
    ],
)
def test_a_bad_database_is_refused(content, error):
    with pytest.raises(error):
        read_one(AgdRecordings(), content, OSLO)


def test_a_database_of_too_many_epochs_is_refused():
    with pytest.raises(TooBig, match="more than 100 epochs"):
        read_one(AgdRecordings(limits=Limits(max_values=100)), agd_file(), OSLO)


@pytest.mark.parametrize("text", ["", "one", "9" * 6_000, "00060" + "0" * 6_000, "-5"])
def test_an_epoch_that_a_database_does_not_say_is_found_from_its_times(text):
    assert read_one(AgdRecordings(), agd_file(epochlength=text), OSLO).series.epoch_s == 60


def test_an_actiwatch_file_holds_its_counts():
    path = shared(f"{FOLDER}/GGIR_Actiwatch.AWD")

    series = read_one(ActiwatchRecordings(), path.read_bytes(), OSLO).series

    expected = [float(line.split(" , ")[0]) for line in path.read_text().split("\n")[7:] if line]
    assert series.values.tolist() == expected
    assert series.start.isoformat() == "2009-10-01T17:00:00+02:00"
    assert (series.epoch_s, series.placement) == (60, Placement.WRIST)


@pytest.mark.parametrize(("code", "epoch_s"), [("1", 15), ("2", 30), ("4", 60), ("20", 300)])
def test_an_actiwatch_epoch_counts_quarters_of_a_minute(code, epoch_s):
    series = read_one(ActiwatchRecordings(), awd_table(code=code), OSLO).series

    assert series.epoch_s == epoch_s


def test_an_unknown_epoch_code_is_refused_unless_the_epoch_is_given():
    with pytest.raises(UnevenTimes, match="--epoch"):
        read_one(ActiwatchRecordings(), awd_table(code="C1"), OSLO)
    options = ReadOptions(zone=OSLO.zone, epoch_s=30)
    series = read_one(ActiwatchRecordings(), awd_table(code="C1"), options).series
    assert series.epoch_s == 30


@pytest.mark.parametrize("day", ["07-Foo-2003", "31-Feb-2003", "7 May", "07-May-99999999999"])
def test_a_bad_day_of_an_actiwatch_file_is_refused(day):
    with pytest.raises(UnparsableLine, match="line 2"):
        read_one(ActiwatchRecordings(), awd_table(day=day), OSLO)


def test_an_actiware_export_in_another_language_holds_its_counts():
    path = shared(f"{FOLDER}/GGIR_Actiwatch.csv")

    recording = read_one(ActiwatchRecordings(), path.read_bytes(), OSLO)

    rows = column(path, 4, 150)
    assert np.array_equal(recording.series.values, rows, equal_nan=True)
    assert recording.report.missing == 797
    assert recording.series.device == "Actiwatch Spectrum Plus"
    assert recording.series.epoch_s == 15


def test_an_actiware_export_without_epochs_is_refused():
    with pytest.raises(NoSuchColumn, match="no table of epochs"):
        read_one(ActiwatchRecordings(), "Actiware export,,\na,b,c\n", OSLO)


def test_a_uk_biobank_table_holds_enmo_and_leaves_imputed_values_out():
    path = shared(f"{FOLDER}/GGIR_ukbiobank.csv")

    series = read_one(UkBiobankRecordings(), path.read_bytes(), ReadOptions()).series

    assert series.values.tolist() == column(path, 0, 1)
    assert (series.unit, series.epoch_s, series.zone.key) == (Unit.ENMO_MG, 5, "Europe/London")
    made_up = ukbiobank_table(3).replace("14,0", "14,1")
    assert np.isnan(values_of(UkBiobankRecordings(), made_up)).tolist() == [False, False, True]


def test_a_uk_biobank_heading_that_says_no_time_is_refused():
    for old in ("2003-05-07 12:00:00 - 2", "12:00:00 - 2"):
        content = ukbiobank_table().replace(old, "today - 2")
        with pytest.raises(UnparsableLine, match="line 1"):
            read_one(UkBiobankRecordings(), content, OSLO)
