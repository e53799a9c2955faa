"""From stamped samples to an even grid, by timestamp, with a report of everything that was done."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.arrays import distinct, kept_float64, kept_int64
from clarity.domain.errors import DomainError
from clarity.domain.streams import Placement, Unit, UnitMismatch
from clarity.domain.timeline import DAY_S, LocalDay

__all__ = [
    "MAX_EPOCHS",
    "STANDARD_EPOCHS_S",
    "MixedEpochs",
    "NoEpoch",
    "NotAMultiple",
    "RegridReport",
    "Regridded",
    "Samples",
    "TooLongSpan",
    "regrid",
    "resample",
    "sniff_epoch",
]

STANDARD_EPOCHS_S: Final = (1, 2, 3, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1800)
"""Epochs in use, s; all of them divide a half hour, the smallest step of daylight saving."""

MAX_EPOCHS: Final = 10_000_000
"""Longest grid that is laid, epochs (80 MB, 19 years of minutes): wild stamps fill no memory."""

_JITTER: Final = 0.1
"""How far a usual step may lie from a standard epoch, share of the epoch."""

_FOREIGN: Final = 0.1
"""Share of foreign steps, or of shared epochs, from which a recording has no single epoch."""


@attrs.define(eq=False)
class NoEpoch(DomainError):
    """The stamps do not tell how long an epoch is."""

    code: ClassVar[str] = "time.no-epoch"
    n_distinct: int
    step_s: float

    @property
    def fact(self) -> str:
        """What is true, without what to do."""
        usual = f"the usual step is {self.step_s:g} s, which is no epoch in use"
        return usual if self.n_distinct > 1 else "there is one time alone"

    def __str__(self) -> str:
        return f"{self.fact}; evenly spaced times are needed: say how long an epoch is with --epoch"


@attrs.define(eq=False)
class MixedEpochs(DomainError):
    """The recording changes its epoch on the way."""

    code: ClassVar[str] = "time.mixed-epochs"
    epoch_s: int
    other_s: int
    share: float

    @property
    def fact(self) -> str:
        """What is true, without what to do."""
        return (
            f"{self.share:.0%} of the samples follow another step ({self.other_s} s) than the "
            f"epoch of {self.epoch_s} s"
        )

    def __str__(self) -> str:
        return f"{self.fact}; split the file where it changes, or say its epoch with --epoch"


@attrs.define(eq=False)
class TooLongSpan(DomainError):
    """First and last stamp lie too far apart for one recording."""

    code: ClassVar[str] = "time.too-long-span"
    days: int
    epoch_s: int

    def __str__(self) -> str:
        return (
            f"the times span {self.days} days at an epoch of {self.epoch_s} s, more than "
            f"{MAX_EPOCHS:,} epochs; look for a wrong year in the file"
        )


@attrs.define(eq=False)
class NotAMultiple(DomainError):
    """A series cannot be brought to an epoch that its own does not divide."""

    code: ClassVar[str] = "time.epoch-not-a-multiple"
    epoch_s: int
    asked_s: int

    def __str__(self) -> str:
        return (
            f"an epoch of {self.epoch_s} s cannot be made {self.asked_s} s; "
            f"ask for a multiple of {self.epoch_s} s that divides the day"
        )


@attrs.frozen(kw_only=True)
class Samples:
    """
    Values with the instants they belong to, in the order of the file.

    Attributes:
        seconds: (n,) int64, seconds since 1970-01-01T00:00Z, in any order. Read-only.
        values: (n,) float64; NaN = missing. Read-only.
        in_gap: how many stamps named a local time that daylight saving skipped.
        in_fold: how many stamps named a local time that happens twice.
    """

    seconds: npt.NDArray[np.int64] = attrs.field(
        converter=kept_int64, eq=attrs.cmp_using(eq=np.array_equal), hash=False, repr=False
    )
    values: npt.NDArray[np.float64] = attrs.field(
        converter=kept_float64, eq=False, hash=False, repr=False
    )
    in_gap: int = 0
    in_fold: int = 0

    def __attrs_post_init__(self) -> None:
        """Every value has its instant."""
        if self.seconds.ndim != 1 or self.seconds.shape != self.values.shape:
            raise ValueError("samples have one instant per value, in one dimension")


@attrs.frozen(kw_only=True)
class RegridReport:
    """
    What laying samples on a grid took.

    Attributes:
        samples: how many samples came in.
        epochs: how many epochs the grid has, from the first to the last sample.
        epoch_s: length of an epoch, s.
        offset_s: stamps minus grid, s, in (-epoch/2, epoch/2]: the grid starts at local midnight,
            the stamps of many devices some seconds beside a whole epoch.
        duplicates: samples that repeat an epoch with the same value, or with none; one is kept.
        conflicts: samples that name an epoch anew with another value; the last in the file counts.
        out_of_order: samples whose stamp is earlier than the one before them in the file.
        gaps: runs of epochs without a sample.
        missing: epochs without a value, in gaps or given as missing.
        in_gap: stamps in the hole of daylight saving (moved forward).
        in_fold: stamps in the repeated hour.
    """

    samples: int
    epochs: int
    epoch_s: int
    offset_s: int
    duplicates: int
    conflicts: int
    out_of_order: int
    gaps: int
    missing: int
    in_gap: int
    in_fold: int


@attrs.frozen(kw_only=True)
class Regridded:
    """A series on its grid and how it got there."""

    series: ActivitySeries
    report: RegridReport


def sniff_epoch(seconds: npt.NDArray[np.int64]) -> int:
    """
    The epoch that stamps follow, s: the most frequent step between distinct stamps.

    The step is taken for the nearest of `STANDARD_EPOCHS_S` when it is within a tenth of it. Of
    equally frequent steps the shortest counts.

    Args:
        seconds: (n,) int64, instants in any order.

    Raises:
        NoEpoch: fewer than two distinct stamps, or a usual step that is no standard epoch.
        MixedEpochs: more than a tenth of all steps repeat another step than the usual one.
    """
    stamps = distinct(seconds)
    if stamps.size < 2:
        raise NoEpoch(int(stamps.size), 0.0)
    steps = np.diff(stamps)
    kinds, counts = np.unique(steps, return_counts=True)
    usual = int(kinds[np.argmax(counts)])
    epoch = _standard(usual)
    if not epoch:
        raise NoEpoch(int(stamps.size), usual)
    _refuse_change(steps, epoch)
    return epoch


def _refuse_change(steps: npt.NDArray[np.int64], epoch_s: int) -> None:
    """A gap is one foreign step; a change of epoch is the same foreign step again and again."""
    foreign = np.abs(steps - epoch_s) > max(_JITTER * epoch_s, 1)
    again = foreign[1:] & (steps[1:] == steps[:-1])
    share = float(np.count_nonzero(again) / steps.size)
    if share > _FOREIGN:
        raise MixedEpochs(epoch_s, int(np.median(steps[1:][again])), share)


def _standard(step_s: int) -> int:
    nearest = min(STANDARD_EPOCHS_S, key=lambda epoch: abs(epoch - step_s))
    return nearest if abs(nearest - step_s) <= _JITTER * nearest else 0


def _usual_phase(relative: npt.NDArray[np.int64], epoch_s: int) -> int:
    """Where in the epoch most stamps lie, s in (-epoch/2, epoch/2]; 0 when there is no majority."""
    phases, counts = np.unique(relative % epoch_s, return_counts=True)
    top = int(np.argmax(counts))
    if 2 * counts[top] < relative.size:
        return 0
    phase = int(phases[top])
    return phase - epoch_s if phase > epoch_s / 2 else phase


def _laid(
    index: npt.NDArray[np.int64], values: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], int, int]:
    """
    Grid values and the counts of repeated epochs, equal and contradicting.

    A value beats a missing one wherever it stands; among values the last in the file counts.
    """
    grid = np.full(int(index.max()) + 1, np.nan)
    known = ~np.isnan(values)
    order = np.argsort(index[known], kind="stable")
    at, ordered = index[known][order], values[known][order]
    grid[at] = ordered
    again = at[1:] == at[:-1]
    conflicts = int(np.count_nonzero(again & (ordered[1:] != ordered[:-1])))
    repeated = index.size - distinct(index).size
    return grid, repeated - conflicts, conflicts


def _runs(mask: npt.NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(mask & ~np.concatenate(([False], mask[:-1]))))


def regrid(
    samples: Samples,
    *,
    zone: ZoneInfo,
    unit: Unit,
    epoch_s: int | None = None,
    device: str = "",
    placement: Placement = Placement.UNKNOWN,
) -> Regridded:
    """
    The samples on an even grid that starts at a local midnight plus whole epochs.

    Each sample goes to the epoch nearest to its stamp less the offset that most stamps share
    (`RegridReport.offset_s`). Two samples of one epoch: equal ones count once, a value beats a
    missing one, of different values the last in the file counts. Order does not matter otherwise.
    Epochs without a sample are NaN; nothing is interpolated.

    Args:
        samples: at least one.
        zone: the recording's local zone.
        unit: what a value means.
        epoch_s: length of an epoch, s; None finds it from the stamps.
        device: maker and model as far as known.
        placement: where the device was worn.

    Raises:
        NoEpoch: the epoch was not given and the stamps do not tell it.
        MixedEpochs: the stamps follow two epochs.
        TooLongSpan: the grid would have more than `MAX_EPOCHS` epochs.
    """
    seconds = samples.seconds
    epoch = epoch_s or sniff_epoch(seconds)
    first = int(seconds.min())
    if (int(seconds.max()) - first) // epoch >= MAX_EPOCHS:
        raise TooLongSpan((int(seconds.max()) - first) // DAY_S, epoch)
    midnight = LocalDay(datetime.fromtimestamp(first, UTC).astimezone(zone).date(), zone).start_s
    offset_s = _usual_phase(seconds - midnight, epoch)
    index = (2 * (seconds - midnight - offset_s) + epoch) // (2 * epoch)
    start_index = int(index.min())
    grid, duplicates, conflicts = _laid(index - start_index, samples.values)
    _refuse_crowding(seconds, index, epoch)
    taken = np.zeros(grid.size, dtype=np.bool_)
    taken[index - start_index] = True
    start = datetime.fromtimestamp(midnight + start_index * epoch, UTC).astimezone(zone)
    return Regridded(
        series=ActivitySeries(
            values=grid,
            start=start,
            epoch_s=epoch,
            unit=unit,
            device=device,
            placement=placement,
        ),
        report=RegridReport(
            samples=seconds.size,
            epochs=grid.size,
            epoch_s=epoch,
            offset_s=offset_s,
            duplicates=duplicates,
            conflicts=conflicts,
            out_of_order=int(np.count_nonzero(np.diff(seconds) < 0)),
            gaps=_runs(~taken),
            missing=int(np.count_nonzero(np.isnan(grid))),
            in_gap=samples.in_gap,
            in_fold=samples.in_fold,
        ),
    )


def _refuse_crowding(
    seconds: npt.NDArray[np.int64], index: npt.NDArray[np.int64], epoch_s: int
) -> None:
    """Distinct stamps that share an epoch show a finer recording than the grid."""
    stamps, where = np.unique(seconds, return_index=True)
    shared = np.diff(index[where]) == 0
    share = float(np.count_nonzero(shared) / stamps.size)
    if share > _FOREIGN:
        raise MixedEpochs(epoch_s, int(np.median(np.diff(stamps)[shared])), share)


_Fold = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]


def _sum(parts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(parts.sum(axis=1), dtype=np.float64)


def _mean(parts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(parts.mean(axis=1), dtype=np.float64)


_JOINED_BY: Final[dict[Unit, _Fold]] = {
    Unit.COUNTS: _sum,
    Unit.STEPS_PER_MIN: _sum,
    Unit.MIMS: _sum,
    Unit.ENMO_MG: _mean,
    Unit.ACTIVITY_INDEX: _mean,
    Unit.ACTIVE_KCAL: _sum,
    Unit.INTENSITY_LEVEL: _mean,
    Unit.BEATS_PER_MIN: _mean,
    Unit.RMSSD_MS: _mean,
    Unit.SDNN_MS: _mean,
    Unit.BREATHS_PER_MIN: _mean,
}
"""Amounts (counts, steps, MIMS) add up over an epoch; intensities and rates are averaged."""


def resample(series: ActivitySeries, epoch_s: int = 60) -> ActivitySeries:
    """
    The series at a longer epoch, aligned to local midnight.

    Counts, steps, MIMS and energy are amounts and are summed; ENMO, activity index, intensity
    levels, heart rate, breathing rate, RMSSD and SDNN are averaged. An epoch is NaN unless every
    part of it holds a value, and worn only when every part was.

    Raises:
        NotAMultiple: `epoch_s` is no multiple of the series' epoch, or does not divide the day.
        UnitMismatch: sleep stages can be neither summed nor averaged.
    """
    if epoch_s == series.epoch_s:
        return series
    if epoch_s < 1 or epoch_s % series.epoch_s or DAY_S % epoch_s:
        raise NotAMultiple(series.epoch_s, epoch_s)
    join = _JOINED_BY.get(series.unit)
    if join is None:
        raise UnitMismatch("resampling", "amounts and rates", series.unit.value)
    midnight = LocalDay(series.start.date(), series.zone).start_s
    ahead = (series.start_s - midnight) % epoch_s // series.epoch_s
    parts = epoch_s // series.epoch_s
    behind = -(ahead + series.values.size) % parts
    start_s = series.start_s - ahead * series.epoch_s
    values = np.pad(series.values, (ahead, behind), constant_values=np.nan).reshape(-1, parts)
    worn = None
    if series.worn is not None:
        worn = np.pad(series.worn, (ahead, behind)).reshape(-1, parts).all(axis=1)
    return attrs.evolve(
        series,
        values=join(values),
        start=datetime.fromtimestamp(start_s, UTC).astimezone(series.zone),
        epoch_s=epoch_s,
        worn=worn,
    )
