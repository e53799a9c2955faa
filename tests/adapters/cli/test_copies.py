import csv
import io
import json
from pathlib import Path

import pytest

from clarity.adapters.cli.exits import Exit
from tests.support.worlds import cli, opened, store_days


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with opened(tmp_path / "s.db") as world:
        store_days(world, count=3)
    return tmp_path / "s.db"


def test_a_store_is_backed_up_restored_and_sound(store, tmp_path, capfd):
    backup, new = tmp_path / "b.db", tmp_path / "new.db"

    assert cli(store, "store", "backup", str(backup)) == Exit.DONE
    assert cli(new, "store", "restore", str(backup)) == Exit.DONE
    capfd.readouterr()
    assert cli(new, "store", "check", "--json") == Exit.DONE
    answer = json.loads(capfd.readouterr().out)
    assert (answer["items"], answer["damage"], answer["tampered"]) == (3, [], 0)


def test_a_store_that_is_there_is_replaced_only_by_force(store, tmp_path, capfd):
    backup = tmp_path / "b.db"
    cli(store, "store", "backup", str(backup))
    cli(store, "store", "purge", "--older-than", "1")
    capfd.readouterr()

    assert cli(store, "store", "restore", str(backup), "--json") == Exit.FAILED
    assert json.loads(capfd.readouterr().out)["error"]["code"] == "port.already-exists"
    assert cli(store, "store", "restore", str(backup), "--force") == Exit.DONE
    with opened(store) as world:
        assert world.core.copies().check().items == 3


def test_a_place_that_cannot_be_looked_at_is_said(store, tmp_path, capfd):
    place = tmp_path / ("x" * 300)

    for command in (
        (store, "store", "backup", str(place)),
        (place, "store", "restore", str(store)),
        (place, "store", "restore", "--force", str(store)),
        (place, "store", "status"),
    ):
        assert cli(*command) == Exit.FAILED
        assert f"{place} (File name too long)" in capfd.readouterr().err


def test_where_to_restore_must_be_said(store):
    assert cli("", "store", "restore", str(store)) == Exit.USAGE


def test_old_days_are_purged_and_counted(store, capfd):
    assert cli(store, "store", "purge", "--older-than", "1", "--json") == Exit.DONE
    assert json.loads(capfd.readouterr().out) == {"expired": 0, "removed": 3, "jobs": 0}
    assert cli(store, "store", "purge") == Exit.DONE
    assert capfd.readouterr().out == "0 expired, 0 too old, 0 jobs removed\n"


@pytest.mark.parametrize(
    ("statements", "code", "told"),
    [
        (
            ["UPDATE chunk SET digest = zeroblob(32)"],
            Exit.FAILED,
            "damaged: 3 of kind chunk damaged; keep it and restore from a backup",
        ),
        (
            ["DROP TRIGGER audit_is_never_edited", "UPDATE audit SET hash = zeroblob(32)"],
            Exit.TAMPERED,
            "TAMPERED: 1 chains",
        ),
    ],
)
def test_what_is_not_sound_is_told(store, capfd, statements: list[str], code: Exit, told: str):
    with opened(store) as world, world.core.chain_trail().store.writing() as connection:
        for statement in statements:
            connection.execute(statement)

    assert cli(store, "store", "check") == code
    captured = capfd.readouterr()
    assert captured.out == "NOT SOUND\n"
    assert told in captured.err


@pytest.mark.parametrize(
    ("rules", "removed"), [("steps=1", 0), ("activity=1", 3), ("all=1", 3), ("results=1", 0)]
)
def test_what_is_purged_follows_the_rules_that_are_set(store, capfd, rules: str, removed: int):
    options = ("--retention-days", rules, "--json")

    assert cli(store, "store", "purge", *options) == Exit.DONE

    assert json.loads(capfd.readouterr().out)["removed"] == removed


def test_rules_come_from_the_environment_and_one_age_goes_before_them(
    store, capfd, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CLARITY_RETENTION_DAYS", "activity=1")

    assert cli(store, "store", "purge", "--older-than", "36500", "--json") == Exit.DONE
    assert json.loads(capfd.readouterr().out)["removed"] == 0
    assert cli(store, "store", "purge", "--json") == Exit.DONE
    assert json.loads(capfd.readouterr().out)["removed"] == 3


def test_rules_that_say_nothing_clear_are_refused(store, capfd):
    assert cli(store, "store", "purge", "--retention-days", "pulse=3") == Exit.FAILED

    assert "settings.bad" in capfd.readouterr().err


def _told(store: Path, capfd: pytest.CaptureFixture[str]) -> list[str]:
    """What is told in the chain of the tenant, in order."""
    capfd.readouterr()
    assert cli(store, "audit", "report", "--patient", "clarity:tenant") == Exit.DONE
    rows = csv.DictReader(io.StringIO(capfd.readouterr().out, newline=""))
    return [row["operation"] for row in rows][:-1]


def test_copies_and_checks_are_in_the_chain_of_the_tenant(store, tmp_path, capfd):
    backup, new = tmp_path / "b.db", tmp_path / "new.db"
    cli(store, "store", "backup", str(backup))
    cli(store, "store", "check")
    cli(store, "store", "purge")
    cli(new, "store", "restore", str(backup))

    assert _told(store, capfd) == ["backup", "check", "purge"]
    assert _told(new, capfd) == ["backup", "restore"]
    assert cli(new, "audit", "verify") == Exit.DONE


def test_a_damaged_store_is_checked_and_not_written_to(store, capfd):
    with opened(store) as world, world.core.chain_trail().store.writing() as connection:
        connection.execute("UPDATE chunk SET digest = zeroblob(32)")

    assert cli(store, "store", "check") == Exit.FAILED

    assert _told(store, capfd) == []


def test_a_store_with_a_chain_of_the_tenant_is_exported_whole(store, tmp_path):
    cli(store, "store", "check")

    assert cli(store, "audit", "export", "--out", str(tmp_path / "t.jsonl")) == Exit.DONE


def test_the_subject_of_the_tenant_is_no_patient(store, capfd):
    cli(store, "store", "check")
    capfd.readouterr()

    assert cli(store, "store", "status", "--json") == Exit.DONE
    assert json.loads(capfd.readouterr().out)["patients"] == 1
    assert cli(store, "read", "clarity:tenant") == Exit.FAILED


@pytest.mark.parametrize("command", [("backup", "b.db"), ("check",), ("restore", "s.db")])
@pytest.mark.parametrize(
    ("who", "code"),
    [
        (("--role", "member"), "access.not-operator"),
        (("--role", "member", "--purpose", "operations"), "access.not-operator"),
        (("--purpose", "research"), "access.wrong-purpose"),
    ],
)
def test_what_concerns_all_tenants_is_for_operators(
    store, tmp_path, capfd, command: tuple[str, ...], who: tuple[str, ...], code: str
):
    name, *file = command
    arguments = (*who, "store", name, *[str(tmp_path / one) for one in file], "--json")

    assert cli(store, *arguments) == Exit.FAILED

    assert json.loads(capfd.readouterr().out)["error"]["code"] == code
    assert not (tmp_path / "b.db").exists()
    assert _told(store, capfd) == []


def test_a_store_is_purged_for_the_purpose_of_operations_alone(store, capfd):
    said = ("--purpose", "research", "store", "purge", "--older-than", "1", "--json")
    assert cli(store, *said) == Exit.FAILED

    assert json.loads(capfd.readouterr().out)["error"]["code"] == "access.wrong-purpose"
    with opened(store) as world:
        assert world.core.copies().check().items == 3


def _erased_after_a_backup(store: Path, tmp_path: Path, *options: str) -> Path:
    backup = tmp_path / "b.db"
    cli(store, "store", "backup", str(backup))
    cli(store, "erase", "ada", "--yes")
    cli(store, "audit", "sign", *options)
    return backup


def test_a_restore_brings_nobody_back_whose_erasure_was_signed(store, tmp_path, capfd):
    backup = _erased_after_a_backup(store, tmp_path)
    capfd.readouterr()

    assert cli(store, "store", "restore", str(backup), "--force", "--json") == 0

    captured = capfd.readouterr()
    assert json.loads(captured.out)["erased_again"] == 1
    assert "1 people erased again; erasures after" in captured.err
    with opened(store) as world:
        assert world.core.copies().check().items == 0


def test_a_restore_elsewhere_is_held_to_the_ledger_that_is_named(store, tmp_path, capfd):
    heads = ("--heads", str(tmp_path / "apart"))
    backup = _erased_after_a_backup(store, tmp_path, *heads)
    key = tmp_path / "s.db.signing-key.pem"
    key.rename(tmp_path / "new.db.signing-key.pem")
    new = tmp_path / "new.db"

    assert cli(new, "store", "restore", str(backup), *heads) == Exit.DONE

    assert "1 people erased again" in capfd.readouterr().err


def test_a_restore_without_signed_heads_says_that_the_erased_are_back(store, tmp_path, capfd):
    backup, new = _erased_after_a_backup(store, tmp_path), tmp_path / "new.db"

    assert cli(new, "store", "restore", str(backup)) == Exit.DONE
    assert "no signed heads are known" in capfd.readouterr().err
    assert cli(new, "store", "erase-again", "--json") == Exit.DONE
    assert json.loads(capfd.readouterr().out) == {"erased_again": 0}
    assert cli(new, "--purpose", "research", "store", "erase-again") == Exit.FAILED


def test_a_restore_that_is_held_to_a_ledger_of_another_key_says_so(store, tmp_path, capfd):
    heads = ("--heads", str(tmp_path / "apart"))
    backup, new = _erased_after_a_backup(store, tmp_path, *heads), tmp_path / "new.db"

    assert cli(new, "store", "restore", str(backup), *heads) == Exit.TAMPERED

    assert "audit.not-signed" in capfd.readouterr().err
    with opened(new) as world:
        assert world.core.copies().check().items == 3
