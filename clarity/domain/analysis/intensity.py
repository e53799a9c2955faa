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
    Minutes per day by cut-points.

    A recording that the usual ones are not defined for gets a notice instead; it is refused when
    cut-points were asked for.

    Attributes:
        asked: where intensities begin; None for the usual cut-points, those of NHANES.
    """

    asked: CutPoints | None = None

    @property
    def id(self) -> str:
        """Stable name."""
        return "clarity.intensity"

    @property
    def version(self) -> str:
        """Changes whenever the same input could give another answer."""
        return "1"

    @property
    def cut_points(self) -> CutPoints:
        """Where intensities begin."""
        return self.asked or TROIANO_2008

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The cut-points."""
        return {"cut_points": self.cut_points.name}

    def run(self, series: ActivitySeries) -> Written:
        """
        MVPA and sedentary minutes per day, or why there are none.

        Raises:
            UnitMismatch, EpochMismatch, PlacementMismatch: the cut-points that were asked for are
                not defined for the recording.
        """
        if self.asked is not None:
            return Written(findings=intensity(series, self.asked))
        try:
            return Written(findings=intensity(series, self.cut_points))
        except (UnitMismatch, EpochMismatch, PlacementMismatch) as mismatch:
            return Written(notices=(f"Intensities were not computed: {mismatch}.",))
