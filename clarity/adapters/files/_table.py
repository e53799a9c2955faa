"""Text as rows of cells: delimiter, heading and columns found, then batches with line numbers."""

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._cells import first_none, is_stamp, number
from clarity.adapters.files._intake import Intake, head_text, no_text
from clarity.ports.unreadable import (
    NegativeValue,
    NoSamples,
    NoSuchColumn,
    TooBig,
    UnboundedValue,
    UnparsableLine,
)

__all__ = [
    "Batch",
    "Heading",
    "Values",
    "batches",
    "bounded",
    "cells",
    "heading_of",
    "labels",
    "read_heading",
    "told",
]

_DELIMITERS: Final = (",", ";", "\t", "|")
_MARKS: Final = '"' + "".join(_DELIMITERS)
_SAMPLE_ROWS: Final = 50
_BATCH_CELLS: Final = 131_072
_BATCH_ROWS: Final = 256
"""
Most rows at once. More live objects than about 700 start rounds of the garbage collector, and each
of its full rounds holds all threads up while it looks through the whole process (60 ms were seen).
"""
_LOOK_AHEAD: Final = 1_000_000
"""Values after which the rest is looked at before more of it is kept."""

_MAX_LABEL: Final = 128
"""Most characters of a person's label (`PatientId` takes no more)."""

_TOLD: Final = 40
_TOO_WIDE: Final = "it has more cells than the heading"
_ENDS: Final = frozenset("\r\n")
_OVER_THE_END: Final = "a quote that does not close in its line"

MAX_VALUE: Final = 1e9
"""Largest magnitude that any wearable reports, in any unit (counts per minute stay below 1e6)."""


@attrs.frozen(kw_only=True)
class Heading:
    """
    What the beginning of a table tells.

    Attributes:
        delimiter: between cells.
        names: heading of every column; `column 1` and so on where the table has none.
        skip: how many lines come before the first values.
        rows: some of the first rows.
        keys: the names, folded for comparison.
    """

    delimiter: str
    names: tuple[str, ...]
    skip: int
    rows: tuple[tuple[str, ...], ...]
    keys: tuple[str, ...] = attrs.field(init=False)

    @keys.default
    def _folded_names(self) -> tuple[str, ...]:
        return tuple(fold(name) for name in self.names)


@attrs.frozen(kw_only=True)
class Batch:
    """Some rows of a table and the line of each."""

    rows: Sequence[Sequence[str]]
    lines: Sequence[int]


def fold(name: str) -> str:
    """A heading without case, quotes, and anything but letters and digits."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


@lru_cache(maxsize=1)
def heading_of(head: bytes) -> Heading | None:
    """
    The heading of a table, or None when the text is no table with at least one row of cells.

    The last one is remembered: each of the readers asks for it before one knows the format.
    """
    lines = list(io.StringIO(head_text(head), newline=""))
    start = next((i for i, line in enumerate(lines) if not _is_comment(line)), None)
    if start is None:
        return None
    block = lines[start : start + _SAMPLE_ROWS]
    delimiter = _delimiter(block)
    if not delimiter:
        return None
    try:
        rows = [tuple(row) for row in csv.reader(block, delimiter=delimiter) if any(row)]
    except csv.Error:
        return None
    if not rows:
        return None
    named = not any(is_stamp(cell) or _is_number(cell) for cell in rows[0])
    names = rows[0] if named else tuple(f"column {i + 1}" for i in range(len(rows[0])))
    return Heading(
        delimiter=delimiter,
        names=tuple(name.strip() for name in names),
        skip=start + named,
        rows=tuple(rows[1:] if named else rows),
    )


def told(names: Sequence[str]) -> str:
    """Some headings for an error: ten of them at most, and of each the beginning."""
    return ", ".join(name[:_TOLD] for name in names[:10])


def _is_comment(line: str) -> bool:
    """Whether it says nothing: blank, without a filled cell, a comment, or Excel's `sep=;`."""
    text = "".join(line.split()).strip(_MARKS)
    return not text or line.lstrip().startswith("#") or text.lower() == "sep="


def _is_number(cell: str) -> bool:
    value = number(cell)
    return value is not None and not np.isnan(value)


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter that gives the most lines the width of the first, and more than one cell."""
    widths = {mark: [line.count(mark) for line in lines if line.strip()] for mark in _DELIMITERS}
    scores = {
        mark: (sum(width == counts[0] for width in counts), counts[0])
        for mark, counts in widths.items()
        if counts[0]
    }
    return max(scores, key=lambda mark: scores[mark]) if scores else ""


def read_heading(intake: Intake) -> Heading:
    """
    The heading of a source.

    Raises:
        NotText, PackedFile: it is binary.
        NoSuchColumn: the text has no columns.
        NoSamples: there is nothing but blanks, comments and a heading.
    """
    file = intake.source.name
    head = intake.head()
    heading = heading_of(head)
    if heading is not None and heading.rows:
        return heading
    text = head_text(head)
    if not text:
        raise no_text(head, file)
    if heading is None and not all(map(_is_comment, text.splitlines())):
        raise NoSuchColumn(file=file, detail="the lines have one cell each")
    raise NoSamples(file=file)


def batches(intake: Intake, heading: Heading, *, values_per_line: int = 1) -> Iterator[Batch]:
    """
    The rows under the heading, without blank ones, 256 of them or some 131,072 cells at a time.

    Args:
        intake: where the text is.
        heading: where the rows begin.
        values_per_line: how many values are taken of each row.

    Raises:
        UnreadableRecording: the text ends badly or a limit is exceeded.
    """
    lines = itertools.islice(intake.lines(), heading.skip, None)
    reader = csv.reader(lines, delimiter=heading.delimiter)
    limit, taken = intake.limits.max_values, 0
    first = heading.skip + 1
    while rows := _next_rows(reader, heading, intake.source.name, first):
        numbers: Sequence[int] = range(first, first + len(rows))
        first += len(rows)
        if reader.line_num > first - heading.skip - 1:
            raise _swallowed(rows, numbers, intake.source.name)
        if first - heading.skip - 1 > limit:
            raise TooBig(file=intake.source.name, detail=f"more than {limit:,} lines")
        if not all(map(any, rows)):
            numbers = [line for line, row in zip(numbers, rows, strict=True) if any(row)]
            rows = [row for row in rows if any(row)]
        before, taken = taken, taken + values_per_line * len(rows)
        if before <= _LOOK_AHEAD < taken:
            most = heading.skip + limit // values_per_line + 1
            intake.look_ahead(b"\n", most, f"more than {limit:,} values")
        if taken > limit:
            raise TooBig(file=intake.source.name, detail=f"more than {limit:,} values")
        if rows:
            yield Batch(rows=rows, lines=numbers)


def _next_rows(
    reader: Iterator[list[str]], heading: Heading, file: str, first: int
) -> list[list[str]]:
    """
    Rows of about as many cells as a batch may have, each of a line of its own.

    A cell that goes on in the next line has swallowed rows, and a cell beyond the heading has moved
    the others: 1,5 between commas is two. Only an empty one is let go, as behind a last comma.
    """
    width = len(heading.names)
    most = min(_BATCH_ROWS, max(1, _BATCH_CELLS // (width + 1)))
    rows: list[list[str]] = []
    try:
        for row in itertools.islice(reader, most):
            if len(row) > width and (len(row) > width + 1 or row[width].strip()):
                raise UnparsableLine(file=file, line=first + len(rows), detail=_TOO_WIDE)
            rows.append(row)
    except csv.Error as error:
        line = first + len(rows)
        raise UnparsableLine(file=file, line=line, detail=_OVER_THE_END) from error
    return rows


def _swallowed(rows: Sequence[Sequence[str]], lines: Sequence[int], file: str) -> UnparsableLine:
    """The refusal of the first row that goes on in the next line."""
    long = (line for line, row in zip(lines, rows, strict=True) if _ENDS & set("".join(row)))
    return UnparsableLine(file=file, line=next(long), detail=_OVER_THE_END)


def cells(batch: Batch, column: int, file: str) -> list[str]:
    """
    One column of a batch.

    Raises:
        UnparsableLine: a row is too short.
    """
    try:
        return [row[column] for row in batch.rows]
    except IndexError as error:
        at = next(i for i, row in enumerate(batch.rows) if len(row) <= column)
        raise UnparsableLine(
            file=file, line=batch.lines[at], detail=f"it has fewer than {column + 1} cells"
        ) from error


def labels(batch: Batch, column: int, file: str) -> list[str]:
    """
    The labels of the people in a batch.

    Raises:
        UnparsableLine: a row is too short, or a label longer than 128 characters.
    """
    found = [text.strip() for text in cells(batch, column, file)]
    for label, line in zip(found, batch.lines, strict=True):
        if len(label) > _MAX_LABEL:
            raise UnparsableLine(file=file, line=line, detail="the label of the person")
    return found


@attrs.frozen(kw_only=True)
class Values:
    """How numbers are written in a column."""

    file: str
    decimal_comma: bool = False
    signed: bool = False

    def of(self, texts: Sequence[str], lines: Sequence[int]) -> npt.NDArray[np.float64]:
        """
        (n,) float64, NaN where a cell says that the value is missing.

        Raises:
            UnparsableLine: a cell is neither a number nor missing.
            UnboundedValue: a number is infinite or beyond 1e9.
            NegativeValue: a number is below zero, in a column that is not signed.
        """
        if self.decimal_comma:  # a point would be a thousands mark: refused, as 1_000 is
            texts = [text.replace(".", "_").replace(",", ".") for text in texts]
        numbers = [number(text) for text in texts]
        bad = first_none(numbers)
        if bad >= 0:
            raise UnparsableLine(file=self.file, line=lines[bad], detail="the value")
        values = np.array(numbers, dtype=np.float64)
        bounded(values, lines, self.file, signed=self.signed)
        return values


def bounded(
    values: npt.NDArray[np.float64], lines: Sequence[int], file: str, *, signed: bool = False
) -> None:
    """
    Every value is one that a device can give.

    Raises:
        UnboundedValue: a number is infinite or beyond 1e9.
        NegativeValue: a number is below zero, and the values are not signed.
    """
    beyond = np.flatnonzero(np.abs(values) > MAX_VALUE)
    if beyond.size:
        raise UnboundedValue(file=file, line=lines[int(beyond[0])])
    below = np.flatnonzero(values < 0)
    if below.size and not signed:
        raise NegativeValue(file=file, line=lines[int(below[0])])
