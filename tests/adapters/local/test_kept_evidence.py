"""The file of kept evidence: who may read it, what damage and a death leave."""

import hashlib
import os
import signal
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from clarity.adapters.local.kept_evidence import SqliteKeptEvidence
from clarity.ports.errors import Corrupt, PortError, TimedOut, Unavailable
from tests.contracts.kept_evidence.test_kept_evidence_contract import event

EVENT = event("c-1", "chunk/activity/2003-05-01")


def kept_in(path: Path, *, busy_timeout_s: float = 10.0) -> SqliteKeptEvidence:
    return SqliteKeptEvidence(path, busy_timeout_s)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "deep" / "store.db.kept"
    kept_in(path).keep(EVENT)
    return path


def test_the_file_and_its_folder_are_the_owners_alone(path: Path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_nothing_is_made_before_something_is_kept(tmp_path: Path):
    assert kept_in(tmp_path / "store.db.kept").hand_over(print) == 0

    assert list(tmp_path.iterdir()) == []


def test_a_file_whose_maker_died_before_anything_was_in_it_holds_nothing(tmp_path: Path):
    path = tmp_path / "store.db.kept"
    path.touch()

    assert kept_in(path).hand_over(print) == 0
    kept_in(path).keep(EVENT)
    assert kept_in(path).hand_over(print) == 1


def test_what_another_process_kept_is_handed_over(path: Path):
    given = []

    kept_in(path).hand_over(given.append)

    assert given == [EVENT]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE kept SET body = CAST(replace(CAST(body AS TEXT), 'nurse', 'thief') AS BLOB)",
        "UPDATE kept SET hash = zeroblob(32)",
        "UPDATE kept SET body = x'00'",
    ],
)
def test_what_was_changed_is_told_and_stays(path: Path, change: str):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(change)

    for _ in range(2):
        with pytest.raises(Corrupt, match="kept evidence is damaged"):
            kept_in(path).hand_over(print)


def test_a_body_that_says_nothing_is_told_even_with_a_fitting_hash(path: Path):
    body = b'{"seq":1}'
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.create_function("sha256", 1, _chained)
        connection.execute("UPDATE kept SET body = ?, hash = sha256(?)", (body, body))

    with pytest.raises(Corrupt):
        kept_in(path).hand_over(print)


def _chained(body: bytes) -> bytes:
    return hashlib.sha256(bytes(32) + body).digest()


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" * 100])
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "store.db.kept"
    path.write_bytes(content)

    for call in (lambda: kept_in(path).keep(EVENT), lambda: kept_in(path).hand_over(print)):
        with pytest.raises(PortError):
            call()

    assert path.read_bytes() == content


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").touch()

    with pytest.raises(Unavailable):
        kept_in(tmp_path / "file" / "store.db.kept").keep(EVENT)


def test_who_keeps_waits_no_longer_than_said(path: Path):
    with closing(sqlite3.connect(path)) as holder:
        holder.execute("BEGIN EXCLUSIVE")

        with pytest.raises(TimedOut):
            kept_in(path, busy_timeout_s=0.01).keep(EVENT)


def test_a_process_that_dies_while_it_hands_over_holds_nobody_up(path: Path):
    child = os.fork()
    if not child:
        kept_in(path).hand_over(lambda _: os.kill(os.getpid(), signal.SIGKILL))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    given = []

    kept_in(path).hand_over(given.append)

    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    assert given == [EVENT]
