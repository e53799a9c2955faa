"""`clarity summary`: rows per day and week, for people, machines and tables."""

import csv
from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Command

WEEK = ("--from", "2003-05-05", "--to", "2003-05-11")


def test_people_read_a_line_per_value(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed, "summary", "ada")

    _, second, _ = said.out.splitlines()
    assert said.code == 0
    assert second == "2003-05-08  2003-05-08  activity    total      100%  14,510,160 counts"


def test_machines_get_unit_and_coverage_in_every_row(clarity: Command, analyzed: Path):
    told = clarity("--store", analyzed, "summary", "ada", "--json").told

    assert [row["first"] for row in told] == ["2003-05-07", "2003-05-08", "2003-05-09"]
    assert {(row["stream"], row["metric"], row["unit"]) for row in told} == {
        ("activity", "total", "counts")
    }
    assert told[0]["coverage"] == pytest.approx(0.5)
    assert (told[0]["n_valid"], told[1]["coverage"], told[1]["reason"]) == (720, 1.0, "")


def test_a_table_has_the_same_rows(clarity: Command, analyzed: Path):
    told = clarity("--store", analyzed, "summary", "ada", "--json").told
    said = clarity("--store", analyzed, "summary", "ada", "--csv")

    rows = list(csv.DictReader(said.out.splitlines()))
    assert [(row["first"], float(row["value"])) for row in rows] == [
        (row["first"], row["value"]) for row in told
    ]


def test_a_week_with_too_little_has_a_reason_and_no_value(clarity: Command, analyzed: Path):
    (row,) = clarity("--store", analyzed, "summary", "ada", "--by", "week", *WEEK, "--json").told
    table = clarity("--store", analyzed, "summary", "ada", "--by", "week", "--csv").out
    said = clarity("--store", analyzed, "summary", "ada", "--by", "week").out

    assert (row["first"], row["last"], row["value"]) == ("2003-05-05", "2003-05-11", None)
    assert row["reason"] == "3 days with 600 min or more, a week needs 4"
    assert "activity,total,," not in table.splitlines()[0]
    assert ",total,,counts," in table.splitlines()[1]
    assert said.rstrip().endswith("a week needs 4")


def test_a_stream_that_is_not_there_has_no_rows(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed, "summary", "ada", "--stream", "hrv")

    assert (said.code, said.out) == (0, "")
    assert "nothing is stored" in said.err


def test_every_stream_that_was_looked_at_is_in_the_trail(clarity: Command, analyzed: Path):
    before = clarity("--store", analyzed, "audit", "report").out.count(",read,")

    clarity("--store", analyzed, "summary", "ada", "--stream", "steps", "--stream", "activity")

    after = clarity("--store", analyzed, "audit", "report").out.count(",read,")
    assert after - before == 2


def test_one_answer_at_a_time(clarity: Command):
    assert clarity("summary", "ada", "--json", "--csv").code == 2
