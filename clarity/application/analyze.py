"""Analyze a stored stream: plugins over the series, the result kept with provenance."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

import attrs

from clarity.application.break_glass import AuditedLooks
from clarity.application.correlation import correlated
from clarity.application.known_people import KnownPeople
from clarity.application.read import Days, chunks_in, content_digest, first, touched
from clarity.domain.access import require_patient
from clarity.domain.actigraphy.days import series_of
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.as_recorded import AsRecorded
from clarity.domain.analysis.plugin import Analysis, TakesDiary
from clarity.domain.analysis.result import AnalysisResult, Provenance, Written
from clarity.domain.analysis.wear import Assessed, WearAssessment
from clarity.domain.audit import AuditEvent, Operation
from clarity.domain.errors import DomainError
from clarity.domain.findings import Parameter
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.domain.sleep.diary import Diary
from clarity.domain.streams import DayChunk
from clarity.domain.timeline import TimeWindow
from clarity.ports.clock import Clock
from clarity.ports.entities import Key, key_of
from clarity.ports.errors import AlreadyExists, DamagedEntity, NotFound
from clarity.ports.query import Query, Stored, field
from clarity.ports.repository import Evidence, Put, Repository, Upsert

__all__ = ["KIND", "Analyze", "Analyzed", "NothingStored"]

KIND: Final = "rest-activity"
"""Name of the results of this use case in the store."""

_log = logging.getLogger(__name__)


@attrs.define(eq=False)
class NothingStored(DomainError):
    """There is no data in the asked window."""

    code: ClassVar[str] = "analyze.nothing-stored"

    def __str__(self) -> str:
        return "nothing is stored for this patient, stream and window; ingest a recording first"


@attrs.frozen
class Analyzed:
    """
    The series that was analyzed and what the analyses say of it.

    Attributes:
        replaced_damaged: the result that was stored before could not be read; this one, computed
            again, is stored in its place.
    """

    series: ActivitySeries
    result: AnalysisResult
    replaced_damaged: bool = False


@attrs.frozen(kw_only=True)
class Analyze:
    """
    Assesses wear, then runs every analysis over a stored stream.

    The same input, parameters and versions are computed once and taken from the store afterwards.
    A stored result that is damaged is computed again and replaced: the log and the answer say so,
    and the audit record names the digest of what was there.
    """

    repository: Repository
    audit: AuditedLooks
    clock: Clock
    people: KnownPeople
    wear: WearAssessment | AsRecorded
    analyses: Sequence[Analysis]
    clarity_version: str

    @correlated
    def run(
        self,
        days: Days,
        *,
        actor: Actor,
        correlation: CorrelationId,
        diary: Diary | None = None,
    ) -> Analyzed:
        """
        The result for `days`, from the store when the same was computed before.

        Args:
            days: of whom and when.
            actor: who asks.
            correlation: ties the audit records together.
            diary: when the person was in bed, for the analyses that can use it; it is not stored.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            PatientUnknown: nothing was ever stored of the patient.
            NothingStored: there is no chunk in `days`; that somebody looked is recorded.
            DomainError: the recording breaks the contract of an analysis (for example its unit).
            PortError: store or trail refused; then no result is given.
        """
        require_patient(actor, days.patient)
        chunks = chunks_in(self.repository, days)
        if not chunks:
            self.people.require(days.patient, Operation.READ, actor=actor, correlation=correlation)
        self._record_read(days.patient, chunks, actor, correlation)
        if not chunks:
            raise NothingStored
        assessed = self.wear.run(series_of([stored.entity for stored in chunks]).trimmed())
        input_digest = content_digest([stored.entity for stored in chunks])
        analyses = self.analyses if diary is None else _knowing(self.analyses, diary)
        fingerprint = self._fingerprint(input_digest, analyses)
        key = Key("result", (KIND, assessed.series.end, fingerprint))
        try:
            known, is_damaged = self._known(days.patient, key), False
        except DamagedEntity:
            known, is_damaged = None, True
        if known is not None:
            return Analyzed(assessed.series, known)
        made = Provenance(
            input_digest=input_digest,
            analyses={name: version for name, version, _ in self._made_by(analyses)},
            clarity_version=self.clarity_version,
            computed_at=self.clock.now(),
            fingerprint=fingerprint,
        )
        result = _computed(assessed, analyses, made)
        evidence = self._evidence(days.patient, actor, correlation)
        if is_damaged:
            replaced = self._replacing(result, evidence)
            return Analyzed(assessed.series, replaced, replaced_damaged=True)
        return Analyzed(assessed.series, self._kept(result, evidence))

    def is_current(
        self, days: Days, fingerprint: str, *, actor: Actor, diary: Diary | None = None
    ) -> bool:
        """
        Whether `run` would give the stored result with that fingerprint.

        Nothing is handed out, so nothing is recorded.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            PortError: the store cannot be read.
        """
        if not self.holds(days.patient, fingerprint, actor=actor):
            return False
        content = content_digest([stored.entity for stored in chunks_in(self.repository, days)])
        analyses = self.analyses if diary is None else _knowing(self.analyses, diary)
        return self._fingerprint(content, analyses) == fingerprint

    def holds(self, patient: PatientRef, fingerprint: str, *, actor: Actor) -> bool:
        """
        Whether the result with that fingerprint is stored; it is not handed out.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            PortError: the store cannot be read.
        """
        require_patient(actor, patient)
        of_kind = Query(AnalysisResult, patient).where(field("kind").equals(KIND))
        made = of_kind.where(field("fingerprint").equals(fingerprint))
        return first(self.repository, made) is not None

    def _record_read(
        self,
        patient: PatientRef,
        chunks: Sequence[Stored[DayChunk]],
        actor: Actor,
        correlation: CorrelationId,
    ) -> None:
        self.audit.append(
            AuditEvent(
                actor=actor,
                patient=patient,
                operation=Operation.READ,
                touched=touched(chunks),
                correlation=correlation,
                at=self.clock.now(),
            )
        )

    def _known(self, patient: PatientRef, key: Key) -> AnalysisResult | None:
        try:
            found = self.repository.get(patient, key).entity
        except NotFound:
            return None
        return found if isinstance(found, AnalysisResult) else None

    def _evidence(self, patient: PatientRef, actor: Actor, correlation: CorrelationId) -> Evidence:
        return Evidence(
            actor=actor,
            patient=patient,
            operation=Operation.ANALYZE,
            correlation=correlation,
            at=self.clock.now(),
        )

    def _kept(self, result: AnalysisResult, evidence: Evidence) -> AnalysisResult:
        try:
            self.repository.commit([Put(result, based_on=0)], evidence=evidence)
        except AlreadyExists:
            return self._known(evidence.patient, key_of(result)) or result
        return result

    def _replacing(self, result: AnalysisResult, evidence: Evidence) -> AnalysisResult:
        self.repository.commit([Upsert(result)], evidence=evidence)
        _log.warning("damaged-result-replaced", extra={"patient": evidence.patient})
        return result

    def _fingerprint(self, input_digest: str, analyses: Sequence[Analysis]) -> str:
        made_by = [
            [name, version, sorted(of.items())] for name, version, of in self._made_by(analyses)
        ]
        text = json.dumps([input_digest, self.clarity_version, made_by], separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def _made_by(
        self, analyses: Sequence[Analysis]
    ) -> tuple[tuple[str, str, Mapping[str, Parameter]], ...]:
        """Id, version and parameters of everything that writes into a result."""
        wear = (self.wear.id, self.wear.version, self.wear.parameters)
        return (wear, *((one.id, one.version, one.parameters) for one in analyses))


def _knowing(analyses: Sequence[Analysis], diary: Diary) -> tuple[Analysis, ...]:
    """Analyses whose parameters, and so whose results, are those of the diary."""
    return tuple(one.with_diary(diary) if isinstance(one, TakesDiary) else one for one in analyses)


def _computed(assessed: Assessed, analyses: Sequence[Analysis], made: Provenance) -> AnalysisResult:
    written = [analysis.run(assessed.series) for analysis in analyses]
    return _joined([assessed.written, *written], assessed.series, made)


def _joined(
    written: Sequence[Written], series: ActivitySeries, provenance: Provenance
) -> AnalysisResult:
    return AnalysisResult(
        kind=KIND,
        window=TimeWindow(start=series.start, end=series.end),
        epoch_s=series.epoch_s,
        findings=tuple(finding for one in written for finding in one.findings),
        nights=tuple(night for one in written for night in one.nights),
        no_nights=tuple(evening for one in written for evening in one.no_nights),
        rests=tuple(rest for one in written for rest in one.rests),
        spans=tuple(spans for one in written for spans in one.spans),
        notices=tuple(notice for one in written for notice in one.notices),
        provenance=provenance,
    )
