"""A recording on the local clock: days by 5-minute bins, with what each bin is marked as."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.result import AnalysisResult, Layer
from clarity.domain.timeline import DAY_S, local_seconds

__all__ = ["DayBins", "day_bins", "runs"]

BIN_S: Final = 300
"""Shortest bin that is drawn, s: fine enough for a screen, small enough for 45 days in one file."""

BIN_LENGTHS_S: Final = (BIN_S, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, DAY_S)
"""Bins that divide the day, s; the first that holds an epoch is taken."""

EPOCH_DAY: Final = date(1970, 1, 1)

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@attrs.frozen(kw_only=True, eq=False)
class DayBins:
    """
    Days by bins of the local clock.

    Attributes:
        dates: the local dates.
        bin_s: length of a bin, s.
        recorded: (days, bins) mean value per epoch; NaN = nothing was recorded.
        marks: (days, bins) per layer, True where at least half of the bin carries the mark.
        skipped: (days, bins) clock times that daylight saving left out.
        drawn_by: for each layer the id of the algorithm that marked it.
    """

    dates: tuple[date, ...]
    bin_s: int
    recorded: Floats
    marks: Mapping[Layer, Mask]
    skipped: Mask
    drawn_by: Mapping[Layer, str]


@attrs.frozen(eq=False)
class _Folding:
    """Where on the clock each epoch falls."""

    place: npt.NDArray[np.int64]
    n_days: int
    per_day: int

    def count(self, mask: Mask) -> Floats:
        """How many epochs of a bin are in `mask`."""
        size = self.n_days * self.per_day
        counted = np.bincount(self.place[mask], minlength=size)
        return counted.reshape(self.n_days, self.per_day).astype(np.float64)

    def mean(self, values: Floats) -> Floats:
        """Mean of the values of a bin; NaN where there is none."""
        seen = ~np.isnan(values)
        size = self.n_days * self.per_day
        total = np.bincount(self.place[seen], weights=values[seen], minlength=size)
        count = self.count(seen)
        nothing: Floats = np.full(count.shape, np.nan)
        np.divide(total.reshape(count.shape), count, out=nothing, where=count > 0)
        return nothing

    def mostly(self, mask: Mask) -> Mask:
        """Bins of which at least half is in `mask`."""
        inside = self.count(mask)
        return np.asarray((inside > 0) & (2 * inside >= self.count(np.ones_like(mask))))


def day_bins(series: ActivitySeries, result: AnalysisResult) -> DayBins:
    """
    The recording folded on the local clock.

    An hour that happens twice is averaged; an hour that daylight saving skipped is `skipped`.
    """
    bin_s = next(length for length in BIN_LENGTHS_S if length >= min(series.epoch_s, DAY_S))
    local_s = local_seconds(series.seconds, series.zone)
    first_day = int(local_s[0]) // DAY_S if local_s.size else 0
    n_days = int(local_s[-1]) // DAY_S - first_day + 1 if local_s.size else 0
    folding = _Folding((local_s - first_day * DAY_S) // bin_s, n_days, DAY_S // bin_s)
    masks, drawn_by = _masks(series, result)
    return DayBins(
        dates=tuple(EPOCH_DAY + timedelta(days=first_day + day) for day in range(n_days)),
        bin_s=bin_s,
        recorded=folding.mean(series.values),
        marks={layer: folding.mostly(mask) for layer, mask in masks.items()},
        skipped=_skipped(folding),
        drawn_by=drawn_by,
    )


def runs(mask: Mask) -> tuple[tuple[int, int], ...]:
    """Pairs (start, stop) of the stretches in which a (n,) mask is True; stop is excluded."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return tuple((int(a), int(b)) for a, b in edges.reshape(-1, 2))


def _skipped(folding: _Folding) -> Mask:
    empty = folding.count(np.ones(folding.place.shape, dtype=np.bool_)) == 0
    inside = np.zeros(empty.size, dtype=np.bool_)
    if folding.place.size:
        inside[folding.place.min() : folding.place.max()] = True
    return np.asarray(empty & inside.reshape(empty.shape))


def _masks(
    series: ActivitySeries, result: AnalysisResult
) -> tuple[Mapping[Layer, Mask], Mapping[Layer, str]]:
    """What each epoch is marked as; of several algorithms for one layer the first is drawn."""
    masks: dict[Layer, Mask] = {}
    drawn_by: dict[Layer, str] = {}
    for marked in result.spans:
        if marked.layer not in masks:
            masks[marked.layer] = _epochs_in(marked.spans, series, result.epoch_s)
            drawn_by[marked.layer] = marked.algorithm
    if Layer.NON_WEAR not in masks and series.worn is not None:
        masks[Layer.NON_WEAR] = ~series.worn
    nothing = np.isnan(series.values)
    masks[Layer.MISSING] = nothing | masks.get(Layer.MISSING, nothing)
    return masks, drawn_by


def _epochs_in(spans: tuple[tuple[int, int], ...], series: ActivitySeries, epoch_s: int) -> Mask:
    mask = np.zeros(series.values.shape, dtype=np.bool_)
    for start, stop in spans:
        mask[start * epoch_s // series.epoch_s : -(-stop * epoch_s // series.epoch_s)] = True
    return mask
