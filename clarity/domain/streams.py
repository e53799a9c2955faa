"""Streams that wearables produce, their units, and the packed unit of storage: one local day."""

from datetime import date
from enum import IntEnum, StrEnum
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.arrays import kept_float64, same_values
from clarity.domain.errors import DomainError
from clarity.domain.exact import WrongType, exactly_typed, whole
from clarity.domain.timeline import DAY_S, LocalDay, OutsideCalendar, lasting

__all__ = ["BadChunk", "DayChunk", "Placement", "SleepStage", "StreamKind", "Unit", "UnitMismatch"]


NUMBERS: Final = "array of real numbers"


class StreamKind(StrEnum):
    """What a stream measures."""

    ACTIVITY = "activity"
    STEPS = "steps"
    HEART_RATE = "heart-rate"
    HRV = "hrv"
    RESPIRATION = "respiration"
    SLEEP = "sleep"


class Unit(StrEnum):
    """What one value of a stream means; units are never converted silently."""

    COUNTS = "counts"
    STEPS_PER_MIN = "steps/min"
    MIMS = "mims"
    ENMO_MG = "enmo-mg"
    ACTIVITY_INDEX = "activity-index"
    ACTIVE_KCAL = "active-kcal"
    INTENSITY_LEVEL = "intensity-level"
    BEATS_PER_MIN = "beats/min"
    RMSSD_MS = "rmssd-ms"
    SDNN_MS = "sdnn-ms"
    BREATHS_PER_MIN = "breaths/min"
    SLEEP_STAGE = "sleep-stage"


class SleepStage(IntEnum):
    """Values of `Unit.SLEEP_STAGE`: wake, N1 to N3 and REM as sleep laboratories count them."""

    AWAKE = 0
    N1 = 1
    LIGHT = 2
    DEEP = 3
    REM = 5
    ASLEEP = 6
    IN_BED = 7


class Placement(StrEnum):
    """Where the device is worn."""

    WRIST = "wrist"
    HIP = "hip"
    ANKLE = "ankle"
    UNKNOWN = "unknown"


@attrs.define(eq=False)
class UnitMismatch(DomainError):
    """An algorithm is defined for other units than those of the data."""

    code: ClassVar[str] = "unit.mismatch"
    algorithm: str
    needed: str
    given: str

    def __str__(self) -> str:
        return (
            f"{self.algorithm} is defined for {self.needed}, the recording holds {self.given}; "
            f"say what the file really holds with --unit, or leave this analysis out"
        )


@attrs.define(eq=False)
class BadChunk(DomainError):
    """The parts of a day chunk do not fit together."""

    code: ClassVar[str] = "stream.bad-chunk"
    problem: str

    def __str__(self) -> str:
        return f"{self.problem}; a chunk holds one value per epoch of one local day"


def _numbers(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """A read-only copy; text and truth values are no numbers, whatever they look like."""
    try:
        kind = np.asarray(values).dtype.kind
    except ValueError as error:
        raise WrongType("DayChunk.values", NUMBERS) from error
    if kind not in "fiu":
        raise WrongType("DayChunk.values", NUMBERS)
    return kept_float64(values)


@attrs.frozen(kw_only=True, field_transformer=exactly_typed)
class DayChunk:
    """
    One local day of one stream.

    Attributes:
        stream: what is measured.
        day: the local date.
        zone: the IANA zone in which `day` is meant.
        epoch_s: length of an epoch, s; divides the day. A whole number of numpy is taken too.
        unit: what a value means.
        device: maker and model as far as known; it scales counts, so it is part of the data.
        placement: where the device was worn.
        values: (n,) float64, n = real length of the day / epoch_s; NaN = missing. Read-only.
        source: SHA-256 (hex) of the recording the last change came from.

    Raises:
        WrongType: a field was given a value of another type.
        BadEpoch: the epoch lasts less than a second.
        OutsideCalendar: the day has no end.
        BadChunk: the parts do not fit together, or the zone has no name.
    """

    stream: StreamKind
    day: date
    zone: ZoneInfo
    epoch_s: int = attrs.field(converter=whole, validator=lasting)
    unit: Unit
    device: str = ""
    placement: Placement = Placement.UNKNOWN
    values: npt.NDArray[np.float64] = attrs.field(
        converter=_numbers, eq=attrs.cmp_using(eq=same_values), hash=False, repr=False
    )
    source: str = ""

    def __attrs_post_init__(self) -> None:
        """The values cover the day exactly, and none is infinite."""
        if self.zone.key is None:
            raise BadChunk("the zone has no name")
        if self.day == date.max:
            raise OutsideCalendar("the end of the day")
        if DAY_S % self.epoch_s or self.length_s % self.epoch_s:
            raise BadChunk(f"an epoch of {self.epoch_s} s does not divide the day")
        if self.values.shape != (self.length_s // self.epoch_s,):
            raise BadChunk(f"{self.values.size} values do not cover a day of {self.length_s} s")
        if not self.values.size:
            raise BadChunk("the day was skipped in its zone")
        if np.isinf(self.values).any():
            raise BadChunk("a value is infinite")

    @property
    def start_s(self) -> int:
        """First instant of the day, seconds since the epoch."""
        return LocalDay(self.day, self.zone).start_s

    @property
    def length_s(self) -> int:
        """Real length of the day, s."""
        return LocalDay(self.day, self.zone).length_s

    @property
    def coverage(self) -> float:
        """Share of the day's epochs that hold a value, 0 to 1."""
        return float(np.count_nonzero(~np.isnan(self.values)) / self.values.size)
