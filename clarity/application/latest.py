"""The latest result that is stored of a person, without computing anything."""

import attrs

from clarity.application.analyze import KIND
from clarity.application.break_glass import AuditedLooks
from clarity.application.correlation import correlated
from clarity.application.known_people import KnownPeople
from clarity.application.read import everything, first
from clarity.domain.access import require_patient
from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.audit import AuditEvent, Operation, Touched
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.ports.clock import Clock
from clarity.ports.entities import key_of
from clarity.ports.errors import NotFound
from clarity.ports.query import Query, field
from clarity.ports.repository import Repository

__all__ = ["LatestResult"]


@attrs.frozen
class LatestResult:
    """Hands out the stored result with the latest window, after the record of the read."""

    repository: Repository
    audit: AuditedLooks
    clock: Clock
    people: KnownPeople

    @correlated
    def run(
        self,
        patient: PatientRef,
        *,
        actor: Actor,
        correlation: CorrelationId,
        kind: str = KIND,
    ) -> AnalysisResult:
        """
        The result of that kind whose window ends last; of several of one end the last computed.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            PatientUnknown: nothing was ever stored of the patient.
            NotFound: there is no result of that kind; that somebody looked is recorded.
            PortError: the store or the trail refused; then nothing is handed out.
        """
        require_patient(actor, patient)
        result = self._latest(Query(AnalysisResult, patient).where(field("kind").equals(kind)))
        if result is None:
            self.people.require(patient, Operation.READ, actor=actor, correlation=correlation)
        self.audit.append(
            AuditEvent(
                actor=actor,
                patient=patient,
                operation=Operation.READ,
                touched=() if result is None else (Touched(str(key_of(result))),),
                correlation=correlation,
                at=self.clock.now(),
            )
        )
        if result is None:
            raise NotFound("a result of this kind")
        return result

    def _latest(self, query: Query[AnalysisResult]) -> AnalysisResult | None:
        newest = first(self.repository, query.newest_first())
        if newest is None:
            return None
        of_window = query.where(field("window_end").equals(newest.entity.window.end))
        found = (newest, *everything(self.repository, of_window))
        return max((s.entity for s in found), key=lambda result: result.provenance.computed_at)
