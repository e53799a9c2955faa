"""
Sleep or wake for every epoch, from activity alone.

Everywhere in clarity a sleep mask is a float64 array: 1 = sleep, 0 = wake, NaN = unknown. Under a
paper's profile an epoch is unknown whenever its window touches a missing value or reaches beyond
the recording. Counts differ 3-30x between devices, so a profile names the unit, epoch and scaling
it is defined for, and `score` refuses other data.
"""

from enum import StrEnum
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.requirements import Requirement
from clarity.domain.actigraphy.series import ActivitySeries

__all__ = ["Gaps", "Sadeh", "Scorer", "WeightedSum", "asleep", "score"]

FloatArray = npt.NDArray[np.float64]

ACTIWARE_AUTO: Final = 0.88888
"""Share of the mean activity per mobile minute: Actiware's automatic wake threshold."""

MOBILE_PER_15_S: Final = 1.0
"""An epoch is mobile from one count per 15 s on (Actiware)."""


class Gaps(StrEnum):
    """
    What becomes of an epoch whose window touches a missing value or leaves the recording.

    UNKNOWN: it is unknown. ZERO_BEYOND: the recording is continued with zeros at both ends, missing
    values stay unknown. ZERO: missing values and the outside count as zeros. WAKE: it is wake.
    """

    UNKNOWN = "unknown"
    ZERO_BEYOND = "zero-beyond"
    ZERO = "zero"
    WAKE = "wake"


def _padded(values: FloatArray, profile: "Scorer", before: int, after: int) -> FloatArray:
    scaled = values / profile.divisor
    if profile.cap is not None:
        scaled = np.minimum(scaled, profile.cap)
    if profile.gaps is Gaps.ZERO:
        scaled = np.nan_to_num(scaled, nan=0.0)
    fill = 0.0 if profile.gaps in (Gaps.ZERO, Gaps.ZERO_BEYOND) else np.nan
    width = [(0, 0)] * (values.ndim - 1) + [(before, after)]
    return np.pad(scaled, width, constant_values=fill)


def _windows(padded: FloatArray, width: int) -> list[FloatArray]:
    n = padded.shape[-1] - width + 1
    return [padded[..., k : k + n] for k in range(width)]


@attrs.frozen(kw_only=True)
class WeightedSum:
    """
    Wake when a weighted sum of the activity around an epoch is large (Cole-Kripke, Oakley ...).

    Attributes:
        name: `algorithm/variant`, the id that findings carry.
        citation: paper and DOI.
        needs: unit, epoch and placement of the data.
        weights: of the epochs around the scored one, oldest first.
        before: how many of the weights precede the scored epoch.
        threshold: of the sum; None for Actiware's automatic one.
        tie_sleeps: whether a sum equal to the threshold is sleep.
        block: epochs of data per scored epoch; the largest is taken.
        divisor: activity is divided by it, then capped.
        cap: largest activity after division; None for no cap.
        gaps: the rule for missing values and the ends.
        edge_wake: scored epochs at each end that are wake in any case.
    """

    name: str
    citation: str
    needs: Requirement
    weights: tuple[float, ...] = attrs.field(validator=attrs.validators.min_len(1))
    before: int = attrs.field(validator=attrs.validators.ge(0))
    threshold: float | None
    tie_sleeps: bool = False
    block: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    divisor: float = attrs.field(default=1.0, validator=attrs.validators.gt(0.0))
    cap: float | None = None
    gaps: Gaps = Gaps.UNKNOWN
    edge_wake: int = attrs.field(default=0, validator=attrs.validators.ge(0))

    def index(self, values: FloatArray) -> FloatArray:
        """The weighted sum around every scored epoch; NaN where it is not defined."""
        width = len(self.weights)
        padded = _padded(self._blocks(values), self, self.before, width - 1 - self.before)
        windows = _windows(padded, width)
        total: FloatArray = np.multiply(windows[0], self.weights[0])
        scratch = np.empty_like(total)
        for weight, window in zip(self.weights[1:], windows[1:], strict=True):
            np.multiply(window, weight, out=scratch)
            total += scratch
        return total

    def asleep(self, values: FloatArray) -> FloatArray:
        """The sleep mask of `values`; see `asleep`."""
        index = self.index(values)
        limit = self._limit(values)
        sleeps = index <= limit if self.tie_sleeps else index < limit
        return _mask(sleeps, np.isnan(index) | np.isnan(limit), self)

    def _blocks(self, values: FloatArray) -> FloatArray:
        if self.block == 1:
            return values
        whole = values.shape[-1] // self.block * self.block
        blocks = values[..., :whole].reshape(*values.shape[:-1], -1, self.block)
        largest: FloatArray = np.max(blocks, axis=-1)
        return largest

    def _limit(self, values: FloatArray) -> FloatArray:
        """The threshold, or the automatic one; NaN for a recording without a mobile epoch."""
        if self.threshold is not None:
            return np.array(self.threshold)
        epoch_s = self.needs.epoch_s or 60
        mobile = np.count_nonzero(values >= MOBILE_PER_15_S * epoch_s / 15, axis=-1, keepdims=True)
        minutes = np.where(mobile > 0, mobile, np.nan) * epoch_s / 60
        limit: FloatArray = np.nansum(values, axis=-1, keepdims=True) / minutes * ACTIWARE_AUTO
        return limit


@attrs.frozen(kw_only=True)
class Sadeh:
    """
    The probability-of-sleep index of Sadeh, 1994, over the eleven epochs around each one.

    PS = 7.601 - 0.065 MW5 - 1.08 NAT - 0.056 SD6 - 0.703 LG, with MW5 the mean and NAT the number
    of epochs with 50 <= activity < 100 in the window, SD6 the sample SD of the six epochs ending at
    the scored one, LG = ln(1 + activity) of the scored one.

    Attributes:
        name: `algorithm/variant`.
        citation: paper and DOI.
        needs: unit, epoch and placement of the data.
        threshold: sleep above it.
        tie_sleeps: whether an index equal to the threshold is sleep.
        nat_above: lower end of NAT's band excludes 50 itself (a deviation, see profiles).
        log_ahead: LG is taken this many epochs later (0 in the paper).
        divisor: activity is divided by it, then capped.
        cap: largest activity after division; None for no cap.
        gaps: the rule for missing values and the ends.
        edge_wake: epochs at each end that are wake in any case.
    """

    name: str
    citation: str
    needs: Requirement
    threshold: float
    tie_sleeps: bool
    nat_above: bool = False
    log_ahead: int = attrs.field(default=0, validator=attrs.validators.in_((0, 1)))
    divisor: float = attrs.field(default=1.0, validator=attrs.validators.gt(0.0))
    cap: float | None = None
    gaps: Gaps = Gaps.UNKNOWN
    edge_wake: int = attrs.field(default=0, validator=attrs.validators.ge(0))

    def index(self, values: FloatArray) -> FloatArray:
        """PS of every epoch; NaN where it is not defined."""
        window = _windows(_padded(values, self, 5, 5), 11)
        mean = sum(window[1:], window[0]) / 11
        band = [(x > 50 if self.nat_above else x >= 50) & (x < 100) for x in window]
        nat = sum((x.astype(np.float64) for x in band[1:]), band[0].astype(np.float64))
        spread = _sample_sd(window[:6])
        log = np.log1p(window[5 + self.log_ahead])
        index: FloatArray = 7.601 - 0.065 * mean - 1.08 * nat - 0.056 * spread - 0.703 * log
        return index

    def asleep(self, values: FloatArray) -> FloatArray:
        """The sleep mask of `values`; see `asleep`."""
        index = self.index(values)
        sleeps = index >= self.threshold if self.tie_sleeps else index > self.threshold
        return _mask(sleeps, np.isnan(index), self)


Scorer = WeightedSum | Sadeh


def _sample_sd(window: list[FloatArray]) -> FloatArray:
    mean = sum(window[1:], window[0]) / len(window)
    squares = [(x - mean) ** 2 for x in window]
    spread: FloatArray = np.sqrt(sum(squares[1:], squares[0]) / (len(window) - 1))
    return spread


def _mask(
    sleeps: npt.NDArray[np.bool_], undefined: npt.NDArray[np.bool_], profile: Scorer
) -> FloatArray:
    mask = sleeps.astype(np.float64)
    mask[np.broadcast_to(undefined, mask.shape)] = 0.0 if profile.gaps is Gaps.WAKE else np.nan
    if profile.edge_wake:
        mask[..., : profile.edge_wake] = 0.0
        mask[..., -profile.edge_wake :] = 0.0
    return mask


def asleep(values: npt.ArrayLike, profile: Scorer) -> FloatArray:
    """
    Sleep or wake for every epoch of one or many recordings.

    Nothing is checked but the profile is applied as it stands: the caller vouches for unit and
    epoch. `score` checks. Many recordings at once give the same bits as one by one.

    Args:
        values: (..., n) activity per epoch in the profile's unit; NaN = missing.
        profile: the algorithm with its constants, from `clarity.domain.sleep.profiles`.

    Returns:
        (..., n // block) float64, 1 = sleep, 0 = wake, NaN = unknown.

    Source:
        the profile's citation.
    """
    return profile.asleep(np.ascontiguousarray(values, dtype=np.float64))


def score(series: ActivitySeries, profile: Scorer) -> FloatArray:
    """
    The sleep mask of a recording; epochs known as not worn count as missing.

    Args:
        series: n epochs.
        profile: the algorithm with its constants.

    Returns:
        (n // block,) float64, 1 = sleep, 0 = wake, NaN = unknown.

    Raises:
        UnitMismatch: the profile is defined for another unit.
        EpochMismatch: the profile is defined for another epoch.
        PlacementMismatch: the profile is defined for another place on the body.

    Source:
        the profile's citation.
    """
    profile.needs.check(series, algorithm=profile.name)
    return asleep(series.observed, profile)
