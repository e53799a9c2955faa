"""Tables with a time and a value in each line, read into one recording."""

from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._columns import Columns, chosen_columns, unit_of_heading
from clarity.adapters.files._intake import Intake, label_of
from clarity.adapters.files._laid import Preset, laid, refuse_nothing, zone_of
from clarity.adapters.files._stamps import StampColumn
from clarity.adapters.files._table import Batch, Heading, Values, batches, cells, read_heading
from clarity.domain.actigraphy.regrid import Samples
from clarity.domain.streams import Unit
from clarity.ports.recordings import Notice, ReadOptions, Recording
from clarity.ports.unreadable import ContradictoryTimes, NoSamples

__all__ = ["MAX_CONFLICTS", "read_stamped", "stamp_texts"]

MAX_CONFLICTS: Final = 0.05
"""Share of epochs named twice with different values from which a table is not one recording."""


def stamp_texts(batch: Batch, time: int, clock: int | None, file: str) -> list[str]:
    """
    The stamps of some rows; a clock time that stands apart is joined to its date.

    Raises:
        UnparsableLine: a row is too short.
    """
    times = cells(batch, time, file)
    if clock is None:
        return times
    clocks = cells(batch, clock, file)
    return [f"{day} {clock}" for day, clock in zip(times, clocks, strict=True)]


@attrs.frozen
class _Parts:
    columns: Columns
    stamps: StampColumn
    numbers: Values

    def take(self, batch: Batch, file: str) -> npt.NDArray[np.float64]:
        times = stamp_texts(batch, self.columns.time, self.columns.clock, file)
        self.stamps.extend(times, batch.lines)
        return self.numbers.of(cells(batch, self.columns.value, file), batch.lines)


def _unit(heading: str, options: ReadOptions, preset: Preset) -> tuple[Unit, tuple[Notice, ...]]:
    known = options.unit or preset.unit or unit_of_heading(heading)
    if known is not None:
        return known, ()
    return Unit.COUNTS, (
        Notice(
            code="unit-assumed",
            text="the file does not say what its values are: taken for counts; see --unit",
        ),
    )


def read_stamped(
    intake: Intake, options: ReadOptions, preset: Preset, heading: Heading | None = None
) -> Recording:
    """
    The recording of a table with one person.

    Args:
        intake: where the text is.
        options: what the caller knows better than the file.
        preset: what the format implies.
        heading: where the table begins, when the format knows; else the first lines tell.

    Raises:
        UnreadableRecording: one of its kinds.
    """
    file = intake.source.name
    heading = heading or read_heading(intake)
    columns = chosen_columns(heading, _with_columns(options, preset), file)
    zone = zone_of(options, preset, file)
    unit, notices = _unit(heading.names[columns.value], options, preset)
    parts = _Parts(
        columns,
        StampColumn(file=file, order=options.date_order),
        Values(
            file=file,
            decimal_comma=columns.decimal_comma,
            signed=unit is Unit.SLEEP_STAGE,
        ),
    )
    pieces = [parts.take(batch, file) for batch in batches(intake, heading)]
    if not pieces:
        raise NoSamples(file=file)
    values = np.concatenate(pieces)
    refuse_nothing(values, file)
    placed = parts.stamps.stamps(zone)
    samples = Samples(
        seconds=placed.seconds, values=values, in_gap=placed.in_gap, in_fold=placed.in_fold
    )
    done = laid(samples, zone, unit, options, preset, file)
    if done.report.conflicts > MAX_CONFLICTS * done.report.epochs:
        raise ContradictoryTimes(file=file, detail=f"{done.report.conflicts:,} of them")
    return Recording(
        participant=options.participant or label_of(file),
        series=done.series,
        report=done.report,
        digest=intake.digest,
        format=preset.format,
        notices=notices,
    )


def _with_columns(options: ReadOptions, preset: Preset) -> ReadOptions:
    return attrs.evolve(
        options,
        time_column=options.time_column or preset.time_column,
        value_column=options.value_column or preset.value_column,
    )
