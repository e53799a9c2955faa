"""Tables with a time and several streams in each line."""

from collections.abc import Mapping, Sequence
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._columns import has_decimal_commas, time_columns
from clarity.adapters.files._intake import Intake
from clarity.adapters.files._laid import Facts, Preset, laid_recording, zone_of
from clarity.adapters.files._people import Everyone, People, person_column
from clarity.adapters.files._stamped import read_stamped, samples, stamp_texts
from clarity.adapters.files._stamps import StampColumn
from clarity.adapters.files._stream_columns import (
    StreamColumn,
    chosen_streams,
    is_table_of_streams,
)
from clarity.adapters.files._table import (
    Heading,
    Values,
    batches,
    cells,
    heading_of,
    read_heading,
    told,
)
from clarity.adapters.files.limits import Limits
from clarity.domain.streams import Unit
from clarity.ports.recordings import Format, Notice, ReadOptions, Recording, Recordings, Source
from clarity.ports.unreadable import NoSamples

__all__ = ["WIDE_STREAMS", "WideStreamRecordings"]

WIDE_STREAMS: Final = Format(
    id="wide-streams",
    title="table with a time and several streams in each line (CSV, TSV; gzip too)",
    holds="a recording per stream; units as the headings or the caller say",
    takes=("columns", "epoch_s", "time_column", "value_column", "date_order"),
)


@attrs.frozen(kw_only=True)
class _Column:
    """A stream of the table, batch by batch."""

    stream: StreamColumn
    numbers: Values
    pieces: list[npt.NDArray[np.float64]] = attrs.field(factory=list)


@attrs.frozen(kw_only=True)
class WideStreamRecordings(Recordings):
    """
    Tables with a column per stream, told by the headings or named by the caller.

    Headings that are known: counts, steps, heart rate, RMSSD, SDNN, respiratory rate, MIMS, ENMO,
    activity index, each in some spellings. A heading that leaves its unit open (HRV, activity,
    sleep) is refused until the caller says it. Times and people as in plain tables.
    """

    limits: Limits = attrs.field(factory=Limits)

    def formats(self) -> tuple[Format, ...]:
        """The one format."""
        return (WIDE_STREAMS,)

    def sniff(self, head: bytes) -> Format | None:
        """It is one when it has times and headings of at least two streams."""
        heading = heading_of(head)
        found = heading is not None and is_table_of_streams(heading)
        return WIDE_STREAMS if found else None

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """One recording per person and stream that has a value, in the order of the columns."""
        intake = Intake(source, self.limits)
        preset = Preset(format=WIDE_STREAMS.id)
        if options.value_column is not None:
            return read_stamped(intake, options, preset)
        heading = read_heading(intake)
        columns = [
            _column(heading, one, source.name)
            for one in chosen_streams(heading, options, source.name)
        ]
        zone = zone_of(options, preset, source.name)
        rows = _filled(intake, heading, columns, options)
        streams = {one.stream: np.concatenate(one.pieces) for one in columns}
        empty = [one for one, values in streams.items() if not _any(values)]
        notices = _empty([one.name for one in empty])
        facts = Facts(
            intake=intake,
            options=options,
            preset=preset,
            zone=zone,
            notices=notices + rows.people.notices,
        )
        return _recordings(rows, streams, facts)


def _column(heading: Heading, stream: StreamColumn, file: str) -> _Column:
    numbers = Values(
        file=file,
        decimal_comma=has_decimal_commas(heading, stream.column, file),
        signed=stream.unit is Unit.SLEEP_STAGE,
    )
    return _Column(stream=stream, numbers=numbers)


@attrs.frozen
class _Rows:
    """Whose and when each row is."""

    people: People
    stamps: StampColumn


def _filled(
    intake: Intake, heading: Heading, columns: Sequence[_Column], options: ReadOptions
) -> _Rows:
    """All rows; the columns hold their values afterwards."""
    file = intake.source.name
    time, clock = time_columns(heading, options, file)
    taken = frozenset({time, clock, *(one.stream.column for one in columns)})
    rows = _Rows(
        People(column=person_column(heading, taken), file=file, certain=False),
        StampColumn(file=file, order=options.date_order),
    )
    lines = 0
    for batch in batches(intake, heading, values_per_line=len(columns)):
        lines += len(batch.rows)
        rows.stamps.extend(stamp_texts(batch, time, clock, file), batch.lines)
        rows.people.take(batch)
        for one in columns:
            texts = cells(batch, one.stream.column, file)
            one.pieces.append(one.numbers.of(texts, batch.lines))
    if not lines:
        raise NoSamples(file=file)
    return rows


def _empty(names: Sequence[str]) -> tuple[Notice, ...]:
    if not names:
        return ()
    text = f"there is not one value under {told(names)}: left out"
    return (Notice(code="stream-empty", text=text),)


def _recordings(
    rows: _Rows, streams: Mapping[StreamColumn, npt.NDArray[np.float64]], facts: Facts
) -> tuple[Recording, ...]:
    file, limits = facts.intake.source.name, facts.intake.limits
    seconds, everyone = rows.stamps.seconds(), Everyone(file=file, max_values=limits.max_values)
    found = []
    for label, of in rows.people.rows():
        kept = {one: values[of] for one, values in streams.items() if _any(values[of])}
        if not kept:
            raise NoSamples(file=file)
        placed = rows.stamps.placed(seconds[of], facts.zone)
        for one, values in kept.items():
            recording = laid_recording(label, samples(placed, values), one.unit, facts)
            found.append(everyone.add(recording))
    return tuple(found)


def _any(values: npt.NDArray[np.float64]) -> bool:
    return not np.isnan(values).all()
