"""
From a filled week of activity to the standardised input of a network.

The published networks standardise each minute of the week across a cohort, with constants that were
not published. So the scaler is a value with a name: that of a stated cohort, or the week's own mean
and spread, and the result says which.
"""

from typing import ClassVar, Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.week import MIN_VALID_DAYS, READ_UNITS, TRAINED_UNITS
from clarity.domain.arrays import kept_float32, kept_float64
from clarity.domain.errors import DomainError
from clarity.domain.pat.prediction import Floats
from clarity.domain.pat.variants import WEEK_MIN
from clarity.domain.streams import Unit, UnitMismatch

__all__ = [
    "MOVING_MIN",
    "OWN_SPREAD",
    "BadScaler",
    "CohortScaler",
    "OwnSpread",
    "PatInput",
    "Scaler",
    "UnusableWeek",
    "day_rotations",
    "standardized",
]

DAY_MIN: Final = 1_440
DAYS: Final = WEEK_MIN // DAY_MIN
OWN_SPREAD: Final = "per_window_zscore"

MOVING_MIN: Final = 10
"""
Fewest minutes of a day on which something moves. A valid day has 600 minutes of wear, and 60 quiet
minutes in a row are time not worn (Troiano et al. 2008, Med Sci Sports Exerc 40:181,
doi:10.1249/mss.0b013e31815a51b3), so no valid day can have fewer.
"""


@attrs.define(eq=False)
class UnusableWeek(DomainError):
    """A week cannot be the input of a network."""

    code: ClassVar[str] = "pat.unusable-week"
    problem: str

    def __str__(self) -> str:
        return (
            f"the week {self.problem}; give 10,080 filled minutes of activity from midnight, "
            "not negative and not yet standardised"
        )


@attrs.define(eq=False)
class BadScaler(DomainError):
    """The numbers of a scaler cannot standardise a week."""

    code: ClassVar[str] = "pat.bad-scaler"
    problem: str

    def __str__(self) -> str:
        return (
            f"the scaler {self.problem}; give a mean and a positive SD for each of 10,080 minutes"
        )


@attrs.frozen(kw_only=True)
class CohortScaler:
    """
    Mean and SD of every minute of the week in a stated cohort.

    Attributes:
        name: names the cohort and the version, for example `nhanes-2013/1`.
        unit: of the cohort's recordings.
        mean: (10080,) float64 in `unit`, from midnight of the first day. Read-only.
        sd: (10080,) float64 in `unit`, positive. Read-only.

    Raises:
        BadScaler: the numbers do not fit, are not finite, or an SD is not positive.
    """

    name: str = attrs.field(validator=attrs.validators.min_len(1))
    unit: Unit
    mean: npt.NDArray[np.float64] = attrs.field(
        converter=kept_float64, eq=attrs.cmp_using(eq=np.array_equal), hash=False, repr=False
    )
    sd: npt.NDArray[np.float64] = attrs.field(
        converter=kept_float64, eq=attrs.cmp_using(eq=np.array_equal), hash=False, repr=False
    )

    def __attrs_post_init__(self) -> None:
        """The numbers can standardise a week."""
        for values in (self.mean, self.sd):
            if values.shape != (WEEK_MIN,):
                raise BadScaler(f"has numbers of shape {values.shape}")
            if not np.isfinite(values).all():
                raise BadScaler("holds NaN or infinity")
        if (self.sd <= 0.0).any():
            raise BadScaler("has an SD that is not positive")


@attrs.frozen
class OwnSpread:
    """The week's own mean and population SD over all minutes, when there is no cohort."""

    @property
    def name(self) -> str:
        """The strategy's name in results."""
        return OWN_SPREAD


Scaler = CohortScaler | OwnSpread


@attrs.frozen(kw_only=True)
class PatInput:
    """
    A standardised week and how it came about.

    Attributes:
        values: (10080,) float32, unit 1, finite. Read-only.
        scaler: name of the cohort scaler, or `per_window_zscore`.
        unit: of the week before.
        validated: the published encoders were trained on this unit; False is to be said with
            every result.
    """

    values: Floats = attrs.field(
        converter=kept_float32, eq=attrs.cmp_using(eq=np.array_equal), hash=False, repr=False
    )
    scaler: str
    unit: Unit
    validated: bool


def standardized(week: npt.NDArray[np.float64], *, unit: Unit, scaler: Scaler) -> PatInput:
    """
    The input of a network from a filled week.

    Args:
        week: (10080,) or (7, 1440) in `unit`, from midnight, no NaN, not negative.
        unit: what a value means.
        scaler: of a cohort in the same unit, or the week's own spread.

    Returns:
        (week - mean) / sd in float32; never NaN.

    Raises:
        UnitMismatch: no model is asked about this unit, or it is not the scaler's.
        UnusableWeek: the week has another size, gaps, negative values or values beyond float32, or
            too little moves in it to be anybody's week.

    Source: arXiv 2411.15240, Methods (standardisation per split); the constants are unpublished.
    """
    _require_unit(unit, scaler)
    minutes = _filled(week)
    _require_movement(minutes)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        mean, sd = _scale(minutes, scaler)
        values = ((minutes - mean) / sd).astype(np.float32)
    if not (np.isfinite(values).all() and np.isfinite(sd).all()):
        raise UnusableWeek("holds values far out of range")
    return PatInput(values=values, scaler=scaler.name, unit=unit, validated=unit in TRAINED_UNITS)


def _require_unit(unit: Unit, scaler: Scaler) -> None:
    if unit not in READ_UNITS:
        raise UnitMismatch("PAT", "counts, MIMS or steps", unit.value)
    if isinstance(scaler, CohortScaler) and scaler.unit is not unit:
        raise UnitMismatch(f"scaler {scaler.name}", scaler.unit.value, unit.value)


def _filled(week: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    if week.shape not in {(WEEK_MIN,), (DAYS, DAY_MIN)}:
        raise UnusableWeek(f"has shape {week.shape}")
    minutes = np.asarray(week, dtype=np.float64).reshape(WEEK_MIN)
    missing = int(np.count_nonzero(~np.isfinite(minutes)))
    if missing:
        raise UnusableWeek(f"has {missing} minutes without a value")
    if (minutes < 0.0).any():
        raise UnusableWeek("holds negative values")
    return minutes


def _require_movement(minutes: npt.NDArray[np.float64]) -> None:
    """A week at rest is a device on a table, whichever scaler would make numbers of it."""
    moving = (minutes > minutes.min()).reshape(DAYS, DAY_MIN).sum(axis=1)
    if not moving.any():
        raise UnusableWeek("is constant, so nobody wore the device")
    days = int(np.count_nonzero(moving >= MOVING_MIN))
    if days < MIN_VALID_DAYS:
        raise UnusableWeek(
            f"has {days} days on which at least {MOVING_MIN} minutes move, {MIN_VALID_DAYS} needed"
        )


def _scale(
    minutes: npt.NDArray[np.float64], scaler: Scaler
) -> tuple[npt.NDArray[np.float64] | float, npt.NDArray[np.float64] | float]:
    if isinstance(scaler, CohortScaler):
        return scaler.mean, scaler.sd
    return float(minutes.mean()), float(minutes.std())


def day_rotations(values: Floats) -> Floats:
    """
    The week begun on each of its days: the input as it is, and six rotations by whole days.

    Args:
        values: (10080,) float32, standardised.

    Returns:
        (7, 10080) float32; row d begins with day d.
    """
    days = values.reshape(DAYS, DAY_MIN)
    return np.stack([np.roll(days, -day, axis=0).reshape(WEEK_MIN) for day in range(DAYS)])
