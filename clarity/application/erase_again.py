"""Whom a backup from before their erasure brought back, erased again."""

from datetime import datetime

import attrs

from clarity.application.anchors import Anchors
from clarity.application.correlation import correlated
from clarity.application.erase import ErasePatient
from clarity.domain.access import Deed, require_purpose, require_tenant
from clarity.domain.identity import Actor, CorrelationId, PatientRef, TenantId
from clarity.ports.audit import AuditTrail

__all__ = ["EraseAgain", "ErasedAgain"]


@attrs.frozen(kw_only=True)
class ErasedAgain:
    """
    Whom a restore had brought back.

    Attributes:
        patients: they are erased again.
        known_until: when the ledger was last signed; later erasures are not known. None when
            nothing was signed, so that nobody is known to have been erased.
    """

    patients: tuple[PatientRef, ...]
    known_until: datetime | None


@attrs.frozen(kw_only=True)
class EraseAgain:
    """
    Holds a store to the tombstones of the signed ledger; for right after a restore.

    Somebody whose chain ends before their signed tombstone is back as they were before it. Once
    the store is in use again this is not asked any more, since they may have come back themselves.
    """

    erase: ErasePatient
    trail: AuditTrail
    anchors: Anchors

    @correlated
    def run(self, tenant: TenantId, *, actor: Actor, correlation: CorrelationId) -> ErasedAgain:
        """
        Nothing is held of anybody in `tenant` whose erasure was signed and is not in their chain.

        Interrupted, the same call again continues.

        Raises:
            NotAllowed: the actor acts for another tenant.
            WrongPurpose: nobody is erased for that purpose.
            BrokenLedger, NotSigned: the ledger cannot be relied on.
            PortError: a store, the trail or the ledger refused.
        """
        require_tenant(actor, tenant)
        require_purpose(actor, Deed.ERASE)
        ledger = self.anchors.ledger_of(tenant)
        back = tuple(
            patient
            for patient, seq in sorted(ledger.erased.items())
            if self.trail.head(patient).seq < seq
        )
        for patient in back:
            self.erase.run(patient, actor=actor, correlation=correlation)
        return ErasedAgain(patients=back, known_until=ledger.signed_at)
