"""The log in a file: who may read it, what a broken write leaves, what is refused."""

import os
import stat
from pathlib import Path

import pytest

from clarity.adapters.local.audit_log import JsonLinesAuditLog
from clarity.ports.errors import Denied, Unavailable
from tests.support.clocks import START
from tests.support.logs import entries

ONE, TWO = entries(2, at=START)


def test_the_file_and_its_folder_are_the_owners_alone(tmp_path: Path):
    path = tmp_path / "logs" / "audit.jsonl"

    JsonLinesAuditLog(path).write([ONE])

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_line_that_was_not_finished_stays_apart(tmp_path: Path):
    path = tmp_path / "audit.jsonl"
    path.write_text('{"half":')

    JsonLinesAuditLog(path).write([ONE, TWO])

    assert path.read_text().splitlines() == ['{"half":', ONE.text, TWO.text]


def test_a_file_that_was_moved_away_is_made_anew(tmp_path: Path):
    path = tmp_path / "audit.jsonl"
    log = JsonLinesAuditLog(path)
    log.write([ONE])
    path.rename(tmp_path / "audit.jsonl.1")

    log.write([TWO])

    assert path.read_text() == TWO.text + "\n"


def test_a_write_that_the_system_splits_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path, whole = tmp_path / "audit.jsonl", os.write
    monkeypatch.setattr(os, "write", lambda handle, data: whole(handle, data[:7]))

    JsonLinesAuditLog(path).write([ONE, TWO])

    assert path.read_text().splitlines() == [ONE.text, TWO.text]


def test_a_folder_in_its_place_is_told(tmp_path: Path):
    with pytest.raises(Unavailable, match="audit log"):
        JsonLinesAuditLog(tmp_path).write([ONE])


def test_a_file_that_may_not_be_opened_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refused(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "open", refused)

    with pytest.raises(Denied, match="audit log"):
        JsonLinesAuditLog(tmp_path / "audit.jsonl").write([ONE])
