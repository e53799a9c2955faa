"""Ask the audit trail, and prove that it is whole."""

from collections.abc import Iterator

import attrs

from clarity.domain.access import require_tenant
from clarity.domain.audit import (
    AuditEvent,
    AuditRecord,
    BrokenChain,
    ChainHead,
    Operation,
    verify_chain,
)
from clarity.domain.identity import Actor, CorrelationId, PatientRef, TenantId
from clarity.ports.audit import AuditFilter, AuditSink, AuditTrail
from clarity.ports.clock import Clock

__all__ = ["AuditReport", "ChainVerdict", "VerifyTrail", "records_of"]

PAGE = 500
"""Records read at once."""


@attrs.frozen
class AuditReport:
    """Everything that matches a filter, over any size; the report itself is audited."""

    trail: AuditTrail
    audit: AuditSink
    clock: Clock

    def run(
        self, wanted: AuditFilter, *, actor: Actor, correlation: CorrelationId
    ) -> Iterator[AuditRecord]:
        """
        The matching records, read page by page while they are consumed.

        A report about one patient is recorded in that patient's chain before the first record is
        given.

        Raises:
            NotAllowed: the actor acts for another tenant.
            PortError: the trail cannot be read or written.
        """
        require_tenant(actor, wanted.tenant)
        if wanted.patient is not None:
            self.audit.append(
                AuditEvent(
                    actor=actor,
                    patient=wanted.patient,
                    operation=Operation.AUDIT_REPORT,
                    touched=(),
                    correlation=correlation,
                    at=self.clock.now(),
                )
            )
        return records_of(self.trail, wanted)


def records_of(trail: AuditTrail, wanted: AuditFilter) -> Iterator[AuditRecord]:
    """Everything that matches, read page by page while it is consumed."""
    page = trail.records(wanted, limit=PAGE, cursor=None)
    yield from page.records
    while page.cursor is not None:
        page = trail.records(wanted, limit=PAGE, cursor=page.cursor)
        yield from page.records


@attrs.frozen
class ChainVerdict:
    """
    What became of one patient's chain.

    Attributes:
        patient: whose chain.
        records: how many records it holds.
        broken: where and how it was changed, None when it is whole.
    """

    patient: PatientRef
    records: int
    broken: BrokenChain | None


@attrs.frozen
class VerifyTrail:
    """Recomputes every chain of a tenant and compares it with its head."""

    trail: AuditTrail

    def run(self, tenant: TenantId, *, actor: Actor) -> tuple[ChainVerdict, ...]:
        """
        A verdict per patient, in order.

        Raises:
            NotAllowed: the actor acts for another tenant.
            PortError: the trail cannot be read.
        """
        require_tenant(actor, tenant)
        return tuple(self._verdict(patient) for patient in self.trail.patients(tenant))

    def _verdict(self, patient: PatientRef) -> ChainVerdict:
        try:
            reached = self._recomputed(patient)
        except BrokenChain as broken:
            return ChainVerdict(patient, broken.seq, broken)
        return ChainVerdict(patient, reached.seq, None)

    def _recomputed(self, patient: PatientRef) -> ChainHead:
        """The head that the records lead to; reads again while others are still appending."""
        before = self.trail.head(patient)
        reached = verify_chain(records_of(self.trail, _everything_about(patient)))
        after = self.trail.head(patient)
        while reached != after != before:
            before = after
            reached = verify_chain(records_of(self.trail, _everything_about(patient)))
            after = self.trail.head(patient)
        return verify_chain((), start=reached, head=after)


def _everything_about(patient: PatientRef) -> AuditFilter:
    return AuditFilter(tenant=patient.tenant, patient=patient)
