"""Which units a measure of the rhythm means something in, and what is said of the others."""

from typing import Final

import attrs

from clarity.domain.findings import Finding
from clarity.domain.streams import Unit

__all__ = ["ACTIVITY", "AMOUNTS", "AVERAGED", "STILL_AT_FLOOR", "Scope", "withheld"]


@attrs.frozen
class Scope:
    """
    The units that a measure is meaningful for.

    Attributes:
        name: what they have in common, as the object of "it needs".
        units: the units.
    """

    name: str
    units: frozenset[Unit]

    def reason(self, unit: Unit) -> str:
        """Why the measure says nothing in `unit`; empty when it does."""
        if unit in self.units:
            return ""
        return f"not meaningful for {unit.value}: it needs {self.name}"


AVERAGED: Final = Scope("a quantity that can be averaged", frozenset(Unit) - {Unit.SLEEP_STAGE})
"""Stages of sleep are names: their mean is no stage."""

AMOUNTS: Final = Scope(
    "an amount that adds up over a day",
    frozenset({Unit.COUNTS, Unit.STEPS_PER_MIN, Unit.MIMS, Unit.ACTIVE_KCAL}),
)
"""A day has so many counts or steps; it has no sum of heart rates or of mean accelerations."""

ACTIVITY: Final = Scope(
    "activity, 0 in stillness",
    AMOUNTS.units | {Unit.ENMO_MG, Unit.ACTIVITY_INDEX, Unit.INTENSITY_LEVEL},
)
"""Least and most active hours, and ratios of activity, need a unit that is 0 when nothing moves."""

STILL_AT_FLOOR: Final = Scope(
    "a unit that stays at its floor in stillness, or a chosen threshold of activity",
    AMOUNTS.units | {Unit.INTENSITY_LEVEL},
)
"""Mean accelerations creep above their smallest value all night: it is no threshold of activity."""


def withheld(findings: tuple[Finding, ...], reason: str) -> tuple[Finding, ...]:
    """The findings without a value for that reason; as they are when it is empty."""
    if not reason:
        return findings
    return tuple(attrs.evolve(finding, value=None, reason=reason) for finding in findings)
