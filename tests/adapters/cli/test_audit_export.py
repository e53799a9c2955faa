import json
import os
from pathlib import Path

import pytest

from clarity.adapters.cli.exits import Exit
from tests.support.worlds import cli, opened, store_days


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with opened(tmp_path / "s.db") as world:
        store_days(world, count=2)
    return tmp_path / "s.db"


@pytest.fixture
def trail(store: Path, capfd: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """An exported trail and the public key, as options of `clarity audit verify`."""
    file, key = store.with_name("trail.jsonl"), store.with_name("key.pem")
    assert cli(store, "audit", "export", "--out", str(file)) == Exit.DONE
    capfd.readouterr()
    assert cli(store, "audit", "key") == Exit.DONE
    key.write_text(capfd.readouterr().out)
    return str(file), str(key)


def test_an_exported_trail_is_proved_without_its_store(store, trail, capfd):
    file, key = trail
    store.unlink()

    assert cli(store, "audit", "verify", "--export", file, "--key", key) == Exit.DONE
    assert "whole: 1 chains, 2 records of clinic" in capfd.readouterr().out
    assert cli(store, "audit", "verify", "--export", file, "--key", key, "--json") == Exit.DONE
    assert json.loads(capfd.readouterr().out)["whole"] is True
    assert not store.exists()


def test_a_trail_does_not_take_the_place_of_a_pipe(store, capfd):
    pipe = store.with_name("pipe")
    os.mkfifo(pipe)

    assert cli(store, "audit", "export", "--out", str(pipe)) == Exit.FAILED
    assert f"{pipe} (no regular file)" in capfd.readouterr().err
    assert pipe.is_fifo()


def test_a_changed_trail_leaves_with_code_5(store, trail, capfd):
    file, key = trail
    Path(file).write_bytes(Path(file).read_bytes().replace(b"nurse", b"curse", 1))

    assert cli(store, "audit", "verify", "--export", file, "--key", key, "--json") == Exit.TAMPERED
    assert json.loads(capfd.readouterr().out)["error"]["code"] == "audit.broken-export"


def test_what_is_no_key_or_no_file_is_told(store, trail):
    file, key = trail

    assert cli(store, "audit", "verify", "--export", file, "--key", file) == Exit.FAILED
    assert cli(store, "audit", "verify", "--export", file) == Exit.USAGE

    both = ("--export", file, "--key", key, "--against", file)
    assert cli(store, "audit", "verify", *both) == Exit.USAGE


def test_an_export_says_where_and_how_large(store, tmp_path, capfd):
    out = tmp_path / "new" / "trail.jsonl"

    code = cli(store, "audit", "export", "--out", str(out), "--patient", "ada", "--json")

    assert code == Exit.DONE
    assert json.loads(capfd.readouterr().out) == {
        "out": str(out),
        "size_bytes": out.stat().st_size,
    }
    assert out.stat().st_mode & 0o777 == 0o600


def test_a_trail_that_was_tampered_with_is_not_exported(store, tmp_path):
    with opened(store) as world, world.core.chain_trail().store.writing() as connection:
        connection.execute("DROP TRIGGER audit_is_never_edited")
        connection.execute("UPDATE audit SET hash = zeroblob(32)")

    assert cli(store, "audit", "export", "--out", str(tmp_path / "t")) == Exit.TAMPERED
    assert not (tmp_path / "t").exists()


def test_a_trail_that_cannot_be_written_is_told(store, tmp_path):
    (tmp_path / "file").write_bytes(b"")

    assert cli(store, "audit", "export", "--out", str(tmp_path / "file" / "t")) == Exit.FAILED
