"""Rest and activity periods by rank-order filters and morphology, after Crespo et al., 2012."""

import math
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.runs import run_length
from clarity.domain.sleep.medians import sliding_median

__all__ = ["CITATION", "PYACTIGRAPHY", "Crespo", "rest_periods"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

CITATION: Final = (
    "Crespo et al. 2012, Med Biol Eng Comput 50:329-340, doi:10.1007/s11517-012-0875-y"
)

HOUR_S: Final = 3600
ENDLESS: Final = 3
"""So many elements beyond its ends a state looks endless: closing and opening reach no farther."""


@attrs.frozen(kw_only=True)
class Crespo:
    """
    Settings of the detection; epochs of zeros are stated for one-minute data and taken as epochs.

    Attributes:
        zeros: a run of so many zeros is first taken for a low activity, epochs.
        rest_zeros: a run of so many in a rest period is left out in the second pass, epochs.
        active_zeros: likewise in an active period, epochs.
        percentile: of the signal for that low activity, and of the filtered one for the threshold.
        second_percentile: of the filtered signal in the second pass.
        bare_threshold: that percentile is taken without the padding's influence.
        filter_h: width of the median filter, h.
        element_h: half of the structuring element, and the padding of the second pass, h.
        edges_rest: what lies beyond the recording counts as rest and its two end epochs are active.
    """

    zeros: int = 15
    rest_zeros: int = 30
    active_zeros: int = 2
    percentile: float = 33.0
    second_percentile: float = 33.0
    bare_threshold: bool = False
    filter_h: float = 8.0
    element_h: float = 1.0
    edges_rest: bool = False


DEFAULT: Final = Crespo()

PYACTIGRAPHY: Final = Crespo(second_percentile=34.1, bare_threshold=True, edges_rest=True)
"""
At least 99.5 % of the epochs of pyActigraphy 1.2.2 on the six reference recordings.

Its second threshold lies higher than the published settings give; 34.1 was found by fitting those
recordings and is no property of the method.
"""


def rest_periods(
    activity: npt.ArrayLike, *, epoch_s: int, settings: Crespo = DEFAULT
) -> FloatArray:
    """
    Rest or activity for every epoch of one or many recordings.

    Args:
        activity: (..., n) per epoch; NaN = missing.
        epoch_s: length of an epoch, s.
        settings: of the detection.

    Returns:
        (..., n) float64, 1 = rest, 0 = active, NaN = missing; unknown throughout when less than a
        day was recorded or the activity is constant.

    Source:
        Crespo et al., 2012.
    """
    values = np.asarray(activity, dtype=np.float64)
    rows = values.reshape(math.prod(values.shape[:-1]), values.shape[-1])
    rest = [_rest(row, HOUR_S / epoch_s, settings) for row in rows]
    return np.array(rest, dtype=np.float64).reshape(values.shape)


def _rest(values: FloatArray, per_hour: float, settings: Crespo) -> FloatArray:
    known = ~np.isnan(values)
    if np.count_nonzero(known) < 24 * per_hour or np.ptp(values[known]) == 0:
        return np.full(values.size, np.nan)
    active = _first_pass(values, per_hour, settings)
    active = _second_pass(values, active, per_hour, settings)
    if settings.edges_rest:
        active[[0, -1]] = True
    return np.where(known, (~active).astype(np.float64), np.nan)


def _first_pass(values: FloatArray, per_hour: float, settings: Crespo) -> BoolArray:
    low = np.nanpercentile(values, settings.percentile)
    signal = np.where(run_length(values == 0) >= settings.zeros, low, values)
    half = round(settings.filter_h * per_hour) // 2
    filtered = sliding_median(np.pad(signal, half, constant_values=np.nanmax(values)), half)
    filtered = filtered[half : filtered.size - half]
    threshold = np.nanpercentile(filtered, settings.percentile)
    element = round(settings.element_h * per_hour)
    return _smoothed(filtered > threshold, element, margin=ENDLESS * element)


def _second_pass(
    values: FloatArray, active: BoolArray, per_hour: float, settings: Crespo
) -> BoolArray:
    zero, element = values == 0, round(settings.element_h * per_hour)
    idle = run_length(zero & ~active) >= settings.rest_zeros
    idle |= run_length(zero & active) >= settings.active_zeros
    signal = np.where(idle, np.nan, values)
    half = round(settings.filter_h * per_hour) // 2
    padded = np.pad(signal, element, constant_values=np.nanmax(signal))
    bare = np.pad(signal, element, constant_values=np.nan)
    inner = slice(element, element + values.size)
    filtered = _growing_median(padded, half)[inner]
    ranked = _growing_median(bare, half)[inner] if settings.bare_threshold else filtered
    threshold = np.nanpercentile(ranked, settings.second_percentile)
    margin = 0 if settings.edges_rest else ENDLESS * element
    return _smoothed(filtered > threshold, element, margin=margin)


def _growing_median(signal: FloatArray, half: int) -> FloatArray:
    """The median around every epoch, over no more than the ends of the signal allow."""
    index = np.arange(signal.size)
    return sliding_median(signal, np.minimum(half, np.minimum(index, index[::-1])))


def _smoothed(active: BoolArray, half: int, *, margin: int) -> BoolArray:
    """Closed, then opened by 2 half + 1; end values go on for `margin` epochs, then comes rest."""
    state = np.pad(active, margin, mode="edge")
    state = _eroded(_dilated(state, half), half)
    state = _dilated(_eroded(state, half), half)
    return state[margin : margin + active.size]


def _dilated(state: BoolArray, half: int) -> BoolArray:
    touched: BoolArray = _within(state, half) > 0
    return touched


def _eroded(state: BoolArray, half: int) -> BoolArray:
    whole: BoolArray = _within(state, half) == 2 * half + 1
    return whole


def _within(state: BoolArray, half: int) -> npt.NDArray[np.int64]:
    """How many epochs within `half` on both sides are True; none beyond the ends."""
    total = np.concatenate(([0], np.cumsum(state, dtype=np.int64)))
    index = np.arange(state.size)
    last = np.minimum(index + half + 1, state.size)
    return total[last] - total[np.maximum(index - half, 0)]
