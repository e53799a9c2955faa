"""The period of the rest-activity rhythm, fitted instead of taken for 24 h."""

from collections.abc import Mapping
from typing import Final

import attrs

from clarity.domain.actigraphy.days import clock_days
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.plugin import Analysis
from clarity.domain.analysis.result import Written
from clarity.domain.findings import Definition, Finding, Parameter
from clarity.domain.rhythm.evidence import Observed
from clarity.domain.rhythm.free_period import PERIOD_RANGE_H, free_period_cosinor
from clarity.domain.rhythm.grid import UnevenGrid

__all__ = ["PeriodAnalysis"]

MIDNIGHT: Final = 0.0
"""Clock minute at which the rows of clock days begin."""

NO_PERIOD: Final = (
    "no period between 20 h and 28 h fits best: too little was recorded, nothing varies, or the "
    "best one lies at an end of the range"
)

MODEL: Final = Definition(
    metric="",
    unit="",
    algorithm="cosinor/free-period",
    citation="Nelson 1979, Chronobiologia 6:305-323; search: Kiefer 1953, doi:10.2307/2032161",
    parameters={"from_h": PERIOD_RANGE_H[0], "to_h": PERIOD_RANGE_H[1]},
)


@attrs.frozen
class PeriodAnalysis(Analysis):
    """The cosine whose period leaves the smallest residuals, on the wall clock."""

    @property
    def id(self) -> str:
        """Stable name."""
        return "clarity.period"

    @property
    def version(self) -> str:
        """Changes whenever the same input could give another answer."""
        return "2"

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The range of periods."""
        return MODEL.parameters

    def run(self, series: ActivitySeries) -> Written:
        """Period, mesor, amplitude, acrophase and R2, or why there are none."""
        try:
            return Written(findings=_fitted(series))
        except UnevenGrid as uneven:
            return Written(notices=(f"The period of the rhythm was not fitted: {uneven}.",))


def _fitted(series: ActivitySeries) -> tuple[Finding, ...]:
    values = clock_days(series).flat
    fit = free_period_cosinor(values, start_minute=MIDNIGHT, epoch_s=series.epoch_s)
    seen = Observed.of(values)
    table = (
        ("free_period", "h", fit.period_h),
        ("free_mesor", series.unit.value, fit.mesor),
        ("free_amplitude", series.unit.value, fit.amplitude),
        ("free_acrophase", "h", fit.acrophase_h),
        ("free_R2", "1", fit.r2),
    )
    return tuple(
        seen.finding(attrs.evolve(MODEL, metric=name, unit=unit), value, reason=NO_PERIOD)
        for name, unit, value in table
    )
