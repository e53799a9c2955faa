"""Detrended fluctuation analysis: how fluctuations grow with the window, from minutes to a day."""

from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.means import observed_mean
from clarity.domain.rhythm.grid import Floats, is_flat, slots_per_day

__all__ = ["DFA_WINDOWS_MIN", "Scaling", "dfa", "scaling_exponent"]

DFA_WINDOWS_MIN: Final = (
    *(10, 12, 15, 19, 24, 29, 37, 45, 56, 70, 87, 108, 134, 166, 206, 256, 317, 394, 489, 607),
    *(753, 935, 1160, 1440),
)
"""24 windows evenly spaced in the logarithm from 10 min to a day, rounded to minutes."""

MIN_WINDOW_EPOCHS: Final = 4
"""A line through three points leaves next to nothing to measure."""

MIN_SEGMENTS_SEEN: Final = 0.5
"""Share of a window's segments that must be free of missing epochs."""

MIN_LENGTHS: Final = 2
"""How many of the longest window a recording must hold."""


@attrs.frozen(kw_only=True, eq=False)
class Scaling:
    """
    The result of a detrended fluctuation analysis.

    Attributes:
        alpha: (...) float64, slope of log F on log n; NaN = undefined.
        windows_min: (k,) float64, window lengths n, min.
        fluctuations: (..., k) float64, F(n) in units of the activity times epochs; NaN = undefined.
    """

    alpha: Floats
    windows_min: Floats
    fluctuations: Floats


def dfa(
    activity: npt.ArrayLike, *, epoch_s: int, windows_min: tuple[int, ...] = DFA_WINDOWS_MIN
) -> Scaling:
    """
    First-order DFA of the summed, mean-free activity over non-overlapping segments.

    Segments are laid from the first and again from the last epoch, so that no epoch is left out;
    F is the root of the mean squared residual about a line in each segment. A segment that touches
    a missing epoch is left out, which changes nothing in the others.

    Args:
        activity: (..., n) per epoch, finite; NaN = missing.
        epoch_s: length of an epoch, s; divides an hour.
        windows_min: ascending window lengths, min; those below four epochs are left out, others are
            rounded to whole epochs.

    Returns:
        Fields of shapes (...), (k,) and (..., k). F is NaN where more than half of the segments
        touch missing epochs. Alpha is NaN where an F is undefined or 0, for constant activity, or
        when the recording is shorter than twice the longest window.

    Raises:
        UnevenGrid: the epoch does not divide an hour.

    Source: Peng 1994, doi:10.1103/PhysRevE.49.1685; both directions as in Kantelhardt 2002,
    doi:10.1016/S0378-4371(02)01383-3.
    """
    slots_per_day(epoch_s)
    values = np.ascontiguousarray(activity, dtype=np.float64)
    widths = _widths(windows_min, epoch_s)
    mean = observed_mean(values, axis=-1)
    seen = ~np.isnan(values)
    walk = np.cumsum(np.where(seen, values - mean[..., None], 0.0), axis=-1)
    holes = np.zeros((*mean.shape, values.shape[-1] + 1), dtype=np.int64)
    np.cumsum(~seen, axis=-1, out=holes[..., 1:])
    columns = [_fluctuation(walk, holes, width) for width in widths]
    fluctuations = np.stack(columns, axis=-1) if columns else np.zeros((*mean.shape, 0))
    minutes = np.array(widths, dtype=np.float64) * (epoch_s / 60.0)
    enough = len(widths) > 1 and values.shape[-1] >= MIN_LENGTHS * widths[-1]
    alpha = scaling_exponent(minutes, fluctuations) if enough else np.full(mean.shape, np.nan)
    return Scaling(
        alpha=np.where(is_flat(values), np.nan, alpha),
        windows_min=minutes,
        fluctuations=fluctuations,
    )


def scaling_exponent(windows_min: Floats, fluctuations: Floats) -> Floats:
    """
    The least-squares slope of log F on log n.

    Args:
        windows_min: (k,) window lengths, two or more different ones.
        fluctuations: (..., k) F at each; NaN or 0 = undefined.

    Returns:
        (...) float64; NaN where an F is undefined.
    """
    x = np.log(windows_min)
    x = x - x.mean()
    known = np.asarray((fluctuations > 0).all(axis=-1))
    y = np.log(np.where(known[..., None], fluctuations, 1.0))
    slope = (x * y).sum(axis=-1) / (x * x).sum()
    return np.where(known, slope, np.nan)


def _widths(windows_min: tuple[int, ...], epoch_s: int) -> list[int]:
    widths = (round(window * 60 / epoch_s) for window in windows_min)
    return sorted({width for width in widths if width >= MIN_WINDOW_EPOCHS})


def _fluctuation(walk: Floats, holes: npt.NDArray[np.int64], width: int) -> Floats:
    """F of one window, (...); `holes` (..., n + 1) counts the missing epochs before each edge."""
    n = walk.shape[-1]
    count = n // width
    residuals = []
    for first in sorted({0, n - count * width}):
        last = first + count * width
        edges = holes[..., first : last + 1 : width]
        squares = _residual_squares(walk[..., first:last].reshape(*walk.shape[:-1], count, width))
        residuals.append(np.where(np.diff(edges, axis=-1) == 0, squares, np.nan))
    both = np.concatenate(residuals, axis=-1)
    needed = max(1.0, MIN_SEGMENTS_SEEN * both.shape[-1])
    return np.asarray(np.sqrt(observed_mean(both, axis=-1, at_least=needed) / width))


def _residual_squares(segments: Floats) -> Floats:
    """Sum of squares about the least-squares line of each segment (..., count, width)."""
    width = segments.shape[-1]
    time = np.arange(width) - (width - 1) / 2.0
    rest = segments - segments.mean(axis=-1, keepdims=True)
    tilt = np.einsum("...w,w->...", rest, time)
    total = np.einsum("...w,...w->...", rest, rest)
    return np.asarray(np.maximum(total - tilt**2 / np.einsum("w,w->", time, time), 0.0))
