"""The command line in a process of its own: interrupted, and watched by a terminal or not."""

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.adapters.cli.conftest import GOOD, Command

ROOT = Path(__file__).resolve().parents[3]

INTERRUPTED = """
import os, signal, sys
from contextlib import contextmanager
import attrs
from clarity.adapters.cli.app import run
from clarity.bootstrap import open_clarity
from clarity.plain_settings import settings_from

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may ignore them
after = int(sys.argv[1])


@attrs.frozen
class Stopped:
    inner: object

    def run(self, order):
        for number, step in enumerate(self.inner.run(order), start=1):
            yield step
            if number == after:
                os.kill(os.getpid(), signal.SIGINT)


@contextmanager
def opener(mapping):
    with open_clarity(settings_from(mapping)) as app:
        yield attrs.evolve(app, makers={**app.makers, "report": lambda: Stopped(app.report)})


sys.exit(run(opener, sys.argv[2:]))
"""

HELD = """
import signal, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may ignore them
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from clarity.adapters.report.dossier import DossierFiles
from clarity.bootstrap import main

render = DossierFiles.render


def held(self, dossier):
    for piece in render(self, dossier):
        yield piece
        print("held", flush=True)
        threading.Event().wait(30)


DossierFiles.render = held
sys.exit(main())
"""

BAR = """
import sys
from clarity.adapters.cli.progress import progress
with progress(int(sys.argv[1])) as advance:
    for more in sys.argv[2:]:
        advance("step", int(more))
"""
COLOR = re.compile(rb"\x1b\[[0-9;]*m")


def files_of(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def documents_of(folder: Path) -> dict[str, bytes]:
    """The documents that do not tell when they were made."""
    names = [path.relative_to(folder) for path in folder.rglob("*.csv")]
    return {str(name): (folder / name).read_bytes() for name in names}


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 2, 3, 6])
def test_work_that_is_interrupted_leaves_nothing_half_and_is_completed_by_the_same_command(
    clarity: Command, tmp_path: Path, after: int
):
    for name in ("ada", "ben", "cy"):
        (tmp_path / f"{name}.csv").write_text(GOOD)
    people = [tmp_path / f"{name}.csv" for name in ("ada", "ben", "cy")]
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert clarity("analyze", *people, "--out", whole).code == 0

    stopped = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(after), "analyze", *people, "--out", out],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert stopped.returncode == 130
    assert "interrupted; what was stored is whole, run the command again" in stopped.stderr
    store = ("--store", out / "clarity.db")
    assert clarity(*store, "audit", "verify").code == 0
    done = ("ada", "ben", "cy")[: after // 2]
    assert clarity(*store, "store", "status", "--json").told["patients"] == len(done)
    assert {path.parent.name for path in out.glob("*/report.html")} == set(done)
    assert set(files_of(out)) <= set(files_of(whole)) | {"clarity.db-shm", "clarity.db-wal"}
    assert clarity("analyze", *people, "--out", out).code == 0
    assert files_of(out) == files_of(whole)
    assert documents_of(out) == documents_of(whole)
    report = clarity(*store, "audit", "report").out
    assert [report.count(f",{done},") for done in ("ingest", "read", "analyze")] == [3, 3, 3]


def on_a_terminal(steps: int, *more: int, **environment: str) -> bytes:
    """What the progress bar writes to a terminal when each step brings so many more to light."""
    terminal, held = pty.openpty()
    usual = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    try:
        subprocess.run(
            [sys.executable, "-c", BAR, *map(str, (steps, *more))],
            cwd=ROOT,
            env=usual | {"TERM": "xterm-256color", "COLUMNS": "80"} | environment,
            stderr=held,
            check=True,
        )
    finally:
        os.close(held)
    return drained(terminal)


def drained(terminal: int) -> bytes:
    """Everything that was written to a terminal whose other end is closed."""
    found = b""
    try:
        while piece := os.read(terminal, 65_536):
            found += piece
    except OSError:  # Linux says so when nothing is left
        pass
    finally:
        os.close(terminal)
    return found


def test_long_work_shows_a_bar_in_color_on_a_terminal():
    shown = on_a_terminal(2, 0, 0)

    assert b"2/2" in shown
    assert COLOR.search(shown)


def test_the_bar_has_no_color_when_that_is_asked_for():
    shown = on_a_terminal(2, 0, 0, NO_COLOR="1")

    assert b"2/2" in shown
    assert not [code for code in COLOR.findall(shown) if re.search(rb"3[0-9]|4[0-9]", code)]


def test_what_comes_to_light_on_the_way_is_counted():
    shown = on_a_terminal(1, 2, 0, 0)

    assert b"3/3" in shown
    assert b"/1" not in shown


def test_short_work_shows_no_bar():
    assert on_a_terminal(1, 0) == b""


def test_where_nobody_watches_there_is_no_bar():
    done = subprocess.run(
        [sys.executable, "-c", BAR, "2", "0", "0"], cwd=ROOT, capture_output=True, check=True
    )

    assert (done.stdout, done.stderr) == (b"", b"")


@pytest.mark.parametrize("said", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_process_that_is_told_to_end_takes_its_draft_with_it(
    clarity: Command, ada: Path, tmp_path: Path, said: signal.Signals
):
    store, out = tmp_path / "out" / "clarity.db", tmp_path / "dossier"
    assert clarity("analyze", ada, "--out", store.parent).code == 0
    with subprocess.Popen(
        [sys.executable, "-c", HELD, "--store", store, "export", "ada", "--out", out],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert len(list(out.iterdir())) == 1
        process.send_signal(said)
        _, told = process.communicate(timeout=30)

    assert process.returncode == 130
    assert told.strip().startswith("interrupted; what was stored is whole")
    assert list(out.iterdir()) == []


def test_a_reader_that_leaves_early_gets_no_traceback(tmp_path: Path, clarity: Command):
    (tmp_path / "ada.csv").write_text(GOOD)
    assert clarity("analyze", tmp_path / "ada.csv", "--out", tmp_path / "out").code == 0
    command = "import sys; from clarity.bootstrap import main; sys.exit(main())"

    with subprocess.Popen(
        [sys.executable, "-c", command, "--store", tmp_path / "out" / "clarity.db", "read", "ada"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as reading:
        reading.stdout.readline()
        reading.stdout.close()
        said = reading.stderr.read()

    assert b"Traceback" not in said
    assert reading.returncode in {0, 1}
