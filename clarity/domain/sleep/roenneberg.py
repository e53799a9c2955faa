"""Consolidated rest by correlation with an ideal rest, after Roenneberg et al., 2015."""

import math
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.runs import run_after, run_before

__all__ = ["CITATION", "Roenneberg", "consolidated_rest"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

CITATION: Final = (
    "Roenneberg et al. 2015, Methods Enzymol 552:257-283, doi:10.1016/bs.mie.2014.11.028"
)

HOUR_S: Final = 3600


@attrs.frozen(kw_only=True)
class Roenneberg:
    """
    Settings of the search, as published but for `tail_h`.

    Attributes:
        trend_h: width of the centered moving mean, h.
        trend_least_h: recorded time it needs, h.
        threshold: an epoch is still below this share of the trend.
        seed_h: a rest may begin where so much stillness begins, h.
        test_h: longest stretch in which the end of a rest is sought, h.
        tail_h: how much of that stretch must follow the rest, so that its end is seen, h (ours; it
            decides only about rests that the end of the recording cuts).
    """

    trend_h: float = 24.0
    trend_least_h: float = 12.0
    threshold: float = 0.15
    seed_h: float = 0.5
    test_h: float = 12.0
    tail_h: float = 1.0


DEFAULT: Final = Roenneberg()


def consolidated_rest(
    activity: npt.ArrayLike, *, epoch_s: int, settings: Roenneberg = DEFAULT
) -> FloatArray:
    """
    Rest or activity for every epoch of one or many recordings.

    Epochs are still when they lie below a share of the 24-h trend. From every first half hour of
    stillness on, the rest's length is the one whose template (still, then active) correlates best
    with what the next twelve hours hold; the search goes on after it. The result depends neither on
    the unit nor on the scale of the activity.

    Args:
        activity: (..., n) per epoch; NaN = missing.
        epoch_s: length of an epoch, s.
        settings: of the search.

    Returns:
        (..., n) float64, 1 = rest, 0 = active, NaN = missing, or without a trend (too little
        recorded around, or no activity at all).

    Source:
        Roenneberg et al., 2015.
    """
    values = np.asarray(activity, dtype=np.float64)
    rows = values.reshape(math.prod(values.shape[:-1]), values.shape[-1])
    rest = [_rest(row, HOUR_S / epoch_s, settings) for row in rows]
    return np.array(rest, dtype=np.float64).reshape(values.shape)


def _trend(values: FloatArray, per_hour: float, settings: Roenneberg) -> FloatArray:
    width = round(settings.trend_h * per_hour)
    known = ~np.isnan(values)
    total = np.concatenate(([0.0], np.cumsum(np.where(known, values, 0.0))))
    count = np.concatenate(([0], np.cumsum(known)))
    first = np.arange(values.size) - width // 2
    lo, hi = np.clip(first, 0, values.size), np.clip(first + width, 0, values.size)
    n, activity = count[hi] - count[lo], total[hi] - total[lo]
    defined = (n >= settings.trend_least_h * per_hour) & (activity > 0)
    return np.where(defined, activity / np.maximum(n, 1), np.nan)


def _rest(values: FloatArray, per_hour: float, settings: Roenneberg) -> FloatArray:
    trend = _trend(values, per_hour, settings)
    known = ~np.isnan(values) & ~np.isnan(trend)
    still = known & (values < settings.threshold * trend)
    begins = (run_before(still) == 1) & (run_after(still) >= settings.seed_h * per_hour)
    limits = (round(settings.seed_h * per_hour), round(settings.tail_h * per_hour))
    rest, done = np.zeros(values.size), 0
    for seed in np.flatnonzero(begins).tolist():
        if seed >= done:
            stretch = slice(seed, seed + round(settings.test_h * per_hour))
            length = _best_length(still[stretch], known[stretch], *limits)
            done = seed + length
            rest[seed:done] = 1.0
    return np.where(known, rest, np.nan)


def _best_length(still: BoolArray, known: BoolArray, least: int, tail: int) -> int:
    """The rest's length with the highest correlation; 0 when there is nothing to correlate."""
    n, ones = int(np.count_nonzero(known)), int(np.count_nonzero(still))
    lengths = np.cumsum(known)[: max(still.size - tail, 0)]
    if lengths.size < least or ones == n:
        return 0
    inside = np.cumsum(still)[: lengths.size]
    spread = np.sqrt(lengths * (n - lengths.astype(np.float64)))
    r = np.full(lengths.size, -np.inf)
    np.divide(n * inside - lengths * float(ones), spread, out=r, where=spread > 0)
    return int(np.argmax(r[least - 1 :])) + least
