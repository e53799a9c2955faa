"""The main rest of every evening, as methods that look for rest rather than sleep find it."""

import math
from collections.abc import Callable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.exact import exactly_typed
from clarity.domain.findings import Definition, Finding, Parameter
from clarity.domain.sleep import crespo, roenneberg
from clarity.domain.sleep.averages import MIN_COVERAGE, circular_mean_h
from clarity.domain.sleep.blocks import DEFAULT_RULE
from clarity.domain.sleep.evenings import without_night
from clarity.domain.sleep.nights import Night, SleepMask, clock_h
from clarity.domain.sleep.windows import LONGEST_REST_MIN, nights_found

__all__ = ["MainRest", "RestMethod", "main_rests", "rest_averages", "rest_mask"]

FloatArray = npt.NDArray[np.float64]

CLOCK: Final = "clock_h"

NO_REST: Final = "no evening with a main rest of which enough is known"
NO_MEAN: Final = "the evenings' clock times cancel out"


class RestMethod(StrEnum):
    """How rest is told from activity."""

    CRESPO = "crespo"
    ROENNEBERG = "roenneberg"

    @property
    def algorithm(self) -> str:
        """The id that findings and spans carry."""
        return f"rest/{self.value}"

    @property
    def citation(self) -> str:
        """Paper and DOI."""
        return crespo.CITATION if self is RestMethod.CRESPO else roenneberg.CITATION

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Every setting of the method and of the choice among its rests."""
        own = crespo.Crespo() if self is RestMethod.CRESPO else roenneberg.Roenneberg()
        return {
            **attrs.asdict(own),
            **attrs.asdict(DEFAULT_RULE),
            "longest_min": LONGEST_REST_MIN,
            "min_coverage": MIN_COVERAGE,
        }

    def definition(self, name: str, unit: str) -> Definition:
        """What `name` of a main rest means by this method."""
        return Definition(
            metric=f"{self.value}_{name}",
            unit=unit,
            algorithm=self.algorithm,
            citation=self.citation,
            parameters=self.parameters,
        )


@attrs.frozen(kw_only=True, field_transformer=exactly_typed)
class MainRest:
    """
    The main rest of an evening (noon to noon), or why there is none.

    Attributes:
        date: local date of the evening.
        method: that found it.
        start: first instant at rest, local; None without a rest, like `end`.
        end: end of the rest, local.
        n_valid: epochs in it of which rest or activity is known.
        coverage: their share, 0 to 1.
        reason: why there is no rest; empty otherwise.
    """

    date: date
    method: RestMethod
    start: datetime | None = None
    end: datetime | None = None
    n_valid: int = 0
    coverage: float = 0.0
    reason: str = attrs.field(default="", repr=False)

    def __attrs_post_init__(self) -> None:
        """A rest has both ends and no excuse; an absence has a reason."""
        if len({self.start is None, self.end is None, bool(self.reason)}) != 1:
            raise ValueError("a main rest has two ends, or a reason for its absence")

    @property
    def duration_min(self) -> float | None:
        """Elapsed time from start to end, min; None without a rest."""
        if self.start is None or self.end is None:
            return None
        return (self.end.timestamp() - self.start.timestamp()) / 60

    @property
    def start_h(self) -> float | None:
        """Local clock time of the start, h in [0, 24); None without a rest."""
        return None if self.start is None else clock_h(self.start)

    @property
    def end_h(self) -> float | None:
        """Local clock time of the end, h in [0, 24); None without a rest."""
        return None if self.end is None else clock_h(self.end)

    @property
    def midpoint_h(self) -> float | None:
        """Local clock time half way between start and end, h in [0, 24); None without a rest."""
        if self.start is None or self.end is None:
            return None
        middle_s = (self.start.timestamp() + self.end.timestamp()) / 2
        return clock_h(datetime.fromtimestamp(middle_s, self.start.tzinfo))

    def findings(self) -> tuple[Finding, ...]:
        """Start, end, midpoint and duration of this evening's rest."""
        return tuple(
            self.method.definition(name, unit).finding(
                value_of(self), n_valid=self.n_valid, coverage=self.coverage, reason=self.reason
            )
            for name, unit, value_of in MEASURES
        )


MEASURES: Final[tuple[tuple[str, str, Callable[[MainRest], float | None]], ...]] = (
    ("rest_start", CLOCK, lambda rest: rest.start_h),
    ("rest_end", CLOCK, lambda rest: rest.end_h),
    ("rest_midpoint", CLOCK, lambda rest: rest.midpoint_h),
    ("rest_duration", "min", lambda rest: rest.duration_min),
)
"""Name, unit and value of what a main rest says."""


def rest_mask(activity: npt.ArrayLike, method: RestMethod, *, epoch_s: int) -> FloatArray:
    """
    Rest or activity for every epoch of one or many recordings, with the method's own settings.

    Args:
        activity: (..., n) per epoch; NaN = missing.
        method: Crespo's rests are stated for epochs of a minute.
        epoch_s: length of an epoch, s.

    Returns:
        (..., n) float64, 1 = rest, 0 = active, NaN = unknown.

    Source:
        the method's citation.
    """
    if method is RestMethod.CRESPO:
        return crespo.rest_periods(activity, epoch_s=epoch_s)
    return roenneberg.consolidated_rest(activity, epoch_s=epoch_s)


def main_rests(mask: SleepMask, method: RestMethod, *, wear: SleepMask) -> tuple[MainRest, ...]:
    """
    One per evening of the recording, in order; those without a rest say why.

    The main rest is chosen among the rests as a night is among runs of sleep (`WindowRule`); one
    longer than 14 h is none.

    Args:
        mask: the recording's rest, 1 = rest.
        method: that made it.
        wear: of the recording, see `wear_mask`.
    """
    found = nights_found(mask)
    fitting = [night for night in found if night.in_bed_min <= LONGEST_REST_MIN]
    left_out = [night for night in found if night.in_bed_min > LONGEST_REST_MIN]
    absent = (
        MainRest(date=one.date, method=method, reason=one.reason)
        for one in without_night(mask, fitting, wear=wear, left_out=left_out)
    )
    rests = (*(_of_night(night, method) for night in fitting), *absent)
    return tuple(sorted(rests, key=lambda rest: rest.date))


def _of_night(night: Night, method: RestMethod) -> MainRest:
    return MainRest(
        date=night.date,
        method=method,
        start=night.start,
        end=night.end,
        n_valid=night.n_valid,
        coverage=night.coverage,
    )


def rest_averages(rests: Sequence[MainRest], method: RestMethod) -> tuple[Finding, ...]:
    """
    Start, end, midpoint and duration averaged over the evenings; clock times on the circle.

    Args:
        rests: of that method, in any order; those known for less than 90 % are left out.
        method: that found them.

    Returns:
        findings whose `n_valid` counts the evenings used and whose `coverage` is their share.
    """
    used = [rest for rest in rests if not rest.reason and rest.coverage >= MIN_COVERAGE]
    return tuple(
        method.definition(name, unit).finding(
            _mean([value for rest in used if (value := value_of(rest)) is not None], unit),
            n_valid=len(used),
            coverage=len(used) / max(len(rests), 1),
            reason=NO_MEAN if used else NO_REST,
        )
        for name, unit, value_of in MEASURES
    )


def _mean(values: Sequence[float], unit: str) -> float | None:
    if unit == CLOCK:
        return circular_mean_h(values)
    return math.fsum(values) / len(values) if values else None
