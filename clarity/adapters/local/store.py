"""A store: one SQLite file (or memory), its connections, and transactions over them."""

import os
import queue
import secrets
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.local import schema
from clarity.adapters.local._errors import translated
from clarity.ports.errors import Denied

__all__ = ["SqliteStore", "open_store"]

OWNER_ONLY: Final = 0o600
OWNER_ONLY_FOLDER: Final = 0o700
BESIDE: Final = ("-wal", "-shm")
"""What SQLite keeps beside an open store."""

FILE_CONNECTIONS: Final = 4
"""Connections to a file, so most threads that work at once; further ones wait their turn."""

APPLICATION_AT: Final = 68
"""Where the application id stands in a SQLite file, in four bytes (sqlite.org/fileformat2)."""

HEAD_BYTES: Final = APPLICATION_AT + 4

_Slots = queue.SimpleQueue[sqlite3.Connection | None]
"""Taken from and put back to in one step of C each, which no interrupt finds half done."""


@attrs.frozen(eq=False)
class SqliteStore:
    """
    An open store; made by `open_store`, shared by the repository and the audit trail over it.

    Safe to use from many threads, and while other processes use the same file: one of them writes
    at a time and the others wait up to `busy_timeout_s`.

    Attributes:
        name: the file, as a SQLite URI.
        busy_timeout_s: longest wait for another writer, s.
        slots: idle connections; None where one is still to be opened.
        cursor_key: signs paging cursors; kept in the store, so that they outlive the process.
    """

    name: str = attrs.field(repr=False)
    busy_timeout_s: float
    slots: _Slots = attrs.field(repr=False)
    cursor_key: bytes = attrs.field(repr=False)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """
        A connection whose statements see one state of the store.

        Raises:
            TimedOut: all connections were in use for all of `busy_timeout_s`.
            PortError: whatever SQLite refused, translated.
        """
        with self._lent() as connection, _transaction(connection, "BEGIN"):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """
        A connection whose changes are on the disk when the block ends, or undone if it raises.

        Raises:
            TimedOut: another writer held the store, or others all connections, for all of
                `busy_timeout_s`.
            PortError: whatever else SQLite refused, translated.
        """
        with self._lent() as connection, _transaction(connection, "BEGIN IMMEDIATE"):
            yield connection

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        take = partial(self.slots.get, timeout=self.busy_timeout_s)
        with translated(self.busy_timeout_s):
            # A loop of one turn: it is where no interrupt comes between taking and naming.
            for slot in iter(take, self):
                connection = slot
                try:
                    connection = connection or _connected(self.name, self.busy_timeout_s)
                    yield connection
                finally:
                    self.slots.put(connection)
                return

    def empty_log(self) -> None:
        """
        The write-ahead log is empty: what was overwritten or deleted is in no file any more.

        While somebody still reads an older state the log stays until a later call.

        Raises:
            PortError: whatever SQLite refused, translated.
        """
        with self._lent() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def close(self) -> None:
        """All idle connections are closed; a later use opens a file anew."""
        idle = [self.slots.get_nowait() for _ in range(self.slots.qsize())]
        for connection in idle:
            if connection is not None:
                connection.close()
            self.slots.put(None)


@contextmanager
def open_store(path: Path | None, *, busy_timeout_s: float) -> Iterator[SqliteStore]:
    """
    The store in the file `path`, made if it is not there; None for one in memory.

    A store of an earlier version is brought to this one first. The file can be read and written by
    its owner alone.

    Raises:
        Corrupt: the file is no store of clarity, or damaged.
        TooNew: a later clarity made it.
        Denied, Unavailable, TimedOut: the file cannot be used.
    """
    with translated(busy_timeout_s):
        store = _in_memory(busy_timeout_s) if path is None else _in_file(path, busy_timeout_s)
    try:
        yield store
    finally:
        store.close()


def _in_memory(busy_timeout_s: float) -> SqliteStore:
    name = "file::memory:"
    connection = _connected(name, busy_timeout_s)
    schema.migrate(connection)
    return _store(name, busy_timeout_s, [connection])


def _in_file(path: Path, busy_timeout_s: float) -> SqliteStore:
    if not path.exists():
        _create(path, busy_timeout_s)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & ~OWNER_ONLY and _is_store(path):
        path.chmod(mode & OWNER_ONLY)
    _refuse_unwritable(path)
    name = f"{path.absolute().as_uri()}?mode=rw"
    with ExitStack() as undone:
        connection = undone.enter_context(closing(_connected(name, busy_timeout_s)))
        if schema.check(connection) < schema.VERSION:
            schema.migrate(connection)
        store = _store(name, busy_timeout_s, [connection, *[None] * (FILE_CONNECTIONS - 1)])
        undone.pop_all()
    return store


def _is_store(path: Path) -> bool:
    """Whether the file is marked as a store, before SQLite puts anything beside it."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return head[APPLICATION_AT:] == schema.APPLICATION_ID.to_bytes(4)


def _refuse_unwritable(path: Path) -> None:
    """
    Nothing that belongs to the store is shut.

    SQLite would open the file all the same and leave a file beside it that is not writable either,
    and with that the store stays shut when the permissions are right again.

    Raises:
        Denied: the store, or what SQLite left beside it, cannot be read and written.
    """
    for file in (path, *(path.with_name(path.name + end) for end in BESIDE)):
        if file.exists() and not os.access(file, os.R_OK | os.W_OK):
            raise Denied(f"reading and writing {file.name}")


def _store(
    name: str, busy_timeout_s: float, connections: list[sqlite3.Connection | None]
) -> SqliteStore:
    (key,) = next(c for c in connections if c).execute("SELECT value FROM secret").fetchone()
    slots: _Slots = queue.SimpleQueue()
    for connection in connections:
        slots.put(connection)
    return SqliteStore(name, busy_timeout_s, slots, key)


def _create(path: Path, busy_timeout_s: float) -> None:
    """
    A new store under `path`, whole from its first moment.

    It is made beside its place and linked there; of several processes that do so at once, one wins
    and the others find its store.
    """
    path.parent.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, OWNER_ONLY))
        name = f"{draft.absolute().as_uri()}?mode=rw"
        with closing(_connected(name, busy_timeout_s)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            schema.migrate(connection)
        _link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _link(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _connected(name: str, busy_timeout_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        name, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False, uri=True
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA secure_delete = ON")
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    try:
        connection.execute(begin)
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
