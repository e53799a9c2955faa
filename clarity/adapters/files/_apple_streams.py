"""Which records of an Apple Health export are read, as which streams, and what their words mean."""

from enum import Enum
from typing import Final

import attrs

from clarity.domain.streams import SleepStage, Unit

__all__ = ["KJ_PER_KCAL", "STREAMS", "Fold", "Stream"]


class Fold(Enum):
    """What becomes of the records of a minute."""

    SPREAD = "an amount over an interval, shared out by time"
    MEAN = "the mean of the samples that begin in it"
    STAGE = "the stage at its middle"


@attrs.frozen(kw_only=True)
class Stream:
    """
    One kind of record.

    Attributes:
        type: the name of the kind in the export.
        name: for people.
        unit: what a value of the recording means.
        units: the units that records may have, and what one of each is in `unit`.
        fold: how records become values.
        epoch_s: length of an epoch, s.
        longest_s: longest interval that is believed, s.
        codes: numbers of the words of a category.
    """

    type: str
    name: str
    unit: Unit
    units: dict[str | None, float] = attrs.field(eq=False)
    fold: Fold
    epoch_s: int = 60
    longest_s: int = 14_400
    codes: dict[str, float] | None = attrs.field(default=None, eq=False)


KJ_PER_KCAL: Final = 4.184
"""
The thermochemical kilocalorie, exactly.

Source: Thompson and Taylor 2008, NIST Special Publication 811, appendix B.8,
https://www.nist.gov/pml/special-publication-811.
"""

_SLEEP: Final = "HKCategoryValueSleepAnalysis"
_STAGES: Final[dict[str, float]] = {
    f"{_SLEEP}InBed": SleepStage.IN_BED,
    f"{_SLEEP}Asleep": SleepStage.ASLEEP,
    f"{_SLEEP}AsleepUnspecified": SleepStage.ASLEEP,
    f"{_SLEEP}Awake": SleepStage.AWAKE,
    f"{_SLEEP}AsleepCore": SleepStage.LIGHT,
    f"{_SLEEP}AsleepDeep": SleepStage.DEEP,
    f"{_SLEEP}AsleepREM": SleepStage.REM,
}
_QUANTITY: Final = "HKQuantityTypeIdentifier"

STREAMS: Final = (
    Stream(
        type=f"{_QUANTITY}ActiveEnergyBurned",
        name="active energy",
        unit=Unit.ACTIVE_KCAL,
        units={"kcal": 1.0, "Cal": 1.0, "kJ": 1 / KJ_PER_KCAL},
        fold=Fold.SPREAD,
    ),
    Stream(
        type=f"{_QUANTITY}StepCount",
        name="step",
        unit=Unit.STEPS_PER_MIN,
        units={"count": 1.0},
        fold=Fold.SPREAD,
    ),
    Stream(
        type=f"{_QUANTITY}HeartRate",
        name="heart rate",
        unit=Unit.BEATS_PER_MIN,
        units={"count/min": 1.0},
        fold=Fold.MEAN,
    ),
    Stream(
        type=f"{_QUANTITY}HeartRateVariabilitySDNN",
        name="HRV",
        unit=Unit.SDNN_MS,
        units={"ms": 1.0},
        fold=Fold.MEAN,
        epoch_s=300,
    ),
    Stream(
        type=f"{_QUANTITY}RespiratoryRate",
        name="respiration",
        unit=Unit.BREATHS_PER_MIN,
        units={"count/min": 1.0},
        fold=Fold.MEAN,
        epoch_s=300,
    ),
    Stream(
        type="HKCategoryTypeIdentifierSleepAnalysis",
        name="sleep",
        unit=Unit.SLEEP_STAGE,
        units={None: 1.0},
        fold=Fold.STAGE,
        longest_s=86_400,
        codes=_STAGES,
    ),
)
"""In the order in which they are reported."""
