"""The entities whose stored forms are kept, by kind and schema version."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import attrs
import numpy as np

from clarity.domain.analysis.result import AnalysisResult, Layer, Provenance, Spans
from clarity.domain.findings import Finding
from clarity.domain.profile import Details, EmailAddress, Profile
from clarity.domain.sleep.evenings import NoNight
from clarity.domain.sleep.rests import MainRest, RestMethod
from clarity.domain.streams import DayChunk, Placement, StreamKind, Unit
from clarity.domain.timeline import TimeWindow

OSLO = ZoneInfo("Europe/Oslo")

FIRST_RESULT = AnalysisResult(
    kind="rest-activity",
    window=TimeWindow(
        start=datetime(2003, 10, 20, tzinfo=OSLO),
        end=datetime(2003, 10, 26, 2, 30, tzinfo=OSLO, fold=1),
    ),
    epoch_s=60,
    findings=(
        Finding(
            metric="IS",
            value=0.625,
            unit="1",
            n_valid=168,
            coverage=1.0,
            algorithm="nonparametric/IS",
            parameters={"bin_min": 60, "ratio": 0.5, "name": "x", "whole": True, "": None},
            citation="somebody",
        ),
        Finding(
            metric="SRI",
            value=None,
            unit="1",
            n_valid=0,
            coverage=0.0,
            algorithm="sri",
            citation="somebody",
            reason="no pairs",
        ),
    ),
    nights=(),
    spans=(Spans(layer=Layer.SLEEP, algorithm="cole-kripke", spans=((0, 7), (9, 12))),),
    notices=("two minutes are missing",),
    provenance=Provenance(
        input_digest="1" * 64,
        analyses={"clarity.rhythm": "1"},
        clarity_version="0.1.0",
        computed_at=datetime(2003, 10, 27, 8, tzinfo=UTC),
        fingerprint="2" * 64,
    ),
)

SECOND_RESULT = attrs.evolve(
    FIRST_RESULT,
    no_nights=(NoNight(date=date(2003, 10, 22), reason="nothing was scored"),),
    rests=(
        MainRest(
            date=date(2003, 10, 21),
            method=RestMethod.CRESPO,
            start=datetime(2003, 10, 21, 23, 5, tzinfo=OSLO),
            end=datetime(2003, 10, 22, 7, tzinfo=OSLO),
            n_valid=470,
            coverage=0.9894736842105263,
        ),
        MainRest(
            date=date(2003, 10, 22), method=RestMethod.ROENNEBERG, reason="nothing was scored"
        ),
    ),
)
"""Schema 3 has the end of the window in its key and says the same."""

GOLDEN = {
    "chunk-1": DayChunk(
        stream=StreamKind.ACTIVITY,
        day=date(2003, 10, 26),
        zone=OSLO,
        epoch_s=3_600,
        unit=Unit.COUNTS,
        device="Actiwatch",
        placement=Placement.WRIST,
        values=np.array([*range(23), np.nan, 0.5]),
        source="0" * 64,
    ),
    "result-1": FIRST_RESULT,
    "result-2": SECOND_RESULT,
    "result-3": SECOND_RESULT,
    "profile-1": Profile(
        details=Details(
            email=EmailAddress("Ada@Clinic.example"),
            name="Ada Berg-\u00c5s",
            birth_year=1990,
            zone=OSLO,
        ),
        created_at=datetime(2003, 10, 26, 2, 30, tzinfo=OSLO, fold=1),
    ),
}
