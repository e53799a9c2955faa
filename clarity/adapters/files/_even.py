"""Devices that say when they started and how long an epoch is, and then list values."""

from typing import Final
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._intake import Intake, label_of
from clarity.adapters.files._laid import Preset, laid, refuse_nothing, zone_of
from clarity.adapters.files._stamps import FIRST_DAY, LAST_DAY
from clarity.adapters.files._table import Heading, Values, batches, cells
from clarity.domain.actigraphy.regrid import Samples
from clarity.domain.streams import Unit
from clarity.domain.timeline import DAY_S, localize
from clarity.ports.recordings import Notice, ReadOptions, Recording
from clarity.ports.unreadable import AbsurdDate, NoSamples, UnevenTimes

__all__ = [
    "MAX_EPOCH_S",
    "Even",
    "elapsed_samples",
    "even_heading",
    "even_samples",
    "read_even",
]

MAX_EPOCH_S: Final = 1_800
"""Longest epoch of a device, s."""


@attrs.frozen(kw_only=True)
class Even:
    """
    A table of values without times.

    Attributes:
        heading: where the values begin, and how many columns they have.
        wall_s: what the device's clock showed at the first epoch, s since a naive 1970.
        epoch_s: length of an epoch, s.
        column: the column of the values.
        imputed: the column that is not 0 where a value was made up, if there is one.
    """

    heading: Heading
    wall_s: int
    epoch_s: int
    column: int = 0
    imputed: int | None = None


def even_heading(first_row: str, skip: int, *, delimiter: str = ",") -> Heading:
    """The heading of rows like the first one, `skip` lines down."""
    row = tuple(first_row.strip().split(delimiter))
    names = tuple(f"column {i + 1}" for i in range(len(row)))
    return Heading(delimiter=delimiter, names=names, skip=skip, rows=(row,))


def even_samples(
    values: npt.NDArray[np.float64], wall_s: int, epoch_s: int, zone: ZoneInfo, file: str
) -> Samples:
    """
    One value per epoch of elapsed time from `wall_s`: a device's clock knows no daylight saving.

    Raises:
        AbsurdDate: it begins before 1980 or ends after 2100.
        UnevenTimes: the epoch is longer than half an hour.
    """
    if not 1 <= epoch_s <= MAX_EPOCH_S:
        raise UnevenTimes(file=file, detail=f"an epoch of {epoch_s} s")
    wall = wall_s + epoch_s * np.arange(values.size, dtype=np.int64)
    return elapsed_samples(values, wall, zone, file)


def elapsed_samples(
    values: npt.NDArray[np.float64], wall: npt.NDArray[np.int64], zone: ZoneInfo, file: str
) -> Samples:
    """
    Values by a device's clock, which is set to the zone at the first and knows no daylight saving.

    Args:
        values: (n,) at least one.
        wall: (n,) int64 ascending, what the clock shows, s since a naive 1970.
        zone: of the person.
        file: name for errors.

    Raises:
        AbsurdDate: it begins before 1980 or ends after 2100.
    """
    if wall[0] // DAY_S < FIRST_DAY or wall[-1] // DAY_S > LAST_DAY:
        raise AbsurdDate(file=file)
    placed = localize(wall[:1].astype("datetime64[s]"), zone)
    return Samples(
        seconds=placed.seconds[0] + wall - wall[0],
        values=values,
        in_gap=placed.in_gap,
        in_fold=placed.in_fold,
    )


def _values(intake: Intake, even: Even, unit: Unit) -> npt.NDArray[np.float64]:
    file = intake.source.name
    plain = Values(file=file, signed=unit is Unit.SLEEP_STAGE)
    pieces = []
    for batch in batches(intake, even.heading):
        cells(batch, len(even.heading.names) - 1, file)
        values = plain.of(cells(batch, even.column, file), batch.lines)
        if even.imputed is not None:
            made_up = plain.of(cells(batch, even.imputed, file), batch.lines)
            values[made_up != 0] = np.nan
        pieces.append(values)
    if not pieces:
        raise NoSamples(file=file)
    return np.concatenate(pieces)


def read_even(
    intake: Intake,
    even: Even,
    options: ReadOptions,
    preset: Preset,
    notices: tuple[Notice, ...] = (),
) -> Recording:
    """
    The recording of the one person.

    Raises:
        UnreadableRecording: one of its kinds.
    """
    file = intake.source.name
    zone = zone_of(options, preset, file)
    unit = options.unit or preset.unit or Unit.COUNTS
    values = _values(intake, even, unit)
    refuse_nothing(values, file)
    epoch_s = options.epoch_s or even.epoch_s
    samples = even_samples(values, even.wall_s, epoch_s, zone, file)
    done = laid(samples, zone, unit, options, attrs.evolve(preset, epoch_s=epoch_s), file)
    return Recording(
        participant=options.participant or label_of(file),
        series=done.series,
        report=done.report,
        digest=intake.digest,
        format=preset.format,
        notices=notices,
    )
