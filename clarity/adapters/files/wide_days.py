"""Tables with a day in each line and a column per epoch of the clock, 00:00 to 23:59."""

import re
from typing import Final

import attrs

from clarity.adapters.files._cells import date_parts, split_stamp
from clarity.adapters.files._clock_rows import Layout, clock_rows, person_recordings
from clarity.adapters.files._columns import column_named
from clarity.adapters.files._intake import Intake
from clarity.adapters.files._laid import Preset
from clarity.adapters.files._people import person_column
from clarity.adapters.files._stream_columns import unit_named
from clarity.adapters.files._table import Heading, fold, heading_of, read_heading
from clarity.adapters.files.limits import Limits
from clarity.domain.actigraphy.regrid import STANDARD_EPOCHS_S
from clarity.domain.timeline import DAY_S
from clarity.ports.recordings import Format, ReadOptions, Recording, Recordings, Source
from clarity.ports.unreadable import MissingUnit, NoSuchColumn

__all__ = ["WIDE_DAYS", "WideDayRecordings"]

WIDE_DAYS: Final = Format(
    id="wide-days",
    title="table with a day in each line and a column per epoch, 00:00 to 23:59; several people",
    holds="unit as the headings (Steps 00:00) or the caller say",
    takes=("epoch_s", "time_column", "date_order"),
)
_CLOCK: Final = re.compile(r"(.*?)[ _-]?([01]?[0-9]|2[0-3]):([0-5][0-9])(?::00)?")


@attrs.frozen(kw_only=True)
class _Clock:
    """
    The columns of the clock.

    Attributes:
        columns: in the order of the clock, from midnight to midnight.
        what: the folded text before each clock time.
    """

    columns: tuple[int, ...]
    what: str

    @property
    def step_s(self) -> int:
        return DAY_S // len(self.columns)


def _clock(heading: Heading) -> _Clock | None:
    found = [
        (i, match) for i, name in enumerate(heading.names) if (match := _CLOCK.fullmatch(name))
    ]
    places = sorted((3_600 * int(match[2]) + 60 * int(match[3]), i) for i, match in found)
    names = {fold(match[1]) for _, match in found}
    if len(names) != 1 or DAY_S % len(places):
        return None
    clock = _Clock(columns=tuple(i for _, i in places), what=names.pop())
    even = [second for second, _ in places] == list(range(0, DAY_S, clock.step_s))
    return clock if even and clock.step_s in STANDARD_EPOCHS_S else None


def _day_column(heading: Heading, options: ReadOptions, file: str) -> int:
    if options.time_column is not None:
        return column_named(heading, options.time_column, file)
    first = heading.rows[0]
    dates = [i for i, cell in enumerate(first) if date_parts(split_stamp(cell.strip())[0])]
    if not dates:
        raise NoSuchColumn(file=file, detail="none holds dates")
    return dates[0]


@attrs.frozen(kw_only=True)
class WideDayRecordings(Recordings):
    """
    Tables of whole days by the wall clock, one recording per person.

    Columns: a date; one per epoch, headed by its clock time, with the name of the stream before it
    or without (then the caller says the unit); a label of the person (id, participant, subject ...)
    where there are several. What the clock skips or repeats with daylight saving is placed as in
    `localize`, and the report counts it.
    """

    limits: Limits = attrs.field(factory=Limits)

    def formats(self) -> tuple[Format, ...]:
        """The one format."""
        return (WIDE_DAYS,)

    def sniff(self, head: bytes) -> Format | None:
        """It is one when its headings go round the clock."""
        heading = heading_of(head)
        return WIDE_DAYS if heading is not None and _clock(heading) is not None else None

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """One recording per person, in the order of the table."""
        file = source.name
        intake = Intake(source, self.limits)
        heading = read_heading(intake)
        clock = _clock(heading)
        if clock is None:
            raise NoSuchColumn(file=file, detail="the columns 00:00 to 23:59, evenly spaced")
        unit = options.unit or unit_named(clock.what)
        if unit is None:
            raise MissingUnit(file=file)
        layout = Layout(
            person=person_column(heading),
            time=_day_column(heading, options, file),
            values=clock.columns,
            step_s=clock.step_s,
            whole_days=True,
        )
        rows = clock_rows(intake, heading, layout, options.date_order)
        preset = Preset(format=WIDE_DAYS.id, unit=unit, epoch_s=clock.step_s)
        return person_recordings(rows, intake, options, preset)
