"""A recording of activity: evenly spaced values with start, epoch, unit, placement and wear."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.arrays import kept_bool, kept_float64, same_values
from clarity.domain.streams import Placement, Unit
from clarity.domain.timeline import NaiveTime

__all__ = ["ActivitySeries"]


def _same_wear(a: npt.NDArray[np.bool_] | None, b: npt.NDArray[np.bool_] | None) -> bool:
    return a is b if a is None or b is None else same_values(a, b)


@attrs.frozen(kw_only=True)
class ActivitySeries:
    """
    Activity on an even grid of real (elapsed) time.

    Attributes:
        values: (n,) float64 in `unit` per epoch; NaN = missing. Read-only.
        start: aware, first instant of the first epoch; its zone is the recording's local zone.
        epoch_s: length of an epoch, s.
        unit: what a value means.
        device: maker and model as far as known (counts differ 3-30x between devices).
        placement: where the device was worn.
        worn: (n,) bool, or None when wear was not assessed. Read-only.
    """

    values: npt.NDArray[np.float64] = attrs.field(
        converter=kept_float64, eq=attrs.cmp_using(eq=same_values), hash=False, repr=False
    )
    start: datetime
    epoch_s: int = attrs.field(validator=attrs.validators.ge(1))
    unit: Unit
    device: str = ""
    placement: Placement = Placement.UNKNOWN
    worn: npt.NDArray[np.bool_] | None = attrs.field(
        default=None,
        converter=attrs.converters.optional(kept_bool),
        eq=attrs.cmp_using(eq=_same_wear),
        hash=False,
        repr=False,
    )

    def __attrs_post_init__(self) -> None:
        """The parts fit together and the start is a known instant in a named zone."""
        if not isinstance(self.start.tzinfo, ZoneInfo):
            raise NaiveTime("the start of the recording")
        if self.values.ndim != 1:
            raise ValueError("values have one dimension")
        if self.worn is not None and self.worn.shape != self.values.shape:
            raise ValueError("wear has one entry per value")

    @property
    def zone(self) -> ZoneInfo:
        """The local zone of the recording."""
        zone = self.start.tzinfo
        assert isinstance(zone, ZoneInfo)  # noqa: S101 - validated above, for the type checker
        return zone

    @property
    def end(self) -> datetime:
        """First instant after the last epoch, in the local zone."""
        length = timedelta(seconds=self.values.size * self.epoch_s)
        return (self.start.astimezone(UTC) + length).astimezone(self.zone)

    @property
    def start_s(self) -> int:
        """First instant, seconds since the epoch."""
        return int(self.start.timestamp())

    @property
    def seconds(self) -> npt.NDArray[np.int64]:
        """(n,) int64, first instant of every epoch, seconds since 1970-01-01T00:00Z."""
        return self.start_s + self.epoch_s * np.arange(self.values.size, dtype=np.int64)

    @property
    def observed(self) -> npt.NDArray[np.float64]:
        """(n,) float64, the values with NaN wherever the device is known not to have been worn."""
        if self.worn is None:
            return self.values
        return np.where(self.worn, self.values, np.nan)

    @property
    def missing(self) -> npt.NDArray[np.bool_]:
        """(n,) bool, epochs without a value."""
        return np.isnan(self.values)

    def trimmed(self) -> "ActivitySeries":
        """The series from its first to its last value; empty when it has none."""
        known = np.flatnonzero(~np.isnan(self.values))
        first, stop = (int(known[0]), int(known[-1]) + 1) if known.size else (0, 0)
        begin = self.start.astimezone(UTC) + timedelta(seconds=first * self.epoch_s)
        return attrs.evolve(
            self,
            values=self.values[first:stop],
            start=begin.astimezone(self.zone),
            worn=None if self.worn is None else self.worn[first:stop],
        )
