"""Minute tables of several people, with weekdays but without dates."""

from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from clarity.adapters.files.limits import Limits
from clarity.adapters.files.nhanes import NEUTRAL_SUNDAY, NhanesRecordings
from clarity.domain.streams import Placement, Unit
from clarity.ports.recordings import ReadOptions, Source
from clarity.ports.unreadable import (
    IncompleteDay,
    NoSamples,
    NoSuchColumn,
    TooBig,
    UnparsableLine,
    WearTable,
)
from tests.support.recordings import long_table, source_of, wide_table
from tests.support.shared import shared

READER = NhanesRecordings()


def read(content, **options):
    return READER.read(source_of(content), options=ReadOptions(**options))


def codes(recording):
    return [notice.code for notice in recording.notices]


def test_day_one_is_a_sunday():
    assert NEUTRAL_SUNDAY.weekday() == 6


def test_a_recording_begins_on_its_weekday_and_runs_over_saturday():
    (recording,) = read(long_table({"7": [6, 7, 1, 2]}))

    assert recording.series.start.date() == date(2003, 1, 10)
    assert recording.series.start.strftime("%a") == "Fri"
    assert recording.series.values.size == 4 * 1440
    assert recording.report.gaps == 0
    assert codes(recording) == ["neutral-dates", "wear-unknown"]
    assert recording.series.zone.key == "UTC"
    assert (recording.series.unit, recording.series.placement) == (Unit.COUNTS, Placement.HIP)
    assert recording.series.device == "ActiGraph AM-7164"


def test_a_weekday_that_was_left_out_is_missing():
    (recording,) = read(long_table({"7": [1, 3]}))

    assert np.isnan(recording.series.values[1440:2880]).all()
    assert recording.report.gaps == 1


def test_wide_tables_count_days_and_their_weekdays_mean_nothing():
    (recording,) = read(wide_table({"7": [2, 1, 4]}))

    assert recording.series.start.date() == NEUTRAL_SUNDAY
    assert recording.series.values.size == 4 * 1440
    assert codes(recording) == ["neutral-dates", "weekdays-unknown", "wear-unknown"]


def test_wear_flags_come_from_a_second_table():
    flags = np.ones(1440)
    flags[:300] = 0
    wear = source_of(wide_table({"7": [1, 3]}, flags), "wear.csv")

    (recording,) = read(wide_table({"7": [1, 3]}), wear=wear)

    assert recording.series.worn.tolist() == [*(flags == 1), *[True] * 1440, *(flags == 1)]
    assert codes(recording) == ["neutral-dates", "weekdays-unknown"]


def test_wear_flags_must_be_flags_for_every_day():
    with pytest.raises(WearTable, match=r"wear.csv, line 2: .*only 0 and 1 in the wear table"):
        read(wide_table({"7": [1]}), wear=source_of(wide_table({"7": [1]}), "wear.csv"))
    ones = source_of(wide_table({"7": [1]}, np.ones(1440)), "wear.csv")
    with pytest.raises(WearTable, match="no flags"):
        read(wide_table({"7": [1, 2]}), wear=ones)


def test_a_wear_table_is_no_recording():
    with pytest.raises(WearTable, match="--wear"):
        read(wide_table({"7": [1]}, np.arange(1440) % 2))


def test_nobody_ever_moved_is_a_recording():
    (recording,) = read(wide_table({"7": [1]}, np.zeros(1440)))

    assert not recording.series.values.any()


def test_a_day_with_a_minute_too_few_is_refused():
    content = long_table({"7": [1, 2]}).rsplit("\n", 2)[0] + "\n"

    with pytest.raises(IncompleteDay, match=r"line 1442: .*1,439 lines"):
        read(content)


def test_a_wide_day_that_comes_twice_is_refused():
    with pytest.raises(IncompleteDay, match=r"line 3: .*comes twice"):
        read(wide_table({"7": [1, 1]}))


@pytest.mark.parametrize(("day", "words"), [("8", "the weekday"), ("0", "the day"), ("1.5", "day")])
def test_a_weekday_goes_from_one_to_seven(day, words):
    content = long_table({"7": [1]}).replace("7,1,5\n", f"7,{day},5\n")

    with pytest.raises(UnparsableLine, match=f"line 7: .*{words}"):
        read(content)


def test_other_tables_are_not_taken():
    assert READER.sniff(b"a,b\n1,2\n") is None
    assert READER.sniff(b"\0") is None
    with pytest.raises(NoSuchColumn, match="MIN1 to MIN1440"):
        read("a,b\n1,2\n")


def test_a_table_of_missing_values_is_refused():
    with pytest.raises(NoSamples):
        read("seqn,paxday,paxinten\n" + "7,1,\n" * 1440)


def test_blank_rows_alone_are_refused():
    heading = wide_table({})
    for content in ("seqn,paxday,paxinten\n" + " , , \n", heading + "," * 1441 + "\n"):
        with pytest.raises((NoSamples, UnparsableLine)):
            read(content)


def test_more_values_than_the_limit_are_refused():
    reader = NhanesRecordings(limits=Limits(max_values=2_000))

    with pytest.raises(TooBig, match="more than 2,000 values"):
        reader.read(source_of(wide_table({"7": [1, 2]})), options=ReadOptions())


def test_another_zone_moves_midnight():
    (recording,) = read(long_table({"7": [1]}), zone=ZoneInfo("America/New_York"))

    assert recording.series.start.isoformat() == "2003-01-05T00:00:00-05:00"


def shared_source(name):
    path = shared(f"data/nhanes/{name}")
    return Source(name=str(path), open=partial(path.open, "rb"))


def test_the_five_people_of_2003_have_a_week_each():
    source = shared_source("nhanes0304_5subj_paxinten.csv.gz")

    people = READER.read(source, options=ReadOptions())

    assert [person.participant for person in people] == [str(n) for n in range(21005, 21010)]
    assert [person.series.values.size for person in people] == [10_080] * 5
    assert [person.series.start.strftime("%a") for person in people] == [
        "Sun",
        "Sun",
        "Sun",
        "Thu",
        "Sun",
    ]
    assert sum(person.report.missing for person in people) == 0


@pytest.mark.slow
def test_the_fifty_people_have_275_days_and_their_wear():
    counts = shared_source("nhanes0306_50subj_counts_wide.csv.gz")
    wear = shared_source("nhanes0306_50subj_wear_wide.csv.gz")

    people = READER.read(counts, options=ReadOptions(wear=wear))

    assert len(people) == 50
    assert sum(person.report.samples for person in people) == 275 * 1440
    assert all(person.series.worn is not None for person in people)
