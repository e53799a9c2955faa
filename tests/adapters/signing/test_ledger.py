import stat
from pathlib import Path

import pytest

from clarity.adapters.signing.ledger import FolderHeadLedger
from clarity.domain.identity import TenantId
from clarity.ports.errors import Corrupt, Denied, Unavailable
from clarity.ports.head_ledger import MAX_ENTRY_BYTES

CLINIC = TenantId("clinic")


def written(folder: Path) -> Path:
    """The file of the first entry."""
    FolderHeadLedger(folder).append(CLINIC, number=1, entry=b"first")
    (path,) = folder.glob("*/*")
    return path


def test_entries_are_files_for_their_owner_alone_and_nothing_else_is_left(tmp_path: Path):
    path = written(tmp_path / "heads")

    assert path.name == "000000000001.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path: Path):
    written(tmp_path).write_bytes(bytes(MAX_ENTRY_BYTES + 7))

    with pytest.raises(Corrupt):
        list(FolderHeadLedger(tmp_path).entries(CLINIC))


def test_a_folder_that_is_a_file_is_told(tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("")

    with pytest.raises(Unavailable):
        FolderHeadLedger(file).append(CLINIC, number=1, entry=b"x")


def test_an_entry_that_is_a_folder_is_told(tmp_path: Path):
    path = written(tmp_path)
    path.with_name("000000000002.json").mkdir()

    with pytest.raises(Unavailable):
        list(FolderHeadLedger(tmp_path).entries(CLINIC))


def test_what_may_not_be_used_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    written(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "mkdir", refuse)

    with pytest.raises(Denied):
        list(FolderHeadLedger(tmp_path).entries(CLINIC))
    with pytest.raises(Denied):
        FolderHeadLedger(tmp_path).append(CLINIC, number=2, entry=b"x")
