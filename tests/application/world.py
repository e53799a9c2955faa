"""The use cases over a store in memory, with time and ids driven by hand."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs
import numpy as np

from clarity.adapters.files.detected import DetectedRecordings
from clarity.adapters.local.audit import SqliteAuditTrail
from clarity.adapters.local.items import EntityCodec
from clarity.adapters.local.repository import SqliteRepository
from clarity.adapters.local.store import SqliteStore, open_store
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.adapters.report.html import HtmlRenderer
from clarity.application.analyze import Analyze
from clarity.application.ask_model import AskModel
from clarity.application.ingest import Ingest, Ingested
from clarity.application.known_people import KnownPeople
from clarity.application.predict import PATPredictor
from clarity.application.read import Days
from clarity.application.reports import ReportRecordings
from clarity.domain.actigraphy.regrid import RegridReport
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.plugin import Analysis
from clarity.domain.analysis.quality import QualityAnalysis
from clarity.domain.analysis.wear import WearAssessment
from clarity.domain.audit import AuditEvent
from clarity.domain.identity import Actor, CorrelationId, PatientId, PatientRef, Purpose, TenantId
from clarity.domain.models import ModelSelector, ModelUnknown
from clarity.domain.streams import StreamKind, Unit
from clarity.ports.audit import AuditFilter, AuditSink, AuditTrail
from clarity.ports.recordings import Recording
from clarity.ports.repository import Repository
from tests.support.clocks import HandClock

OSLO: Final = ZoneInfo("Europe/Oslo")
CLINIC: Final = TenantId("clinic")
ADA: Final = PatientRef(CLINIC, PatientId("ada"))
BEN: Final = PatientRef(CLINIC, PatientId("ben"))
NURSE: Final = Actor(id="nurse", tenant=CLINIC, purpose=Purpose.TREATMENT)
STRANGER: Final = Actor(id="spy", tenant=TenantId("elsewhere"), purpose=Purpose.RESEARCH)
REQUEST: Final = CorrelationId("request-1")


def recording(
    values: Sequence[float] | np.ndarray | None = None,
    *,
    days: int = 3,
    digest: str = "aa" * 32,
    **of_series: object,
) -> Recording:
    """A recording of these half hours from midnight of 2026-03-02 on in Oslo; else busy days."""
    rising = np.tile(np.arange(48.0), days)
    told = {
        "values": rising if values is None else values,
        "start": datetime(2026, 3, 2, tzinfo=OSLO),
        "epoch_s": 1_800,
        "unit": Unit.COUNTS,
        "device": "Actiwatch AW4",
    }
    series = ActivitySeries(**{**told, **of_series})
    n = series.values.size
    report = RegridReport(
        samples=n,
        epochs=n,
        epoch_s=series.epoch_s,
        offset_s=0,
        duplicates=0,
        conflicts=0,
        out_of_order=0,
        gaps=0,
        missing=0,
        in_gap=0,
        in_fold=0,
    )
    return Recording(
        participant="ada", series=series, report=report, digest=digest, format="made-up"
    )


def days_of(patient: PatientRef = ADA, stream: StreamKind = StreamKind.ACTIVITY) -> Days:
    """Everything of that stream."""
    return Days(patient=patient, stream=stream)


def _no_model(selector: ModelSelector) -> PATPredictor:
    raise ModelUnknown(str(selector))


@attrs.frozen(kw_only=True)
class World:
    """A fresh store with the ports over it."""

    store: SqliteStore
    clock: HandClock
    repository: Repository
    trail: AuditTrail
    sink: AuditSink

    @property
    def people(self) -> KnownPeople:
        return KnownPeople(self.trail, self.sink, self.clock)

    @property
    def ingest(self) -> Ingest:
        return Ingest(recordings=DetectedRecordings(), repository=self.repository, clock=self.clock)

    def analyze(self, *analyses: Analysis, version: str = "1.0", **other: object) -> Analyze:
        """The use case with these analyses, else with that of quality alone."""
        told = {
            "repository": self.repository,
            "audit": self.sink,
            "clock": self.clock,
            "people": self.people,
            "wear": WearAssessment(),
            "analyses": analyses or (QualityAnalysis(),),
            "clarity_version": version,
        }
        return Analyze(**{**told, **other})

    @property
    def reports(self) -> ReportRecordings:
        return ReportRecordings(
            ingest=self.ingest,
            analyze=self.analyze(),
            ask=AskModel(_no_model, self.sink, self.clock),
            renderer=HtmlRenderer(),
        )

    def stored(self, what: Recording | None = None, patient: PatientRef = ADA) -> Ingested:
        """The recording is ingested."""
        return self.ingest.run(
            what or recording(), patient=patient, actor=NURSE, correlation=REQUEST
        )

    def events(self, patient: PatientRef = ADA) -> list[AuditEvent]:
        """Everything in the chain of that patient (at most 1,000)."""
        wanted = AuditFilter(tenant=patient.tenant, patient=patient)
        page = self.trail.records(wanted, limit=1_000, cursor=None)
        return [record.event for record in page.records]

    def operations(self, patient: PatientRef = ADA) -> list[str]:
        """What was done, in order."""
        return [event.operation.value for event in self.events(patient)]


@contextmanager
def opened() -> Iterator[World]:
    """A world of its own."""
    clock = HandClock()
    with open_store(None, busy_timeout_s=10) as store:
        trail = SqliteAuditTrail(store)
        yield World(
            store=store,
            clock=clock,
            repository=SqliteRepository(store, EntityCodec(ShuffleZstdCodec()), clock),
            trail=trail,
            sink=trail,
        )


def later(days: int) -> datetime:
    """Midnight so many days after the first of `recording`."""
    return datetime(2026, 3, 2, tzinfo=OSLO) + timedelta(days=days)
