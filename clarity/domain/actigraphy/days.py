"""Series cut into local days: for storage by real time, for rhythm metrics by the wall clock."""

import itertools
from collections.abc import Sequence
from datetime import date, timedelta
from typing import ClassVar, Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.arrays import kept_float64, kept_int64
from clarity.domain.errors import DomainError
from clarity.domain.streams import BadChunk, DayChunk, StreamKind, Unit
from clarity.domain.timeline import DAY_S, LocalDay, TimeWindow, days_touched, local_seconds

__all__ = [
    "STREAM_OF_UNIT",
    "ClockDays",
    "MergedChunk",
    "MixedRecordings",
    "clock_days",
    "day_chunks",
    "merge_chunks",
    "series_of",
]

STREAM_OF_UNIT: Final[dict[Unit, StreamKind]] = {
    Unit.COUNTS: StreamKind.ACTIVITY,
    Unit.MIMS: StreamKind.ACTIVITY,
    Unit.ENMO_MG: StreamKind.ACTIVITY,
    Unit.ACTIVITY_INDEX: StreamKind.ACTIVITY,
    Unit.ACTIVE_KCAL: StreamKind.ACTIVITY,
    Unit.INTENSITY_LEVEL: StreamKind.ACTIVITY,
    Unit.STEPS_PER_MIN: StreamKind.STEPS,
    Unit.BEATS_PER_MIN: StreamKind.HEART_RATE,
    Unit.RMSSD_MS: StreamKind.HRV,
    Unit.SDNN_MS: StreamKind.HRV,
    Unit.BREATHS_PER_MIN: StreamKind.RESPIRATION,
    Unit.SLEEP_STAGE: StreamKind.SLEEP,
}
"""The stream in which values of a unit are kept."""


LARGEST: Final = 1e12
"""
Largest amount taken for a measurement; a day of acceleration in mg summed at 100 Hz is below 1e11.
Larger ones are no data, and sums of their squares would leave the range of numbers unseen.
"""


def _check_size(values: npt.NDArray[np.float64]) -> None:
    if np.any(np.abs(values) > LARGEST):
        raise BadChunk(f"a value is beyond {LARGEST:g}, which no device measures")


def _edges(series: ActivitySeries, days: Sequence[LocalDay]) -> list[int]:
    """Index of the series at which each day, and the one after the last, begins."""
    starts = [day.start_s for day in (*days, days[-1].next())] if days else []
    if any((start - series.start_s) % series.epoch_s for start in starts):
        raise BadChunk("the epochs do not begin at local midnight")
    return [(start - series.start_s) // series.epoch_s for start in starts]


def day_chunks(series: ActivitySeries, *, source: str = "") -> tuple[DayChunk, ...]:
    """
    The series as one chunk per local day that holds at least one value, in order.

    Epochs outside the recording, and those that the device knows as not worn, are missing (NaN).
    Days without any value make no chunk.

    Args:
        series: on a grid that meets local midnight, as `regrid` and `resample` give it.
        source: SHA-256 (hex) of the file it came from.

    Raises:
        BadChunk: the grid does not meet local midnight, or a value is infinite or beyond 1e12.
    """
    _check_size(series.observed)
    window = TimeWindow(start=series.start, end=series.end)
    days = days_touched(window, series.zone)
    edges = _edges(series, days)
    ahead = -min(0, edges[0]) if edges else 0
    padded = np.concatenate(
        (
            np.full(ahead, np.nan),
            series.observed,
            np.full(max(0, edges[-1] - series.values.size) if edges else 0, np.nan),
        )
    )
    pieces = [padded[low + ahead : high + ahead] for low, high in itertools.pairwise(edges)]
    return tuple(
        DayChunk(
            stream=STREAM_OF_UNIT[series.unit],
            day=day.date,
            zone=series.zone,
            epoch_s=series.epoch_s,
            unit=series.unit,
            device=series.device,
            placement=series.placement,
            values=piece,
            source=source,
        )
        for day, piece in zip(days, pieces, strict=True)
        if not np.isnan(piece).all()
    )


@attrs.define(eq=False)
class MixedRecordings(DomainError):
    """Days of one stream were recorded in ways that cannot be put together."""

    code: ClassVar[str] = "stream.mixed-recordings"
    differ_in: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"recordings of one participant, those stored before too, differ in "
            f"{', '.join(self.differ_in)}; "
            f"analyze one file at a time, each with its own --patient or its own folder (--out)"
        )


def _require_alike(chunks: Sequence[DayChunk]) -> None:
    kinds: dict[str, set[str | int]] = {
        "stream": {chunk.stream for chunk in chunks},
        "zone": {chunk.zone.key for chunk in chunks},
        "epoch": {chunk.epoch_s for chunk in chunks},
        "unit": {chunk.unit for chunk in chunks},
        "device": {chunk.device for chunk in chunks},
        "placement": {chunk.placement for chunk in chunks},
    }
    differ = tuple(name for name, values in kinds.items() if len(values) > 1)
    if differ:
        raise MixedRecordings(differ)


def series_of(chunks: Sequence[DayChunk]) -> ActivitySeries:
    """
    One series from the chunks of a stream, from the first day's start to the last day's end.

    Days without a chunk are missing (NaN). The order of the chunks does not matter.

    Raises:
        BadChunk: there is no chunk, or one day comes twice.
        MixedRecordings: the chunks differ in stream, zone, epoch, unit, device or placement.
    """
    if not chunks:
        raise BadChunk("there is no chunk to make a series of")
    _require_alike(chunks)
    if len({chunk.day for chunk in chunks}) < len(chunks):
        raise BadChunk("two chunks are of one day")
    ordered = sorted(chunks, key=lambda chunk: chunk.day)
    first, last = ordered[0], ordered[-1]
    n = (last.start_s + last.length_s - first.start_s) // first.epoch_s
    values = np.full(n, np.nan)
    for chunk in ordered:
        _check_size(chunk.values)
        at = (chunk.start_s - first.start_s) // chunk.epoch_s
        values[at : at + chunk.values.size] = chunk.values
    return ActivitySeries(
        values=values,
        start=LocalDay(first.day, first.zone).start,
        epoch_s=first.epoch_s,
        unit=first.unit,
        device=first.device,
        placement=first.placement,
    )


@attrs.frozen(kw_only=True)
class MergedChunk:
    """
    A day after new values came in.

    Attributes:
        chunk: the merged day; the very old chunk when nothing changed.
        added: epochs that were missing and now hold a value.
        changed: epochs whose value was replaced by another.
    """

    chunk: DayChunk
    added: int
    changed: int

    @property
    def is_news(self) -> bool:
        """Whether there is anything to store."""
        return self.added > 0 or self.changed > 0


def merge_chunks(old: DayChunk, new: DayChunk) -> MergedChunk:
    """
    Two chunks of one day and stream as one: a new value wins wherever it is not missing.

    Merging what is already there changes nothing, so importing a file twice is harmless.

    Raises:
        BadChunk: the chunks are of two days.
        MixedRecordings: they differ in stream, zone, epoch, unit, device or placement.
    """
    if old.day != new.day:
        raise BadChunk("the chunks are of two days")
    _require_alike((old, new))
    known, came = ~np.isnan(old.values), ~np.isnan(new.values)
    added = int(np.count_nonzero(came & ~known))
    changed = int(np.count_nonzero(came & known & (old.values != new.values)))
    if not added and not changed:
        return MergedChunk(chunk=old, added=0, changed=0)
    merged = attrs.evolve(old, values=np.where(came, new.values, old.values), source=new.source)
    return MergedChunk(chunk=merged, added=added, changed=changed)


@attrs.frozen(kw_only=True)
class ClockDays:
    """
    A recording by the wall clock: one row per local date, one column per epoch of a 24 h clock.

    Attributes:
        values: (n_days, epochs_per_day) float64; NaN = missing, and the hour that daylight saving
            skips. In the hour that happens twice a value is the mean of both passes, or of the one
            that has a value. Read-only.
        passes: (n_days, epochs_per_day) int64, how many epochs of the recording fall on a cell: 0
            before it, after it and in the hour that is skipped, 2 in the hour that happens twice.
            Read-only.
        first_date: local date of the first row; the rows are consecutive dates.
        epoch_s: length of an epoch, s.
    """

    values: npt.NDArray[np.float64] = attrs.field(
        converter=kept_float64, eq=False, hash=False, repr=False
    )
    passes: npt.NDArray[np.int64] = attrs.field(
        converter=kept_int64, eq=False, hash=False, repr=False
    )
    first_date: date
    epoch_s: int

    @property
    def dates(self) -> tuple[date, ...]:
        """The local date of every row."""
        return tuple(self.first_date + timedelta(days=i) for i in range(self.values.shape[0]))

    @property
    def weekdays(self) -> tuple[int, ...]:
        """The weekday of every row, Monday 0 to Sunday 6."""
        return tuple(day.weekday() for day in self.dates)

    @property
    def flat(self) -> npt.NDArray[np.float64]:
        """(n_days * epochs_per_day,) float64, the rows one after the other: an even clock grid."""
        return self.values.reshape(-1)

    @property
    def spanned(self) -> npt.NDArray[np.bool_]:
        """(n_days * epochs_per_day,) bool, where epochs of the recording fall on `flat`."""
        return np.asarray(self.passes.reshape(-1) > 0)

    @property
    def coverage(self) -> npt.NDArray[np.float64]:
        """(n_days,) float64, share of each day's cells that hold a value."""
        return np.asarray((~np.isnan(self.values)).mean(axis=1), dtype=np.float64)

    @property
    def in_hole(self) -> int:
        """How many cells daylight saving skipped."""
        return int(np.count_nonzero(self._skipped))

    @property
    def in_repeat(self) -> int:
        """How many cells stand for two epochs."""
        return int(np.count_nonzero(self.passes > 1))

    @property
    def changed(self) -> tuple[date, ...]:
        """The dates on which the clock skipped or repeated epochs of the recording."""
        return tuple(itertools.compress(self.dates, self._uneven))

    @property
    def balanced(self) -> npt.NDArray[np.float64]:
        """
        (k * epochs_per_day,) float64: every clock time on the same days, gaps aside.

        Where a clock time lies on fewer days than its neighbours, a mean day steps at its edge, for
        it is the mean of another mix of days. So the days of `changed` are left out, and what
        follows the last whole 24 h after the first value is missing. Less than 24 h stay as they
        are.
        """
        rest = self.values[~self._uneven].reshape(-1)
        seen = np.flatnonzero(~np.isnan(rest))
        per_day = self.values.shape[1]
        whole = (int(seen[-1] + 1 - seen[0]) // per_day if seen.size else 0) * per_day
        if whole:
            rest[seen[0] + whole :] = np.nan
        return rest

    @property
    def _skipped(self) -> npt.NDArray[np.bool_]:
        spanned = np.flatnonzero(self.passes)
        skipped = self.passes.reshape(-1) == 0
        skipped[: spanned[0]] = skipped[spanned[-1] :] = False
        return np.asarray(skipped.reshape(self.passes.shape))

    @property
    def _uneven(self) -> npt.NDArray[np.bool_]:
        return np.asarray((self._skipped | (self.passes > 1)).any(axis=1))


def clock_days(series: ActivitySeries) -> ClockDays:
    """
    The worn values of a series by local date and clock time.

    Days that the recording covers in part are padded with NaN. Epochs known as not worn are NaN.

    Raises:
        BadChunk: the epoch does not divide the day, or there is no epoch at all.
    """
    if DAY_S % series.epoch_s or not series.values.size:
        raise BadChunk(f"{series.values.size} epochs of {series.epoch_s} s make no clock day")
    per_day = DAY_S // series.epoch_s
    wall = local_seconds(series.seconds, series.zone)
    first = int(wall.min()) // DAY_S
    n_days = int(wall.max()) // DAY_S - first + 1
    cell = wall // series.epoch_s - first * per_day
    size = n_days * per_day
    known = ~np.isnan(series.observed)
    total = np.bincount(cell[known], weights=series.observed[known], minlength=size)
    n = np.bincount(cell[known], minlength=size)
    values = np.divide(total, n, out=np.full(size, np.nan), where=n > 0)
    return ClockDays(
        values=values.reshape(n_days, per_day),
        passes=np.bincount(cell, minlength=size).reshape(n_days, per_day),
        first_date=date(1970, 1, 1) + timedelta(days=first),
        epoch_s=series.epoch_s,
    )
