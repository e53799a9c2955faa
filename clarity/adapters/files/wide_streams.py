"""Tables with a time and several streams in each line, of one person."""

from collections.abc import Sequence
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._columns import has_decimal_commas, time_columns
from clarity.adapters.files._intake import Intake, label_of
from clarity.adapters.files._laid import Preset, laid, zone_of
from clarity.adapters.files._stamped import MAX_CONFLICTS, read_stamped, stamp_texts
from clarity.adapters.files._stamps import StampColumn
from clarity.adapters.files._stream_columns import (
    StreamColumn,
    chosen_streams,
    is_table_of_streams,
)
from clarity.adapters.files._table import Heading, Values, batches, cells, heading_of, read_heading
from clarity.adapters.files.limits import Limits
from clarity.domain.actigraphy.regrid import Samples
from clarity.domain.streams import Unit
from clarity.domain.timeline import LocalStamps
from clarity.ports.recordings import Format, Notice, ReadOptions, Recording, Recordings, Source
from clarity.ports.unreadable import ContradictoryTimes, NoSamples

__all__ = ["WIDE_STREAMS", "WideStreamRecordings"]

WIDE_STREAMS: Final = Format(
    id="wide-streams",
    title="table with a time and several streams in each line (CSV, TSV; gzip too)",
    holds="a recording per stream; units as the headings or the caller say",
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
    Tables of one person with a column per stream, told by the headings or named by the caller.

    Headings that are known: counts, steps, heart rate, RMSSD, SDNN, respiratory rate, MIMS, ENMO,
    activity index, each in some spellings. A heading that leaves its unit open (HRV, activity,
    sleep) is refused until the caller says it. Times as in plain tables.
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
        """One recording per stream that has a value, in the order of the columns."""
        intake = Intake(source, self.limits)
        preset = Preset(format=WIDE_STREAMS.id)
        if options.value_column is not None:
            return (read_stamped(intake, options, preset),)
        heading = read_heading(intake)
        columns = [
            _column(heading, one, source.name)
            for one in chosen_streams(heading, options, source.name)
        ]
        placed = _filled(intake, heading, columns, options)
        found = [one for one in columns if not np.isnan(np.concatenate(one.pieces)).all()]
        if not found:
            raise NoSamples(file=source.name)
        notices = _empty([one.stream.name for one in columns if one not in found])
        return tuple(_recording(one, placed, intake, options, notices) for one in found)


def _column(heading: Heading, stream: StreamColumn, file: str) -> _Column:
    numbers = Values(
        file=file,
        decimal_comma=has_decimal_commas(heading, stream.column),
        signed=stream.unit is Unit.SLEEP_STAGE,
    )
    return _Column(stream=stream, numbers=numbers)


def _filled(
    intake: Intake, heading: Heading, columns: Sequence[_Column], options: ReadOptions
) -> LocalStamps:
    """The instants of all lines; the columns hold their values afterwards."""
    file = intake.source.name
    zone = zone_of(options, Preset(format=WIDE_STREAMS.id), file)
    time, clock = time_columns(heading, options, file)
    stamps = StampColumn(file=file, order=options.date_order)
    lines = 0
    for batch in batches(intake, heading, values_per_line=len(columns)):
        lines += len(batch.rows)
        stamps.extend(stamp_texts(batch, time, clock, file), batch.lines)
        for one in columns:
            texts = cells(batch, one.stream.column, file)
            one.pieces.append(one.numbers.of(texts, batch.lines))
    if not lines:
        raise NoSamples(file=file)
    return stamps.stamps(zone)


def _empty(names: Sequence[str]) -> tuple[Notice, ...]:
    if not names:
        return ()
    text = f"there is not one value under {', '.join(names)}: left out"
    return (Notice(code="stream-empty", text=text),)


def _recording(
    column: _Column,
    placed: LocalStamps,
    intake: Intake,
    options: ReadOptions,
    notices: tuple[Notice, ...],
) -> Recording:
    file = intake.source.name
    samples = Samples(
        seconds=placed.seconds,
        values=np.concatenate(column.pieces),
        in_gap=placed.in_gap,
        in_fold=placed.in_fold,
    )
    preset = Preset(format=WIDE_STREAMS.id)
    zone = zone_of(options, preset, file)
    done = laid(samples, zone, column.stream.unit, options, preset, file)
    if done.report.conflicts > MAX_CONFLICTS * done.report.epochs:
        raise ContradictoryTimes(file=file, detail=f"{done.report.conflicts:,} of them")
    return Recording(
        participant=options.participant or label_of(file),
        series=done.series,
        report=done.report,
        digest=intake.digest,
        format=WIDE_STREAMS.id,
        notices=notices,
    )
