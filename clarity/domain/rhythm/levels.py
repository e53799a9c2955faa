"""How much activity there is in a day, and when the day's activity begins and ends."""

from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.means import observed_mean
from clarity.domain.rhythm.binning import Anchor, Binning, binned
from clarity.domain.rhythm.grid import DAY_MIN, FLAT_REL, Floats, Quirk, day_matrix, slots_per_day

__all__ = [
    "MIN_CLOCK_H",
    "PHASE_BIN_MIN",
    "PHASE_SIDE_MIN",
    "ActivePhase",
    "active_phase",
    "average_daily_total",
]

PHASE_BIN_MIN: Final = 5
"""Bins of the profile on which the active phase is sought, min."""

PHASE_SIDE_MIN: Final = 60
"""How far before and after an instant activity is compared, min."""

MIN_CLOCK_H: Final = 16
"""
How much of the clock must be seen before what is seen stands for a day, h: two thirds, which is a
day with its evening or with its night. One epoch or one busy hour is no day.
"""


def average_daily_total(
    activity: npt.ArrayLike, *, start_minute: float, epoch_s: int, quirk: Quirk | None = None
) -> Floats:
    """
    ADAT: the total activity of an average day, rescaled by coverage.

    The mean of the observed epochs times the epochs of a day. With the pyActigraphy quirk every
    local day weighs the same however little of it was seen, and nothing is too little.

    Args:
        activity: (..., n) per epoch; NaN = missing.
        start_minute: clock minute at which the first epoch begins.
        epoch_s: length of an epoch, s; divides an hour.
        quirk: None or the deviation to reproduce.

    Returns:
        (...) float64, in units of `activity` summed over a day; NaN when less than 16 of the 24
        hours of the clock were observed on any day.

    Raises:
        UnevenGrid: the epoch does not divide an hour.
    """
    slots = slots_per_day(epoch_s)
    days = day_matrix(activity, start_minute=start_minute, epoch_s=epoch_s)
    if quirk is Quirk.PYACTIGRAPHY_1_2_2:
        return observed_mean(observed_mean(days, axis=-1), axis=-1) * slots
    total = observed_mean(np.asarray(activity, dtype=np.float64), axis=-1) * slots
    seen = (~np.isnan(days)).any(axis=-2).sum(axis=-1)
    return np.where(24 * seen >= MIN_CLOCK_H * slots, total, np.nan)


@attrs.frozen(kw_only=True, eq=False)
class ActivePhase:
    """
    Where the mean day rises and falls most, each (...) float64, NaN = undefined.

    Attributes:
        onset_min: AonT, clock minute of the steepest relative rise.
        offset_min: AoffT, clock minute of the steepest relative fall.
    """

    onset_min: Floats
    offset_min: Floats


def active_phase(
    activity: npt.ArrayLike, *, start_minute: float, epoch_s: int, quirk: Quirk | None = None
) -> ActivePhase:
    """
    AonT and AoffT: the extremes of (after - before) / (after + before) along the mean day.

    `before` and `after` are the means of the hours on both sides of an instant, on a profile of
    5 min bins. Sides run over midnight. With the pyActigraphy quirk bins begin at the first epoch,
    are named after the clock bin they begin in, and sides end at midnight.

    Args:
        activity: (..., n) per epoch, 0 or more; NaN = missing.
        start_minute: clock minute at which the first epoch begins.
        epoch_s: length of an epoch, s; divides 5 min.
        quirk: None or the deviation to reproduce.

    Returns:
        Values of shape (...); of equal instants the first after midnight. Undefined when a bin of
        the profile was never seen or when nothing rises or falls.

    Raises:
        UnevenGrid: the epoch does not divide 5 min.
    """
    if quirk is Quirk.PYACTIGRAPHY_1_2_2:
        binning = Binning.pyactigraphy(PHASE_BIN_MIN)
    else:
        binning = Binning(bin_min=PHASE_BIN_MIN)
    bins = binned(activity, start_minute=start_minute, epoch_s=epoch_s, binning=binning)
    profile = observed_mean(bins, axis=-2)
    if binning.anchor is Anchor.FIRST_EPOCH:
        profile = np.roll(profile, int(start_minute // PHASE_BIN_MIN), axis=-1)
    change = _relative_change(profile)
    side = PHASE_SIDE_MIN // PHASE_BIN_MIN
    if quirk is Quirk.PYACTIGRAPHY_1_2_2:
        change[..., :side] = 0.0
        change[..., DAY_MIN // PHASE_BIN_MIN - side + 1 :] = 0.0
    return ActivePhase(onset_min=_first_peak(change), offset_min=_first_peak(-change))


def _relative_change(profile: Floats) -> Floats:
    side = PHASE_SIDE_MIN // PHASE_BIN_MIN
    around = np.concatenate([profile[..., -side:], profile, profile[..., : side - 1]], axis=-1)
    means = np.lib.stride_tricks.sliding_window_view(around, side, axis=-1).mean(axis=-1)
    before, after = means[..., :-side], means[..., side:]
    total = after + before
    change = np.zeros(total.shape)
    np.divide(after - before, total, out=change, where=total != 0)
    return change


def _first_peak(change: Floats) -> Floats:
    top = change.max(axis=-1)
    first = np.argmax(change >= (top - FLAT_REL)[..., None], axis=-1)
    return np.where(top > FLAT_REL, first * float(PHASE_BIN_MIN), np.nan)
