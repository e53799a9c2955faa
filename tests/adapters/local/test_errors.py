"""What SQLite and the file system say, entry by entry, in the words of the ports."""

import errno
import sqlite3

import pytest

from clarity.adapters.local._errors import REFUSALS, translated
from clarity.ports.errors import (
    Corrupt,
    Denied,
    NotFound,
    PortError,
    TimedOut,
    TooLarge,
    Unavailable,
    Unexpected,
)

EXPECTED = {
    "SQLITE_AUTH": Denied,
    "SQLITE_BUSY": TimedOut,
    "SQLITE_CANTOPEN": Unavailable,
    "SQLITE_CORRUPT": Corrupt,
    "SQLITE_FULL": Unavailable,
    "SQLITE_IOERR": Unavailable,
    "SQLITE_LOCKED": TimedOut,
    "SQLITE_NOLFS": Unavailable,
    "SQLITE_NOMEM": Unavailable,
    "SQLITE_NOTADB": Corrupt,
    "SQLITE_PERM": Denied,
    "SQLITE_PROTOCOL": TimedOut,
    "SQLITE_READONLY": Denied,
    "SQLITE_TOOBIG": TooLarge,
    "SQLITE_IOERR_FSYNC": Unavailable,
    "SQLITE_BUSY_SNAPSHOT": TimedOut,
    "SQLITE_READONLY_DBMOVED": Denied,
    "SQLITE_CORRUPT_INDEX": Corrupt,
    "SQLITE_CONSTRAINT_TRIGGER": Unexpected,
    "SQLITE_MISUSE": Unexpected,
}


def _error(name: str) -> sqlite3.Error:
    error = sqlite3.OperationalError("text that may hold data")
    error.sqlite_errorcode = getattr(sqlite3, name)
    error.sqlite_errorname = name
    return error


def _translation(error: Exception) -> PortError:
    with pytest.raises(PortError) as told, translated(2.5):
        raise error
    assert told.value.__cause__ is error
    return told.value


@pytest.mark.parametrize("name", EXPECTED)
def test_a_refusal_of_sqlite_becomes_one_of_the_ports(name: str):
    told = _translation(_error(name))

    assert type(told) is EXPECTED[name]
    assert "text that may hold data" not in str(told)


def test_every_entry_of_the_table_is_expected_here():
    assert {getattr(sqlite3, name) for name in EXPECTED} >= set(REFUSALS)


def test_the_limit_of_a_wait_is_told():
    assert _translation(_error("SQLITE_BUSY")).limit_s == 2.5


def test_the_name_of_an_unknown_refusal_is_told():
    assert _translation(_error("SQLITE_MISUSE")).detail == "sqlite SQLITE_MISUSE"


def test_a_text_in_the_store_that_is_none_is_damage():
    error = UnicodeDecodeError("utf-8", b"text \xff that may hold data", 5, 6, "invalid start byte")

    told = _translation(error)

    assert type(told) is Corrupt
    assert "data" not in str(told)


def test_an_error_of_the_driver_itself_is_unexpected():
    assert _translation(sqlite3.ProgrammingError("x")).detail == "sqlite ProgrammingError"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (PermissionError(13, "no"), Denied),
        (FileNotFoundError(2, "no"), Unavailable),
        (OSError(28, "full"), Unavailable),
    ],
)
def test_a_refusal_of_the_file_system_becomes_one_of_the_ports(error: OSError, kind: type):
    assert type(_translation(error)) is kind


def test_why_the_file_cannot_be_reached_is_told_in_the_words_of_the_system():
    told = str(_translation(OSError(errno.EROFS, "text that may hold data")))

    assert told.startswith("the file of the store (Read-only file system) cannot be reached")


def test_a_file_that_sqlite_cannot_open_is_said_to_need_room_to_write():
    told = str(_translation(_error("SQLITE_CANTOPEN")))

    assert told.startswith("the store, whose file and folder must be writable, cannot be reached")


def test_other_errors_pass_unchanged():
    error = NotFound("x")

    with pytest.raises(NotFound) as left, translated(1):
        raise error

    assert left.value is error


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT nonsense", Unexpected),
        ("SELECT zeroblob(2000000000)", TooLarge),
        ("ATTACH '/nowhere/at/all' AS x", Unavailable),
    ],
)
def test_what_sqlite_really_says_is_translated(statement: str, kind: type):
    connection = sqlite3.connect(":memory:")
    try:
        with pytest.raises(kind), translated(1):
            connection.execute(statement).fetchall()
    finally:
        connection.close()
