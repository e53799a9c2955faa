"""
Sleep diaries as CSV: a line per night, with a heading.

| column | also called | what |
|---|---|---|
| `participant` | `patient`, `id` | whose night; left out in a diary of one person |
| `date` | `night`, `evening` | date of the evening, where `bed` and `up` are clock times |
| `bed` | `bed_time`, `bedtime` | 2003-05-07T23:15, with an offset or in the zone given; or 23:15 |
| `up` | `get_up`, `getup`, `get_up_time` | likewise |

A clock time before noon is of the morning after the evening. Other columns are not looked at.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from clarity.adapters.files._intake import Intake
from clarity.adapters.files.limits import Limits
from clarity.domain.sleep.diary import DiaryNight
from clarity.domain.timeline import TimeWindow
from clarity.ports.diaries import Diaries, DiaryColumns, DiaryZone, SkippedHour, UnparsableNight
from clarity.ports.recordings import Source
from clarity.ports.unreadable import AbsurdDate, TooBig

__all__ = ["CsvDiaries"]

MOST_NIGHTS: Final = 100_000
LIMITS: Final = Limits(max_bytes=16 << 20, max_line=1 << 12)

NAMES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("participant", "patient", "id"), "participant"),
    **dict.fromkeys(("date", "night", "evening"), "date"),
    **dict.fromkeys(("bed", "bed_time", "bedtime"), "bed"),
    **dict.fromkeys(("up", "get_up", "getup", "get_up_time"), "up"),
}
"""What a heading means."""

FIRST_YEAR: Final = 1980
LAST_YEAR: Final = 2100
NOON: Final = time(12)


@attrs.frozen
class CsvDiaries(Diaries):
    """Diaries as comma- or semicolon-separated text."""

    def read(self, source: Source, *, zone: ZoneInfo | None) -> tuple[DiaryNight, ...]:
        """See `Diaries.read`."""
        nights: list[DiaryNight] = []
        for line in _lines(source):
            if len(nights) == MOST_NIGHTS:
                raise TooBig(file=source.name, detail=f"more than {MOST_NIGHTS:,} nights")
            nights.append(line.night(zone))
        return tuple(nights)


@attrs.frozen(kw_only=True)
class _Line:
    """The cells of a night by the meaning of their column."""

    file: str
    number: int
    cells: Mapping[str, str] = attrs.field(repr=False)

    def night(self, zone: ZoneInfo | None) -> DiaryNight:
        try:
            bed, up = (_when(self.cells[name], self.cells.get("date")) for name in ("bed", "up"))
            window = TimeWindow(start=self._aware(bed, zone), end=self._aware(up, zone))
        except (ValueError, OverflowError) as error:
            raise UnparsableNight(file=self.file, line=self.number) from error
        return DiaryNight(participant=self.cells.get("participant"), window=window)

    def _aware(self, at: datetime, zone: ZoneInfo | None) -> datetime:
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            raise AbsurdDate(file=self.file, line=self.number)
        if at.tzinfo is not None:
            return at
        if zone is None:
            raise DiaryZone(file=self.file, line=self.number)
        local = at.replace(tzinfo=zone)
        if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at:
            raise SkippedHour(file=self.file, line=self.number)
        return local


def _lines(source: Source) -> Iterator[_Line]:
    lines = Intake(source, LIMITS).lines()
    heading = next(lines, "")
    separator = ";" if heading.count(";") > heading.count(",") else ","
    columns = [NAMES.get(cell.strip().casefold()) for cell in _cells(heading, separator)]
    known = [column for column in columns if column is not None]
    if len(set(known)) < len(known) or not {"bed", "up"} <= set(known):
        raise DiaryColumns(file=source.name, line=1)
    for number, line in enumerate(lines, start=2):
        cells = _cells(line, separator)
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            raise UnparsableNight(file=source.name, line=number)
        told = {
            column: cell.strip()
            for column, cell in zip(columns, cells, strict=True)
            if column is not None
        }
        yield _Line(file=source.name, number=number, cells=told)


def _cells(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator), [])


def _when(text: str, evening: str | None) -> datetime:
    """
    The instant or local time that the cells mean.

    Raises:
        ValueError: they mean none.
    """
    if not evening:
        return datetime.fromisoformat(text)
    clock = time.fromisoformat(text)
    if clock.tzinfo is not None:
        raise ValueError("a clock time has no offset")
    day = date.fromisoformat(evening)
    return datetime.combine(day if clock >= NOON else day + timedelta(days=1), clock)
