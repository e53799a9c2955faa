"""What SQLite and the file system say, in the words of the ports; one table, used once."""

import os
import queue
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

from clarity.ports.errors import (
    Corrupt,
    Denied,
    PortError,
    TimedOut,
    TooLarge,
    Unavailable,
    Unexpected,
)

__all__ = ["translated"]

STORE: Final = "the store"
MAX_BLOB_BYTES: Final = 1_000_000_000
"""SQLITE_MAX_LENGTH as compiled by default."""

PRIMARY: Final = 0xFF
"""SQLite's extended codes carry the primary one in their lowest byte."""


def _unavailable(what: str) -> Callable[[float], PortError]:
    return lambda _: Unavailable(what)


def _denied(_: float) -> PortError:
    return Denied("writing to the store")


def _timed_out(limit_s: float) -> PortError:
    return TimedOut(STORE, limit_s)


def _corrupt(_: float) -> PortError:
    return Corrupt(STORE)


def _no_store(_: float) -> PortError:
    return Corrupt("the store, if the file is one,")


def _too_large(_: float) -> PortError:
    return TooLarge("one stored item, bytes,", MAX_BLOB_BYTES, MAX_BLOB_BYTES + 1)


REFUSALS: Final[Mapping[int, Callable[[float], PortError]]] = MappingProxyType(
    {
        sqlite3.SQLITE_AUTH: _denied,
        sqlite3.SQLITE_BUSY: _timed_out,
        sqlite3.SQLITE_CANTOPEN: _unavailable("the store, whose file and folder must be writable,"),
        sqlite3.SQLITE_CORRUPT: _corrupt,
        sqlite3.SQLITE_FULL: _unavailable("the store, whose disk is full,"),
        sqlite3.SQLITE_IOERR: _unavailable("the store's disk"),
        sqlite3.SQLITE_LOCKED: _timed_out,
        sqlite3.SQLITE_NOLFS: _unavailable("the store's disk"),
        sqlite3.SQLITE_NOMEM: _unavailable("the store, for want of memory,"),
        sqlite3.SQLITE_NOTADB: _no_store,
        sqlite3.SQLITE_PERM: _denied,
        sqlite3.SQLITE_PROTOCOL: _timed_out,
        sqlite3.SQLITE_READONLY: _denied,
        sqlite3.SQLITE_TOOBIG: _too_large,
    }
)


@contextmanager
def translated(busy_timeout_s: float) -> Iterator[None]:
    """
    Errors of SQLite and of the file system leave the block as errors of the ports.

    Args:
        busy_timeout_s: longest wait for a lock or a connection; told when it was in vain.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _refusal(error, busy_timeout_s) from error
    except queue.Empty as error:
        raise _timed_out(busy_timeout_s) from error
    except PermissionError as error:
        raise Denied("the file of the store") from error
    except OSError as error:
        why = f" ({os.strerror(error.errno)})" if error.errno else ""
        raise Unavailable(f"the file of the store{why}") from error
    except UnicodeDecodeError as error:
        raise Corrupt(STORE) from error


def _refusal(error: sqlite3.Error, busy_timeout_s: float) -> PortError:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return Unexpected(f"sqlite {type(error).__name__}")
    refusal = REFUSALS.get(code & PRIMARY)
    if refusal is None:
        return Unexpected(f"sqlite {error.sqlite_errorname}")
    return refusal(busy_timeout_s)
