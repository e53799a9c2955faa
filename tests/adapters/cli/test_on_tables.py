"""The command line over DynamoDB tables does what it does over a file."""

from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Command
from tests.support.dynamodb import credentials
from tests.support.engines import running


@pytest.mark.parametrize("engine", ["moto", "ministack"])
def test_a_recording_is_analyzed_read_and_proved_over_tables(
    clarity: Command, ada: Path, tmp_path: Path, engine: str
):
    credentials()
    made = clarity(
        "store", "create-tables", "--endpoint-url", running(engine).url,
        "--table-prefix", "line-", "--json",
    )  # fmt: skip
    on_tables = ("--store", made.told["store"])

    analyzed = clarity(*on_tables, "analyze", ada, "--out", tmp_path / "out", "--tz", "Europe/Oslo")
    health = clarity(*on_tables, "health")
    status = clarity(*on_tables, "store", "status", "--json")
    read = clarity(*on_tables, "read", "ada")
    signed = clarity(*on_tables, "audit", "sign", "--json")
    verified = clarity(*on_tables, "audit", "verify", "--json")
    reported = clarity(*on_tables, "audit", "report", "--patient", "ada", "--format", "csv")

    assert made.told["ok"]
    assert analyzed.code == 0, analyzed.err
    assert (health.code, "ok " in health.out) == (0, True)
    assert status.told["patients"] == 1
    assert status.told["entities"]["chunk"] == 3
    assert len(read.out.splitlines()) > 1_440
    assert signed.told["signed"] == 1
    assert verified.code == 0, verified.err
    assert [one["signed"] for one in verified.told] == [4]
    assert reported.code == 0, reported.err
    assert "ingest" in reported.out


def test_tables_that_are_missing_are_told_with_what_to_do(clarity: Command):
    credentials()
    url = running("ministack").url

    said = clarity("--store", f"dynamodb://eu-west-1/nothing-?endpoint={url}", "store", "status")

    assert said.code == 1
    assert "clarity store create-tables" in said.err


def test_making_tables_says_how_to_use_them(clarity: Command):
    credentials()

    said = clarity(
        "store", "create-tables", "--endpoint-url", running("moto").url, "--table-prefix", "say-"
    )

    assert said.out.startswith("the tables are ready; use them with --store 'dynamodb://")


def test_an_address_that_is_none_is_refused_in_words(clarity: Command):
    said = clarity("--store", "dynamodb://", "health")

    assert said.code == 1
    assert "aws.bad-address" in said.err


def test_a_place_for_large_payloads_that_is_none_is_refused_in_words(clarity: Command):
    credentials()
    tables = f"dynamodb://eu-west-1/line-?endpoint={running('ministack').url}&create=yes"

    said = clarity("--store", tables, "--blobs", "s3://bucket", "health")

    assert said.code == 1
    assert "aws.bad-bucket-address" in said.err
