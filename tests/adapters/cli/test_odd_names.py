"""Names of files and words of a command that not every system can write."""

import csv
import os
import sys
from pathlib import Path

import pytest

from tests.adapters.cli.conftest import GOOD, Command

LATIN_1 = os.fsdecode("Bjørn".encode("latin-1"))
"""A name as an old Windows wrote it: on a disk, but no UTF-8."""

on_any_bytes = pytest.mark.skipif(
    sys.platform == "darwin", reason="macOS keeps no name that is not UTF-8"
)


def people_in(folder: Path) -> list[str]:
    with (folder / "summary.csv").open(newline="", encoding="utf-8") as file:
        return [row["participant"] for row in csv.DictReader(file)]


@on_any_bytes
@pytest.mark.parametrize("answer", [(), ("--json",)])
def test_a_name_that_is_no_utf_8_stops_nobody_and_is_told_by_its_bytes(
    clarity: Command, ada: Path, tmp_path: Path, answer: tuple[str, ...]
):
    (tmp_path / f"{LATIN_1}.csv").write_text(GOOD)

    said = clarity("analyze", ada, tmp_path / f"{LATIN_1}.csv", "--out", tmp_path / "out", *answer)

    assert said.code == 0
    assert people_in(tmp_path / "out") == ["ada", "Bj%F8rn"]


@on_any_bytes
def test_a_bad_file_of_such_a_name_is_refused_like_any_other(
    clarity: Command, ada: Path, bad: Path, tmp_path: Path
):
    bad = bad.rename(tmp_path / f"{LATIN_1}.csv")

    said = clarity("analyze", ada, bad, "--out", tmp_path / "out")

    assert said.code == 3
    assert "Bj%F8rn.csv: no reader knows this format" in said.err
    assert "Bj%F8rn.csv" in (tmp_path / "out" / "refused.csv").read_text("utf-8")


@on_any_bytes
def test_a_folder_of_such_a_name_holds_the_documents(clarity: Command, ada: Path, tmp_path: Path):
    out = tmp_path / LATIN_1

    told = clarity("analyze", ada, "--out", out, "--json")

    assert told.code == 0
    assert told.told["out"].endswith("Bj%F8rn")
    assert (out / "report.html").is_file()


def test_a_name_with_a_line_break_is_told_in_one_line(clarity: Command, tmp_path: Path):
    (tmp_path / "a\nb.csv").write_text(GOOD)

    said = clarity("analyze", tmp_path / "a\nb.csv", "--out", tmp_path / "out")

    assert said.code == 0
    assert people_in(tmp_path / "out") == ["a%0Ab"]


def test_backslashes_in_names_make_no_two_people_one(clarity: Command, tmp_path: Path):
    study = tmp_path / "study"
    study.mkdir()
    for name in ("first\\night.csv", "second\\night.csv"):
        (study / name).write_text(GOOD)

    assert clarity("analyze", study, "--out", tmp_path / "out").code == 0
    assert people_in(tmp_path / "out") == ["first%5Cnight", "second%5Cnight"]


@pytest.mark.parametrize(
    "option", ["--patient", "--device", "--tz", "--format", "--time-column", "--value-column"]
)
def test_a_word_that_is_no_utf_8_is_wrong_usage(
    clarity: Command, ada: Path, tmp_path: Path, option: str
):
    said = clarity("analyze", ada, option, LATIN_1, "--out", tmp_path / "out")

    assert said.code == 2
    assert option in said.err
    assert "UTF-8" in said.err
    assert not (tmp_path / "out").exists()


def test_an_error_about_such_a_name_is_json_too(clarity: Command, tmp_path: Path):
    said = clarity("--store", tmp_path / LATIN_1, "store", "status", "--json")

    assert said.code == 1
    assert said.told["error"]["code"] == "store.not-there"
