"""Pieces of SQL, and times as its numbers."""

from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

__all__ = ["EPOCH", "Column", "Sql", "in_micros", "micros", "statement"]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Column = str | int | float | bytes | None


@attrs.frozen
class Sql:
    """A piece of SQL and the values of its question marks, in order."""

    text: str
    values: tuple[Column, ...] = ()

    def __and__(self, other: "Sql") -> "Sql":
        return Sql(f"({self.text}) AND ({other.text})", self.values + other.values)


def statement(*pieces: str | Sql) -> Sql:
    """One statement out of fixed words, declared names, and pieces that bring their values."""
    parts = [Sql(piece) if isinstance(piece, str) else piece for piece in pieces]
    values = tuple(value for part in parts for value in part.values)
    return Sql(" ".join(part.text for part in parts), values)


def micros(time: datetime) -> int:
    """Microseconds since 1970-01-01T00:00Z, exact."""
    return in_micros(time - EPOCH)


def in_micros(span: timedelta) -> int:
    """Microseconds, exact."""
    return span // timedelta(microseconds=1)
