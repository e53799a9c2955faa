"""Stretches of epochs out of masks."""

import numpy as np
import numpy.typing as npt

__all__ = ["runs"]


def runs(mask: npt.NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
    """
    The runs of True, in order, as (first, after the last).

    Args:
        mask: (n,) bool.
    """
    steps = np.diff(np.concatenate(([False], mask, [False])).astype(np.int8))
    starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return tuple(zip(starts.tolist(), stops.tolist(), strict=True))
