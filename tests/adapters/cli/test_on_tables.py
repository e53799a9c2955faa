"""The command line over DynamoDB tables does what it does over a file."""

import base64
import csv
import io
import zlib
from pathlib import Path

import pytest

from clarity.adapters.aws._operations import Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.keys import chain_pk, seq_sk
from clarity.adapters.aws.dynamodb.store import settings_of
from clarity.adapters.local.clock import SystemClock
from clarity.domain.identity import PatientId, PatientRef, TenantId
from tests.adapters.cli.conftest import Command
from tests.support.dynamodb import Counted, Spans, credentials
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
    in_words = clarity(*on_tables, "store", "status")

    assert made.told["ok"]
    assert analyzed.code == 0, analyzed.err
    assert (health.code, "ok " in health.out) == (0, True)
    assert status.told["patients"] == 1
    assert status.told["entities"]["chunk"] == 3
    assert status.told["size_bytes"] is None
    assert "size" not in in_words.out
    assert len(read.out.splitlines()) > 1_440
    assert signed.told["signed"] == 2
    assert verified.code == 0, verified.err
    assert [one["signed"] for one in verified.told] == [4, 1]
    assert reported.code == 0, reported.err
    assert "ingest" in reported.out


def test_tables_that_are_missing_are_told_with_what_to_do(clarity: Command):
    credentials()
    url = running("ministack").url

    said = clarity("--store", f"dynamodb://eu-west-1/nothing-?endpoint={url}", "store", "status")

    assert said.code == 1
    assert "clarity store create-tables" in said.err


DEAD = "http://127.0.0.1:1"


@pytest.mark.parametrize("options", ["", "&create=yes"])
def test_health_of_tables_that_are_down_says_so_of_each_and_how_long_that_took(
    clarity: Command, options: str
):
    credentials()
    tables = ("--store", f"dynamodb://eu-west-1/x-?endpoint={DEAD}{options}")
    blobs = ("--blobs", f"s3://bucket/blobs?region=eu-west-1&endpoint={DEAD}{options}")

    said = clarity(*tables, *blobs, "health")
    told = clarity(*tables, *blobs, "health", "--json")

    assert (said.code, told.code) == (6, 6)
    assert [line.split()[:2] for line in said.out.splitlines()] == [
        ["BAD", "store"],
        ["BAD", "payloads"],
    ]
    assert [(one["name"], one["ok"]) for one in told.told] == [
        ("store", False),
        ("payloads", False),
    ]
    assert all(one["latency_s"] > 0 for one in told.told)
    assert all("cannot be reached" in one["detail"] for one in told.told)


def test_a_log_of_what_happens_needs_no_store_that_is_up(clarity: Command, tmp_path: Path):
    credentials()
    tables = ("--store", f"dynamodb://eu-west-1/x-?endpoint={DEAD}")

    said = clarity(*tables, "--log-json", tmp_path / "log", "read", "lovelace")

    assert said.code == 1
    assert "port.unavailable" in said.err
    assert "Traceback" not in said.err
    assert "lovelace" not in (tmp_path / "log").read_text()


def test_tables_that_cannot_be_made_are_not_said_to_be_ready(clarity: Command):
    credentials()

    said = clarity("store", "create-tables", "--endpoint-url", DEAD)

    assert said.code == 6
    assert "ready" not in said.out
    assert "cannot be reached" in said.err


def test_making_tables_says_how_to_use_them(clarity: Command):
    credentials()

    said = clarity(
        "store", "create-tables", "--endpoint-url", running("moto").url, "--table-prefix", "say-"
    )

    assert said.out.startswith("the tables are ready; use them with --store 'dynamodb://")


@pytest.mark.parametrize("more", ["", "&create=yes"])
def test_the_tables_of_a_store_that_is_named_are_made(clarity: Command, more: str):
    credentials()
    address = f"dynamodb://eu-west-1/named{len(more)}-?endpoint={running('ministack').url}"
    store = ("--store", f"{address}{more}")

    made = clarity(*store, "store", "create-tables", "--json")
    status = clarity("--store", address, "store", "status", "--json")

    assert made.told == {"store": address, "ok": True}
    assert status.told["audit_records"] == 0


def test_tables_are_made_on_an_engine_that_is_named(clarity: Command):
    credentials()

    nowhere = clarity("store", "create-tables")
    in_the_cloud = clarity("--store", "dynamodb://eu-west-1/clarity-", "store", "create-tables")

    assert nowhere.code == 2
    assert "--endpoint-url" in nowhere.err
    assert in_the_cloud.code == 1
    assert "aws.bad-address" in in_the_cloud.err


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


@pytest.fixture(params=["moto", "ministack"])
def tables(
    clarity: Command, ada: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> tuple[str, str]:
    """Where the analysis of `ada` lies, on tables of its own."""
    credentials()
    prefix = "".join(letter for letter in tmp_path.name if letter.isalnum())
    made = clarity(
        "store", "create-tables", "--endpoint-url", running(request.param).url,
        "--table-prefix", f"{prefix}-", "--json",
    )  # fmt: skip
    store = ("--store", made.told["store"])
    said = clarity(*store, "--actor", "nurse", "analyze", ada, "--out", tmp_path / "out")
    assert said.code == 0, said.err
    return store


def _written_again(address: str, old: bytes, new: bytes) -> None:
    """Somebody with the rights writes the first record of ada's chain with another body."""
    connection = DynamoDBConnection(
        settings_of(address), clock=SystemClock(), metrics=Counted(), tracer=Spans()
    )
    at = Address("audit", chain_pk(PatientRef(TenantId("local"), PatientId("ada"))), seq_sk(1))
    item = connection.run(get_op(connection, at))
    assert item is not None
    raw = {n: {"B": base64.b64decode(v["B"])} if "B" in v else v for n, v in item.items()}
    raw["z"] = {"B": zlib.compress(zlib.decompress(raw["z"]["B"]).replace(old, new))}
    put = {"TableName": connection.table("audit"), "Item": raw}
    connection.run(
        Op(operation="put_item", parameters=put, decode=lambda _: None, table="audit", reads=False)
    )
    connection.close()


def test_an_exported_trail_of_tables_is_proved_by_two_files_alone(
    clarity: Command, tables: tuple[str, str], tmp_path: Path
):
    trail, key = tmp_path / "trail", tmp_path / "key.pem"
    exported = clarity(*tables, "audit", "export", "--out", trail)
    key.write_text(clarity(*tables, "audit", "key").out)
    nowhere = ("--store", "dynamodb://eu-west-1/none-?endpoint=http://127.0.0.1:1")
    proof = ("audit", "verify", "--export", trail, "--key", key)

    proved = clarity(*nowhere, *proof)
    trail.write_bytes(trail.read_bytes().replace(b"nurse", b"ghost", 1))
    refused = clarity(*nowhere, *proof)

    assert exported.code == 0, exported.err
    assert (proved.code, "whole: 1 chains, 4 records" in proved.out) == (0, True)
    assert refused.code == 5


def test_a_record_that_was_edited_in_the_tables_is_found(
    clarity: Command, tables: tuple[str, str], tmp_path: Path
):
    _written_again(tables[1], b"nurse", b"nurse")
    assert clarity(*tables, "audit", "verify").code == 0

    _written_again(tables[1], b"nurse", b"ghost")

    verified = clarity(*tables, "audit", "verify")
    assert (verified.code, "ada" in verified.out) == (5, True)
    assert clarity(*tables, "audit", "export", "--out", tmp_path / "trail").code == 5


def test_a_trail_in_tables_is_reported_by_actor_and_period_and_told_outside(
    clarity: Command, tables: tuple[str, str], tmp_path: Path
):
    def reported(*wanted: str) -> list[str]:
        said = clarity(*tables, "--actor", "auditor", "audit", "report", *wanted)
        return [row["operation"] for row in csv.DictReader(io.StringIO(said.out, newline=""))]

    by_nurse = reported("--by", "nurse")
    before = reported("--period", "..2020-01-01")
    since = reported("--by", "nurse", "--period", "2020-01-01..")
    shipped = clarity(*tables, "audit", "ship", "--to", tmp_path / "log", "--json")

    assert by_nurse == since == ["ingest", "read", "analyze"]
    assert before == []
    assert shipped.told["is_complete"]
    assert shipped.told["records"] == 3 + 3  # those of the nurse and of the three reports
