"""The core rhythm metrics of many recordings at once."""

from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.means import observed_mean
from clarity.domain.rhythm.binning import Variance
from clarity.domain.rhythm.extremes import extremes_of_profile
from clarity.domain.rhythm.grid import Floats, day_matrix
from clarity.domain.rhythm.regularity import sleep_regularity
from clarity.domain.rhythm.variability import stability_of_bins, variability_of_bins

__all__ = ["CoreRhythm", "core_rhythm"]

ROWS_AT_ONCE: Final = 16
"""Recordings worked on together: a few weeks of minutes stay in the processor's cache."""

MIN_BIN_COVERAGE: Final = 0.5


@attrs.frozen(kw_only=True, eq=False)
class CoreRhythm:
    """
    The rhythm part of the core eight, each (...) float64, NaN = undefined.

    Attributes:
        interdaily_stability: IS of hourly bins on the clock, population variance.
        intradaily_variability: IV of the same bins.
        l5: mean per epoch of the least active 5 h of the mean profile.
        l5_onset_min: clock minute at which they begin.
        m10: mean per epoch of the most active 10 h.
        m10_onset_min: clock minute at which they begin.
        relative_amplitude: RA.
        sleep_regularity: SRI of the sleep states.
    """

    interdaily_stability: Floats
    intradaily_variability: Floats
    l5: Floats
    l5_onset_min: Floats
    m10: Floats
    m10_onset_min: Floats
    relative_amplitude: Floats
    sleep_regularity: Floats


def core_rhythm(
    activity: npt.ArrayLike, sleep: npt.ArrayLike, *, start_minute: float, epoch_s: int
) -> CoreRhythm:
    """
    IS, IV, L5, M10, RA and SRI of one recording or of many that share their clock.

    Bit for bit what `interdaily_stability`, `intradaily_variability`, `extremes` and
    `sleep_regularity` give with their defaults, one recording at a time.

    Args:
        activity: (..., n) per epoch, 0 or more; NaN = missing.
        sleep: (..., n) 1 = sleep, 0 = wake, NaN = unknown; same shape.
        start_minute: clock minute at which the first epoch begins.
        epoch_s: length of an epoch, s; divides an hour.

    Returns:
        Fields of shape (...).

    Raises:
        UnevenGrid: the epoch does not divide an hour.

    Source: the functions named above.
    """
    values = np.asarray(activity, dtype=np.float64)
    states = np.asarray(sleep, dtype=np.float64)
    rows = values.reshape(int(np.prod(values.shape[:-1])), values.shape[-1])
    nights = states.reshape(rows.shape)
    table = np.empty((8, rows.shape[0]))
    for first in range(0, rows.shape[0], ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        days = day_matrix(rows[part], start_minute=start_minute, epoch_s=epoch_s)
        table[:7, part] = _activity_columns(days)
        table[7, part] = sleep_regularity(nights[part], epoch_s=epoch_s)
    columns = table.reshape(8, *values.shape[:-1])
    return CoreRhythm(
        interdaily_stability=columns[0],
        intradaily_variability=columns[1],
        l5=columns[2],
        l5_onset_min=columns[3],
        m10=columns[4],
        m10_onset_min=columns[5],
        relative_amplitude=columns[6],
        sleep_regularity=columns[7],
    )


def _activity_columns(days: Floats) -> tuple[Floats, ...]:
    per_hour = days.shape[-1] // 24
    hours = days.reshape(*days.shape[:-1], 24, per_hour)
    bins = observed_mean(hours, axis=-1, at_least=max(1.0, MIN_BIN_COVERAGE * per_hour))
    found = extremes_of_profile(observed_mean(days, axis=-2))
    return (
        stability_of_bins(bins, variance=Variance.POPULATION),
        variability_of_bins(bins, variance=Variance.POPULATION),
        found.l5,
        found.l5_onset_min,
        found.m10,
        found.m10_onset_min,
        found.ra,
    )
