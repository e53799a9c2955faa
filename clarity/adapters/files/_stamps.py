"""A column of times, understood as one: naive, with offsets, or seconds since 1970."""

import itertools
from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._cells import (
    aware_clock,
    date_parts,
    day_number,
    epoch_second,
    first_none,
    naive_clock,
    orders_of,
    split_stamp,
)
from clarity.domain.timeline import DAY_S, LocalStamps, localize
from clarity.ports.recordings import DateOrder
from clarity.ports.unreadable import AbsurdDate, AmbiguousDates, TooBig, UnparsableLine

__all__ = ["FIRST_DAY", "LAST_DAY", "StampColumn"]

FIRST_DAY: Final = 3_652
"""1980-01-01, days since 1970-01-01."""

LAST_DAY: Final = 47_846
"""2100-12-31, days since 1970-01-01."""

_MAX_DATES: Final = 100_000
"""Most different dates; there are 44,195 days in those years."""

_AS_FIRST: Final = "every time is written like the first one"


@attrs.define(kw_only=True)
class StampColumn:
    """
    Collects times batch by batch; the order of day and month is decided when all are known.

    Attributes:
        file: name for errors.
        order: the order of dates when the caller knows it.
    """

    file: str
    order: DateOrder | None = None
    aware: bool = False
    _unix: bool = False
    _begun: bool = False
    _dates: dict[str, int] = attrs.field(factory=dict)
    _date_lines: list[int] = attrs.field(factory=list)
    _parts: list[tuple[int, int, int]] = attrs.field(factory=list)
    _date_ids: list[npt.NDArray[np.int64]] = attrs.field(factory=list)
    _seconds: list[npt.NDArray[np.int64]] = attrs.field(factory=list)

    def extend(self, texts: Sequence[str], lines: Sequence[int]) -> None:
        """
        Take the next times of the column.

        Raises:
            UnparsableLine: a time is none, or is not written like the first.
        """
        texts = list(map(str.strip, texts))
        if not self._begun:
            self._begin(texts[0], lines[0])
        if self._unix:
            self._seconds.append(self._whole([epoch_second(text) for text in texts], lines))
            return
        split = [split_stamp(text) for text in texts]
        clock = aware_clock if self.aware else naive_clock
        self._seconds.append(self._whole([clock(part) for _, part in split], lines))
        ids = self._dates
        self._date_ids.append(
            np.array([ids.setdefault(day, len(ids)) for day, _ in split], dtype=np.int64)
        )
        self._note_lines(lines)

    def _begin(self, text: str, line: int) -> None:
        self._begun = True
        self._unix = epoch_second(text) is not None
        if self._unix:
            return
        day, clock = split_stamp(text)
        self.aware = aware_clock(clock) is not None
        if date_parts(day) is None:
            raise UnparsableLine(file=self.file, line=line, detail="the time")

    def _whole(self, seconds: list[int | None], lines: Sequence[int]) -> npt.NDArray[np.int64]:
        bad = first_none(seconds)
        if bad >= 0:
            raise UnparsableLine(file=self.file, line=lines[bad], detail=_AS_FIRST)
        return np.array(seconds, dtype=np.int64)

    def _note_lines(self, lines: Sequence[int]) -> None:
        known = len(self._date_lines)
        if len(self._dates) == known:
            return
        ids, first = np.unique(self._date_ids[-1], return_index=True)
        self._date_lines.extend(lines[int(at)] for at in first[ids >= known])
        for text in itertools.islice(self._dates, known, None):
            parts = date_parts(text)
            if parts is None:
                line = self._date_lines[len(self._parts)]
                raise UnparsableLine(file=self.file, line=line, detail="the date")
            self._parts.append(parts)
        if len(self._parts) > _MAX_DATES:
            raise TooBig(file=self.file, detail=f"more than {_MAX_DATES:,} different dates")

    @property
    def absolute(self) -> bool:
        """Whether the times are instants: with an offset, or seconds since 1970."""
        return self.aware or self._unix

    def seconds(self) -> npt.NDArray[np.int64]:
        """
        (n,) int64, the whole column in the order of the file.

        Seconds since 1970-01-01T00:00Z where the times are instants, else what the clock shows,
        since a naive 1970.

        Raises:
            UnparsableLine: a date is none.
            AmbiguousDates: day and month cannot be told apart.
            AbsurdDate: a date lies before 1980 or after 2100.
        """
        seconds = np.concatenate(self._seconds)
        if self._unix:
            self._refuse_absurd(seconds)
            return seconds
        return self._days()[np.concatenate(self._date_ids)] * DAY_S + seconds

    def placed(self, seconds: npt.NDArray[np.int64], zone: ZoneInfo) -> LocalStamps:
        """The instants of one person's times out of `seconds`, in the order of the file."""
        if self.absolute:
            return LocalStamps(seconds=seconds, in_gap=0, in_fold=0)
        return localize(seconds.astype("datetime64[s]"), zone)

    def _refuse_absurd(self, seconds: npt.NDArray[np.int64]) -> None:
        days = seconds // DAY_S
        if days.min() < FIRST_DAY or days.max() > LAST_DAY:
            raise AbsurdDate(file=self.file)

    def _days(self) -> npt.NDArray[np.int64]:
        order = self._order(self._parts)
        numbers = [day_number(part, order) for part in self._parts]
        bad = first_none(numbers)
        if bad >= 0:
            raise UnparsableLine(file=self.file, line=self._date_lines[bad], detail="the date")
        days = np.array(numbers, dtype=np.int64)
        absurd = np.flatnonzero((days < FIRST_DAY) | (days > LAST_DAY))
        if absurd.size:
            raise AbsurdDate(file=self.file, line=self._date_lines[int(absurd[0])])
        return days

    def _order(self, dates: Sequence[tuple[int, int, int]]) -> DateOrder:
        possible = frozenset(DateOrder)
        for date_, line in zip(dates, self._date_lines, strict=True):
            fits = orders_of(date_)
            if not fits:
                raise UnparsableLine(file=self.file, line=line, detail="the date")
            possible &= fits
            if not possible:
                raise AmbiguousDates(
                    file=self.file, line=line, detail="dates contradict each other"
                )
        if self.order in possible:
            return self.order
        if len(possible) > 1:
            raise AmbiguousDates(file=self.file)
        return min(possible)
