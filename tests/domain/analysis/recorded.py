"""Recordings that were not made up: the Depresjon set."""

from functools import partial

from clarity.adapters.files.depresjon import DepresjonRecordings
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.wear import WearAssessment
from clarity.ports.recordings import ReadOptions, Source
from tests.support.shared import shared


def depresjon(name: str) -> ActivitySeries:
    """The recording of that name, for example `control/control_1`, with its wear assessed."""
    path = shared(f"data/depresjon/{name}.csv.gz")
    source = Source(name=str(path), open=partial(path.open, "rb"))
    (recording,) = DepresjonRecordings().read(source, options=ReadOptions())
    return WearAssessment().run(recording.series).series
