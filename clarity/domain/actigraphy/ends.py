"""Where a recording that ran on after the device was laid aside really ends."""

from typing import Final

import numpy as np
import numpy.typing as npt

from clarity.domain.timeline import DAY_S

__all__ = ["end_of_use", "ends_of_use"]

STILL_SHARE: Final = 0.05
"""A day with less than this share of the level of a busy day is still."""

ACTIVE_QUANTILE: Final = 0.75
"""The level of a day is what a quarter of it exceeds: six hours up, not an hour in a bag."""

BUSY_QUANTILE: Final = 0.9
"""Which day counts as busy; high, since most days of a file may lie after the end."""

MIN_DAYS: Final = 4
"""Days that a recording must have: of fewer none can be called usual."""


def end_of_use(values: npt.NDArray[np.float64], *, epoch_s: int) -> int:
    """
    The epoch after the last day of use of one recording; see `ends_of_use`.

    Args:
        values: (n,) activity per epoch; NaN = missing, taken as still.
        epoch_s: length of an epoch, s; divides a day.
    """
    return int(ends_of_use(values, epoch_s=epoch_s))


def ends_of_use(values: npt.ArrayLike, *, epoch_s: int) -> npt.NDArray[np.int64]:
    """
    The epoch after the last day of use: what follows are still days up to the end of the file.

    A device on a shelf need not read 0: some drift and flicker by a few counts for weeks, and are
    carried about for an hour when they are read out. The level of 24 h is the activity that a
    quarter of them exceeds. Days are counted from the end backwards; those with less than 5 % of
    the level of a busy day (the 90th percentile of the days) are cut off. Known limit: a last day
    spent lying still is cut off too.

    Args:
        values: (..., n) activity per epoch; NaN = missing, taken as still.
        epoch_s: length of an epoch, s; divides a day.

    Returns:
        (...) int64; n when nothing is cut off, also when there are less than four days to compare.

    Source:
        clarity. On the Depresjon files the end lies within 2.1 days of the published number of
        valid days in 43 of 55.
    """
    data = np.asarray(values, dtype=np.float64)
    per_day, n = DAY_S // epoch_s, data.shape[-1]
    if n < MIN_DAYS * per_day:
        return np.full(data.shape[:-1], n)
    whole = data[..., n % per_day :].reshape(*data.shape[:-1], -1, per_day)
    levels = np.quantile(np.nan_to_num(whole), ACTIVE_QUANTILE, axis=-1)
    busy = np.quantile(levels, BUSY_QUANTILE, axis=-1, keepdims=True)
    still_days = np.argmax((levels >= STILL_SHARE * busy)[..., ::-1], axis=-1)
    return np.asarray(n - still_days * per_day)
