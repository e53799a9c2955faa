"""Stretches of epochs out of masks."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.sleep.nights import SleepMask

__all__ = ["in_epochs", "runs"]


def runs(mask: npt.NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
    """
    The runs of True, in order, as (first, after the last).

    Args:
        mask: (n,) bool.
    """
    steps = np.diff(np.concatenate(([False], mask, [False])).astype(np.int8))
    starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return tuple(zip(starts.tolist(), stops.tolist(), strict=True))


def in_epochs(
    series: ActivitySeries, mask: SleepMask, spans: Iterable[tuple[int, int]]
) -> tuple[tuple[int, int], ...]:
    """
    Spans of a mask in epochs of the recording, which may begin and end within one of the mask.

    Args:
        series: the recording that `mask` was made of; its epoch divides that of the mask.
        mask: gives start and epoch of the spans.
        spans: pairs (first, after the last) in epochs of the mask.
    """
    scale = mask.epoch_s // series.epoch_s
    ahead = (series.start_s - int(mask.start.timestamp())) // series.epoch_s
    edges = ((first * scale - ahead, stop * scale - ahead) for first, stop in spans)
    return tuple((max(first, 0), min(stop, series.values.size)) for first, stop in edges)
