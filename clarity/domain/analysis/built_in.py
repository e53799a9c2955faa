"""The analyses that come with clarity, in the order of the report."""

from clarity.domain.analysis.choice import USUAL, Choice
from clarity.domain.analysis.period import PeriodAnalysis
from clarity.domain.analysis.plugin import Analysis
from clarity.domain.analysis.quality import QualityAnalysis
from clarity.domain.analysis.rest import RestAnalysis
from clarity.domain.analysis.rhythm import RhythmAnalysis
from clarity.domain.sleep.rests import RestMethod

__all__ = ["built_in"]


def built_in(choice: Choice = USUAL) -> tuple[Analysis, ...]:
    """Sleep, rest, rest-activity rhythm and its period, intensity and data quality."""
    return (
        choice.sleep,
        *(RestAnalysis(method=method) for method in RestMethod),
        RhythmAnalysis(),
        PeriodAnalysis(),
        choice.intensity,
        QualityAnalysis(),
    )
