"""The command before and around the command line."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from clarity import __main__ as entry
from clarity import bootstrap
from clarity.adapters.cli.exits import Exit

ROOT = Path(__file__).resolve().parents[3]

WHILE_IMPORTED = """
import sys

class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == "clarity.bootstrap":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupted())
from clarity.__main__ import main
sys.exit(main())
"""


def test_ctrl_c_while_the_command_is_being_imported_is_told_in_a_line():
    done = subprocess.run(
        [sys.executable, "-c", WHILE_IMPORTED],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == Exit.INTERRUPTED
    assert done.stderr.splitlines() == [
        "interrupted; what was stored is whole, run the command again"
    ]


def test_the_command_gives_the_exit_code_of_the_command_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bootstrap, "main", lambda: Exit.TAMPERED)

    assert entry.main() == Exit.TAMPERED


def test_the_installed_command_is_the_one_that_can_be_interrupted():
    (command,) = entry_points(group="console_scripts", name="clarity")

    assert command.load() is entry.main


def test_the_package_is_a_command_too():
    done = subprocess.run(
        [sys.executable, "-m", "clarity", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("Usage: clarity")
