"""
Aware times only: local days, windows and what daylight saving does to them.

A local day runs from the first instant of a date in a zone to the first instant of the next; it
lasts 23, 24 or 25 hours. Instants are aware datetimes or whole seconds since 1970-01-01T00:00Z.
"""

from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.errors import DomainError
from clarity.domain.exact import exactly_typed

__all__ = [
    "DAY_S",
    "BadEpoch",
    "LocalDay",
    "LocalStamps",
    "NaiveTime",
    "NamelessZone",
    "OutsideCalendar",
    "TimeWindow",
    "UnknownZone",
    "ZoneOffsets",
    "clock_minutes",
    "days_covered",
    "days_touched",
    "in_utc",
    "lasting",
    "local_seconds",
    "localize",
    "zone_name",
    "zone_named",
    "zone_offsets",
]

DAY_S: Final = 86_400
"""Nominal length of a day, s."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


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
class OutsideCalendar(DomainError):
    """A time, or the end of a day, has no year from 1 to 9999 in UTC."""

    code: ClassVar[str] = "time.outside-calendar"
    where: str

    def __str__(self) -> str:
        return f"{self.where} lies before year 1 or after year 9999 in UTC; correct the date"


def in_utc(where: str, time: datetime) -> datetime:
    """
    The instant in UTC; `where` is what the time is, for who is refused.

    Raises:
        NaiveTime: it has no zone.
        OutsideCalendar: there is no such instant in UTC.
    """
    if time.tzinfo is None:
        raise NaiveTime(where)
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise OutsideCalendar(where) from error


@attrs.define(eq=False)
class BadEpoch(DomainError):
    """An epoch lasts less than a second."""

    code: ClassVar[str] = "time.bad-epoch"
    epoch_s: int

    def __str__(self) -> str:
        return f"an epoch lasts a second or more, not {self.epoch_s} s; say how many it has"


def lasting(_: object, __: "attrs.Attribute[int]", epoch_s: int) -> None:
    """
    Nothing, when an epoch may last so long; for `validator` of attrs.

    Raises:
        BadEpoch: it may not.
    """
    if epoch_s < 1:
        raise BadEpoch(epoch_s)


@attrs.define(eq=False)
class UnknownZone(DomainError):
    """A zone name is not in the IANA database."""

    code: ClassVar[str] = "time.unknown-zone"
    name: str
    near: tuple[str, ...] = ()

    def __str__(self) -> str:
        meant = f"; did you mean {' or '.join(self.near)}?" if self.near else ""
        return f"{self.name!r} is not an IANA time zone; use a name like Europe/Oslo or UTC{meant}"


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


@attrs.define(eq=False)
class NamelessZone(DomainError):
    """A time zone was made without a name, so no store could tell which one it is."""

    code: ClassVar[str] = "time.nameless-zone"

    def __str__(self) -> str:
        return "a time zone has no name; take it by its name, for example ZoneInfo('Europe/Oslo')"


def zone_name(zone: ZoneInfo) -> str:
    """
    The IANA name of the zone.

    Raises:
        NamelessZone: it was read from a file and has none.
    """
    name: str | None = zone.key
    if not name:
        raise NamelessZone
    return name


def _in_calendar(_: object, attribute: "attrs.Attribute[datetime]", value: datetime) -> None:
    in_utc(attribute.name, value)


@attrs.frozen(kw_only=True, field_transformer=exactly_typed)
class TimeWindow:
    """
    The instants from `start` (included) to `end` (excluded); both aware.

    Raises:
        WrongType: one is no time.
        NaiveTime: one has no zone.
        OutsideCalendar: one is no instant in UTC.
        ValueError: it ends before it starts.
    """

    start: datetime = attrs.field(validator=_in_calendar)
    end: datetime = attrs.field(validator=_in_calendar)

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


@attrs.frozen(kw_only=True)
class ZoneOffsets:
    """
    The offsets of a zone as steps in time.

    Attributes:
        since: (k,) int64 ascending, seconds since the epoch from which an offset holds; the first
            offset also holds before.
        offsets: (k,) int64, s east of UTC.
    """

    since: npt.NDArray[np.int64] = attrs.field(eq=attrs.cmp_using(eq=np.array_equal))
    offsets: npt.NDArray[np.int64] = attrs.field(eq=attrs.cmp_using(eq=np.array_equal))

    def at(self, seconds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """(n,) int64, the offset in force at each instant, s."""
        step = np.searchsorted(self.since, seconds, side="right") - 1
        return self.offsets[np.maximum(step, 0)]


def _offset_s(second: int, zone: ZoneInfo) -> int:
    offset = (_EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101 - a ZoneInfo always knows, for the type checker
    return int(offset.total_seconds())


def _change_between(low: int, high: int, zone: ZoneInfo) -> int:
    """First second in (low, high] with another offset than `low` has, by bisection."""
    before = _offset_s(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_s(middle, zone) == before:
            low = middle
        else:
            high = middle
    return high


def zone_offsets(zone: ZoneInfo, days: npt.NDArray[np.int64]) -> ZoneOffsets:
    """
    The offsets of `zone` around some days, exact to the second on and next to each of them.

    Args:
        zone: any IANA zone.
        days: (n,) int64, day numbers since 1970-01-01; one look at the zone per distinct day.
    """
    near = np.unique(days)[:, None] + np.arange(-1, 3)
    edges = (np.unique(near) if near.size else np.arange(2)) * DAY_S
    offsets = np.array([_offset_s(int(edge), zone) for edge in edges], dtype=np.int64)
    changed = np.flatnonzero(np.diff(offsets)) + 1
    since = [
        _change_between(int(edges[i - 1]), int(edges[i]), zone)
        if edges[i] - edges[i - 1] == DAY_S
        else int(edges[i])
        for i in changed
    ]
    return ZoneOffsets(
        since=np.array([int(edges[0]), *since], dtype=np.int64),
        offsets=offsets[np.concatenate(([0], changed))],
    )


def _usual_step(wall: npt.NDArray[np.int64]) -> float:
    steps = np.diff(wall)
    forward = steps[steps > 0]
    return float(np.median(forward)) if forward.size else 0.0


def _runs_backwards(wall: npt.NDArray[np.int64]) -> bool:
    return wall.size > 1 and bool(np.median(np.diff(wall)) < 0)


def _second_pass(
    wall: npt.NDArray[np.int64], repeated: npt.NDArray[np.bool_], fold_s: int, usual_s: float
) -> npt.NDArray[np.intp]:
    """Which of the repeated times belong to the second pass, judged by the order of the stamps."""
    at = np.flatnonzero(repeated)
    back = np.flatnonzero(np.diff(wall[at]) - usual_s < -fold_s / 2)
    return at[back[0] + 1 :] if back.size == 1 else at[:0]


def localize(wall: npt.NDArray[np.datetime64], zone: ZoneInfo) -> LocalStamps:
    """
    The instants that local wall-clock times mean in `zone`.

    A time that daylight saving skips is moved forward by the length of the hole (02:30 becomes
    03:30). A time that happens twice is placed in the first pass; it is placed in the second pass
    when, among the repeated times, the clock jumps back exactly once, and by so much that the
    second pass is the nearer reading of the usual step (02:59 followed by 02:00 does that). Stamps
    that mostly run backwards are judged in reverse; stamps without order stay in the first pass.

    Args:
        wall: (n,) datetime64[s], naive local times in the order in which they were recorded.
        zone: the zone that the clock showed.

    Returns:
        (n,) instants and how many needed one of the two rules. No NaT is allowed.
    """
    clock = wall.astype("datetime64[s]").astype(np.int64)
    if _runs_backwards(clock):
        turned = localize(wall[::-1], zone)
        return attrs.evolve(turned, seconds=turned.seconds[::-1])
    table = zone_offsets(zone, clock // DAY_S)
    old, new, at = table.offsets[:-1], table.offsets[1:], table.since[1:]
    step = np.searchsorted(at + np.maximum(old, new), clock, side="right")
    seconds = clock - table.offsets[step]
    in_gap = in_fold = 0
    usual_s = _usual_step(clock)
    for change, before, after in zip(at.tolist(), old.tolist(), new.tolist(), strict=True):
        low, high = sorted((change + before, change + after))
        inside = (clock >= low) & (clock < high)
        if after > before:
            in_gap += int(np.count_nonzero(inside))
            continue
        in_fold += int(np.count_nonzero(inside))
        seconds[_second_pass(clock, inside, high - low, usual_s)] += high - low
    return LocalStamps(seconds=seconds, in_gap=in_gap, in_fold=in_fold)


def local_seconds(seconds: npt.NDArray[np.int64], zone: ZoneInfo) -> npt.NDArray[np.int64]:
    """
    (n,) int64, what the wall clock of `zone` shows, as seconds since a naive 1970-01-01 00:00.

    Dividing by 86,400 gives the local day number, the remainder the second of the clock day.
    """
    return seconds + zone_offsets(zone, seconds // DAY_S).at(seconds)


def clock_minutes(seconds: npt.NDArray[np.int64], zone: ZoneInfo) -> npt.NDArray[np.float64]:
    """(n,) float64, minutes after midnight on the wall clock of `zone`, in [0, 1440)."""
    return (local_seconds(seconds, zone) % DAY_S) / 60.0


def days_touched(window: TimeWindow, zone: ZoneInfo) -> tuple[LocalDay, ...]:
    """The local days that share at least an instant with the window, in order."""
    if window.start == window.end:
        return ()
    last = (window.end.astimezone(UTC) - timedelta(microseconds=1)).astimezone(zone).date()
    first = window.start.astimezone(zone).date()
    return tuple(LocalDay(first + timedelta(days=i), zone) for i in range((last - first).days + 1))


def days_covered(window: TimeWindow, zone: ZoneInfo) -> tuple[LocalDay, ...]:
    """The local days that lie wholly inside the window, in order."""
    return tuple(
        day
        for day in days_touched(window, zone)
        if window.start <= day.start and day.next().start <= window.end
    )
