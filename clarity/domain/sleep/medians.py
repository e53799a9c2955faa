"""The median of a window that slides and changes its width, without looking into every window."""

import numpy as np
import numpy.typing as npt

__all__ = ["sliding_median"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def sliding_median(signal: FloatArray, half: int | npt.NDArray[np.intp]) -> FloatArray:
    """
    For every epoch, the median of what is known within `half` epochs on both sides.

    The ranks of the values are sorted bit by bit, and every window is followed through the sorting:
    the work grows with the length and the number of bits, not with the width.

    Args:
        signal: (n,) float64; NaN = missing.
        half: epochs on each side, for all or (n,); the ends cut a window.

    Returns:
        (n,) float64, of an even number of values the mean of the middle two; NaN without any.

    Source:
        quantiles of ranges in a wavelet matrix: Claude et al. 2015, Inf Syst 47:15-32,
        doi:10.1016/j.is.2014.06.002.
    """
    known = ~np.isnan(signal)
    levels, codes = np.unique(signal[known], return_inverse=True)
    if not levels.size:
        return np.full(signal.shape, np.nan)
    before = np.concatenate(([0], np.cumsum(known)))
    index = np.arange(signal.size)
    left = before[np.maximum(index - half, 0)]
    right = before[np.minimum(index + half + 1, signal.size)]
    count = right - left
    middle = np.stack([np.maximum(count - 1, 0) // 2, count // 2])
    lower, upper = levels[_ranked(codes, left, right, np.minimum(middle, np.maximum(count - 1, 0)))]
    return np.where(count > 0, (lower + upper) / 2, np.nan)


def _ranked(codes: IntArray, left: IntArray, right: IntArray, rank: IntArray) -> IntArray:
    """The code of that rank among `codes[left:right]`, 0 where there is none; (..., n)."""
    found = np.zeros_like(rank)
    for bit in reversed(range(int(codes.max()).bit_length())):
        high = (codes >> bit) & 1 == 1
        lows = np.concatenate(([0], np.cumsum(~high)))
        fewer = lows[right] - lows[left]
        up = (rank >= fewer) & (right > left)
        found |= up.astype(np.int64) << bit
        rank = np.where(up, rank - fewer, rank)
        left = np.where(up, lows[-1] + left - lows[left], lows[left])
        right = np.where(up, lows[-1] + right - lows[right], lows[right])
        codes = np.concatenate((codes[~high], codes[high]))
    return found
