"""
Cells of a table as numbers, dates and clock times; a cell that is none of these gives None.

Dates and clock times repeat in a recording, so each distinct text is understood once.
"""

import math
import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from clarity.ports.recordings import DateOrder

__all__ = [
    "MISSING",
    "ClockTime",
    "aware_clock",
    "date_parts",
    "day_number",
    "epoch_second",
    "first_none",
    "is_stamp",
    "naive_clock",
    "number",
    "orders_of",
    "split_stamp",
]

MISSING: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})
"""What stands for a missing value, in lower case."""

_DATE: Final = re.compile(r"([0-9]{1,4})([-./])([0-9]{1,2})\2([0-9]{1,4})")
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_CLOCK: Final = re.compile(
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]+)?)?\s?([AaPp][Mm])?"
    r"\s?(Z|z|UTC|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?"
)
_UNIX: Final = re.compile(r"([0-9]{9,10})(?:\.[0-9]*)?|([0-9]{12,13})(?:\.[0-9]*)?")

_LONGEST: Final = 40
"""Characters of the longest date or clock time; longer texts are neither, and not remembered."""

ClockTime = tuple[int, int | None]
"""Second of the day, and the offset from UTC in s where the text gives one."""


def number(text: str) -> float | None:
    """The number; NaN for a missing one; None for other text. It may be infinite (1e999)."""
    try:
        value = float(text)
    except ValueError:
        return float("nan") if text.strip().lower() in MISSING else None
    if math.isfinite(value) and "_" not in text:
        return value
    return _odd_number(text.strip().lower(), value)


def _odd_number(text: str, value: float) -> float | None:
    """What Python takes for a number and tables do not: 1_000, -nan."""
    if text in MISSING:
        return value
    return None if "_" in text or math.isnan(value) else value


def split_stamp(text: str) -> tuple[str, str]:
    """Date and clock time of a stamp, divided at the first space or `T`."""
    day, space, clock = text.partition(" ")
    if not space:
        day, _, clock = text.partition("T")
    return day, clock.strip()


def date_parts(text: str) -> tuple[int, int, int] | None:
    """The three numbers of a date as written; None when it is none, or has a short year."""
    return _date(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=16_384)
def _date(text: str) -> tuple[int, int, int] | None:
    found = _COMPACT.fullmatch(text)
    if found:
        return _year_first(found[1]), int(found[2]), int(found[3])
    found = _DATE.fullmatch(text)
    if not found or (len(found[1]) == 4) == (len(found[4]) == 4):
        return None
    first = _year_first(found[1]) if len(found[1]) == 4 else int(found[1])
    return first, int(found[3]), int(found[4])


def _year_first(text: str) -> int:
    """The year, none before 1000: 0001-01-01, with which some programs mean none, stays one."""
    return max(int(text), 1_000)


def orders_of(parts: tuple[int, int, int]) -> frozenset[DateOrder]:
    """The orders in which the numbers can be a date."""
    if parts[0] > 999:
        return frozenset({DateOrder.YMD})
    orders = set()
    if parts[0] <= 31 and parts[1] <= 12:
        orders.add(DateOrder.DMY)
    if parts[0] <= 12 and parts[1] <= 31:
        orders.add(DateOrder.MDY)
    return frozenset(orders)


def day_number(parts: tuple[int, int, int], order: DateOrder) -> int | None:
    """Days since 1970-01-01; None when there is no such day."""
    a, b, c = parts
    year, month, day = {
        DateOrder.YMD: (a, b, c),
        DateOrder.DMY: (c, b, a),
        DateOrder.MDY: (c, a, b),
    }[order]
    try:
        return date(year, month, day).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError:
        return None


def _clock(text: str) -> ClockTime | None:
    return _short_clock(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=65_536)
def _short_clock(text: str) -> ClockTime | None:
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[4] in {"PM", "pm", "Pm", "pM"} else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return hour * 3600 + minute * 60 + second, _offset(found[5])


def _offset(text: str | None) -> int | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return 0
    digits = text[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if text[0] == "-" else seconds


def naive_clock(text: str) -> int | None:
    """Second of the day of a clock time without an offset; None otherwise."""
    parsed = _clock(text)
    return parsed[0] if parsed and parsed[1] is None else None


def aware_clock(text: str) -> int | None:
    """Second of the day in UTC of a clock time with an offset (it may leave the day)."""
    parsed = _clock(text)
    return parsed[0] - parsed[1] if parsed and parsed[1] is not None else None


def epoch_second(text: str) -> int | None:
    """Seconds since 1970 from 9 or 10 digits of seconds, or 12 or 13 of milliseconds."""
    found = _UNIX.fullmatch(text.strip())
    if not found:
        return None
    return int(found[1]) if found[1] else int(found[2]) // 1000


def is_stamp(text: str) -> bool:
    """Whether a cell is a date with a clock time."""
    day, clock = split_stamp(text.strip())
    return date_parts(day) is not None and _clock(clock) is not None


def first_none(values: Sequence[object]) -> int:
    """Index of the first None, or -1."""
    try:
        return values.index(None)
    except ValueError:
        return -1
