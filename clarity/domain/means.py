"""Means of what was observed: arithmetic, and of clock times, for which midnight is no edge."""

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = [
    "circular_difference_min",
    "circular_mean_min",
    "circular_sd_min",
    "observed_mean",
    "resultant",
]

Floats = npt.NDArray[np.float64]

DAY_MIN: Final = 1440

MIN_RESULTANT: Final = 1e-9
"""Below this length of the mean vector clock times point nowhere and have no mean."""


def observed_mean(values: Floats, *, axis: int, at_least: float = 1.0) -> Floats:
    """
    The mean of what was observed along `axis`; NaN where fewer than `at_least` values are.

    Args:
        values: float64; NaN = missing.
        axis: the axis that disappears.
        at_least: how many observed values a mean needs, 1 or more.
    """
    seen = ~np.isnan(values)
    count = seen.sum(axis=axis)
    total = np.where(seen, values, 0.0).sum(axis=axis)
    out = np.full(total.shape, np.nan)
    np.divide(total, count, out=out, where=count >= at_least)
    return out


def _vector(clock_min: npt.ArrayLike) -> tuple[Floats, Floats]:
    angle = np.asarray(clock_min, dtype=np.float64) * (2.0 * np.pi / DAY_MIN)
    return observed_mean(np.cos(angle), axis=-1), observed_mean(np.sin(angle), axis=-1)


def resultant(clock_min: npt.ArrayLike) -> Floats:
    """
    Length of the mean vector of clock times, 0 (spread over the clock) to 1 (all the same).

    Args:
        clock_min: (..., n) minutes, any day; NaN = missing.

    Returns:
        (...) float64; NaN when there is no time.

    Source: Mardia & Jupp 2000, Directional Statistics, doi:10.1002/9780470316979.
    """
    x, y = _vector(clock_min)
    return np.minimum(np.hypot(x, y), 1.0)


def circular_mean_min(clock_min: npt.ArrayLike) -> Floats:
    """
    The mean clock time.

    Args:
        clock_min: (..., n) minutes, any day; NaN = missing.

    Returns:
        (...) float64, minutes after midnight in [0, 1440); NaN when there is no time or the times
        cancel out.

    Source: Mardia & Jupp 2000, Directional Statistics, doi:10.1002/9780470316979.
    """
    x, y = _vector(clock_min)
    pointed = np.hypot(x, y) > MIN_RESULTANT
    mean = np.arctan2(y, x) * (DAY_MIN / (2.0 * np.pi)) % DAY_MIN
    return np.where(pointed, np.where(mean < DAY_MIN, mean, 0.0), np.nan)


def circular_sd_min(clock_min: npt.ArrayLike) -> Floats:
    """
    Circular standard deviation, sqrt(-2 ln R), as minutes.

    Args:
        clock_min: (..., n) minutes, any day; NaN = missing.

    Returns:
        (...) float64, 0 or more; NaN with fewer than two times or when they cancel out.

    Source: Mardia & Jupp 2000, Directional Statistics, doi:10.1002/9780470316979.
    """
    length = resultant(clock_min)
    n = (~np.isnan(np.asarray(clock_min, dtype=np.float64))).sum(axis=-1)
    defined = (n >= 2) & (length > MIN_RESULTANT)
    spread = -2.0 * np.log(np.where(defined, length, 1.0))
    return np.where(defined, np.sqrt(np.maximum(spread, 0.0)) * (DAY_MIN / (2.0 * np.pi)), np.nan)


def circular_difference_min(later_min: npt.ArrayLike, earlier_min: npt.ArrayLike) -> Floats:
    """
    The shorter way round the clock from `earlier_min` to `later_min`.

    Args:
        later_min: (...) minutes.
        earlier_min: (...) minutes.

    Returns:
        (...) float64 in [-720, 720), positive when `later_min` is later; NaN with a NaN.
    """
    difference = np.asarray(later_min, dtype=np.float64) - np.asarray(earlier_min, np.float64)
    return np.asarray((difference + DAY_MIN / 2) % DAY_MIN - DAY_MIN / 2)
