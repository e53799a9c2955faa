"""Evidence in a file of its own beside the store, or in memory beside a store in memory."""

import fcntl
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.local._errors import translated
from clarity.adapters.local._files import make_folder, sync
from clarity.domain.audit import (
    AuditEvent,
    AuditRecord,
    BrokenChain,
    ChainHead,
    UnreadableRecord,
    chained,
    verify_chain,
)
from clarity.ports.errors import Corrupt, TooLarge
from clarity.ports.kept_evidence import KeptEvidence

__all__ = ["MOST_BYTES", "MemoryKeptEvidence", "SqliteKeptEvidence"]

MOST_BYTES: Final = 16 << 20
"""What may wait at once: some 40,000 looks at single days, or 200 at ten years each."""

OWNER_ONLY: Final = 0o600
WHAT: Final = "kept evidence"

TABLE: Final = """
    CREATE TABLE IF NOT EXISTS kept (
        number INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL, hash BLOB NOT NULL
    ) STRICT
"""
SIZE: Final = "SELECT coalesce(sum(length(body)), 0) FROM kept"
KEEP: Final = "INSERT INTO kept (body, hash) VALUES (?, ?)"
OLDEST: Final = "SELECT number, body, hash FROM kept ORDER BY number LIMIT 1"
FORGET: Final = "DELETE FROM kept WHERE number = ?"


@attrs.frozen
class MemoryKeptEvidence(KeptEvidence):
    """Events that are gone when the process is, as is the store in memory that they are about."""

    most_bytes: int = MOST_BYTES
    _waiting: deque[AuditRecord] = attrs.field(factory=deque, init=False, repr=False)
    _keeping: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)
    _giving: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)

    def keep(self, event: AuditEvent) -> None:
        """See `KeptEvidence.keep`."""
        record = chained(event, ChainHead())
        with self._keeping:
            waiting = sum(len(one.body) for one in self._waiting)
            _require_room(waiting + len(record.body), self.most_bytes)
            self._waiting.append(record)

    def hand_over(self, take: Callable[[AuditEvent], None]) -> int:
        """See `KeptEvidence.hand_over`."""
        given = 0
        with self._giving:
            while self._waiting:
                take(self._waiting[0].event)
                self._waiting.popleft()
                given += 1
        return given


@attrs.frozen
class SqliteKeptEvidence(KeptEvidence):
    """
    Events in the SQLite file `path`, which is made when the first one is kept.

    Who hands over holds a lock of the operating system on a file beside it, which goes with the
    process.
    """

    path: Path
    busy_timeout_s: float
    most_bytes: int = MOST_BYTES

    def keep(self, event: AuditEvent) -> None:
        """See `KeptEvidence.keep`."""
        record = chained(event, ChainHead())
        with translated(self.busy_timeout_s):
            _made(self.path)
            with self._open("BEGIN IMMEDIATE") as connection:
                connection.execute(TABLE)
                (waiting,) = connection.execute(SIZE).fetchone()
                _require_room(waiting + len(record.body), self.most_bytes)
                connection.execute(KEEP, (record.body, record.hash))

    def hand_over(self, take: Callable[[AuditEvent], None]) -> int:
        """See `KeptEvidence.hand_over`."""
        if not self.path.exists() or self._oldest() is None:
            return 0
        given = 0
        with self._alone():
            while (waiting := self._oldest()) is not None:
                number, event = waiting
                take(event)
                self._forget(number)
                given += 1
        return given

    def _oldest(self) -> tuple[int, AuditEvent] | None:
        with translated(self.busy_timeout_s), self._open("BEGIN") as connection:
            row = connection.execute(OLDEST).fetchone() if _is_laid_out(connection) else None
        return None if row is None else (row[0], _event(row[1], row[2]))

    def _forget(self, number: int) -> None:
        with translated(self.busy_timeout_s), self._open("BEGIN IMMEDIATE") as connection:
            connection.execute(FORGET, (number,))

    @contextmanager
    def _open(self, begin: str) -> Iterator[sqlite3.Connection]:
        name = f"{self.path.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(
            name, timeout=self.busy_timeout_s, isolation_level=None, uri=True
        )
        with closing(connection):
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute(begin)
            with connection:
                yield connection

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with translated(self.busy_timeout_s):
            lock = os.open(
                self.path.with_name(f"{self.path.name}.lock"), os.O_CREAT | os.O_RDWR, OWNER_ONLY
            )
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _made(path: Path) -> None:
    """The file is there, for its owner alone."""
    if not path.exists():
        make_folder(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, OWNER_ONLY))
        sync(path.parent)


def _is_laid_out(connection: sqlite3.Connection) -> bool:
    """Nothing is, where whoever made the file died before the first event was in it."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return bool(tables)


def _require_room(needed: int, most: int) -> None:
    if needed > most:
        raise TooLarge(f"{WHAT}, bytes,", most, needed)


def _event(body: object, hash_: object) -> AuditEvent:
    if not (isinstance(body, bytes) and isinstance(hash_, bytes)):
        raise Corrupt(WHAT)
    record = AuditRecord(1, body, hash_)
    try:
        verify_chain([record])
        event = record.event
    except (BrokenChain, UnreadableRecord) as error:
        raise Corrupt(WHAT) from error
    return event
