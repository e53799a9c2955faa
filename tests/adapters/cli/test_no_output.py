"""Answers that cannot be written: the disk is full, or nobody listens."""

import subprocess
import sys
from pathlib import Path

import pytest

from clarity.adapters.cli.standard_output import answering

ROOT = Path(__file__).resolve().parents[3]

MAIN = "import sys; from clarity.bootstrap import main; sys.exit(main())"

ANSWERS = [
    ("read", "ada"),
    ("read", "ada", "--json"),
    ("summary", "ada"),
    ("summary", "ada", "--csv"),
    ("audit", "report"),
    ("audit", "report", "--format", "html"),
    ("store", "status"),
]


def said_by(store: Path, *command: str, to: str) -> subprocess.CompletedProcess[str]:
    """What `clarity COMMAND` does when the shell sends its output there."""
    words = ("-c", f'exec "$@" {to}', "sh", sys.executable, "-c", MAIN, "--store", str(store))
    return subprocess.run(
        ["/bin/sh", *words, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no /dev/full")
@pytest.mark.parametrize("command", ANSWERS)
def test_an_answer_that_does_not_fit_on_the_disk_is_told_in_a_line(
    analyzed: Path, command: tuple[str, ...]
):
    said = said_by(analyzed, *command, to=">/dev/full")

    assert said.returncode == 1
    assert said.stderr == (
        "error [cli.no-output]: standard output cannot be written (No space left on device); "
        "send it somewhere else and run the command again\n"
    )


@pytest.mark.parametrize("command", [*ANSWERS[1:2], *ANSWERS[3:5]])
def test_where_standard_output_is_closed_the_answer_is_said_to_be_lost(
    analyzed: Path, command: tuple[str, ...]
):
    said = said_by(analyzed, *command, to=">&-")

    assert said.returncode == 1
    assert said.stderr == (
        "error [cli.no-output]: standard output cannot be written (it is closed); "
        "send it somewhere else and run the command again\n"
    )


def test_work_that_answers_with_files_needs_no_output(ada: Path, tmp_path: Path):
    said = said_by(
        tmp_path / "clarity.db", "analyze", str(ada), "--out", str(tmp_path / "out"), to=">&-"
    )

    assert (said.returncode, said.stderr) == (0, "1 analyzed, 0 refused\n")


def test_an_error_of_another_file_is_not_taken_for_one_of_the_output(tmp_path: Path):
    with pytest.raises(FileNotFoundError), answering():
        (tmp_path / "missing").read_bytes()
