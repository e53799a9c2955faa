"""Plain tables as people and devices write them."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from attrs import evolve

from clarity.adapters.files._intake import label_of
from clarity.adapters.files.csv_table import CsvRecordings
from clarity.adapters.files.limits import Limits
from clarity.domain.streams import Unit
from clarity.ports.recordings import DateOrder, ReadOptions
from clarity.ports.unreadable import (
    AbsurdDate,
    AmbiguousColumn,
    AmbiguousDates,
    ContradictoryTimes,
    MisencodedText,
    MissingZone,
    NegativeValue,
    NoSamples,
    NoSuchColumn,
    OddEpoch,
    TooBig,
    TooFineEpoch,
    UnevenTimes,
    UnparsableLine,
)
from tests.support.recordings import plain_table, read_one, source_of, stamped

OSLO = ReadOptions(zone=ZoneInfo("Europe/Oslo"))
UTC_ = ReadOptions(zone=ZoneInfo("UTC"))
READER = CsvRecordings()


def table(stamps, values=None, *, head="timestamp,value"):
    values = range(len(stamps)) if values is None else values
    rows = [f"{stamp},{value}" for stamp, value in zip(stamps, values, strict=True)]
    return "\n".join((head, *rows)) + "\n"


def read(content, options=OSLO):
    return read_one(READER, content, options)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_delimiter_is_found(delimiter):
    recording = read(plain_table(delimiter=delimiter))

    assert recording.series.values.tolist() == [7 * i for i in range(30)]
    assert recording.series.start == datetime(2003, 5, 7, 12, tzinfo=OSLO.zone)


@pytest.mark.parametrize(
    "stamps",
    [
        ["2003-05-13T12:00:00", "2003-05-13T12:01:00"],
        ["2003-05-13 12:00", "2003-05-13 12:01"],
        ["2003/05/13 12:00:00.250", "2003/05/13 12:01:00,5"],
        ["20030513 12:00", "20030513 12:01"],
        ["13.05.2003 12:00", "13.05.2003 12:01"],
        ["13.5.2003 12:00:00", "13.5.2003 12:01:00"],
        ["5/13/2003 12:00:00 PM", "5/13/2003 12:01:00 PM"],
        ["2003-05-13T12:00+02:00", "2003-05-13T12:01+02:00"],
        ["2003-05-13T10:00Z", "2003-05-13T10:01Z"],
        ["2003-05-13 06:00:00 -0400", "2003-05-13 06:01:00 -0400"],
        ["2003-05-13 10:00 UTC", "2003-05-13 10:01 UTC"],
        ["2003-05-13 15:30+05:30", "2003-05-13 15:31+05:30"],
        ["2003-05-13 12:00+02", "2003-05-13 12:01+02"],
        ["1052820000", "1052820060"],
        ["1052820000000", "1052820060000"],
        ["1052820000.5", "1052820060.5"],
    ],
)
def test_a_time_is_understood_however_it_is_written(stamps):
    content = table([f'"{stamp}"' for stamp in stamps], [5, 6])

    recording = read(content, ReadOptions(zone=OSLO.zone))

    assert recording.series.start.astimezone(UTC) == datetime(2003, 5, 13, 10, tzinfo=UTC)
    assert recording.series.values.tolist() == [5, 6]
    assert recording.series.epoch_s == 60


def test_midnight_is_twelve_in_the_morning():
    recording = read(table(["5/13/2003 12:00 AM", "5/13/2003 12:01 AM"]))

    assert recording.series.start == datetime(2003, 5, 13, tzinfo=OSLO.zone)


def test_a_date_beside_a_clock_time_is_one_time():
    content = "Date,Clock,Counts\n13.05.2003,12:00,5\n13.05.2003,12:01,6\n"

    assert read(content).series.start == datetime(2003, 5, 13, 12, tzinfo=OSLO.zone)


def test_a_decimal_comma_is_read_where_the_comma_does_not_divide():
    content = "time;value\n2003-05-07 12:00;1,5\n2003-05-07 12:01;2\n2003-05-07 12:02;0,25\n"

    assert read(content).series.values.tolist() == [1.5, 2, 0.25]


def test_a_thousands_mark_is_refused():
    content = "time;value\n2003-05-07 12:00;1,5\n2003-05-07 12:01;1.500,5\n"

    with pytest.raises(UnparsableLine, match=r"line 3: .*the value"):
        read(content)


@pytest.mark.parametrize("comma", ["1,250", "12,250,000"])
def test_commas_that_may_be_thousands_marks_are_refused(comma):
    content = f"time\tvalue\n2003-05-07 12:00\t950\n2003-05-07 12:01\t{comma}\n"

    with pytest.raises(UnparsableLine, match="thousands"):
        read(content)


@pytest.mark.parametrize("decimal", ["0,250", "1,25"])
def test_one_decimal_comma_shows_what_the_others_are(decimal):
    content = f"time\tvalue\n2003-05-07 12:00\t950\n2003-05-07 12:01\t{decimal}\n"

    assert read(content + "2003-05-07 12:02\t1,250\n").series.values.tolist()[2] == 1.25


def test_text_in_two_bytes_that_is_none_is_refused():
    content = plain_table().encode("utf-16") + b"\x00\xd8\n\x00"

    with pytest.raises(MisencodedText) as refused:
        read(content)

    assert refused.value.line == 0


def test_a_table_without_a_heading_and_with_comments_is_read():
    content = "# made by hand\n\n2003-05-07 12:00,5\n2003-05-07 12:01,6\n"

    assert read(content).series.values.tolist() == [5, 6]
    assert read(content, ReadOptions(zone=OSLO.zone, value_column="Column 2")).series.values[0] == 5


def test_blank_lines_and_a_trailing_delimiter_do_no_harm():
    content = "time,value\n2003-05-07 12:00,5,\n\n,\n2003-05-07 12:01,6,\n"

    assert read(content).series.values.tolist() == [5, 6]


@pytest.mark.parametrize("before", ["sep=,", ",,", ' , ,"",'])
def test_what_a_spreadsheet_puts_before_the_heading_does_no_harm(before):
    recording = read(f"{before}\n" + plain_table())

    assert recording.series.values.tolist() == [7 * i for i in range(30)]


def test_lines_are_counted_from_the_top_over_blanks_and_comments():
    content = "# a\n\ntime,value\n2003-05-07 12:00,5\n\n2003-05-07 12:01,x\n"

    with pytest.raises(UnparsableLine) as refused:
        read(content)

    assert refused.value.line == 6


def test_named_columns_win():
    content = "a,b,c,d\n" + "\n".join(f"{i},{s},{2 * i},x" for i, s in enumerate(stamped(4)))

    recording = read(content, ReadOptions(zone=OSLO.zone, time_column="B", value_column="C"))

    assert recording.series.values.tolist() == [0, 2, 4, 6]


@pytest.mark.parametrize("options", [{"time_column": "zeit"}, {"value_column": "wert"}])
def test_a_named_column_must_exist(options):
    with pytest.raises(NoSuchColumn, match=r"there is no column '(zeit|wert)'.*--value-column"):
        read(plain_table(), ReadOptions(zone=OSLO.zone, **options))


def test_a_named_column_must_be_one():
    twice = table(stamped(3), ["1,2"] * 3, head="time,value,Value!")

    assert read(twice, evolve(OSLO, value_column="Value!")).series.values.tolist() == [2] * 3
    for name, head in (("VALUE", "Value!"), ("value", "value")):
        content = twice.replace("Value!", head)
        with pytest.raises(AmbiguousColumn, match="2 columns"):
            read(content, evolve(OSLO, value_column=name))


def test_without_times_there_is_no_recording():
    with pytest.raises(NoSuchColumn, match="none holds dates with times"):
        read("a,b\n1,2\n3,4\n")


def test_without_numbers_there_is_no_recording():
    with pytest.raises(NoSuchColumn, match="none holds numbers"):
        read("time,state\n2003-05-07 12:00,asleep\n")


def test_one_column_is_no_table():
    with pytest.raises(NoSuchColumn, match="one cell each"):
        read("counts\n1\n2\n")


def test_nothing_but_comments_is_no_recording():
    with pytest.raises(NoSamples):
        read("# nothing\n\n")


def test_two_columns_of_numbers_are_not_chosen_between():
    content = "time,x,y\n2003-05-07 12:00,1,2\n2003-05-07 12:01,1,2\n"

    with pytest.raises(AmbiguousColumn, match=r"\(x, y\).*--value-column"):
        read(content)


def test_of_headings_without_end_the_beginning_is_told():
    head = ",".join(("time", *(f"{i}{'x' * 900}" for i in range(30))))

    with pytest.raises(AmbiguousColumn) as refused:
        read(f"{head}\n2003-05-07 12:00{',1' * 30}\n")

    assert len(str(refused.value)) < 800


@pytest.mark.parametrize("between", [", ", " ,", " , "])
def test_blanks_beside_the_delimiter_do_no_harm(between):
    recording = read(plain_table().replace(",", between))
    second = "\n".join(f"x{between}{line}" for line in plain_table().splitlines())

    assert recording.series.values.tolist() == [7 * i for i in range(30)]
    assert read(second.replace(",", between)).series == recording.series


def test_a_known_heading_is_chosen_among_numbers():
    content = "time,lux,Steps\n2003-05-07 12:00,1,2\n2003-05-07 12:01,1,3\n"

    recording = read(content)

    assert recording.series.values.tolist() == [2, 3]
    assert recording.series.unit is Unit.STEPS_PER_MIN


def test_an_unknown_heading_is_taken_for_counts_and_said_so():
    recording = read(table(stamped(3)))

    assert recording.series.unit is Unit.COUNTS
    assert [notice.code for notice in recording.notices] == ["unit-assumed"]
    assert read(plain_table()).notices == ()


@pytest.mark.parametrize("stamp", ["2003-05-07 12:0{}", "2003-05-07T12:0{}Z", "105230160{}"])
def test_the_zone_of_the_person_must_be_given(stamp):
    with pytest.raises(MissingZone, match="--tz Europe/Oslo"):
        read(table([stamp.format(i) for i in range(3)]), ReadOptions())


@pytest.mark.parametrize("stamp", ["05.06.2003 12:0{}", "5/6/2003 12:0{}", "5-6-2003 12:0{}"])
def test_day_and_month_that_cannot_be_told_are_refused(stamp):
    content = table([stamp.format(i) for i in range(3)])

    with pytest.raises(AmbiguousDates, match="--dates dmy or --dates mdy"):
        read(content)


@pytest.mark.parametrize(("order", "month"), [(DateOrder.DMY, 6), (DateOrder.MDY, 5)])
def test_the_caller_can_say_the_order_of_day_and_month(order, month):
    content = table([f"05.06.2003 12:0{i}" for i in range(3)])

    recording = read(content, ReadOptions(zone=OSLO.zone, date_order=order))

    assert recording.series.start.month == month


def test_dates_that_contradict_each_other_are_refused():
    content = table(["13.05.2003 12:00", "05.13.2003 12:01"])

    with pytest.raises(AmbiguousDates, match=r"line 3: .*contradict"):
        read(content)


@pytest.mark.parametrize(
    "stamp",
    [
        "2003-13-40 12:01",
        "2003-02-30 12:01",
        "40.40.2003 12:01",
        "03-05-07 12:01",
        "2003-05-07 25:00",
        "2003-05-07 13:00 PM",
        "2003-05-07",
        "noon",
        "2003-05-07 12:01Z",
        "1052301660",
        "",
    ],
)
def test_a_time_that_is_none_is_refused_with_its_line(stamp):
    content = table([*stamped(2), stamp])

    with pytest.raises(UnparsableLine) as refused:
        read(content)

    assert refused.value.line == 4


@pytest.mark.parametrize("offset", ["+15:00", "-99:99", "+02:60", "+1:00"])
def test_an_offset_that_no_clock_has_is_refused_with_its_line(offset):
    stamps = [f"{stamp}+02:00" for stamp in stamped(2)] + [f"2003-05-07 12:02{offset}"]

    with pytest.raises(UnparsableLine, match="line 4"):
        read(table(stamps))


def test_a_named_column_without_times_is_refused():
    with pytest.raises(UnparsableLine, match=r"line 2: .*the time"):
        read("a,b\nx,2\n", ReadOptions(zone=OSLO.zone, time_column="a"))


def test_seconds_since_1970_stay_seconds():
    with pytest.raises(UnparsableLine, match=r"line 3"):
        read(table(["1052301600", "2003-05-07 12:00"]))


@pytest.mark.parametrize("stamp", ["1903-05-07 12:00", "2203-05-07 12:00", "100000000"])
def test_an_absurd_date_is_refused(stamp):
    with pytest.raises(AbsurdDate, match="1980 to 2100"):
        read(table([stamp, stamp]))


@pytest.mark.parametrize(
    ("stamps", "words"),
    [
        (stamped(1), "one time alone"),
        (stamped(4, step_s=47), "usual step is 47 s"),
        (stamped(10) + stamped(9, start="2003-05-07T12:11", step_s=30), "30 s"),
        (["1990-01-01 00:00:00", *stamped(9, step_s=1)], "wrong year"),
    ],
)
def test_times_that_make_no_even_recording_are_refused(stamps, words):
    with pytest.raises(UnevenTimes, match=words):
        read(table(stamps))


def test_several_people_in_one_table_are_not_mixed():
    content = table([*stamped(60), *stamped(60)], [*range(60), *range(60, 120)])

    with pytest.raises(ContradictoryTimes, match=r"60 of them.*split the file by person"):
        read(content)


def people_table(rows, head="Id,time,value"):
    return "\n".join((head, *(",".join(map(str, row)) for row in rows))) + "\n"


def rows_of(person, n=60, *, start="2003-05-07T12:00", first=0):
    return [(person, stamp, first + i) for i, stamp in enumerate(stamped(n, start=start))]


def read_all(content, options=OSLO):
    return READER.read(source_of(content), options=options)


@pytest.mark.parametrize("start", ["2003-05-07T12:00", "2003-06-07T12:00"])
@pytest.mark.parametrize("name", ["Id", "participant", "Subject ID", "user"])
def test_people_that_a_column_of_labels_tells_apart_are_read_alone(name, start):
    theirs = [rows_of("b"), rows_of("a", start=start, first=100)]
    mixed = [row for pair in zip(*theirs, strict=True) for row in pair]

    found = read_all(people_table(mixed, f"{name},time,value"))

    alone = [read(people_table(rows)).series for rows in theirs]
    assert [one.participant for one in found] == ["b", "a"]
    assert [one.series for one in found] == alone
    assert {notice.code for one in found for notice in one.notices} == {
        "unit-assumed",
        "people-told-apart",
    }
    assert all(one.report.out_of_order == 0 for one in found)


def test_the_hour_that_comes_twice_is_told_for_each_person_alone():
    stamps = ["2003-10-26 02:00", "2003-10-26 02:30"] * 2
    rows = [(person, stamp, i) for i, stamp in enumerate(stamps) for person in "ab"]

    first, second = read_all(people_table(rows))

    assert first.series.values.tolist() == second.series.values.tolist() == [0, 1, 2, 3]


def test_the_caller_s_label_goes_before_each_person_of_a_table():
    options = ReadOptions(zone=OSLO.zone, participant="ward")

    found = read_all(people_table(rows_of("a") + rows_of("b")), options)

    assert [one.participant for one in found] == ["ward-a", "ward-b"]


@pytest.mark.parametrize("labels", [["7"] * 60, range(60), [""] * 60])
def test_one_label_or_a_number_in_each_row_tells_nobody_apart(labels):
    rows = [(label, *row[1:]) for label, row in zip(labels, rows_of(""), strict=True)]

    (recording,) = read_all(people_table(rows))

    assert recording.participant == "person_7"
    assert recording.series.values.tolist() == list(range(60))
    assert [notice.code for notice in recording.notices] == ["unit-assumed"]


def test_a_row_without_a_label_among_others_with_one_is_refused():
    rows = [*rows_of("a"), *rows_of(""), *rows_of("b")]

    with pytest.raises(UnparsableLine, match=r"line 62: .*the label of the person"):
        read_all(people_table(rows))


def test_rows_may_be_numbered_without_end_and_people_may_not():
    numbered = rows_of("", 100_010)
    rows = [(i, *row[1:]) for i, row in enumerate(numbered)]

    (recording,) = read_all(people_table(rows))
    assert recording.series.values.size == 100_010
    with pytest.raises(TooBig, match="more than 100,000 people"):
        read_all(people_table([rows[0], *rows]))


def test_a_column_of_labels_is_no_column_of_values():
    (recording,) = read_all(people_table([(*row, "x") for row in rows_of(5)], "Id,time,lux,note"))

    assert recording.series.values.tolist() == list(range(60))


def test_times_that_are_not_even_are_told_once_with_what_to_do():
    with pytest.raises(UnevenTimes) as refused:
        read(table([f"2003-05-07T12:{m:02}:{s:02}" for m in range(60) for s in (0, 47)]))

    assert str(refused.value) == (
        "folder/person_7.csv: the times make no even recording (the usual step is 47 s, which is "
        "no epoch in use); expected evenly spaced times, 1 s to 30 min apart; split the file, or "
        "say how long an epoch is with --epoch"
    )


def test_an_epoch_of_which_no_whole_number_makes_a_day_is_refused():
    seven = ReadOptions(zone=OSLO.zone, epoch_s=7)

    with pytest.raises(OddEpoch) as refused:
        read(table([f"2003-05-07T12:00:{s:02}" for s in range(0, 60, 7)]), seven)

    assert str(refused.value) == (
        "folder/person_7.csv: a day is no whole number of these epochs (7 s); expected an epoch "
        "that divides the day, as 5 s, 30 s or 60 s; export the recording at another epoch, or "
        "say it with --epoch"
    )


def test_a_given_epoch_that_would_leave_holes_between_all_values_is_refused():
    half = ReadOptions(zone=OSLO.zone, epoch_s=30)

    with pytest.raises(TooFineEpoch) as refused:
        read(table([*stamped(30), *stamped(30, start="2003-05-07T13:00")]), half)

    assert str(refused.value) == (
        "folder/person_7.csv: the given epoch is shorter than the steps between the times (30 s, "
        "and the times are 60 s apart); expected an epoch as long as a step; leave --epoch out, or "
        "give it as long as a step"
    )


@pytest.mark.parametrize("seconds", [[0], [0, 60, 90, 150, 180, 240], [0, 59, 118, 177]])
def test_a_given_epoch_is_taken_where_the_times_do_not_say_otherwise(seconds: list[int]):
    stamps = [f"2003-05-07T12:{s // 60:02}:{s % 60:02}" for s in seconds]

    assert read(table(stamps), ReadOptions(zone=OSLO.zone, epoch_s=30)).series.epoch_s == 30


def test_a_given_epoch_and_repeats_are_reported():
    content = table([*stamped(60), stamped(60)[3]], [*range(60), 99])

    recording = read(content, ReadOptions(zone=OSLO.zone, epoch_s=60))

    assert recording.series.values[3] == 99
    assert (recording.report.conflicts, recording.report.out_of_order) == (1, 1)


def test_daylight_saving_is_applied_and_reported():
    content = table(["2003-03-30 01:59", "2003-03-30 02:00", "2003-03-30 03:01"])

    recording = read(content)

    assert recording.report.in_gap == 1
    assert recording.series.values.tolist() == [0, 1, 2]


def test_all_blank_values_are_no_recording():
    with pytest.raises(NoSamples):
        read(table(stamped(5), [""] * 5))


def test_a_minus_is_allowed_in_sleep_stages_alone():
    content = table(stamped(3), [-1, 0, 2])

    stages = read(content, ReadOptions(zone=OSLO.zone, unit=Unit.SLEEP_STAGE))

    assert stages.series.values.tolist() == [-1, 0, 2]
    with pytest.raises(NegativeValue):
        read(content)


def test_a_row_much_wider_than_the_heading_is_refused():
    with pytest.raises(UnparsableLine, match=r"line 2: .*more cells"):
        read("time,value\n2003-05-07 12:00,1" + ",1" * 5_000 + "\n")


@pytest.mark.parametrize("extra", ["5", '"a"'])
def test_a_cell_without_a_heading_is_refused(extra):
    content = table(stamped(30)).replace(",7\n", f",7,{extra}\n")

    with pytest.raises(UnparsableLine, match=r"line 9: .*more cells"):
        read(content)


def test_rows_with_a_number_before_them_that_has_no_heading_are_refused():
    rows = "".join(f"{i},{stamp},{10 * i}\n" for i, stamp in enumerate(stamped(30)))

    with pytest.raises(UnparsableLine, match=r"line 2: .*more cells"):
        read("time,value\n" + rows)


@pytest.mark.parametrize("length", [10, 100_000])
def test_quotes_that_do_not_close_are_refused(length):
    content = plain_table(60) + '"' + "x\n" * length

    with pytest.raises(UnparsableLine, match=r"line 62: .*quote"):
        read(content)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_cell_that_swallows_the_lines_to_the_next_quote_is_refused(end):
    notes = ['"' if i in {5, 20} else "" for i in range(30)]
    rows = [f"{stamp},1,{note}" for stamp, note in zip(stamped(30), notes, strict=True)]

    with pytest.raises(UnparsableLine, match=r"line 7: .*quote"):
        read(end.join(("time,value,note", *rows)))


def test_more_lines_or_bytes_than_the_limits_are_refused():
    with pytest.raises(TooBig, match="more than 20 lines"):
        read_one(CsvRecordings(limits=Limits(max_values=20)), plain_table(30), OSLO)
    with pytest.raises(TooBig, match="more than 100 bytes"):
        read_one(CsvRecordings(limits=Limits(max_bytes=100)), plain_table(30), OSLO)


def test_the_limits_are_those_that_the_port_tells():
    limits = Limits()

    assert (limits.max_values, limits.max_bytes) == (10_000_000, 1 << 30)
    assert (limits.max_growth, limits.growth_from_bytes) == (200, 64 << 20)


def test_a_long_table_is_read_in_pieces_and_cut_heads_do_no_harm():
    n = 50_000

    recording = read(plain_table(n))

    assert np.array_equal(recording.series.values, 7.0 * np.arange(n))


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("/data/a b/condition_1.csv.gz", "condition_1"),
        ("C:\\data\\anna.TXT", "anna"),
        ("anna.v2.csv", "anna.v2"),
        (".csv", ".csv"),
        ("/", "recording"),
    ],
)
def test_the_label_is_the_name_without_its_endings(name, label):
    assert label_of(name) == label


def test_only_tables_with_times_are_recognized():
    assert READER.sniff(b"a,b\n1,2\n") is None
    assert READER.sniff(b'a,b\n"' + b"x" * 140_000) is None
    assert READER.sniff(b"\0\1") is None


@contextmanager
def counted_rounds() -> Iterator[list[int]]:
    """The generations that the garbage collector looks through inside the block."""
    rounds: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            rounds.append(info["generation"])

    gc.collect()
    gc.callbacks.append(note)
    try:
        yield rounds
    finally:
        gc.callbacks.remove(note)


def test_a_long_table_is_read_without_the_garbage_collector_holding_all_threads_up():
    content = plain_table(50_000)

    with counted_rounds() as rounds:
        read(content)

    assert len(rounds) < 10
