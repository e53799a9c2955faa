"""`clarity store import`."""

from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Command


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "s.db"


def test_files_are_stored_without_an_analysis(clarity: Command, ada: Path, store: Path):
    said = clarity("--store", store, "store", "import", ada, "--json")

    assert said.code == 0
    assert said.told == {
        "imported": [{"source": str(ada), "stored": 3, "merged": 0, "same": 0}],
        "refused": [],
    }
    status = clarity("--store", store, "store", "status", "--json").told
    assert status["entities"] == {"chunk": 3, "result": 0, "profile": 0}
    assert status["audit_records"] == 2


def test_the_same_command_again_finds_everything_stored(clarity: Command, ada: Path, store: Path):
    clarity("--store", store, "store", "import", ada)

    said = clarity("--store", store, "store", "import", ada)

    assert (said.code, said.out) == (0, "0 days stored, 0 merged, 3 unchanged\n")


def test_a_folder_is_imported_and_what_cannot_be_read_is_told(
    clarity: Command, ada: Path, bad: Path, store: Path
):
    said = clarity("--store", store, "store", "import", ada.parent, "--patient", "p1", "--json")

    assert said.code == 3
    assert [one["source"] for one in said.told["imported"]] == [str(ada)]
    assert [one["source"] for one in said.told["refused"]] == [str(bad)]
    assert "refused [" in said.err
    assert clarity("--store", store, "read", "p1").out.count("\n") == 1 + 3 * 1_440


def test_nothing_but_bad_files_is_told_by_the_exit_code(clarity: Command, bad: Path, store: Path):
    assert clarity("--store", store, "store", "import", bad).code == 4


def test_an_empty_folder_is_wrong_usage(clarity: Command, tmp_path: Path, store: Path):
    (tmp_path / "none").mkdir()

    assert clarity("--store", store, "store", "import", tmp_path / "none").code == 2


def test_the_import_is_listed_among_the_jobs(clarity: Command, ada: Path, store: Path):
    clarity("--store", store, "store", "import", ada)

    (job,) = clarity("--store", store, "jobs", "list", "--json").told

    assert (job["kind"], job["state"], job["done"]) == ("import", "done", 3)
