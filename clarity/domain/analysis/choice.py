"""What a caller may choose about the built-in analyses."""

from typing import Final

import attrs

from clarity.domain.actigraphy.intensity import CUT_POINTS
from clarity.domain.actigraphy.wear import WEAR_RULES
from clarity.domain.analysis.as_recorded import AsRecorded
from clarity.domain.analysis.intensity import IntensityAnalysis
from clarity.domain.analysis.sleep import SleepAnalysis
from clarity.domain.analysis.wear import WearAssessment
from clarity.domain.analysis.wear_choice import WearChoice
from clarity.domain.sleep.webster import RescoringForm

__all__ = ["USUAL", "Choice"]


def _known_scoring(_: object, __: object, name: str) -> None:
    SleepAnalysis(scoring=name)


def _known_cut_points(_: object, __: object, name: str) -> None:
    if name and name not in CUT_POINTS:
        raise ValueError(f"there are no such cut-points; choose one of {', '.join(CUT_POINTS)}")


@attrs.frozen(kw_only=True)
class Choice:
    """
    Settings of the built-in analyses; each becomes a parameter of the analysis that it changes.

    Attributes:
        scoring: of sleep, a name that `named_profile` knows; empty for the usual of the device.
        rescoring: what follows it; None for nothing.
        wear_rule: what counts as non-wear.
        cut_points: a name of `CUT_POINTS`; empty for the usual ones, where they fit.
    """

    scoring: str = attrs.field(default="", validator=_known_scoring)
    rescoring: RescoringForm | None = None
    wear_rule: WearChoice = WearChoice.CHOI
    cut_points: str = attrs.field(default="", validator=_known_cut_points)

    @property
    def sleep(self) -> SleepAnalysis:
        """The analysis of sleep."""
        return SleepAnalysis(scoring=self.scoring, rescoring=self.rescoring)

    @property
    def intensity(self) -> IntensityAnalysis:
        """The analysis of intensity."""
        return IntensityAnalysis(asked=CUT_POINTS.get(self.cut_points))

    @property
    def wear(self) -> WearAssessment | AsRecorded:
        """The assessment of wear."""
        if self.wear_rule is WearChoice.NONE:
            return AsRecorded()
        return WearAssessment(rule=WEAR_RULES[self.wear_rule])


USUAL: Final = Choice()
"""Nothing was chosen."""
