"""Rest periods of a recording, and the main rest of every evening, after Crespo or Roenneberg."""

from collections.abc import Mapping
from typing import Final

import attrs

from clarity.domain.actigraphy.regrid import resample
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.plugin import Analysis
from clarity.domain.analysis.result import Layer, Spans, Written
from clarity.domain.analysis.spans import in_epochs, runs
from clarity.domain.findings import Parameter
from clarity.domain.sleep.evenings import wear_mask
from clarity.domain.sleep.nights import SleepMask
from clarity.domain.sleep.rests import RestMethod, main_rests, rest_averages, rest_mask
from clarity.domain.streams import Unit

__all__ = ["RestAnalysis"]

MINUTE_S: Final = 60

NO_ACTIVITY: Final = frozenset(
    {Unit.BEATS_PER_MIN, Unit.RMSSD_MS, Unit.SDNN_MS, Unit.BREATHS_PER_MIN, Unit.SLEEP_STAGE}
)
"""Units that say nothing of movement."""

NOT_SOUGHT: Final = "Rest periods ({algorithm}) were not sought: {reason}."


@attrs.frozen(kw_only=True)
class RestAnalysis(Analysis):
    """
    Tells rest from activity, minute by minute, in any unit of activity.

    Attributes:
        method: whose.
    """

    method: RestMethod

    @property
    def id(self) -> str:
        """Stable name."""
        return f"clarity.rest-{self.method.value}"

    @property
    def version(self) -> str:
        """Changes whenever the same input could give another answer."""
        return "1"

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The settings of the method."""
        return self.method.parameters

    def run(self, series: ActivitySeries) -> Written:
        """The main rests, their averages, and the spans of all rest; or why there are none."""
        if series.unit in NO_ACTIVITY:
            return self._not_sought(f"{series.unit.value} is no activity")
        if MINUTE_S % series.epoch_s:
            return self._not_sought(f"epochs of {series.epoch_s} s make no minutes")
        minutes = resample(series, MINUTE_S)
        mask = SleepMask(
            values=rest_mask(minutes.observed, self.method, epoch_s=MINUTE_S),
            start=minutes.start,
            epoch_s=MINUTE_S,
            scoring=self.method.algorithm,
        )
        rests = main_rests(mask, self.method, wear=wear_mask(series))
        spans = in_epochs(series, mask, runs(mask.values == 1.0))
        return Written(
            findings=rest_averages(rests, self.method),
            rests=rests,
            spans=(Spans(layer=Layer.REST, algorithm=self.method.algorithm, spans=spans),),
        )

    def _not_sought(self, reason: str) -> Written:
        notice = NOT_SOUGHT.format(algorithm=self.method.algorithm, reason=reason)
        return Written(notices=(notice,))
