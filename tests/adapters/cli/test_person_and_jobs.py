import contextlib
import json
import os
import stat
from pathlib import Path

import pytest

from clarity.adapters.cli.exits import Exit
from clarity.domain.jobs import JobKind
from clarity.ports.errors import NotFound
from tests.support.worlds import CORRELATION, NURSE, cli, opened, store_days


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with opened(tmp_path / "s.db") as world:
        store_days(world, count=3)
    return tmp_path / "s.db"


def _answer(capfd: pytest.CaptureFixture[str]):
    return json.loads(capfd.readouterr().out)


def test_an_export_fills_a_folder_for_its_owner_alone(store, tmp_path, capfd):
    out = tmp_path / "dossier"

    assert cli(store, "export", "ada", "--out", str(out), "--json") == Exit.DONE

    answer = _answer(capfd)
    assert sorted(answer["files"]) == sorted(path.name for path in out.iterdir())
    assert json.loads((out / "contents.json").read_text())["items"]["chunk"] == 3
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o600}


def test_an_export_in_words(store, tmp_path, capfd):
    assert cli(store, "export", "ada", "--out", str(tmp_path / "d")) == Exit.DONE
    captured = capfd.readouterr()
    assert captured.out == f"{tmp_path / 'd'}\n"
    assert "15 files about ada" in captured.err


def test_an_export_that_cannot_be_written_is_told(store, tmp_path, capfd):
    (tmp_path / "file").write_bytes(b"")

    assert (
        cli(store, "export", "ada", "--out", str(tmp_path / "file" / "d"), "--json") == Exit.FAILED
    )
    assert _answer(capfd)["error"]["code"] == "port.unavailable"


def test_an_erasure_counts_what_is_left(store, capfd):
    assert cli(store, "erase", "ada", "--yes", "--json") == Exit.DONE

    answer = _answer(capfd)
    assert answer["removed"] == 3
    assert answer["left"] == {
        "answers": {"prediction": 0},
        "repository": {"chunk": 0, "result": 0, "profile": 0, "idempotency": 0, "import": 0},
        "jobs": {"job": 0},
    }
    assert "backups" in answer["out_of_reach"]


def test_an_erasure_in_words(store, capfd):
    assert cli(store, "erase", "ada", "--yes") == Exit.DONE

    captured = capfd.readouterr()
    assert captured.out == "3 removed, nothing left\n"
    assert "held: 3 chunk" in captured.err
    assert cli(store, "audit", "verify") == Exit.DONE


def test_nobody_is_forgotten_without_being_asked_for(store, capfd):
    assert cli(store, "erase", "ada") == Exit.USAGE
    capfd.readouterr()
    assert cli(store, "store", "status", "--json") == Exit.DONE
    assert _answer(capfd)["entities"]["chunk"] == 3


def test_jobs_are_listed_and_shown_to_their_owner(store, tmp_path, capfd):
    cli(store, "--actor", "nurse", "export", "ada", "--out", str(tmp_path / "d"))
    capfd.readouterr()
    assert cli(store, "--actor", "nurse", "jobs", "list", "--json") == Exit.DONE
    (job,) = _answer(capfd)
    assert (job["kind"], job["state"], job["done"], job["patient"]) == ("export", "done", 3, "ada")
    assert cli(store, "--actor", "nurse", "jobs", "show", job["id"], "--json") == Exit.DONE
    assert _answer(capfd) == job
    assert cli(store, "--actor", "nurse", "jobs", "show", job["id"]) == Exit.DONE
    assert "correlation" in capfd.readouterr().out
    assert cli(store, "--actor", "nurse", "jobs", "list") == Exit.DONE
    assert "export   done     3 of 3" in capfd.readouterr().out


def test_jobs_of_others_do_not_exist(store, tmp_path, capfd):
    cli(store, "--actor", "nurse", "export", "ada", "--out", str(tmp_path / "d"))
    capfd.readouterr()
    cli(store, "--actor", "nurse", "jobs", "list", "--json")
    (job,) = _answer(capfd)

    assert cli(store, "--actor", "eve", "jobs", "list") == Exit.DONE
    assert "no jobs" in capfd.readouterr().err
    assert cli(store, "--actor", "eve", "jobs", "show", job["id"], "--json") == Exit.FAILED
    assert _answer(capfd)["error"]["code"] == "port.not-found"


def test_a_job_whose_process_died_says_what_to_do(store, capfd):
    with opened(store) as world:
        running = world.core.track().running(JobKind.ERASE, actor=NURSE, correlation=CORRELATION)
        running.__enter__()

        assert cli(store, "--actor", "nurse", "jobs", "list") == Exit.DONE

        said = capfd.readouterr().out
        assert "erase    stale" in said
        assert "run the same command again" in said
        running.__exit__(None, None, None)


def test_the_newest_jobs_come_first_however_many_are_asked_for(store, capfd):
    with opened(store) as world:
        for kind in (JobKind.ANALYZE, JobKind.EXPORT, JobKind.ERASE):
            with world.core.track().running(kind, actor=NURSE, correlation=CORRELATION):
                pass

    assert cli(store, "--actor", "nurse", "jobs", "list", "--limit", "2", "--json") == Exit.DONE
    assert [job["kind"] for job in _answer(capfd)] == ["erase", "export"]


def test_open_jobs_of_everybody_are_listed_and_ones_own_removed(store, capfd):
    with opened(store) as world:
        running = world.core.track().running(JobKind.ERASE, actor=NURSE, correlation=CORRELATION)
        progress = running.__enter__()

        assert cli(store, "--actor", "eve", "jobs", "list", "--open", "--json") == Exit.DONE
        (told,) = _answer(capfd)
        assert (told["id"], told["state"]) == (progress.job.id, "stale")
        assert cli(store, "--actor", "eve", "jobs", "remove", told["id"]) == Exit.FAILED
        assert cli(store, "--actor", "nurse", "jobs", "remove", told["id"]) == Exit.DONE
        assert "is removed" in capfd.readouterr().err
        assert cli(store, "--actor", "eve", "jobs", "list", "--open") == Exit.DONE
        assert "no job is open" in capfd.readouterr().err
        assert cli(store, "--actor", "nurse", "jobs", "remove", told["id"], "--json") == Exit.FAILED
        with pytest.raises(NotFound):
            running.__exit__(None, None, None)


@pytest.mark.parametrize("command", ["show", "remove"])
def test_no_job_has_an_id_that_is_no_text(store, capfd, command):
    assert cli(store, "jobs", command, os.fsdecode(b"a\xff")) == Exit.FAILED
    assert "error [port.not-found]" in capfd.readouterr().err


def test_a_store_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "s.db").write_bytes(b"no store" * 100)

    for command in (
        ["jobs", "list"],
        ["jobs", "show", "x"],
        ["jobs", "remove", "x"],
        ["erase", "ada", "--yes"],
    ):
        assert cli(tmp_path / "s.db", *command) == Exit.FAILED


@pytest.mark.parametrize(
    ("purpose", "command", "code"),
    [
        ("research", ("erase", "ada", "--yes"), Exit.FAILED),
        ("treatment", ("erase", "ada", "--yes"), Exit.FAILED),
        ("operations", ("erase", "ada", "--yes"), Exit.DONE),
        ("research", ("export", "ada", "--out", "d"), Exit.FAILED),
        ("operations", ("export", "ada", "--out", "d"), Exit.FAILED),
        ("treatment", ("export", "ada", "--out", "d"), Exit.DONE),
    ],
)
def test_the_purpose_decides_who_may_erase_and_who_may_export(
    store, tmp_path, capfd, purpose: str, command: tuple[str, ...], code: Exit
):
    with contextlib.chdir(tmp_path):
        assert cli(store, "--purpose", purpose, *command) == code

    assert ("access.wrong-purpose" in capfd.readouterr().err) == (code is Exit.FAILED)


def test_what_would_be_erased_is_not_told_for_another_purpose(store, capfd):
    assert cli(store, "--purpose", "research", "erase", "ada") == Exit.FAILED

    assert "held" not in capfd.readouterr().err
