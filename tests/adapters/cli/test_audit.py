import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.adapters.cli.conftest import GOOD, Command
from tests.support.dynamodb import credentials


def rows(text: str) -> list[dict[str, str]]:
    """What happened to people; the reports themselves are in the chain of the tenant."""
    told = csv.DictReader(io.StringIO(text, newline=""))
    return [row for row in told if row["patient"] != "clarity:tenant"]


def tampered(store: Path, *statements: str) -> None:
    """Somebody with the file changes it."""
    with closing(sqlite3.connect(store)) as connection, connection:
        for name in ("audit_is_never_edited", "audit_is_never_deleted"):
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)


def test_the_report_has_a_row_for_everything_that_happened(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed, "audit", "report")

    assert said.code == 0
    assert [row["operation"] for row in rows(said.out)] == ["ingest", "read", "analyze"]
    assert {row["patient"] for row in rows(said.out)} == {"ada"}


def test_the_report_as_json_is_one_document(clarity: Command, analyzed: Path):
    told = clarity("--store", analyzed, "audit", "report", "--format", "json").told

    assert [one["seq"] for one in told] == [1, 2, 3, 1]


def test_the_report_as_json_lines_is_enough_to_verify_the_chain(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed, "audit", "report", "--format", "jsonl")

    told = [json.loads(line) for line in said.out.splitlines()]
    people = [json.loads(one["body"])["patient"] for one in told]
    assert [one["seq"] for one in told] == [1, 2, 3, 1]
    assert people == ["ada", "ada", "ada", "clarity:tenant"]


def test_the_report_as_a_page(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed, "audit", "report", "--format", "html")

    assert said.out.startswith("<!doctype html>")
    assert said.out.count("<tr>") == 1 + 3 + 1


def test_a_report_about_the_whole_tenant_is_in_the_chain_of_the_tenant(
    clarity: Command, analyzed: Path
):
    clarity("--store", analyzed, "--actor", "auditor", "audit", "report")

    said = clarity("--store", analyzed, "audit", "report", "--patient", "clarity:tenant")

    told = list(csv.DictReader(io.StringIO(said.out, newline="")))
    assert (told[0]["operation"], told[0]["actor"]) == ("audit-report", "auditor")


def test_a_report_about_a_patient_is_in_the_trail_itself(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed, "--actor", "auditor", "audit", "report", "--patient", "ada")

    assert rows(said.out)[-1]["operation"] == "audit-report"
    assert rows(said.out)[-1]["actor"] == "auditor"


def test_the_report_can_be_narrowed(clarity: Command, analyzed: Path):
    asked = ("--store", analyzed, "audit", "report")

    by_other = clarity(*asked, "--by", "nobody")
    by_entity = clarity(*asked, "--entity", "chunk/activity/2003-05-08")

    assert rows(by_other.out) == []
    assert [row["operation"] for row in rows(by_entity.out)] == ["ingest", "read"]


@pytest.mark.parametrize(
    ("period", "found"),
    [
        ("..", 3),
        ("2020-01-01..", 3),
        ("..2020-01-01", 0),
        ("2020-01-01T00:00..2999-01-01", 3),
        ("2999-01-01T00:00+02:00..", 0),
    ],
)
def test_a_period_narrows_the_report(clarity: Command, analyzed: Path, period: str, found: int):
    said = clarity("--store", analyzed, "audit", "report", "--period", period)

    assert len(rows(said.out)) == found


def test_a_period_with_an_offset_means_that_instant(clarity: Command, analyzed: Path):
    asked = ("--store", analyzed, "audit", "report")
    at = rows(clarity(*asked).out)[-1]["at"]
    west = at.replace("+00:00", "-12:00")
    east = at.replace("+00:00", "+12:00")

    assert rows(clarity(*asked, "--period", f"{west}..").out) == []
    assert len(rows(clarity(*asked, "--period", f"{east}..").out)) == 3


@pytest.mark.parametrize("period", ["2026-01-01", "yesterday..", "..2026-13-01"])
def test_a_period_that_is_none_is_wrong_usage(clarity: Command, period: str):
    said = clarity("audit", "report", "--period", period)

    assert said.code == 2
    assert "2026-01-01..2026-02-01" in said.err


@pytest.mark.parametrize("actor", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)"])
def test_no_name_becomes_a_formula_of_a_spreadsheet(clarity: Command, analyzed: Path, actor: str):
    clarity("--store", analyzed, "--actor", actor, "read", "ada")

    last = rows(clarity("--store", analyzed, "audit", "report").out)[-1]

    assert last["actor"] == f"'{actor}"


def test_no_name_becomes_markup(clarity: Command, analyzed: Path):
    clarity("--store", analyzed, "--actor", "<script>x</script>", "read", "ada")

    page = clarity("--store", analyzed, "audit", "report", "--format", "html").out

    assert "&lt;script&gt;" in page
    assert "<script>" not in page


def test_a_whole_trail_is_said(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed, "audit", "verify")

    assert (said.code, said.out) == (0, "1 chains, 3 records, 0 broken\n")


@pytest.mark.parametrize(
    "statement",
    [
        (
            "UPDATE audit SET body = CAST(replace(CAST(body AS TEXT), 'research', 'treatment') AS BLOB)"
            " WHERE seq = 2"
        ),
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 3",
        "UPDATE audit SET seq = seq + 10 WHERE seq = 3",
        "UPDATE patient SET seq = 2",
        "UPDATE patient SET hash = zeroblob(32)",
    ],
)
def test_tampering_with_the_file_is_found(clarity: Command, analyzed: Path, statement: str):
    tampered(analyzed, statement)

    said = clarity("--store", analyzed, "audit", "verify")

    assert said.code == 5
    assert said.out.startswith("TAMPERED  ada: the audit chain is broken at record ")


def loosened(store: Path, table: str) -> None:
    """Somebody with the file lets the table take values of any type."""
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = replace(sql, 'STRICT', '') WHERE name = ?", [table]
        )


@pytest.mark.parametrize("column", ["body", "hash"])
def test_a_record_of_another_form_breaks_its_chain_and_is_in_no_report_and_no_export(
    clarity: Command, analyzed: Path, tmp_path: Path, column: str
):
    loosened(analyzed, "audit")
    tampered(analyzed, f"UPDATE audit SET {column} = 'text' WHERE seq = 2")
    asked = ("--store", analyzed, "audit")

    said = clarity(*asked, "verify")

    assert said.code == 5
    assert "ada: the audit chain is broken at record 2" in said.out
    for format_ in ("csv", "json", "jsonl", "html"):
        report = clarity(*asked, "report", "--format", format_)
        assert (report.code, "audit.unreadable" in report.err) == (1, True)
    export = clarity(*asked, "export", "--out", tmp_path / "trail")
    assert (export.code, "audit.broken-chain" in export.err) == (5, True)


def test_a_head_of_another_form_breaks_its_chain_and_nothing_follows_it(
    clarity: Command, analyzed: Path
):
    loosened(analyzed, "patient")
    tampered(analyzed, "UPDATE patient SET hash = 'text' WHERE patient = 'ada'")

    said = clarity("--store", analyzed, "audit", "verify")
    report = clarity("--store", analyzed, "audit", "report", "--patient", "ada")

    assert said.code == 5
    assert "ada: the audit chain is broken at record 0: its head cannot be read" in said.out
    assert (report.code, "port.corrupt" in report.err) == (1, True)


def test_tampering_is_told_to_machines_and_whole_chains_beside_it(
    clarity: Command, analyzed: Path, tmp_path: Path
):
    (tmp_path / "ben.csv").write_text(GOOD)
    clarity("--store", analyzed, "analyze", tmp_path / "ben.csv", "--out", tmp_path / "out")
    tampered(analyzed, "DELETE FROM audit WHERE seq = 2 AND owner = 1")

    said = clarity("--store", analyzed, "audit", "verify", "--json")

    assert said.code == 5
    assert [(one["patient"], one["whole"]) for one in said.told] == [("ada", False), ("ben", True)]
    assert "broken at record 3" in said.told[0]["problem"]
    assert said.told[1]["problem"] == ""


def test_the_trail_is_told_to_a_file_once_and_in_pseudonyms(
    clarity: Command, analyzed: Path, tmp_path: Path
):
    log = tmp_path / "audit.jsonl"

    said = clarity("--store", analyzed, "audit", "ship", "--to", log)
    again = clarity("--store", analyzed, "audit", "ship", "--to", log, "--json")

    assert (said.code, said.out) == (0, "3 records told\n")
    assert again.told == {"records": 0, "is_complete": True, "problem": ""}
    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert [one["operation"] for one in told] == ["ingest", "read", "analyze"]
    assert '"ada' not in log.read_text()


def test_a_log_that_is_away_leaves_the_rest_for_later(
    clarity: Command, analyzed: Path, tmp_path: Path
):
    credentials()
    address = "cloudwatch://eu-west-1/clarity?endpoint=http://127.0.0.1:1"
    ship = ("--store", analyzed, "audit", "ship", "--to")

    said = clarity(*ship, address, "--limit-s", "0.1")

    assert said.code == 6
    assert "CloudWatch Logs" in said.err
    assert clarity(*ship, tmp_path / "log").out == "3 records told\n"


def test_a_log_that_refuses_is_told(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed, "audit", "ship", "--to", "cloudwatch://eu-west-1")

    assert (said.code, "aws.bad-log-address" in said.err) == (1, True)


def test_telling_needs_a_log(clarity: Command, analyzed: Path):
    assert clarity("--store", analyzed, "audit", "ship").code == 2


def test_a_command_leaves_a_log_in_pseudonyms_where_one_is_named(
    clarity: Command, analyzed: Path, tmp_path: Path
):
    log = tmp_path / "log.jsonl"

    clarity("--store", analyzed, "--log-json", log, "read", "ada")

    (line,) = [json.loads(one) for one in log.read_text().splitlines()]
    row = rows(clarity("--store", analyzed, "audit", "report", "--patient", "ada").out)[-2]
    assert (line["use_case"], line["outcome"]) == ("ReadStream.run", "ok")
    assert line["correlation"] == row["correlation"]
    assert '"ada' not in log.read_text()
