"""
The week that a PAT model reads: seven whole local days of minutes, gaps filled and told.

Nothing else is invented: no random padding, no noise, no constants of a population.
"""

from datetime import date
from typing import ClassVar, Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.days import ClockDays, clock_days
from clarity.domain.actigraphy.regrid import resample
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.arrays import kept_float64
from clarity.domain.errors import DomainError
from clarity.domain.streams import Placement, Unit, UnitMismatch

__all__ = [
    "DAYS",
    "MINUTES",
    "MIN_VALID_DAYS",
    "READ_UNITS",
    "TRAINED_UNITS",
    "WEEK_MINUTES",
    "PatWeek",
    "TooLittleWear",
    "WeekRule",
    "pat_week",
]

DAYS: Final = 7
MINUTES: Final = 1_440
WEEK_MINUTES: Final = DAYS * MINUTES
"""Minutes of the model's input."""

TRAINED_UNITS: Final = frozenset({Unit.COUNTS, Unit.MIMS})
"""
Units of the minute recordings of NHANES, the survey that the published encoders were trained on
(arXiv 2411.15240, abstract): counts in 2003 to 2006, MIMS in 2011 to 2014. Others are untested.
"""

READ_UNITS: Final = TRAINED_UNITS | {Unit.STEPS_PER_MIN}
"""What a PAT model is asked about: what it was trained on, and steps, whose answers are marked."""

MIN_VALID_DAYS: Final = 4
"""Days of a week with enough wear, without which a model is not asked."""


@attrs.define(eq=False)
class TooLittleWear(DomainError):
    """The recording has too few valid days, or a clock minute without any value."""

    code: ClassVar[str] = "week.too-little-wear"
    needed_days: int
    valid_days: int
    empty_minutes: int = 0

    def __str__(self) -> str:
        if self.valid_days < self.needed_days:
            return (
                f"{self.valid_days} valid days in the best seven, {self.needed_days} needed; "
                f"record longer, or leave the model out"
            )
        return (
            f"{self.empty_minutes} minutes of the clock have no value on any valid day; "
            f"a week cannot be filled without inventing them: leave the model out"
        )


@attrs.frozen(kw_only=True)
class WeekRule:
    """
    When a recording has a week.

    Attributes:
        min_valid_days: how many of the seven days must be valid.
        min_valid_minutes: how many minutes of a day must hold a value; 10 h, after Troiano et al.
            2008, Med Sci Sports Exerc 40:181, doi:10.1249/mss.0b013e31815a51b3.
    """

    min_valid_days: int = attrs.field(
        default=MIN_VALID_DAYS, validator=[attrs.validators.ge(1), attrs.validators.le(DAYS)]
    )
    min_valid_minutes: int = attrs.field(
        default=600, validator=[attrs.validators.ge(1), attrs.validators.le(MINUTES)]
    )


@attrs.frozen(kw_only=True)
class PatWeek:
    """
    Seven local days of minutes, complete.

    Attributes:
        values: (7, 1440) float64 in `unit` per minute, raw, no NaN. Read-only.
        first_date: local date of the first day.
        valid_days: how many of the days were valid.
        imputed_fraction: share of the minutes that were filled, 0 to 1.
        unit: of the values.
        device: maker and model as far as known.
        placement: where the device was worn.
    """

    values: npt.NDArray[np.float64] = attrs.field(
        converter=kept_float64, eq=attrs.cmp_using(eq=np.array_equal), hash=False, repr=False
    )
    first_date: date
    valid_days: int
    imputed_fraction: float
    unit: Unit
    device: str
    placement: Placement

    def __attrs_post_init__(self) -> None:
        """The week is whole."""
        if self.values.shape != (DAYS, MINUTES) or not np.isfinite(self.values).all():
            raise ValueError("a week has 7 x 1440 finite values")

    @property
    def validated(self) -> bool:
        """Whether the published encoders were trained on this unit; False for steps."""
        return self.unit in TRAINED_UNITS

    @property
    def flat(self) -> npt.NDArray[np.float64]:
        """(10080,) float64, day after day."""
        return self.values.reshape(-1)

    @property
    def first_weekday(self) -> int:
        """The weekday on which the week begins, Monday 0 to Sunday 6."""
        return self.first_date.weekday()


def pat_week(series: ActivitySeries, rule: WeekRule | None = None) -> PatWeek:
    """
    The best week of a recording.

    Of all runs of seven local dates that begin inside the recording, the one with the most valid
    days is taken; then the one with the most minutes; then the earliest. A recording of fewer than
    seven dates is continued with empty days. Every minute without a value (a gap, time not worn,
    the hour that daylight saving skips) gets the mean of the same clock minute on the valid days of
    that week; measured minutes are never changed.

    Args:
        series: counts, MIMS or steps, at an epoch that divides the minute.
        rule: when a day and a week are valid.

    Raises:
        UnitMismatch: other units.
        NotAMultiple: the epoch does not divide the minute.
        TooLittleWear: too few valid days, or a clock minute that no valid day has.
    """
    rule = rule or WeekRule()
    if series.unit not in READ_UNITS:
        raise UnitMismatch("PAT", "counts, MIMS or steps", series.unit.value)
    if not series.values.size:
        raise TooLittleWear(rule.min_valid_days, 0)
    days = clock_days(resample(series, 60))
    first, week = _best(days, rule)
    known = ~np.isnan(week)
    valid = known.sum(axis=1) >= rule.min_valid_minutes
    n_valid = int(np.count_nonzero(valid))
    if n_valid < rule.min_valid_days:
        raise TooLittleWear(rule.min_valid_days, n_valid)
    return PatWeek(
        values=_filled(week, valid, rule),
        first_date=days.dates[first],
        valid_days=n_valid,
        imputed_fraction=float(1.0 - known.mean()),
        unit=series.unit,
        device=series.device,
        placement=series.placement,
    )


def _best(days: ClockDays, rule: WeekRule) -> tuple[int, npt.NDArray[np.float64]]:
    short = max(0, DAYS - days.values.shape[0])
    values = np.pad(days.values, ((0, short), (0, 0)), constant_values=np.nan)
    minutes = (~np.isnan(values)).sum(axis=1)
    valid = minutes >= rule.min_valid_minutes
    starts = range(values.shape[0] - DAYS + 1)
    first = max(
        starts, key=lambda i: (int(valid[i : i + DAYS].sum()), int(minutes[i : i + DAYS].sum()), -i)
    )
    return first, values[first : first + DAYS]


def _filled(
    week: npt.NDArray[np.float64], valid: npt.NDArray[np.bool_], rule: WeekRule
) -> npt.NDArray[np.float64]:
    missing = np.isnan(week)
    good = week[valid]
    n = (~np.isnan(good)).sum(axis=0)
    empty = int(np.count_nonzero(missing.any(axis=0) & (n == 0)))
    if empty:
        raise TooLittleWear(rule.min_valid_days, int(valid.sum()), empty)
    usual = np.nansum(good, axis=0) / np.maximum(n, 1)
    return np.where(missing, usual, week)
