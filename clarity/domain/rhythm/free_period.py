"""
The cosinor whose period is found: the fitted cosine that explains most of the activity.

What a cosine of rate w explains follows from three sums over the observed epochs, of exp(iwt) and
exp(2iwt) and of x exp(iwt), x being the activity less its mean: sums of squares and products of
cosine and sine are their real and imaginary parts. Epochs lie evenly, so a sum over n of them is
one over about sqrt(n) blocks of sqrt(n) epochs, exp(iw(a + b)) being exp(iwa) exp(iwb): few
exponentials, and a scan of periods costs about as much as one fit.
"""

from math import ceil, isqrt
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.rhythm.cosinor import MIN_PHASE_SPREAD, CosinorFit, cosinor
from clarity.domain.rhythm.grid import Floats, in_rows, is_flat, slots_per_day

__all__ = ["PERIOD_RANGE_H", "free_period_cosinor"]

PERIOD_RANGE_H: Final = (20.0, 28.0)
MAX_STEP_H: Final = 0.25
"""Between the periods of the grid; a recording of more than 33 days needs smaller steps."""

GOLDEN_STEPS: Final = 24
"""Steps of the golden-section search; 0.5 h shrinks to 5e-6 h, where rounding decides nothing."""


def free_period_cosinor(
    activity: npt.ArrayLike, *, start_minute: float, epoch_s: int
) -> CosinorFit:
    """
    The cosinor of the period between 20 h and 28 h that leaves the smallest residuals.

    A grid of 0.25 h, finer for more than 33 days, finds the valley, a golden-section search its
    bottom. At another period than 24 h the acrophase is the first crest after the midnight that
    precedes the recording.

    Args:
        activity: (..., n) per epoch, finite; NaN = missing.
        start_minute: clock minute at which the first epoch begins.
        epoch_s: length of an epoch, s; divides an hour.

    Returns:
        Fields of shape (...); all NaN but `n` when `cosinor` is undefined, when nothing varies, or
        when the best period lies at an edge of the range. Standard errors are those at that period.

    Raises:
        UnevenGrid: the epoch does not divide an hour.

    Source: Nelson 1979, Chronobiologia 6:305-323; Kiefer 1953, doi:10.2307/2032161.
    """
    slots_per_day(epoch_s)
    values = np.asarray(activity, dtype=np.float64)
    period = np.where(is_flat(values), np.nan, _best_period(_Blocks.of(values, epoch_s)))
    return cosinor(values, start_minute=start_minute, epoch_s=epoch_s, period_h=period)


@attrs.frozen(eq=False)
class _Blocks:
    """A recording as rows of about as many epochs as there are rows."""

    seen: Floats
    centred: Floats
    epoch_h: float

    @classmethod
    def of(cls, values: Floats, epoch_s: int) -> "_Blocks":
        seen = ~np.isnan(values)
        known = np.where(seen, values, 0.0)
        mean = known.sum(axis=-1, keepdims=True) / np.maximum(seen.sum(axis=-1, keepdims=True), 1)
        width = isqrt(values.shape[-1]) + 1
        return cls(
            seen=np.nan_to_num(in_rows(seen.astype(np.float64), front=0, width=width)),
            centred=np.nan_to_num(in_rows(values - mean, front=0, width=width)),
            epoch_h=epoch_s / 3600.0,
        )

    @property
    def span_h(self) -> float:
        """From the first epoch to the end of the last row, h."""
        return float(np.prod(self.seen.shape[-2:])) * self.epoch_h

    def explained(self, period_h: Floats) -> Floats:
        """(..., p) sum of squares that a cosine of each period explains; NaN = undefined."""
        rate = 2.0 * np.pi / period_h
        n = self.seen.sum(axis=(-2, -1))[..., None]
        once, twice = self._turned(self.seen, rate), self._turned(self.seen, 2.0 * rate)
        x = self._turned(self.centred, rate)
        cc = (n + twice.real) / 2.0 - once.real**2 / np.maximum(n, 1.0)
        ss = (n - twice.real) / 2.0 - once.imag**2 / np.maximum(n, 1.0)
        cs = twice.imag / 2.0 - once.real * once.imag / np.maximum(n, 1.0)
        det = cc * ss - cs**2
        top = x.real**2 * ss - 2.0 * x.real * x.imag * cs + x.imag**2 * cc
        defined = (n > 3) & (det > MIN_PHASE_SPREAD * n**2 / 4.0)
        return np.asarray(np.divide(top, det, out=np.full(top.shape, np.nan), where=defined))

    def _turned(self, rows: Floats, rate: Floats) -> npt.NDArray[np.complex128]:
        """(..., p) sums of the epochs times exp(i rate t), t in hours from the first of them."""
        blocks, width = rows.shape[-2:]
        within = rate[..., None] * (np.arange(width) * self.epoch_h)
        between = rate[..., None] * (np.arange(blocks) * (width * self.epoch_h))
        waves = np.concatenate([np.cos(within), np.sin(within)], axis=-2)
        cosines, sines = np.split(np.einsum("...kb,...pb->...pk", rows, waves), 2, axis=-2)
        return np.asarray(((cosines + 1j * sines) * np.exp(1j * between)).sum(axis=-1))


def _best_period(blocks: _Blocks) -> Floats:
    """(...) h; NaN where none explains most, or one at an edge of the range does."""
    grid = _grid(blocks.span_h)
    explained = blocks.explained(grid)
    best = np.argmax(explained, axis=-1)
    inside = (best > 0) & (best < grid.size - 1) & (np.ptp(explained, axis=-1) > 0)
    return np.where(inside, _crest(blocks, grid[best], grid[1] - grid[0]), np.nan)


def _grid(span_h: float) -> Floats:
    """
    Periods, h, so near each other that the best of them lies beside the crest.

    Over a span L, what a cosine explains falls to nothing at T^2 / L from the crest and has small
    crests beyond; a step is at most half of that at the shortest T.
    """
    first, last = PERIOD_RANGE_H
    steps = ceil((last - first) / min(MAX_STEP_H, first**2 / (2.0 * max(span_h, 1.0))))
    return np.linspace(first, last, steps + 1)


def _crest(blocks: _Blocks, around: Floats, step_h: float) -> Floats:
    """The period within `step_h` of `around` that explains most, by golden section."""
    shrink = (np.sqrt(5.0) - 1.0) / 2.0
    low, high = around - step_h, around + step_h
    for _ in range(GOLDEN_STEPS):
        pair = np.stack([high - shrink * (high - low), low + shrink * (high - low)], axis=-1)
        explained = blocks.explained(pair)
        rises = explained[..., 1] > explained[..., 0]
        low, high = np.where(rises, pair[..., 0], low), np.where(rises, high, pair[..., 1])
    return np.asarray((low + high) / 2.0)
