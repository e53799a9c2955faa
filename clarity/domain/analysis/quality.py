"""What must be known about a recording before its numbers are believed."""

from collections.abc import Mapping

import attrs

from clarity.domain.actigraphy.quality import quality_findings
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.plugin import Analysis
from clarity.domain.analysis.result import Layer, Spans, Written
from clarity.domain.analysis.spans import runs
from clarity.domain.findings import Parameter

__all__ = ["QualityAnalysis"]


@attrs.frozen
class QualityAnalysis(Analysis):
    """Gaps, coverage, saturation, sensor floor, valid span and daylight saving."""

    @property
    def id(self) -> str:
        """Stable name."""
        return "clarity.quality"

    @property
    def version(self) -> str:
        """Changes whenever the same input could give another answer."""
        return "2"

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """There is nothing to choose."""
        return {}

    def run(self, series: ActivitySeries) -> Written:
        """Quality findings, and where values are missing."""
        missing = runs(series.missing)
        return Written(
            findings=quality_findings(series),
            spans=(Spans(layer=Layer.MISSING, algorithm="no value", spans=missing),),
        )
