"""Runs of consecutive epochs, counted for many recordings at once without a loop."""

import numpy as np
import numpy.typing as npt

__all__ = [
    "run_after",
    "run_before",
    "run_just_after",
    "run_just_before",
    "run_length",
    "run_total",
]

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


def run_just_before(inside: BoolArray, outside: BoolArray) -> IntArray:
    """
    For epochs of `inside`, the length of the run of `outside` that ends right before their own run.

    Args:
        inside: (..., n) bool.
        outside: (..., n) bool, false where `inside` is true.

    Returns:
        (..., n) int64, 0 where none does or the recording begins; meaningless outside `inside`.
    """
    index = np.arange(1, inside.shape[-1] + 1, dtype=np.int64) - run_before(inside)
    return np.take_along_axis(_after_zero(run_before(outside)), index, axis=-1)


def run_just_after(inside: BoolArray, outside: BoolArray) -> IntArray:
    """
    As `run_just_before`, for the run of `outside` that begins right after.

    Args:
        inside: (..., n) bool.
        outside: (..., n) bool, false where `inside` is true.
    """
    return run_just_before(inside[..., ::-1], outside[..., ::-1])[..., ::-1]


def run_total(mask: BoolArray, counted: BoolArray) -> IntArray:
    """
    For every epoch, how many epochs of its run of True are `counted`.

    Args:
        mask: (..., n) bool.
        counted: (..., n) bool.

    Returns:
        (..., n) int64, 0 where `mask` is False.
    """
    total = _after_zero(np.cumsum(mask & counted, axis=-1, dtype=np.int64))
    index = np.arange(mask.shape[-1], dtype=np.int64)
    first = np.where(mask, index - run_before(mask) + 1, index)
    last = index + run_after(mask)
    return np.take_along_axis(total, last, axis=-1) - np.take_along_axis(total, first, axis=-1)


def _after_zero(counts: IntArray) -> IntArray:
    return np.pad(counts, [(0, 0)] * (counts.ndim - 1) + [(1, 0)])
