"""Wear that nobody assesses: every value counts as worn, unless the recording says otherwise."""

from collections.abc import Mapping
from typing import Final

import attrs

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.result import Layer, Spans, Written
from clarity.domain.analysis.spans import runs
from clarity.domain.analysis.wear import Assessed
from clarity.domain.findings import Parameter

__all__ = ["AsRecorded"]

NOT_ASSESSED: Final = (
    "Wear was not assessed, as it was asked for: every value counts as worn, also those of a "
    "device on a shelf."
)


@attrs.frozen
class AsRecorded:
    """Stands in the place of `WearAssessment` and leaves a recording as it came."""

    @property
    def id(self) -> str:
        """Stable name."""
        return "clarity.wear"

    @property
    def version(self) -> str:
        """Changes whenever the same input could give another answer."""
        return "1"

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """There is no rule."""
        return {"rule": "none"}

    def run(self, series: ActivitySeries) -> Assessed:
        """`series` itself; flags of its own are told, the lack of any rule as well."""
        if series.worn is None:
            return Assessed(series, Written(notices=(NOT_ASSESSED,)))
        off = Spans(
            layer=Layer.NON_WEAR, algorithm="flags of the recording", spans=runs(~series.worn)
        )
        return Assessed(series, Written(spans=(off,)))
