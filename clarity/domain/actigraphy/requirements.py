"""What an algorithm is defined for: unit, epoch and placement; checked before any number."""

from typing import ClassVar

import attrs

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.errors import DomainError
from clarity.domain.streams import Placement, Unit, UnitMismatch

__all__ = ["EpochMismatch", "PlacementMismatch", "Requirement"]


@attrs.define(eq=False)
class EpochMismatch(DomainError):
    """An algorithm is defined for another epoch length than that of the data."""

    code: ClassVar[str] = "epoch.mismatch"
    algorithm: str
    needed_s: int
    given_s: int

    def __str__(self) -> str:
        return (
            f"{self.algorithm} is defined for epochs of {self.needed_s} s, the recording has "
            f"{self.given_s} s; regrid the recording first, or choose a profile for its epoch"
        )


@attrs.define(eq=False)
class PlacementMismatch(DomainError):
    """An algorithm is defined for another place on the body."""

    code: ClassVar[str] = "placement.mismatch"
    algorithm: str
    needed: str
    given: str

    def __str__(self) -> str:
        return (
            f"{self.algorithm} is defined for a device on the {self.needed}, the recording says "
            f"{self.given}; say where it was worn, or leave this analysis out"
        )


@attrs.frozen(kw_only=True)
class Requirement:
    """
    The data an algorithm accepts.

    Attributes:
        unit: what a value must mean.
        epoch_s: the epoch it needs, s; None when the rule is stated for any epoch.
        placement: where the device must be worn; None when the rule does not depend on it.
    """

    unit: Unit
    epoch_s: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.ge(1))
    )
    placement: Placement | None = None

    def check(self, series: ActivitySeries, *, algorithm: str) -> None:
        """
        The series is what `algorithm` is defined for.

        Raises:
            UnitMismatch: its values mean something else.
            EpochMismatch: its epochs have another length.
            PlacementMismatch: it was recorded elsewhere on the body, or nobody knows where.
        """
        if series.unit is not self.unit:
            raise UnitMismatch(algorithm, self.unit.value, series.unit.value)
        if self.epoch_s is not None and series.epoch_s != self.epoch_s:
            raise EpochMismatch(algorithm, self.epoch_s, series.epoch_s)
        if self.placement is not None and series.placement is not self.placement:
            raise PlacementMismatch(algorithm, self.placement.value, series.placement.value)
