"""Audit chains and exported trails made for tests."""

from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clarity.adapters.signing.heads import Ed25519HeadVerifier, MemoryHeadSigner
from clarity.adapters.signing.ledger import MemoryHeadLedger
from clarity.application.anchors import Anchors
from clarity.domain.audit import AuditEvent, AuditRecord, ChainHead, Operation, Touched, chained
from clarity.domain.audit_export import Chain, signed_line, unsigned_lines
from clarity.domain.identity import Actor, CorrelationId, PatientId, PatientRef, Purpose, TenantId
from tests.support.clocks import START

CLINIC = TenantId("clinic")
SIGNER = MemoryHeadSigner(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def anchors() -> Anchors:
    """A ledger of signed heads without entries."""
    return Anchors(ledger=MemoryHeadLedger(), signer=SIGNER, verifier=Ed25519HeadVerifier())


def patient(name: str) -> PatientRef:
    return PatientRef(CLINIC, PatientId(name))


def records(count: int, *, of: PatientRef, actor: str = "nurse") -> list[AuditRecord]:
    """A chain of that many records."""
    head, found = ChainHead(), []
    for number in range(count):
        event = AuditEvent(
            actor=Actor(id=actor, tenant=of.tenant, purpose=Purpose.TREATMENT),
            patient=of,
            operation=Operation.READ,
            touched=(Touched(f"chunk/activity/2003-05-{number % 28 + 1:02}"),),
            correlation=CorrelationId(f"c-{number}"),
            at=START + timedelta(seconds=number),
        )
        found.append(chained(event, head))
        head = found[-1].head
    return found


def chain(name: str, count: int, *, actor: str = "nurse") -> Chain:
    made = records(count, of=patient(name), actor=actor)
    return Chain(patient(name), made[-1].head if made else ChainHead(), made)


def exported(*chains: Chain, signer: MemoryHeadSigner = SIGNER) -> list[bytes]:
    """The lines of an exported trail."""
    lines, making = [], unsigned_lines(CLINIC, chains, at=START)
    while True:
        try:
            lines.append(next(making))
        except StopIteration as end:
            return [*lines, signed_line(end.value, signer.sign(end.value.message))]
