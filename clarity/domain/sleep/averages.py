"""What nights have in common: means over nights, and the circular midpoint of sleep."""

import math
from collections.abc import Sequence
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.findings import Definition, Finding
from clarity.domain.means import circular_mean_min
from clarity.domain.sleep import nights as n
from clarity.domain.sleep.nights import Night

__all__ = ["MIN_COVERAGE", "averages", "circular_mean_h", "sleep_midpoint_h"]

FloatArray = npt.NDArray[np.float64]

MIN_COVERAGE: Final = 0.9
"""Share of a window that must be scored for the night to enter an average (our choice)."""

HOUR_MIN: Final = 60.0

_PER_NIGHT: Final[tuple[Definition, ...]] = (
    n.TST,
    n.SOL,
    n.WASO,
    n.TERMINAL_WAKE,
    n.SE,
    n.SME,
    n.AWAKENINGS,
)


def circular_mean_h(clock_times_h: npt.ArrayLike) -> float | None:
    """
    The circular mean of clock times, h in [0, 24); None when they cancel out or there are none.

    Args:
        clock_times_h: (n,) h; NaN is left out.

    Source:
        Mardia & Jupp, Directional Statistics, 2000, eq. 2.2.4, doi:10.1002/9780470316979.
    """
    mean = float(circular_mean_min(np.asarray(clock_times_h, dtype=np.float64) * HOUR_MIN))
    return None if math.isnan(mean) else mean / HOUR_MIN


def sleep_midpoint_h(sleep: npt.ArrayLike, clock_times_h: npt.ArrayLike) -> float | None:
    """
    The circular mean clock time of all epochs asleep, h in [0, 24).

    Args:
        sleep: (n,), 1 = sleep, 0 = wake, NaN = unknown.
        clock_times_h: (n,) local clock time of every epoch's start, h.

    Returns:
        h; None without sleep, or when sleep is spread evenly around the clock.

    Source:
        as `circular_mean_h`.
    """
    asleep = np.asarray(sleep, dtype=np.float64) == 1.0
    return circular_mean_h(np.asarray(clock_times_h, dtype=np.float64)[asleep])


def averages(nights: Sequence[Night], *, min_coverage: float = MIN_COVERAGE) -> tuple[Finding, ...]:
    """
    Every measure averaged over the nights that define it; never a ratio of averages.

    Args:
        nights: in any order.
        min_coverage: nights with less of their window scored are left out.

    Returns:
        the mean TST, SOL, WASO, terminal wake, SE, SME and awakenings, and the circular mean
        midpoint. `n_valid` counts the nights used, `coverage` is their share.
    """
    used = [night for night in nights if night.coverage >= min_coverage]
    findings = [finding for night in used for finding in night.findings()]
    return tuple(
        _average(
            attrs.evolve(definition, parameters={"min_coverage": min_coverage}),
            [finding for finding in findings if finding.metric == definition.metric],
            len(nights),
        )
        for definition in (*_PER_NIGHT, n.MIDPOINT)
    )


def _average(definition: Definition, findings: Sequence[Finding], n_nights: int) -> Finding:
    values = [finding.value for finding in findings if finding.value is not None]
    circular = definition.metric == n.MIDPOINT.metric
    return definition.finding(
        circular_mean_h(values) if circular else _mean(values),
        n_valid=len(values),
        coverage=len(values) / max(n_nights, 1),
        reason=_why_absent(values, findings),
    )


def _why_absent(values: Sequence[float], findings: Sequence[Finding]) -> str:
    if values:
        return "the nights' clock times cancel out"
    return findings[0].reason if findings else "no night with enough of its window scored"


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
