"""Which columns of a table hold times and values: named, known by heading, or by content."""

import re
from typing import Final

import attrs

from clarity.adapters.files._cells import (
    MISSING,
    aware_clock,
    date_parts,
    epoch_second,
    is_stamp,
    naive_clock,
    number,
)
from clarity.adapters.files._people import is_of_people
from clarity.adapters.files._table import Heading, fold, told
from clarity.domain.streams import Unit
from clarity.ports.recordings import ReadOptions
from clarity.ports.unreadable import (
    AmbiguousColumn,
    NoSuchColumn,
    UnknownFormat,
    UnparsableLine,
)

__all__ = [
    "Columns",
    "chosen_columns",
    "column_named",
    "has_decimal_commas",
    "has_times",
    "time_columns",
    "unit_of_heading",
]

_FEW: Final = 5
"""How many cells of a column tell whether it holds times."""

_TIME_KEYS: Final = frozenset(
    {"timestamp", "time", "datetime", "dateandtime", "epoch", "unix", "unixtime", "ts", "start"}
    | {"starttime", "timestamps", "timestampunix", "datumzeit", "datetimeutc", "zeitstempel"}
)
_UNIT_OF_KEY: Final = {
    "activity": Unit.COUNTS,
    "activitycounts": Unit.COUNTS,
    "activitycount": Unit.COUNTS,
    "counts": Unit.COUNTS,
    "count": Unit.COUNTS,
    "axis1": Unit.COUNTS,
    "vectormagnitude": Unit.COUNTS,
    "steps": Unit.STEPS_PER_MIN,
    "stepcount": Unit.STEPS_PER_MIN,
    "mims": Unit.MIMS,
    "mimsunit": Unit.MIMS,
    "enmo": Unit.ENMO_MG,
    "enmomg": Unit.ENMO_MG,
    "activityindex": Unit.ACTIVITY_INDEX,
    "heartrate": Unit.BEATS_PER_MIN,
    "hr": Unit.BEATS_PER_MIN,
    "bpm": Unit.BEATS_PER_MIN,
}
_THOUSANDS: Final = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+")
_OPEN_COMMA: Final = "its commas may mark thousands or decimals; write the values without thousands"
_VALUE_KEYS: Final = frozenset({"value", "values", "wert"} | _UNIT_OF_KEY.keys())


@attrs.frozen(kw_only=True)
class Columns:
    """
    Where in a row the parts of a sample are.

    Attributes:
        time: the column of the stamp, or of its date.
        clock: the column of the clock time where it is apart from the date.
        value: the column of the value.
        decimal_comma: whether values are written as 1,5.
    """

    time: int
    clock: int | None
    value: int
    decimal_comma: bool


def unit_of_heading(name: str) -> Unit | None:
    """The unit that a heading names, if it names one."""
    return _UNIT_OF_KEY.get(fold(name))


def _cells_of(heading: Heading, column: int) -> list[str]:
    """The cells of a column in the sample that say something."""
    texts = [row[column].strip() for row in heading.rows if column < len(row)]
    return [text for text in texts if text.lower() not in MISSING]


def _stamp_columns(heading: Heading) -> list[int]:
    """The columns whose first cells are stamps; one cell may be none, it is refused by its line."""
    columns = [(i, _cells_of(heading, i)[:_FEW]) for i in range(len(heading.names))]
    found = [i for i, texts in columns if texts and is_stamp(texts[0])]
    return found or [i for i, texts in columns if any(map(is_stamp, texts))]


def _unix_columns(heading: Heading) -> list[int]:
    return [
        i
        for i, key in enumerate(heading.keys)
        if key in _TIME_KEYS
        and (texts := _cells_of(heading, i))
        and epoch_second(texts[0]) is not None
    ]


def _date_and_clock(heading: Heading) -> tuple[int, int] | None:
    firsts = [(_cells_of(heading, i) or [""])[0] for i in range(len(heading.names))]
    dates = [i for i, text in enumerate(firsts) if date_parts(text) and ":" not in text]
    clocks = [i for i, text in enumerate(firsts) if _is_clock(text)]
    return (dates[0], clocks[0]) if dates and clocks else None


def _is_clock(text: str) -> bool:
    return naive_clock(text) is not None or aware_clock(text) is not None


def has_times(heading: Heading) -> bool:
    """Whether a column of times is found without being named."""
    return bool(_stamp_columns(heading) or _unix_columns(heading) or _date_and_clock(heading))


def column_named(heading: Heading, name: str, file: str) -> int:
    """
    The column under the heading: the one that is written so, else whatever its case and marks.

    Raises:
        NoSuchColumn: there is none.
        AmbiguousColumn: there are several.
    """
    found = [i for i, one in enumerate(heading.names) if one == name]
    found = found or [i for i, key in enumerate(heading.keys) if key == fold(name)]
    if not found:
        raise NoSuchColumn(file=file, detail=f"there is no column {name!r}")
    if len(found) > 1:
        raise AmbiguousColumn(file=file, detail=f"{len(found)} columns are called {name!r}")
    return found[0]


def time_columns(heading: Heading, options: ReadOptions, file: str) -> tuple[int, int | None]:
    """
    The column of the stamps, or the column of the dates and that of the clock times.

    Raises:
        NoSuchColumn: the named column does not exist, or none holds times.
        UnknownFormat: there is neither a time nor a number.
    """
    if options.time_column is not None:
        return column_named(heading, options.time_column, file), None
    found = _stamp_columns(heading) or _unix_columns(heading)
    if found:
        return found[0], None
    both = _date_and_clock(heading)
    if both is not None:
        return both
    if not any(_says_something(cell.strip()) for row in heading.rows for cell in row):
        raise UnknownFormat(file=file, detail="not one cell is a time or a number")
    raise NoSuchColumn(file=file, detail="none holds dates with times")


def _says_something(cell: str) -> bool:
    """Whether a cell is a number, a date or a clock time."""
    known = cell.lower() not in MISSING
    return known and (_is_value(cell) or date_parts(cell) is not None or _is_clock(cell))


def _is_value(text: str) -> bool:
    return number(text.replace(",", ".", 1)) is not None


def _value(heading: Heading, taken: set[int | None], options: ReadOptions, file: str) -> int:
    if options.value_column is not None:
        return column_named(heading, options.value_column, file)
    free = [i for i, key in enumerate(heading.keys) if i not in taken and not is_of_people(key)]
    known = [i for i in free if heading.keys[i] in _VALUE_KEYS]
    numeric = [i for i in free if all(_is_value(text) for text in _cells_of(heading, i))]
    for candidates in (known, numeric):
        if len(candidates) == 1:
            return candidates[0]
    if not known and not numeric:
        raise NoSuchColumn(file=file, detail="none holds numbers")
    raise AmbiguousColumn(file=file, detail=told([heading.names[i] for i in known or numeric]))


def chosen_columns(heading: Heading, options: ReadOptions, file: str) -> Columns:
    """
    The columns of times and values.

    Named columns win; else times are the first column of stamps, a column of seconds since 1970
    with a heading that says time, or a date beside a clock time; values are the one column whose
    heading is known, or the one column of numbers that does not hold labels of people.

    Raises:
        NoSuchColumn: a named column does not exist, or none fits.
        AmbiguousColumn: several columns could hold the values, or are called like one named.
        UnparsableLine: the commas of the values may mark thousands or decimals.
    """
    time, clock = time_columns(heading, options, file)
    value = _value(heading, {time, clock}, options, file)
    commas = has_decimal_commas(heading, value, file)
    return Columns(time=time, clock=clock, value=value, decimal_comma=commas)


def has_decimal_commas(heading: Heading, column: int, file: str) -> bool:
    """
    Whether the numbers of a column are written as 1,5.

    Raises:
        UnparsableLine: beside whole numbers all of them are written as 1,500, which may be 1500.
    """
    texts = _cells_of(heading, column)
    commas = [text for text in texts if "," in text]
    if heading.delimiter == "," or not commas:
        return False
    if all(map(_THOUSANDS.fullmatch, commas)) and any(map(str.isdigit, texts)):
        raise UnparsableLine(file=file, detail=_OPEN_COMMA)
    return True
