"""How windows of sleep masks were spent, in epochs; many windows of many recordings at once."""

import math

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["Spent", "spent"]

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@attrs.frozen(kw_only=True, eq=False)
class Spent:
    """
    Epochs of windows, each field (..., windows) int64.

    asleep + waso + latency + terminal_wake + unknown = length. Without sleep, all wake is latency.

    Attributes:
        length: of the window.
        asleep: in it.
        latency: awake before the first sleep.
        waso: awake between the first and the last sleep.
        terminal_wake: awake after the last sleep.
        unknown: neither, be it missing or beyond the recording.
        awakenings: runs of wake between the first and the last sleep.
        onset: first epoch asleep, counted in the recording; -1 without sleep.
        offset: epoch after the last sleep; -1 without sleep.
    """

    length: IntArray
    asleep: IntArray
    latency: IntArray
    waso: IntArray
    terminal_wake: IntArray
    unknown: IntArray
    awakenings: IntArray
    onset: IntArray
    offset: IntArray


def spent(sleep: npt.ArrayLike, first: npt.ArrayLike, last: npt.ArrayLike) -> Spent:
    """
    How every window was spent; what of it lies beyond the recording is unknown.

    Args:
        sleep: (..., n), 1 = sleep, 0 = wake, NaN = unknown.
        first: (..., windows) first epoch of every window; may lie before the recording.
        last: (..., windows) epoch after its last; not before `first`, may lie after the recording.
    """
    values = np.asarray(sleep, dtype=np.float64)
    begin, end = np.asarray(first, dtype=np.int64), np.asarray(last, dtype=np.int64)
    n = values.shape[-1]
    origin = np.arange(math.prod(values.shape[:-1])).reshape(*values.shape[:-1], 1) * n
    lo, hi = (np.clip(edge, 0, n) + origin for edge in (begin, end))
    asleep, wake = _Epochs.where(values == 1.0), _Epochs.where(values == 0.0)
    onset, offset = asleep.next(lo, hi), asleep.last(lo, hi)
    slept = onset < hi
    n_asleep, n_wake = asleep.within(lo, hi), wake.within(lo, hi)
    return Spent(
        length=end - begin,
        asleep=n_asleep,
        latency=wake.within(lo, onset),
        waso=wake.within(onset, offset),
        terminal_wake=wake.within(offset, hi),
        unknown=end - begin - n_asleep - n_wake,
        awakenings=_Epochs.where(_begins(values == 0.0)).within(onset, offset),
        onset=np.where(slept, onset - origin, -1),
        offset=np.where(slept, offset - origin, -1),
    )


def _begins(which: BoolArray) -> BoolArray:
    """Where a run of True begins."""
    begins = which.copy()
    begins[..., 1:] &= ~which[..., :-1]
    return begins


@attrs.frozen(eq=False)
class _Epochs:
    """Epochs of one kind, counted through all recordings one after the other, ascending."""

    at: IntArray

    @classmethod
    def where(cls, which: BoolArray) -> "_Epochs":
        return cls(np.flatnonzero(which))

    def within(self, lo: IntArray, hi: IntArray) -> IntArray:
        """How many there are from `lo` up to `hi`."""
        return np.searchsorted(self.at, hi) - np.searchsorted(self.at, lo)

    def next(self, lo: IntArray, hi: IntArray) -> IntArray:
        """The first from `lo` on, `hi` where there is none before it."""
        following = np.append(self.at, np.iinfo(np.int64).max)
        return np.asarray(np.minimum(following[np.searchsorted(self.at, lo)], hi))

    def last(self, lo: IntArray, hi: IntArray) -> IntArray:
        """The epoch after the last one before `hi`, `hi` where there is none from `lo` on."""
        past = np.insert(self.at + 1, 0, 0)[np.searchsorted(self.at, hi)]
        return np.where(past > lo, past, hi)
