"""The rest-activity rhythm of a recording: non-parametric, cosinor, bouts and scaling."""

from collections.abc import Mapping
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.days import clock_days
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.plugin import Analysis
from clarity.domain.analysis.result import Written
from clarity.domain.findings import Finding, Parameter
from clarity.domain.rhythm.binning import Binning
from clarity.domain.rhythm.findings import (
    cosinor_findings,
    fragmentation_findings,
    scaling_findings,
    sustained_transition_findings,
)
from clarity.domain.rhythm.grid import UnevenGrid
from clarity.domain.rhythm.nonparametric import nonparametric_findings, spectrum_findings

__all__ = ["RhythmAnalysis"]

Floats = npt.NDArray[np.float64]

MIDNIGHT: Final = 0.0
"""Clock minute at which the rows of clock days begin."""


@attrs.frozen(kw_only=True)
class RhythmAnalysis(Analysis):
    """
    Every measure of the rhythm, on the wall clock, over what was worn.

    Attributes:
        active_above: activity per epoch above it counts as active in bouts, in the series' unit.
        binning: bins of IS and IV.
    """

    active_above: float = 0.0
    binning: Binning = attrs.field(factory=Binning)

    @property
    def id(self) -> str:
        """Stable name."""
        return "clarity.rhythm"

    @property
    def version(self) -> str:
        """Changes whenever the same input could give another answer."""
        return "1"

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The bins and the threshold of bouts."""
        return {**self.binning.parameters, "active_above": self.active_above}

    def run(self, series: ActivitySeries) -> Written:
        """
        Findings in the order of the catalogue.

        Measures whose bins the epochs do not make are left out, with a notice that says so.
        """
        values = clock_days(series).flat
        findings: list[Finding] = []
        notices: list[str] = []
        for measures in (self._daily, self._spectrum, self._cosinor, self._bouts, self._scaling):
            try:
                findings += measures(values, series)
            except UnevenGrid as uneven:
                notices.append(f"Some measures of the rhythm were not computed: {uneven}.")
        return Written(findings=tuple(findings), notices=tuple(dict.fromkeys(notices)))

    def _daily(self, values: Floats, series: ActivitySeries) -> tuple[Finding, ...]:
        return nonparametric_findings(
            values,
            start_minute=MIDNIGHT,
            epoch_s=series.epoch_s,
            unit=series.unit.value,
            binning=self.binning,
        )

    def _spectrum(self, values: Floats, series: ActivitySeries) -> tuple[Finding, ...]:
        return spectrum_findings(
            values, start_minute=MIDNIGHT, epoch_s=series.epoch_s, binning=self.binning
        )

    def _cosinor(self, values: Floats, series: ActivitySeries) -> tuple[Finding, ...]:
        return cosinor_findings(
            values, start_minute=MIDNIGHT, epoch_s=series.epoch_s, unit=series.unit.value
        )

    def _bouts(self, values: Floats, series: ActivitySeries) -> tuple[Finding, ...]:
        return (
            *fragmentation_findings(values, epoch_s=series.epoch_s, above=self.active_above),
            *sustained_transition_findings(values, above=self.active_above),
        )

    def _scaling(self, values: Floats, series: ActivitySeries) -> tuple[Finding, ...]:
        return scaling_findings(values, epoch_s=series.epoch_s)
