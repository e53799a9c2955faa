"""The analyses that come with clarity, in the order of the report."""

from clarity.domain.analysis.intensity import IntensityAnalysis
from clarity.domain.analysis.plugin import Analysis
from clarity.domain.analysis.quality import QualityAnalysis
from clarity.domain.analysis.rhythm import RhythmAnalysis
from clarity.domain.analysis.sleep import SleepAnalysis

__all__ = ["built_in"]


def built_in() -> tuple[Analysis, ...]:
    """Sleep, rest-activity rhythm, intensity and data quality."""
    return (SleepAnalysis(), RhythmAnalysis(), IntensityAnalysis(), QualityAnalysis())
