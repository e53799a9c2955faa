"""Locally weighted linear regression without robustness steps."""

from typing import Final

import numpy as np

from clarity.domain.rhythm.grid import Floats

__all__ = ["lowess"]

NEAR: Final = 1e-3
"""Share of the bandwidth inside which a point weighs fully, and of the range below which the
neighbourhood has no width and is averaged instead of fitted (Cleveland's program, netlib)."""


def lowess(x: Floats, y: Floats, *, frac: float) -> Floats:
    """
    The LOWESS curve at the points themselves, no robustness iterations.

    Args:
        x: (n,) ascending, finite.
        y: (n,) finite.
        frac: share of the points in each neighbourhood, above 0 and at most 1.

    Returns:
        (n,) float64; `y` itself where a neighbourhood would hold fewer than two points. Where a
        whole neighbourhood shares one place, the mean of the points there.

    Source: Cleveland 1979, doi:10.1080/01621459.1979.10481038, section 2 with d = 1 and t = 0.
    """
    neighbours = int(frac * x.size + 1e-10)
    if neighbours < 2:
        return y.copy()
    distance = np.abs(x[:, None] - x[None, :])
    bandwidth = np.partition(distance, neighbours - 1, axis=1)[:, neighbours - 1 : neighbours]
    apart = np.where(distance > 0, np.inf, 0.0)
    reach = np.divide(distance, bandwidth, out=apart, where=bandwidth > 0)
    weight = np.where(reach < 1.0 - NEAR, (1.0 - np.minimum(reach, 1.0) ** 3) ** 3, 0.0)
    weight = np.where(reach <= NEAR, 1.0, weight)
    weight /= weight.sum(axis=1, keepdims=True)
    return _lines(x, y, weight)


def _lines(x: Floats, y: Floats, weight: Floats) -> Floats:
    """The weighted least-squares line of each row of weights, at that row's own x."""
    centre = (weight * x).sum(axis=1)
    spread = (weight * (x[None, :] - centre[:, None]) ** 2).sum(axis=1)
    tilted = np.sqrt(spread) > NEAR * (x[-1] - x[0])
    tilt = np.where(tilted, (x - centre) / np.where(tilted, spread, 1.0), 0.0)
    projection = weight * (1.0 + tilt[:, None] * (x[None, :] - centre[:, None]))
    return np.asarray((projection * y).sum(axis=1))
