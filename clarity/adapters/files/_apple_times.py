"""Times of an Apple Health export, many at once: `2018-09-10 02:28:55 -0700`."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from clarity.adapters.files._stamps import FIRST_DAY, LAST_DAY
from clarity.domain.timeline import DAY_S
from clarity.ports.unreadable import AbsurdDate, UnparsableLine

__all__ = ["seconds_of"]

_WIDTH: Final = 25
_DIGITS: Final = np.array([0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 21, 22, 23, 24])
_MARKS: Final = {4: b"-", 7: b"-", 10: b" ", 13: b":", 16: b":", 19: b" "}
_1970: Final = date(1970, 1, 1).toordinal()


def seconds_of(texts: Sequence[str], file: str) -> npt.NDArray[np.int64]:
    """
    (n,) int64, seconds since 1970-01-01T00:00Z.

    Raises:
        UnparsableLine: one is no such time; `line` is its place in `texts`, from 1.
        AbsurdDate: one lies before 1980 or after 2100; likewise.
    """
    joined = "".join(texts)
    letters = joined.encode("ascii", errors="replace")
    if len(joined) != _WIDTH * len(texts) or any(map(_odd_width, texts)):
        at = next(i for i, text in enumerate(texts, 1) if _odd_width(text))
        raise UnparsableLine(file=file, line=at, detail="the time")
    table = np.frombuffer(letters, dtype=np.uint8).reshape(-1, _WIDTH)
    digits = table[:, _DIGITS].astype(np.int64) - ord("0")
    good = ((digits >= 0) & (digits <= 9)).all(axis=1)
    for place, mark in _MARKS.items():
        good &= table[:, place] == ord(mark)
    east = table[:, 20] == ord("+")
    good &= east | (table[:, 20] == ord("-"))
    pairs = digits[:, ::2] * 10 + digits[:, 1::2]
    _, _, _, _, hour, minute, second, zone_h, zone_min = pairs.T
    good &= (hour < 24) & (minute < 60) & (second < 60) & (zone_h < 15) & (zone_min < 60)
    days = _days(pairs[:, 0] * 10_000 + pairs[:, 1] * 100 + pairs[:, 2], pairs[:, 3], good)
    _refuse(~good, file)
    offset = np.where(east, 1, -1) * (zone_h * 3600 + zone_min * 60)
    absurd = (days < FIRST_DAY) | (days > LAST_DAY)
    if absurd.any():
        raise AbsurdDate(file=file, line=int(np.argmax(absurd)) + 1)
    return np.asarray(days * DAY_S + hour * 3600 + minute * 60 + second - offset, dtype=np.int64)


def _odd_width(text: str) -> bool:
    return len(text) != _WIDTH


def _refuse(bad: npt.NDArray[np.bool_], file: str) -> None:
    if bad.any():
        raise UnparsableLine(file=file, line=int(np.argmax(bad)) + 1, detail="the time")


def _days(
    months: npt.NDArray[np.int64], day: npt.NDArray[np.int64], good: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """(n,) int64, days since 1970; a date that does not exist is marked in `good`."""
    kinds, which = np.unique(months * 100 + day, return_inverse=True)
    numbers = np.array([_day_number(int(kind)) for kind in kinds], dtype=np.int64)
    good &= (numbers >= 0)[which]
    return numbers[which]


def _day_number(kind: int) -> int:
    """Days since 1970 of CCYYMMDD; -1 when there is no such day or it lies before."""
    try:
        return date(kind // 10_000, kind // 100 % 100, kind % 100).toordinal() - _1970
    except ValueError:
        return -1
