"""Every recording of the shared studies is analyzed, and what is no recording is refused in words."""

from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Command
from tests.support.shared import shared

DEPRESJON = {"PROVENANCE.md": "recording.no-column", "scores.csv": "recording.no-column"}


def refused_by_file(told: dict) -> dict[str, str]:
    assert all("; expected " in one["reason"] for one in told["refused"])
    return {Path(one["source"]).name: one["code"] for one in told["refused"]}


@pytest.mark.slow
def test_every_depresjon_recording_is_analyzed(clarity: Command, tmp_path: Path):
    said = clarity("analyze", shared("data/depresjon"), "--out", tmp_path / "out", "--json")

    assert said.code == 3
    assert len(said.told["analyzed"]) == 55
    assert refused_by_file(said.told) == DEPRESJON
    assert {one["findings"]["IS"] is not None for one in said.told["analyzed"]} == {True}
    assert len(list((tmp_path / "out").glob("*/report.html"))) == 55
    assert len((tmp_path / "out" / "summary.csv").read_text("utf-8").splitlines()) == 56


@pytest.mark.slow
def test_the_five_people_of_nhanes_are_analyzed_and_a_table_of_wear_is_refused(
    clarity: Command, tmp_path: Path
):
    table = shared("data/nhanes/nhanes0304_5subj_paxinten.csv.gz")
    wear = shared("data/nhanes/nhanes0306_50subj_wear_wide.csv.gz")

    said = clarity("analyze", table, wear, "--out", tmp_path / "out", "--json")

    assert said.code == 3
    assert [one["participant"] for one in said.told["analyzed"]] == [
        *("21005", "21006", "21007", "21008", "21009"),
    ]
    assert {one["source"] for one in said.told["analyzed"]} == {table.name}
    assert refused_by_file(said.told) == {wear.name: "recording.wear-table"}
    assert "--wear" in said.err
