"""REL-22: every planted bug is found within a minute by the tests that are there for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.zoo.bugs import BUGS, Bug, in_words

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60
SOME_TESTS_FAILED = 1
"""Exit status of pytest; a wrong selection or a broken import gives another."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree beside the original, so that nothing planted can stay behind."""
    tree = tmp_path_factory.mktemp("zoo")
    unwanted = shutil.ignore_patterns("__pycache__", ".hypothesis", "demo")
    for folder in ("clarity", "tests"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=unwanted)
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


def _planted(bug: Bug, tree: Path) -> str:
    """The source before the bug was planted in it."""
    file = tree / bug.file
    sound = file.read_text()
    assert sound.count(bug.old) == 1, f"{bug.file} has changed: adapt the bug {bug.name}"
    file.write_text(sound.replace(bug.old, bug.new))
    return sound


def _status(bug: Bug, tree: Path) -> int:
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", *bug.tests]
    measured = {name for name in os.environ if name.startswith("COV")}
    hunting = {name: value for name, value in os.environ.items() if name not in measured}
    hunting["HYPOTHESIS_PROFILE"] = "hunt"
    found = subprocess.run(
        command, cwd=tree, env=hunting, capture_output=True, timeout=LIMIT_S, check=False
    )
    return found.returncode


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_rel_22_a_planted_bug_is_found(bug: Bug, copy: Path):
    sound = _planted(bug, copy)

    try:
        assert _status(bug, copy) == SOME_TESTS_FAILED
    finally:
        (copy / bug.file).write_text(sound)


def test_rel_22_the_zoo_has_at_least_twenty_five_different_bugs():
    assert len({(bug.file, bug.old) for bug in BUGS}) == len(BUGS) >= 25
    assert len({bug.name for bug in BUGS}) == len(BUGS)


def test_rel_22_the_documents_list_the_bugs_that_there_are():
    told = (ROOT / "docs" / "reliability.md").read_text("utf-8")

    assert in_words() in told, "paste the output of `python -m tests.zoo.bugs`"
