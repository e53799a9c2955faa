"""A log in a file: JSON lines, to which is only added."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.local._files import make_folder, sync, translated
from clarity.domain.audit_log import LogEntry
from clarity.ports.audit_log import AuditLog

__all__ = ["JsonLinesAuditLog"]

OWNER_ONLY: Final = 0o600
LINE_END: Final = b"\n"


@attrs.frozen
class JsonLinesAuditLog(AuditLog):
    """
    Adds to the file `path`, made when it is first needed for its owner alone.

    What the file held when a write broke off stays in a line of its own. Several processes may
    write to one file; whoever rotates it moves it away, and the next write makes a new one.
    """

    path: Path

    def write(self, entries: Sequence[LogEntry]) -> int:
        """All of the entries are in the file and on the disk."""
        if not entries:
            return 0
        lines = b"".join(entry.text.encode() + LINE_END for entry in entries)
        with translated("the file of the audit log"):
            make_folder(self.path.parent)
            is_new = not self.path.exists()
            handle = os.open(self.path, os.O_CREAT | os.O_APPEND | os.O_RDWR, OWNER_ONLY)
            try:
                _add(handle, LINE_END * _is_torn(handle) + lines)
                os.fsync(handle)
            finally:
                os.close(handle)
            if is_new:
                sync(self.path.parent)
        return len(entries)


def _is_torn(handle: int) -> bool:
    """The last line has no end."""
    size = os.fstat(handle).st_size
    return size > 0 and os.pread(handle, 1, size - 1) != LINE_END


def _add(handle: int, lines: bytes) -> None:
    left = memoryview(lines)
    while left:
        left = left[os.write(handle, left) :]
