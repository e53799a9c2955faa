"""The mean day that is drawn: of the days that L5, M10 and their onsets rest on."""

from typing import Final

import attrs
import numpy as np

from clarity.adapters.report.days import Floats
from clarity.domain.actigraphy.days import clock_days
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.timeline import DAY_S

__all__ = ["MeanDay", "mean_day"]

STEP_S: Final = 1800
"""Longest bins of the mean day, s; longer than those of the actogram, for a calm line."""

LOWER_PERCENTILE: Final = 25.0
UPPER_PERCENTILE: Final = 75.0
MIN_DAYS_FOR_SPREAD: Final = 3
"""Fewer days have no quartiles worth drawing."""


@attrs.frozen(kw_only=True, eq=False)
class MeanDay:
    """
    Days by bins of the local clock, every clock time on the same days, gaps aside.

    Attributes:
        by_day: (days, bins) mean of what was recorded while worn; NaN = nothing was.
        n_days: stretches of 24 h that they come from; less than 24 h are one.
        left_out: whether more was recorded than they hold (`ClockDays.balanced`).
    """

    by_day: Floats
    n_days: int
    left_out: bool

    @property
    def mean(self) -> Floats:
        """(bins,) from midnight on; NaN where nothing was observed."""
        return _over(self.by_day, axis=0)

    @property
    def quartiles(self) -> tuple[Floats, Floats]:
        """Lower and upper (bins,) over days; NaN where fewer than three days were seen."""
        low, high = (np.full(self.by_day.shape[1], np.nan) for _ in range(2))
        enough = (~np.isnan(self.by_day)).sum(axis=0) >= MIN_DAYS_FOR_SPREAD
        if enough.any():
            low[enough] = np.nanpercentile(self.by_day[:, enough], LOWER_PERCENTILE, axis=0)
            high[enough] = np.nanpercentile(self.by_day[:, enough], UPPER_PERCENTILE, axis=0)
        return low, high


def mean_day(series: ActivitySeries) -> MeanDay:
    """
    The days of the recording that its mean day is made of.

    Raises:
        BadChunk: the epoch does not divide the day.
    """
    per_day = max(1, DAY_S // series.epoch_s)
    per_bin = max(n for n in range(1, max(1, STEP_S // series.epoch_s) + 1) if per_day % n == 0)
    if not series.values.size:
        return MeanDay(by_day=np.empty((0, per_day // per_bin)), n_days=0, left_out=False)
    days = clock_days(series)
    kept = days.balanced
    seen = np.flatnonzero(~np.isnan(kept))
    return MeanDay(
        by_day=_over(kept.reshape(-1, per_day // per_bin, per_bin), axis=2),
        n_days=-(-int(seen[-1] + 1 - seen[0]) // per_day) if seen.size else 0,
        left_out=bool(seen.size < np.count_nonzero(~np.isnan(days.values))),
    )


def _over(values: Floats, *, axis: int) -> Floats:
    seen = ~np.isnan(values)
    count = seen.sum(axis=axis)
    total = np.where(seen, values, 0.0).sum(axis=axis)
    mean: Floats = np.full(count.shape, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean
