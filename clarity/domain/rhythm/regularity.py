"""How alike the days are: the sleep regularity index, sleep timing and social jetlag."""

from typing import Final

import numpy as np
import numpy.typing as npt

from clarity.domain.means import circular_difference_min, circular_mean_min, observed_mean
from clarity.domain.rhythm.grid import Floats, Quirk, in_rows, slots_per_day

__all__ = ["MIN_PAIRED_DAYS", "sleep_regularity", "social_jetlag_min", "valid_pairs"]

MIN_PAIRED_DAYS: Final = 0.5
"""How much must be seen twice, 24 h apart, days: less compares a few hours with a few hours."""


def valid_pairs(sleep: npt.ArrayLike, *, epoch_s: int) -> npt.NDArray[np.int64]:
    """
    How many epochs were seen both then and 24 h later.

    Args:
        sleep: (..., n) 1 = sleep, 0 = wake, NaN = unknown.
        epoch_s: length of an epoch, s; divides an hour.

    Returns:
        (...) int64.

    Raises:
        UnevenGrid: the epoch does not divide an hour.
    """
    return np.asarray((~np.isnan(_agreement(sleep, epoch_s))).sum(axis=-1))


def sleep_regularity(sleep: npt.ArrayLike, *, epoch_s: int, quirk: Quirk | None = None) -> Floats:
    """
    SRI: -100 + 200 times the share of pairs 24 h apart in the same state.

    With the pyActigraphy quirk the share is first taken per clock minute and then averaged over
    the clock, which differs when clock minutes have different numbers of pairs.

    Args:
        sleep: (..., n) 1 = sleep, 0 = wake, NaN = unknown; a pair with a NaN is left out.
        epoch_s: length of an epoch, s; divides an hour.
        quirk: None or the deviation to reproduce.

    Returns:
        (...) float64, -100 to 100, 100 for identical days. NaN for recordings below two days, with
        less than half a day of valid pairs, or when only one of the two states ever occurs.

    Raises:
        UnevenGrid: the epoch does not divide an hour.

    Source: Phillips 2017, doi:10.1038/s41598-017-03171-4.
    """
    states = np.asarray(sleep, dtype=np.float64)
    same = _agreement(states, epoch_s)
    slots = slots_per_day(epoch_s)
    if quirk is Quirk.PYACTIGRAPHY_1_2_2:
        by_clock = observed_mean(in_rows(same, front=0, width=slots), axis=-2)
        share = observed_mean(by_clock, axis=-1)
    else:
        share = observed_mean(same, axis=-1)
    pairs = (~np.isnan(same)).sum(axis=-1)
    both = np.any(states == 1.0, axis=-1) & np.any(states == 0.0, axis=-1)
    defined = both & (pairs >= MIN_PAIRED_DAYS * slots) & (states.shape[-1] >= 2 * slots)
    return np.where(defined, -100.0 + 200.0 * share, np.nan)


def _agreement(sleep: npt.ArrayLike, epoch_s: int) -> Floats:
    """(..., n - day) 1 where the state is that of 24 h later, 0 where not, NaN where unknown."""
    states = np.asarray(sleep, dtype=np.float64)
    slots = slots_per_day(epoch_s)
    now, later = states[..., : max(states.shape[-1] - slots, 0)], states[..., slots:]
    known = ~(np.isnan(now) | np.isnan(later))
    return np.where(known, now == later, np.nan)


def social_jetlag_min(midpoint_min: npt.ArrayLike, free: npt.ArrayLike) -> Floats:
    """
    How much later sleep is centred before free days than before work days.

    Args:
        midpoint_min: (..., nights) clock minute of mid-sleep; NaN = unknown night.
        free: (..., nights) bool, True when the night leads into a free day.

    Returns:
        (...) float64 minutes in [-720, 720), negative when free nights are earlier; its size is
        social jetlag. NaN without at least one known free and one known work night.

    Source: Wittmann 2006, doi:10.1080/07420520500545979; clock times averaged on the circle.
    """
    midpoints = np.asarray(midpoint_min, dtype=np.float64)
    is_free = np.asarray(free, dtype=np.bool_)
    return circular_difference_min(
        circular_mean_min(np.where(is_free, midpoints, np.nan)),
        circular_mean_min(np.where(is_free, np.nan, midpoints)),
    )
