"""Time in moderate to vigorous activity and sedentary, where cut-points exist for the device."""

from collections.abc import Mapping

import attrs

from clarity.domain.actigraphy.intensity import TROIANO_2008, CutPoints, intensity
from clarity.domain.actigraphy.requirements import EpochMismatch, PlacementMismatch
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.plugin import Analysis
from clarity.domain.analysis.result import Written
from clarity.domain.findings import Parameter
from clarity.domain.streams import UnitMismatch

__all__ = ["IntensityAnalysis"]


@attrs.frozen(kw_only=True)
class IntensityAnalysis(Analysis):
    """
    Minutes per day by cut-points; a recording that they are not defined for gets a notice instead.

    Attributes:
        cut_points: where intensities begin.
    """

    cut_points: CutPoints = TROIANO_2008

    @property
    def id(self) -> str:
        """Stable name."""
        return "clarity.intensity"

    @property
    def version(self) -> str:
        """Changes whenever the same input could give another answer."""
        return "1"

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The cut-points."""
        return {"cut_points": self.cut_points.name}

    def run(self, series: ActivitySeries) -> Written:
        """MVPA and sedentary minutes per day, or why there are none."""
        try:
            return Written(findings=intensity(series, self.cut_points))
        except (UnitMismatch, EpochMismatch, PlacementMismatch) as mismatch:
            return Written(notices=(f"Intensities were not computed: {mismatch}.",))
