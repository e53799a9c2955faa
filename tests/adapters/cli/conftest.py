"""The command line in this process, over real stores in a folder of the test."""

import json
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from clarity.adapters.cli.app import run
from clarity.adapters.cli.session import Opener
from clarity.bootstrap import open_clarity
from clarity.plain_settings import settings_from
from tests.support.recordings import depresjon_table

GOOD = depresjon_table(3_000)


def opener(mapping):
    return open_clarity(settings_from(mapping))


@attrs.frozen
class Said:
    """What a command left: exit code and both outputs."""

    code: int
    out: str
    err: str

    @property
    def told(self):
        """The JSON document on standard output."""
        return json.loads(self.out)


Command = Callable[..., Said]


@pytest.fixture
def clarity(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Command:
    """Runs `clarity ARGUMENTS` with a home of its own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))

    def command(*arguments: object, opener: Opener = opener) -> Said:
        code = run(opener, [str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return command


@pytest.fixture
def ada(tmp_path: Path) -> Path:
    """Two days of a person."""
    path = tmp_path / "ada.csv"
    path.write_text(GOOD)
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A file that nobody can read."""
    path = tmp_path / "bad.csv"
    path.write_text("this is no table")
    return path


@pytest.fixture
def analyzed(clarity: Command, ada: Path, tmp_path: Path) -> Path:
    """The store after the analysis of `ada`."""
    assert clarity("analyze", ada, "--out", tmp_path / "out").code == 0
    return tmp_path / "out" / "clarity.db"
