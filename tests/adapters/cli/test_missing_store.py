"""Commands that look at a store or change what is in it do not make one that is not there."""

from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Command

LOOKING = {
    "read": ("read", "ada"),
    "summary": ("summary", "ada"),
    "export": ("export", "ada", "--out", "dossier"),
    "erase": ("erase", "ada", "--yes"),
    "jobs list": ("jobs", "list"),
    "jobs show": ("jobs", "show", "x"),
    "store status": ("store", "status"),
    "store check": ("store", "check"),
    "store purge": ("store", "purge"),
    "store backup": ("store", "backup", "copy.db"),
    "audit report": ("audit", "report"),
    "audit verify": ("audit", "verify"),
    "audit sign": ("audit", "sign"),
    "audit export": ("audit", "export", "--out", "trail.jsonl"),
    "audit key": ("audit", "key"),
    "audit ship": ("audit", "ship", "--to", "log.jsonl"),
    "health": ("health",),
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("command", LOOKING)
def test_a_store_that_is_not_there_is_refused_and_not_made(
    clarity: Command, tmp_path: Path, command: str
):
    store = tmp_path / "nosuch" / "x.db"

    said = clarity("--store", store, *LOOKING[command])

    assert said.code == 1
    assert said.out == ""
    assert said.err.startswith(f"error [store.not-there]: there is no store at {store}; ")
    assert "name it with --store" in said.err
    assert not store.parent.exists()


def test_the_one_in_the_home_is_not_made_either(clarity: Command, tmp_path: Path):
    said = clarity("audit", "verify", "--json")

    assert (said.code, said.told["error"]["code"]) == (1, "store.not-there")
    assert not (tmp_path / "home").exists()


def test_stores_that_lie_near_by_are_named(clarity: Command, here: Path, analyzed: Path):
    for name in ("demo", "study", "third", "fourth"):
        (here / name).mkdir()
        (here / name / "clarity.db").write_bytes(analyzed.read_bytes())

    said = clarity("audit", "verify")

    assert "--store demo/clarity.db or --store fourth/clarity.db or --store study" in said.err
    assert "third" not in said.err


def test_a_folder_that_holds_one_is_told_its_file(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed.parent, "store", "status")

    assert said.code == 1
    assert f"one lies here: --store {analyzed}\n" in said.err


def test_an_import_makes_one(clarity: Command, ada: Path, tmp_path: Path):
    store = tmp_path / "new" / "x.db"

    assert clarity("--store", store, "store", "import", ada).code == 0
    assert clarity("--store", store, "store", "status").code == 0


def test_models_have_their_trail_in_a_store_that_is_made_for_them(clarity: Command, tmp_path: Path):
    assert clarity("models", "--folder", tmp_path / "models", "list").code == 0
