"""Tables with a time and a value in each line, read into one recording per person."""

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._columns import Columns, chosen_columns, unit_of_heading
from clarity.adapters.files._intake import Intake
from clarity.adapters.files._laid import Facts, Preset, laid_recording, refuse_nothing, zone_of
from clarity.adapters.files._people import Everyone, People, person_column
from clarity.adapters.files._stamps import StampColumn
from clarity.adapters.files._table import Batch, Heading, Values, batches, cells, read_heading
from clarity.domain.actigraphy.regrid import Samples
from clarity.domain.streams import Unit
from clarity.domain.timeline import LocalStamps
from clarity.ports.recordings import DateOrder, Notice, ReadOptions, Recording
from clarity.ports.unreadable import NoSamples

__all__ = ["read_stamped", "samples", "stamp_texts"]


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
    people: People
    pieces: list[npt.NDArray[np.float64]] = attrs.field(factory=list)

    def take(self, batch: Batch, file: str) -> None:
        times = stamp_texts(batch, self.columns.time, self.columns.clock, file)
        self.stamps.extend(times, batch.lines)
        self.pieces.append(self.numbers.of(cells(batch, self.columns.value, file), batch.lines))
        self.people.take(batch)


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
) -> tuple[Recording, ...]:
    """
    The recordings of a table, one per person: one, unless a column of labels tells several apart.

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
    parts = _filled(intake, heading, columns, unit, options.date_order)
    facts = Facts(
        intake=intake,
        options=options,
        preset=preset,
        zone=zone,
        notices=notices + parts.people.notices,
    )
    return _recordings(parts, unit, facts)


def _filled(
    intake: Intake, heading: Heading, columns: Columns, unit: Unit, order: DateOrder | None
) -> _Parts:
    """All rows of the table."""
    file = intake.source.name
    signed = unit is Unit.SLEEP_STAGE
    taken = frozenset({columns.time, columns.clock, columns.value})
    parts = _Parts(
        columns,
        StampColumn(file=file, order=order),
        Values(file=file, decimal_comma=columns.decimal_comma, signed=signed),
        People(column=person_column(heading, taken), file=file, certain=False),
    )
    for batch in batches(intake, heading):
        parts.take(batch, file)
    if not parts.pieces:
        raise NoSamples(file=file)
    return parts


def _recordings(parts: _Parts, unit: Unit, facts: Facts) -> tuple[Recording, ...]:
    file, values = facts.intake.source.name, np.concatenate(parts.pieces)
    refuse_nothing(values, file)
    seconds = parts.stamps.seconds()
    everyone = Everyone(file=file, max_values=facts.intake.limits.max_values)
    return tuple(
        everyone.add(
            laid_recording(
                label,
                samples(parts.stamps.placed(seconds[of], facts.zone), values[of]),
                unit,
                facts,
            )
        )
        for label, of in parts.people.rows()
    )


def samples(placed: LocalStamps, values: npt.NDArray[np.float64]) -> Samples:
    """The values at their instants."""
    return Samples(
        seconds=placed.seconds, values=values, in_gap=placed.in_gap, in_fold=placed.in_fold
    )


def _with_columns(options: ReadOptions, preset: Preset) -> ReadOptions:
    return attrs.evolve(
        options,
        time_column=options.time_column or preset.time_column,
        value_column=options.value_column or preset.value_column,
    )
