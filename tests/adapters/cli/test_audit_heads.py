"""`clarity audit sign` and `verify` on a live store that somebody with the file tampers with."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from clarity.adapters.cli.exits import Exit
from clarity.adapters.local import _chain
from clarity.adapters.local.store import open_store
from clarity.domain.audit import AuditEvent, Operation
from clarity.domain.identity import PatientRef
from tests.adapters.cli.conftest import Command
from tests.support.clocks import START
from tests.support.worlds import ADA, BEN, CORRELATION, NURSE, cli, opened


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Ada has a chain of three records, Ben one of one."""
    with opened(tmp_path / "s.db") as world:
        for _ in range(3):
            world.core.audit_sink().append(event(ADA))
        world.core.audit_sink().append(event(BEN))
    return tmp_path / "s.db"


def event(patient: PatientRef, operation: Operation = Operation.EXPORT) -> AuditEvent:
    return AuditEvent(
        actor=NURSE,
        patient=patient,
        operation=operation,
        touched=(),
        correlation=CORRELATION,
        at=START,
    )


def cut(store: Path, keep: int) -> None:
    """Ada's chain ends after `keep` records, and its head says so."""
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("DROP TRIGGER audit_is_never_deleted")
        connection.execute("DELETE FROM audit WHERE owner = 1 AND seq > ?", [keep])
        connection.execute(
            "UPDATE patient SET seq = ?, hash = coalesce("
            "(SELECT hash FROM audit WHERE owner = 1 AND seq = ?), zeroblob(32)) WHERE id = 1",
            [keep, keep],
        )


def rewrite(store: Path) -> None:
    """Ada's chain tells another story from its second record on, and longer than before."""
    cut(store, 1)
    with open_store(store, busy_timeout_s=5) as opened_store:
        for _ in range(4):
            with opened_store.writing() as connection:
                owner = _chain.registered(connection, ADA)
                _chain.append(connection, owner, event(ADA, Operation.READ))


TAMPERINGS: dict[str, Callable[[Path], None]] = {
    "tail-cut-off": lambda store: cut(store, 2),
    "all-cut-off": lambda store: cut(store, 0),
    "written-anew": rewrite,
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_a_consistent_forgery_is_found_once_heads_are_signed(
    store: Path, capfd: pytest.CaptureFixture[str], tampering: str
):
    assert cli(store, "audit", "sign") == Exit.DONE
    assert cli(store, "audit", "verify") == Exit.DONE
    capfd.readouterr()

    TAMPERINGS[tampering](store)

    assert cli(store, "audit", "verify") == Exit.TAMPERED
    said = capfd.readouterr().out
    assert said.startswith("TAMPERED  ada: the audit chain is broken at record ")
    assert "TAMPERED  ben" not in said


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_an_earlier_export_finds_it_too(store: Path, tmp_path: Path, tampering: str):
    earlier, key = tmp_path / "trail.jsonl", store.with_name("s.db.signing-key.pem")
    assert cli(store, "audit", "export", "--out", str(earlier)) == Exit.DONE
    assert key.exists()
    assert cli(store, "audit", "verify", "--against", str(earlier)) == Exit.DONE

    TAMPERINGS[tampering](store)

    assert cli(store, "audit", "verify") == Exit.DONE
    assert cli(store, "audit", "verify", "--against", str(earlier)) == Exit.TAMPERED


def test_what_was_signed_is_counted(store: Path, capfd: pytest.CaptureFixture[str]):
    assert cli(store, "audit", "sign") == Exit.DONE
    assert cli(store, "audit", "sign", "--json") == Exit.DONE

    first, second = capfd.readouterr().out.split("\n", 1)
    assert first == "2 heads signed, 0 unchanged"
    assert json.loads(second) == {"signed": 0, "unchanged": 2, "entries": 1, "broken": []}


def test_machines_are_told_up_to_where_a_chain_was_signed(
    store: Path, capfd: pytest.CaptureFixture[str]
):
    cli(store, "audit", "sign")
    capfd.readouterr()

    cli(store, "audit", "verify", "--json")

    told = json.loads(capfd.readouterr().out)
    assert [(one["patient"], one["signed"]) for one in told] == [("ada", 3), ("ben", 1)]


def test_heads_can_lie_apart_from_the_store(store: Path, tmp_path: Path):
    apart = tmp_path / "elsewhere"
    assert cli(store, "audit", "sign", "--heads", str(apart)) == Exit.DONE
    cut(store, 2)

    assert not store.with_name("s.db.heads").exists()
    assert cli(store, "audit", "verify") == Exit.DONE
    assert cli(store, "audit", "verify", "--heads", str(apart)) == Exit.TAMPERED


def test_a_tampered_chain_is_not_signed(store: Path, capfd: pytest.CaptureFixture[str]):
    cli(store, "audit", "sign")
    cut(store, 2)
    capfd.readouterr()

    assert cli(store, "audit", "sign") == Exit.TAMPERED
    assert capfd.readouterr().out.startswith("TAMPERED  ada")
    assert cli(store, "audit", "sign", "--json") == Exit.TAMPERED
    assert json.loads(capfd.readouterr().out)["broken"][0]["patient"] == "ada"


def test_a_known_restore_is_signed_over(store: Path):
    cli(store, "audit", "sign")
    cut(store, 2)

    assert cli(store, "audit", "sign", "--after-restore") == Exit.DONE
    assert cli(store, "audit", "verify") == Exit.DONE


def test_signatures_are_renewed_when_they_are_old(store: Path, capfd: pytest.CaptureFixture[str]):
    cli(store, "audit", "sign")
    capfd.readouterr()

    assert cli(store, "audit", "sign", "--again-after", "1") == Exit.DONE
    assert capfd.readouterr().out == "0 heads signed, 2 unchanged\n"


def test_a_ledger_that_was_changed_leaves_with_code_5(
    store: Path, capfd: pytest.CaptureFixture[str]
):
    cli(store, "audit", "sign")
    (entry,) = store.with_name("s.db.heads").glob("*/*.json")
    entry.write_bytes(entry.read_bytes().replace(b'"nurse"', b'"eve"').replace(b"[3,", b"[2,"))

    assert cli(store, "audit", "verify") == Exit.TAMPERED
    assert cli(store, "audit", "sign") == Exit.TAMPERED
    assert cli(store, "audit", "verify", "--json") == Exit.TAMPERED
    assert '"audit.not-signed"' in capfd.readouterr().out


def test_the_key_that_must_have_signed_can_be_named(store: Path, tmp_path: Path, capfd):
    cli(store, "audit", "sign")
    capfd.readouterr()
    cli(store, "audit", "key")
    own, other = tmp_path / "own.pem", tmp_path / "other.pem"
    own.write_text(capfd.readouterr().out)
    with opened() as world:
        other.write_bytes(world.app.export_trail.public_key())

    assert cli(store, "audit", "verify", "--key", str(own)) == Exit.DONE
    assert cli(store, "audit", "verify", "--key", str(other)) == Exit.TAMPERED


def test_an_export_of_another_tenant_is_refused(store: Path, tmp_path: Path):
    out = tmp_path / "trail.jsonl"
    assert cli(store, "audit", "export", "--out", str(out)) == Exit.DONE

    code = cli(store, "--tenant", "other", "audit", "verify", "--against", str(out))

    assert code == Exit.FAILED


def test_an_export_that_was_changed_is_no_measure(store: Path, tmp_path: Path):
    out = tmp_path / "trail.jsonl"
    cli(store, "audit", "export", "--out", str(out))
    out.write_bytes(out.read_bytes().replace(b"nurse", b"curse", 1))

    assert cli(store, "audit", "verify", "--against", str(out)) == Exit.TAMPERED


def test_a_store_without_signed_heads_is_verified_without_a_key(store: Path):
    assert cli(store, "audit", "verify") == Exit.DONE
    assert not store.with_name("s.db.signing-key.pem").exists()


def test_signed_heads_are_told_of_where_there_are_some(clarity: Command, analyzed: Path):
    before = clarity("--store", analyzed, "audit", "verify")
    clarity("--store", analyzed, "audit", "sign")

    after = clarity("--store", analyzed, "audit", "verify")

    assert before.err == ""
    assert after.err == "2 of them held to heads that were signed earlier\n"
