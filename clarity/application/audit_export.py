"""The audit trail in one signed file, and the proof of such a file without the store."""

from collections.abc import Iterable, Iterator

import attrs

from clarity.application.audit_trail import records_of
from clarity.application.correlation import correlated
from clarity.application.known_people import KnownPeople
from clarity.domain.access import require_tenant
from clarity.domain.audit import AuditEvent, Operation
from clarity.domain.audit_export import (
    Chain,
    Signed,
    signed_line,
    unsigned_lines,
    verify_lines,
)
from clarity.domain.identity import Actor, CorrelationId, PatientRef, TenantId
from clarity.ports.audit import AuditFilter, AuditSink, AuditTrail
from clarity.ports.clock import Clock
from clarity.ports.heads import HeadSigner, HeadVerifier

__all__ = ["ExportTrail", "VerifyExport"]


@attrs.frozen(kw_only=True)
class ExportTrail:
    """
    Chains with their signed heads, over any size.

    The export is recorded in every chain before the chain is read; that record is its last one in
    the file.
    """

    trail: AuditTrail
    audit: AuditSink
    signer: HeadSigner
    clock: Clock
    people: KnownPeople

    @correlated
    def run(
        self,
        tenant: TenantId,
        *,
        patients: Iterable[PatientRef] | None,
        actor: Actor,
        correlation: CorrelationId,
    ) -> Iterator[bytes]:
        """
        The lines of the file, made while they are consumed.

        Args:
            tenant: whose trail.
            patients: whose chains; None for everybody's in the tenant.
            actor: who asks.
            correlation: ties the records of the export together.

        Raises:
            NotAllowed: the actor acts for another tenant.
            PatientUnknown: nothing was ever stored of one of the patients.
            BrokenChain: a chain was tampered with; nothing is signed then.
            PortError: the trail cannot be read or written, or the key not used.
        """
        require_tenant(actor, tenant)
        wanted = self.trail.patients(tenant) if patients is None else tuple(patients)
        for patient in wanted:
            require_tenant(actor, patient.tenant)
            self.people.require(
                patient, Operation.AUDIT_REPORT, actor=actor, correlation=correlation
            )
        chains = (self._chain(patient, actor, correlation) for patient in wanted)
        return self._lines(tenant, chains)

    def public_key(self) -> bytes:
        """The public half of the key, PEM, for those who verify."""
        return self.signer.public_key()

    def _lines(self, tenant: TenantId, chains: Iterable[Chain]) -> Iterator[bytes]:
        statement = yield from unsigned_lines(tenant, chains, at=self.clock.now())
        yield signed_line(statement, self.signer.sign(statement.message))

    def _chain(self, patient: PatientRef, actor: Actor, correlation: CorrelationId) -> Chain:
        last = self.audit.append(
            AuditEvent(
                actor=actor,
                patient=patient,
                operation=Operation.AUDIT_REPORT,
                touched=(),
                correlation=correlation,
                at=self.clock.now(),
            )
        )
        wanted = AuditFilter(tenant=patient.tenant, patient=patient)
        return Chain(patient, last.head, records_of(self.trail, wanted))


@attrs.frozen
class VerifyExport:
    """Proves an exported trail with nothing but the public key; no store is needed."""

    verifier: HeadVerifier

    def run(self, lines: Iterable[bytes], *, public_key: bytes) -> Signed:
        """
        What was signed about the file and its heads, after every line of it was checked.

        Raises:
            BrokenExport: the file was changed; names the line.
            NotSigned: the signature is not by that key.
            BadHeadKey: `public_key` is no key.
        """
        signed = verify_lines(lines)
        self.verifier.require(
            signed.statement.message, signature=signed.signature, public_key=public_key
        )
        return signed
