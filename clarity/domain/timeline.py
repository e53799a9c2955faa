"""
Aware times only: local days, windows and what daylight saving does to them.

A local day runs from the first instant of a date in a zone to the first instant of the next; it
lasts 23, 24 or 25 hours. Instants are aware datetimes or whole seconds since 1970-01-01T00:00Z.
"""

from datetime import date, datetime, timedelta
from typing import ClassVar, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.errors import DomainError

__all__ = [
    "LocalDay",
    "LocalStamps",
    "NaiveTime",
    "TimeWindow",
    "UnknownZone",
    "zone_named",
]

DAY_S: Final = 86_400
"""Nominal length of a day, s."""


@attrs.define(eq=False)
class NaiveTime(DomainError):
    """A time carries no zone, so its instant is unknown."""

    code: ClassVar[str] = "time.naive"
    where: str

    def __str__(self) -> str:
        return (
            f"{self.where} has no time zone; say which one with --tz, for example --tz Europe/Oslo"
        )


@attrs.define(eq=False)
class UnknownZone(DomainError):
    """A zone name is not in the IANA database."""

    code: ClassVar[str] = "time.unknown-zone"
    name: str

    def __str__(self) -> str:
        return f"{self.name!r} is not an IANA time zone; use a name like Europe/Oslo or UTC"


def zone_named(name: str) -> ZoneInfo:
    """
    The IANA zone of that name.

    Raises:
        UnknownZone: there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(name) from error


def _aware(_: object, attribute: "attrs.Attribute[datetime]", value: datetime) -> None:
    if value.tzinfo is None:
        raise NaiveTime(attribute.name)


@attrs.frozen(kw_only=True)
class TimeWindow:
    """The instants from `start` (included) to `end` (excluded); both aware."""

    start: datetime = attrs.field(validator=_aware)
    end: datetime = attrs.field(validator=_aware)

    def __attrs_post_init__(self) -> None:
        """A window does not run backwards."""
        if self.end < self.start:
            raise ValueError("a window ends before it starts")


@attrs.frozen(order=True)
class LocalDay:
    """A calendar date in a zone."""

    date: date
    zone: ZoneInfo = attrs.field(order=False)

    @property
    def start(self) -> datetime:
        """The day's first instant."""
        return datetime(self.date.year, self.date.month, self.date.day, tzinfo=self.zone)

    @property
    def start_s(self) -> int:
        """The day's first instant, seconds since the epoch."""
        return int(self.start.timestamp())

    @property
    def length_s(self) -> int:
        """Real length of the day, s: 82,800, 86,400 or 90,000 in most zones."""
        return self.next().start_s - self.start_s

    def next(self) -> "LocalDay":
        """The day after."""
        return LocalDay(self.date + timedelta(days=1), self.zone)


@attrs.frozen(kw_only=True)
class LocalStamps:
    """
    Local wall-clock times placed on the real time line.

    Attributes:
        seconds: (n,) int64, seconds since 1970-01-01T00:00Z.
        in_gap: how many stamps name a time that daylight saving skipped; they are moved forward by
            the length of the hole, as ISO clocks do.
        in_fold: how many stamps name a time that happens twice; they are placed in the first pass
            unless the order of the stamps shows that the second is meant.
    """

    seconds: npt.NDArray[np.int64] = attrs.field(eq=attrs.cmp_using(eq=np.array_equal))
    in_gap: int
    in_fold: int
