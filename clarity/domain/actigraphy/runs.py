"""Runs of consecutive epochs, counted for many recordings at once without a loop."""

import numpy as np
import numpy.typing as npt

__all__ = ["run_after", "run_before", "run_length"]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


def run_before(mask: BoolArray) -> IntArray:
    """
    For every epoch, how many consecutive True epochs end at it (itself included).

    Args:
        mask: (..., n) bool.

    Returns:
        (..., n) int64, 0 where `mask` is False.
    """
    count = np.arange(1, mask.shape[-1] + 1, dtype=np.int64)
    last_false = np.where(mask, 0, count)
    return count - np.maximum.accumulate(last_false, axis=-1)


def run_after(mask: BoolArray) -> IntArray:
    """
    For every epoch, how many consecutive True epochs start at it (itself included).

    Args:
        mask: (..., n) bool.

    Returns:
        (..., n) int64, 0 where `mask` is False.
    """
    return run_before(mask[..., ::-1])[..., ::-1]


def run_length(mask: BoolArray) -> IntArray:
    """
    For every epoch, the length of the run of True epochs it lies in.

    Args:
        mask: (..., n) bool.

    Returns:
        (..., n) int64, 0 where `mask` is False.
    """
    return np.where(mask, run_before(mask) + run_after(mask) - 1, 0)
