"""
Tables with a person, a wall-clock time, and in each row the values from that time on.

One recording per person; the columns of a row follow one another at an even step.
"""

from zoneinfo import ZoneInfo

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._cells import is_stamp
from clarity.adapters.files._intake import Intake
from clarity.adapters.files._laid import Facts, Preset, laid_recording, refuse_nothing, zone_of
from clarity.adapters.files._people import Everyone, People
from clarity.adapters.files._stamps import StampColumn
from clarity.adapters.files._table import Batch, Heading, Values, batches, cells
from clarity.domain.actigraphy.regrid import Samples
from clarity.domain.streams import Unit
from clarity.domain.timeline import DAY_S, localize
from clarity.ports.recordings import DateOrder, Notice, ReadOptions, Recording
from clarity.ports.unreadable import NoSamples, UnparsableLine

__all__ = ["ClockRows", "Layout", "clock_rows", "person_recordings"]


@attrs.frozen(kw_only=True)
class Layout:
    """
    Which columns hold what.

    Attributes:
        person: the column of the label, None when the table has one person.
        time: the column of the time.
        values: the columns of the values, in order of time.
        step_s: from one of them to the next, s.
        whole_days: the values begin at midnight, and the time may be a date alone.
    """

    person: int | None
    time: int
    values: tuple[int, ...]
    step_s: int = 60
    whole_days: bool = False


@attrs.define(kw_only=True)
class ClockRows:
    """All rows of a table: who, when on the wall clock, and the values."""

    layout: Layout
    stamps: StampColumn
    people: People
    values: list[npt.NDArray[np.float64]] = attrs.field(factory=list)

    def take(self, batch: Batch, file: str) -> None:
        """The next rows."""
        layout = self.layout
        cells(batch, max(layout.values), file)
        self.people.take(batch)
        times = cells(batch, layout.time, file)
        if layout.whole_days:
            times = [_midnight(text) for text in times]
        self.stamps.extend(times, batch.lines)
        texts = [row[i] for row in batch.rows for i in layout.values]
        lines = [line for line in batch.lines for _ in layout.values]
        self.values.append(Values(file=file).of(texts, lines).reshape(-1, len(layout.values)))


def _midnight(text: str) -> str:
    """A date with the clock time that is meant, when it has none."""
    return text if is_stamp(text) else f"{text.strip()} 00:00"


def clock_rows(
    intake: Intake, heading: Heading, layout: Layout, order: DateOrder | None
) -> ClockRows:
    """
    The rows under the heading.

    Raises:
        UnreadableRecording: one of its kinds.
    """
    file = intake.source.name
    rows = ClockRows(
        layout=layout,
        stamps=StampColumn(file=file, order=order),
        people=People(column=layout.person, file=file),
    )
    for batch in batches(intake, heading, values_per_line=len(layout.values)):
        rows.take(batch, file)
    if not rows.values:
        raise NoSamples(file=file)
    if rows.stamps.absolute:
        raise UnparsableLine(file=file, detail="times with an offset, or since 1970")
    return rows


def person_recordings(
    rows: ClockRows,
    intake: Intake,
    options: ReadOptions,
    preset: Preset,
    notices: tuple[Notice, ...] = (),
) -> tuple[Recording, ...]:
    """
    One recording per person, in the order of the table.

    Raises:
        UnreadableRecording: one of its kinds.
    """
    file = intake.source.name
    zone = zone_of(options, preset, file)
    wall = rows.stamps.seconds()
    if rows.layout.whole_days and (wall % DAY_S).any():
        raise UnparsableLine(file=file, detail="a day that does not begin at midnight")
    values = np.concatenate(rows.values)
    refuse_nothing(values, file)
    unit, step_s = options.unit or preset.unit or Unit.COUNTS, rows.layout.step_s
    facts = Facts(intake=intake, options=options, preset=preset, zone=zone, notices=notices)
    everyone = Everyone(file=file, max_values=intake.limits.max_values)
    return tuple(
        everyone.add(
            laid_recording(label, _samples(wall[of], values[of], step_s, zone), unit, facts)
        )
        for label, of in rows.people.rows()
    )


def _samples(
    starts: npt.NDArray[np.int64], values: npt.NDArray[np.float64], step_s: int, zone: ZoneInfo
) -> Samples:
    wall = np.add.outer(starts, step_s * np.arange(values.shape[1])).ravel()
    placed = localize(wall.astype("datetime64[s]"), zone)
    return Samples(
        seconds=placed.seconds,
        values=values.ravel(),
        in_gap=placed.in_gap,
        in_fold=placed.in_fold,
    )
