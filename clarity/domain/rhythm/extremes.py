"""The least active 5 hours, the most active 10 hours, and how far apart they are."""

from enum import StrEnum
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.means import circular_mean_min, observed_mean
from clarity.domain.rhythm.grid import DAY_MIN, FLAT_REL, Floats, day_matrix

__all__ = [
    "MIN_WINDOW_COVERAGE",
    "Basis",
    "Extremes",
    "extremes",
    "extremes_of_profile",
    "mean_profile",
]

L5_H: Final = 5
M10_H: Final = 10

MIN_WINDOW_COVERAGE: Final = 0.5
"""Share of every window's slots that must be seen: the extreme may be the window unseen."""


class Basis(StrEnum):
    """What the windows slide over."""

    PROFILE = "profile"
    DAILY = "daily"


@attrs.frozen(kw_only=True, eq=False)
class Extremes:
    """
    L5, M10, their onsets and the relative amplitude, each (...) float64, NaN = undefined.

    Attributes:
        l5: mean per epoch over the least active 5 h.
        l5_onset_min: clock minute at which they begin, [0, 1440); NaN also for a flat day.
        m10: mean per epoch over the most active 10 h.
        m10_onset_min: clock minute at which they begin, [0, 1440); NaN also for a flat day.
        ra: (M10 - L5) / (M10 + L5), 0 to 1; NaN when nothing moved.
    """

    l5: Floats
    l5_onset_min: Floats
    m10: Floats
    m10_onset_min: Floats
    ra: Floats


def mean_profile(activity: npt.ArrayLike, *, start_minute: float, epoch_s: int) -> Floats:
    """
    The mean 24 h profile on the clock.

    Args:
        activity: (..., n) per epoch; NaN = missing.
        start_minute: clock minute at which the first epoch begins.
        epoch_s: length of an epoch, s; divides an hour.

    Returns:
        (..., slots per day) float64; NaN where no day was seen.

    Raises:
        UnevenGrid: the epoch does not divide an hour.
    """
    days = day_matrix(activity, start_minute=start_minute, epoch_s=epoch_s)
    return observed_mean(days, axis=-2)


def extremes(
    activity: npt.ArrayLike, *, start_minute: float, epoch_s: int, basis: Basis = Basis.PROFILE
) -> Extremes:
    """
    L5, M10, onsets and RA.

    `Basis.PROFILE`: windows slide round the mean 24 h profile. `Basis.DAILY`: M10 from each day
    (midnight to midnight) and L5 from each night (noon to noon), windows inside that span; values
    are means and onsets circular means over the days seen well enough; RA is that of the means.

    Args:
        activity: (..., n) per epoch, 0 or more; NaN = missing.
        start_minute: clock minute at which the first epoch begins.
        epoch_s: length of an epoch, s; divides an hour.
        basis: what the windows slide over.

    Returns:
        Values of shape (...). Undefined when a window was seen by less than half, because it may
        be the extreme one; of equal windows the first after midnight wins.

    Raises:
        UnevenGrid: the epoch does not divide an hour.

    Source: Witting 1990, doi:10.1016/0006-3223(90)90523-5; Van Someren 1999,
    doi:10.3109/07420529908998724.
    """
    if basis is Basis.PROFILE:
        profile = mean_profile(activity, start_minute=start_minute, epoch_s=epoch_s)
        return extremes_of_profile(profile)
    nights = day_matrix(activity, start_minute=start_minute + DAY_MIN / 2, epoch_s=epoch_s)
    days = day_matrix(activity, start_minute=start_minute, epoch_s=epoch_s)
    slots = days.shape[-1]
    l5, l5_onset = _lowest(_window_means(nights, L5_H, slots), slots)
    m10, m10_onset = _highest(_window_means(days, M10_H, slots), slots)
    return _assembled(
        observed_mean(l5, axis=-1),
        circular_mean_min(l5_onset + DAY_MIN / 2),
        observed_mean(m10, axis=-1),
        circular_mean_min(m10_onset),
    )


def extremes_of_profile(profile: Floats) -> Extremes:
    """L5, M10, onsets and RA of a mean 24 h profile (..., slots per day); see `extremes`."""
    slots = profile.shape[-1]
    l5, l5_onset = _lowest(_window_means(_wrapped(profile, L5_H), L5_H, slots), slots)
    m10, m10_onset = _highest(_window_means(_wrapped(profile, M10_H), M10_H, slots), slots)
    return _assembled(l5, l5_onset, m10, m10_onset)


def _assembled(l5: Floats, l5_onset: Floats, m10: Floats, m10_onset: Floats) -> Extremes:
    rise, total = m10 - l5, m10 + l5
    rise = np.where(np.abs(rise) <= FLAT_REL * np.abs(total), 0.0, rise)
    ra = np.divide(rise, total, out=np.full(total.shape, np.nan), where=(total > 0) & (rise >= 0))
    return Extremes(l5=l5, l5_onset_min=l5_onset, m10=m10, m10_onset_min=m10_onset, ra=ra)


def _wrapped(profile: Floats, hours: int) -> Floats:
    more = profile.shape[-1] * hours // 24 - 1
    return np.concatenate([profile, profile[..., :more]], axis=-1)


def _window_means(day: Floats, hours: int, slots: int) -> Floats:
    """Means over every window of `hours` inside (..., m) slots; NaN when too little was seen."""
    width = slots * hours // 24
    seen = ~np.isnan(day)
    count = _window_sums(seen.astype(np.float64), width)
    total = _window_sums(np.where(seen, day, 0.0), width)
    enough = (count >= MIN_WINDOW_COVERAGE * width).all(axis=-1, keepdims=True)
    means = np.full(total.shape, np.nan)
    np.divide(total, count, out=means, where=np.broadcast_to(enough, total.shape))
    return means


def _window_sums(values: Floats, width: int) -> Floats:
    edges = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
    np.cumsum(values, axis=-1, out=edges[..., 1:])
    return edges[..., width:] - edges[..., :-width]


def _highest(means: Floats, slots: int) -> tuple[Floats, Floats]:
    """The largest window mean and the clock minute of the first window that reaches it."""
    top, bottom = np.fmax.reduce(means, axis=-1), np.fmin.reduce(means, axis=-1)
    slack = FLAT_REL * np.fmax(np.abs(top), np.abs(bottom))
    first = np.argmax(means >= (top - slack)[..., None], axis=-1)
    onset = np.where(top - bottom > slack, first * (DAY_MIN / slots), np.nan)
    return np.asarray(top), onset


def _lowest(means: Floats, slots: int) -> tuple[Floats, Floats]:
    """The smallest window mean and the clock minute of the first window that reaches it."""
    top, onset = _highest(-means, slots)
    return np.asarray(0.0 - top), onset
