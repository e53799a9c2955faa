"""Tables with a time and several streams in each line."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.adapters.files.csv_table import CsvRecordings
from clarity.adapters.files.wide_streams import WideStreamRecordings
from clarity.domain.streams import Unit
from clarity.ports.recordings import ColumnUnit, ReadOptions
from clarity.ports.unreadable import (
    AmbiguousColumn,
    ContradictoryTimes,
    MissingUnit,
    MissingZone,
    NoSamples,
    NoSuchColumn,
)
from tests.support.recordings import source_of, stamped, streams_table

OSLO = ReadOptions(zone=ZoneInfo("Europe/Oslo"))
READER = WideStreamRecordings()


def read(table, **options):
    given_options = ReadOptions(zone=OSLO.zone, **options)
    return READER.read(source_of(table), options=given_options)


def units(table, **options):
    return [one.series.unit for one in read(table, **options)]


def test_every_stream_is_a_recording_of_its_own_in_the_order_of_the_columns():
    table = streams_table(heads=("Steps", "Note", "Heart rate", "RMSSD (ms)", "Respiratory Rate"))

    assert units(table) == [
        Unit.STEPS_PER_MIN,
        Unit.BEATS_PER_MIN,
        Unit.RMSSD_MS,
        Unit.BREATHS_PER_MIN,
    ]


@pytest.mark.parametrize("head", ["HRV", "Activity", "Sleep stage"])
def test_a_heading_that_leaves_its_unit_open_is_refused_until_it_is_said(head):
    table = streams_table(heads=("HR", head))

    with pytest.raises(MissingUnit, match=rf"the column {head}.*--column"):
        read(table)
    said = (ColumnUnit(name=head, unit=Unit.RMSSD_MS), ColumnUnit(name="hr", unit=Unit.COUNTS))
    assert units(table, columns=said) == [Unit.COUNTS, Unit.RMSSD_MS]


def test_a_unit_picks_the_column_that_can_have_it():
    table = streams_table(heads=("HR", "HRV", "Steps"))

    assert units(table, unit=Unit.SDNN_MS) == [Unit.SDNN_MS]
    assert units(table, unit=Unit.STEPS_PER_MIN) == [Unit.STEPS_PER_MIN]
    with pytest.raises(NoSuchColumn):
        read(table, unit=Unit.MIMS)


def people_table(rows):
    return "\n".join(("Subject,Time,HR,Steps", *(",".join(row) for row in rows))) + "\n"


def test_people_that_a_column_of_labels_tells_apart_are_read_alone():
    later = stamped(30, start="2003-06-07T12:00")
    rows = [("a", stamp, str(i), "") for i, stamp in enumerate(stamped(30))]
    rows += [("b", stamp, "60", str(i)) for i, stamp in enumerate(later)]

    found = read(people_table(rows))

    assert [(one.participant, one.series.unit) for one in found] == [
        ("a", Unit.BEATS_PER_MIN),
        ("b", Unit.BEATS_PER_MIN),
        ("b", Unit.STEPS_PER_MIN),
    ]
    assert [one.series.values.size for one in found] == [30, 30, 30]
    assert {notice.code for one in found for notice in one.notices} == {"people-told-apart"}


def test_a_person_without_a_value_is_refused():
    rows = [(person, stamp, value, value) for person, value in ("a7", "b ") for stamp in stamped(9)]

    with pytest.raises(NoSamples):
        read(people_table(rows))


def test_a_column_that_is_named_alone_is_read_alone():
    assert units(streams_table(), value_column="steps") == [Unit.STEPS_PER_MIN]


def test_a_column_that_does_not_exist_is_refused():
    with pytest.raises(NoSuchColumn, match="'pulse'"):
        read(streams_table(), columns=(ColumnUnit(name="pulse", unit=Unit.BEATS_PER_MIN),))


def test_two_columns_of_one_stream_are_refused():
    table = streams_table(heads=("RMSSD", "SDNN", "HR"))

    with pytest.raises(AmbiguousColumn, match=r"\(RMSSD, SDNN\).*--column"):
        read(table)


@pytest.mark.parametrize("heads", [("HR",), ("HR", "bpm"), ("x", "y")])
def test_a_table_of_one_stream_is_left_to_others(heads):
    assert READER.sniff(streams_table(heads=heads).encode()) is None


def test_a_column_without_a_value_is_left_out_and_a_notice_says_so():
    lines = streams_table().splitlines()
    table = "\n".join([lines[0], *(line.rpartition(",")[0] + "," for line in lines[1:])])

    (recording,) = read(table)

    assert recording.series.unit is Unit.BEATS_PER_MIN
    assert [(one.code, "Steps" in one.text) for one in recording.notices] == [
        ("stream-empty", True)
    ]


def test_a_table_without_any_value_is_refused():
    table = "\n".join(["Time,HR,Steps", *(f"{stamp},," for stamp in stamped(5))])

    with pytest.raises(NoSamples):
        read(table)


def test_a_table_of_blank_lines_is_refused():
    with pytest.raises(NoSamples):
        READER.read(
            source_of("Time,HR,Steps\n2003-05-07,,\n".replace("2003-05-07", "")), options=OSLO
        )


def test_a_date_may_stand_beside_its_clock_time_and_decimals_may_have_a_comma():
    rows = [f"{s[:10]};{s[11:]};60,5;{i}" for i, s in enumerate(stamped(9))]

    heart, steps = read("\n".join(("Date;Time;HR;Steps", *rows)))

    assert heart.series.values.tolist() == [60.5] * 9
    assert steps.series.values.tolist() == list(range(9))


def test_times_that_come_again_with_other_values_are_refused():
    rows = [f"{stamp},{i},{i}" for i, stamp in enumerate([*stamped(9), *stamped(9)])]

    with pytest.raises(ContradictoryTimes):
        read("\n".join(("Time,HR,Steps", *rows)))


def test_the_zone_must_be_known():
    with pytest.raises(MissingZone):
        READER.read(source_of(streams_table()), options=ReadOptions())


VALUES = st.one_of(st.none(), st.integers(0, 200))


@given(st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=40))
def test_each_stream_is_what_its_column_alone_would_be(rows):
    rows = [(1, 1), *rows]
    cells = [["" if value is None else str(value) for value in row] for row in rows]
    body = [",".join((stamp, *row)) for stamp, row in zip(stamped(len(rows)), cells, strict=True)]
    table = "\n".join(("Time,HR,Steps", *body)) + "\n"

    together = read(table)

    for name, one in zip(("HR", "Steps"), together, strict=True):
        options = ReadOptions(zone=OSLO.zone, value_column=name)
        (alone,) = CsvRecordings().read(source_of(table), options=options)
        assert one.series == alone.series
        assert one.report == alone.report
        assert not np.isinf(one.series.values).any()
