"""Tables of whole days of several people: 1,440 minutes per day, long or wide."""

from collections.abc import Iterator, Sequence
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._intake import Intake
from clarity.adapters.files._table import (
    Batch,
    Heading,
    Values,
    batches,
    cells,
    labels,
    read_heading,
)
from clarity.ports.unreadable import IncompleteDay, NoSamples, NoSuchColumn, UnparsableLine

__all__ = ["MINUTES", "PersonDay", "is_long", "is_wide", "person_days"]

MINUTES: Final = 1_440
"""Minutes of a day."""

_LONG: Final = ("seqn", "paxday", "paxinten")
_WIDE_MINUTES: Final = tuple(f"min{i + 1}" for i in range(MINUTES))
_IDS: Final = ("id", "seqn")


@attrs.frozen(kw_only=True)
class PersonDay:
    """
    One day of one person.

    Attributes:
        person: label in the table.
        day: number in the table: weekday 1 (Sunday) to 7 in long tables, day 1, 2 ... in wide ones.
        line: where it begins.
        values: (1440,) float64 from midnight; NaN = missing.
    """

    person: str
    day: int
    line: int
    values: npt.NDArray[np.float64] = attrs.field(eq=False, repr=False)


def is_long(heading: Heading) -> bool:
    """Whether it has the columns seqn, paxday and paxinten."""
    return set(_LONG) <= set(heading.keys)


def is_wide(heading: Heading) -> bool:
    """Whether it has a person, a day and the columns MIN1 to MIN1440."""
    keys = heading.keys
    return keys[0] in _IDS and "day" in keys and set(_WIDE_MINUTES) <= set(keys)


def person_days(intake: Intake) -> tuple[PersonDay, ...]:
    """
    Every day of every person, in the order of the table.

    Raises:
        IncompleteDay: a day of a long table has not 1,440 lines in one block.
        UnreadableRecording: another of its kinds.
    """
    heading = read_heading(intake)
    if is_wide(heading):
        days = tuple(_wide(intake, heading))
    elif is_long(heading):
        days = _long(intake, heading)
    else:
        raise NoSuchColumn(
            file=intake.source.name, detail="seqn, paxday, paxinten or ID, Day, MIN1 to MIN1440"
        )
    if not days:
        raise NoSamples(file=intake.source.name)
    return days


def _whole(texts: Sequence[str], lines: Sequence[int], file: str) -> npt.NDArray[np.int64]:
    """The day numbers, 1 to 366."""
    numbers = Values(file=file).of(texts, lines)
    bad = np.flatnonzero(~((numbers >= 1) & (numbers <= 366) & (numbers % 1 == 0)))
    if bad.size:
        raise UnparsableLine(file=file, line=lines[int(bad[0])], detail="the day")
    return numbers.astype(np.int64)


def _wide(intake: Intake, heading: Heading) -> Iterator[PersonDay]:
    file = intake.source.name
    day_column = heading.keys.index("day")
    minutes = [heading.keys.index(key) for key in _WIDE_MINUTES]
    for batch in batches(intake, heading, values_per_line=MINUTES):
        days = _whole(cells(batch, day_column, file), batch.lines, file)
        cells(batch, max(minutes), file)
        people = labels(batch, 0, file)
        for person, row, line, day in zip(
            people, batch.rows, batch.lines, days.tolist(), strict=True
        ):
            values = Values(file=file).of([row[i] for i in minutes], [line] * MINUTES)
            yield PersonDay(person=person, day=day, line=line, values=values)


@attrs.frozen
class _Columns:
    person: int
    day: int
    value: int


def _long(intake: Intake, heading: Heading) -> tuple[PersonDay, ...]:
    file = intake.source.name
    columns = _Columns(*(heading.keys.index(key) for key in _LONG))
    known: dict[str, int] = {}
    pieces = [_long_piece(batch, columns, known, file) for batch in batches(intake, heading)]
    if not pieces:
        return ()
    people, days, values, lines = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    changes = np.flatnonzero((np.diff(people) != 0) | (np.diff(days) != 0)) + 1
    starts = np.concatenate(([0], changes))
    lengths = np.diff(np.concatenate((starts, [people.size])))
    short = np.flatnonzero(lengths != MINUTES)
    if short.size:
        at = int(short[0])
        raise IncompleteDay(file=file, line=int(lines[starts[at]]), detail=f"{lengths[at]:,} lines")
    names = tuple(known)
    return tuple(
        PersonDay(
            person=names[int(people[at])],
            day=int(days[at]),
            line=int(lines[at]),
            values=values[at : at + MINUTES],
        )
        for at in starts.tolist()
    )


def _long_piece(
    batch: Batch, columns: _Columns, known: dict[str, int], file: str
) -> tuple[npt.NDArray[np.generic], ...]:
    people = [known.setdefault(name, len(known)) for name in labels(batch, columns.person, file)]
    days = _whole(cells(batch, columns.day, file), batch.lines, file)
    beyond = np.flatnonzero(days > 7)
    if beyond.size:
        raise UnparsableLine(file=file, line=batch.lines[int(beyond[0])], detail="the weekday")
    values = Values(file=file).of(cells(batch, columns.value, file), batch.lines)
    return np.array(people, dtype=np.int64), days, values, np.array(batch.lines, dtype=np.int64)
