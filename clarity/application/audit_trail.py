"""Ask the audit trail, and prove that it is whole."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from clarity.application.anchors import Anchors
from clarity.application.correlation import correlated
from clarity.application.known_people import KnownPeople
from clarity.domain.access import require_tenant, tenant_subject
from clarity.domain.audit import (
    AuditEvent,
    AuditRecord,
    BrokenChain,
    ChainHead,
    Operation,
    verify_chain,
)
from clarity.domain.identity import Actor, CorrelationId, PatientRef, TenantId
from clarity.domain.signed_heads import SignedHead
from clarity.ports.audit import AuditFilter, AuditSink, AuditTrail
from clarity.ports.clock import Clock
from clarity.ports.errors import Corrupt

__all__ = ["AuditReport", "ChainVerdict", "VerifyTrail", "proved_head", "records_of", "stored_head"]

PAGE = 500
"""Records read at once."""


@attrs.frozen
class AuditReport:
    """Everything that matches a filter, over any size; the report itself is audited."""

    trail: AuditTrail
    audit: AuditSink
    clock: Clock
    people: KnownPeople

    @correlated
    def run(
        self, wanted: AuditFilter, *, actor: Actor, correlation: CorrelationId
    ) -> Iterator[AuditRecord]:
        """
        The matching records, read page by page while they are consumed.

        The report is recorded before the first record is given: one about a patient in that
        patient's chain, any other in the chain of the tenant.

        Raises:
            NotAllowed: the actor acts for another tenant.
            PatientUnknown: nothing was ever stored of the patient who is asked for.
            PortError: the trail cannot be read or written.
        """
        require_tenant(actor, wanted.tenant)
        if wanted.patient is not None:
            self.people.require(
                wanted.patient, Operation.AUDIT_REPORT, actor=actor, correlation=correlation
            )
        self.audit.append(
            AuditEvent(
                actor=actor,
                patient=wanted.patient or tenant_subject(wanted.tenant),
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
        signed: up to which record it was compared with heads that were signed earlier, 0 for none.
    """

    patient: PatientRef
    records: int
    broken: BrokenChain | None
    signed: int = 0


@attrs.frozen
class VerifyTrail:
    """
    Recomputes every chain of a tenant; compares it with its head and those signed earlier.

    That it was done is recorded in the chain of the tenant before anything is said.
    """

    trail: AuditTrail
    anchors: Anchors
    audit: AuditSink
    clock: Clock

    @correlated
    def run(
        self,
        tenant: TenantId,
        *,
        actor: Actor,
        correlation: CorrelationId,
        against: Mapping[PatientRef, ChainHead] | None = None,
        public_key: bytes | None = None,
    ) -> tuple[ChainVerdict, ...]:
        """
        A verdict per patient, in order; also for one whose chain is gone and whose head was signed.

        Args:
            tenant: whose chains.
            actor: who asks.
            correlation: of the request.
            against: further heads that the chains must go through, as an earlier export has them.
            public_key: of those who signed the heads, PEM; None for the key of this store.

        Raises:
            NotAllowed: the actor acts for another tenant.
            BrokenLedger: the ledger of signed heads was changed.
            NotSigned: an entry of it is not signed by that key.
            PortError: the trail or the ledger cannot be read, or the trail not written.
        """
        require_tenant(actor, tenant)
        known = self.anchors.ledger_of(tenant, public_key).signed
        further = against or {}
        everybody = {*self.trail.patients(tenant), *known, *further}
        verdicts = tuple(
            _verdict(self.trail, patient, _heads(patient, known, further))
            for patient in sorted(everybody)
        )
        self._record(tenant, actor, correlation)
        return verdicts

    def _record(self, tenant: TenantId, actor: Actor, correlation: CorrelationId) -> None:
        self.audit.append(
            AuditEvent(
                actor=actor,
                patient=tenant_subject(tenant),
                operation=Operation.VERIFY,
                touched=(),
                correlation=correlation,
                at=self.clock.now(),
            )
        )


def _heads(
    patient: PatientRef,
    known: Mapping[PatientRef, SignedHead],
    further: Mapping[PatientRef, ChainHead],
) -> tuple[ChainHead, ...]:
    ours = (known[patient].head,) if patient in known else ()
    return (*ours, further[patient]) if patient in further else ours


def _verdict(trail: AuditTrail, patient: PatientRef, signed: Sequence[ChainHead]) -> ChainVerdict:
    furthest = max((head.seq for head in signed), default=0)
    try:
        reached = proved_head(trail, patient, signed)
    except BrokenChain as broken:
        return ChainVerdict(patient, broken.seq, broken, furthest)
    return ChainVerdict(patient, reached.seq, None, furthest)


def _unseen(record: AuditRecord) -> None:
    """Nobody is watching."""


def proved_head(
    trail: AuditTrail,
    patient: PatientRef,
    signed: Sequence[ChainHead],
    *,
    seen: Callable[[AuditRecord], None] = _unseen,
) -> ChainHead:
    """
    The head that the patient's records lead to, through the `signed` heads.

    Reads again while others are still appending.

    Args:
        trail: holds the records.
        patient: whose.
        signed: earlier heads that they must go through.
        seen: told of every record, in order; again from the first when it is read again.

    Raises:
        BrokenChain: the chain was tampered with.
        PortError: the trail cannot be read.
    """
    before = stored_head(trail, patient)
    reached = verify_chain(_watched(trail, patient, seen), signed=signed)
    after = stored_head(trail, patient)
    while reached != after != before:
        before = after
        reached = verify_chain(_watched(trail, patient, seen), signed=signed)
        after = stored_head(trail, patient)
    return verify_chain((), start=reached, head=after)


def stored_head(trail: AuditTrail, patient: PatientRef) -> ChainHead:
    """
    The head as the store keeps it.

    Raises:
        BrokenChain: it is damaged, which says nothing of any record, so of record 0.
        PortError: the trail cannot be read.
    """
    try:
        return trail.head(patient)
    except Corrupt as damaged:
        raise BrokenChain(0, "its head cannot be read") from damaged


def _watched(
    trail: AuditTrail, patient: PatientRef, seen: Callable[[AuditRecord], None]
) -> Iterator[AuditRecord]:
    for record in records_of(trail, AuditFilter(tenant=patient.tenant, patient=patient)):
        seen(record)
        yield record
