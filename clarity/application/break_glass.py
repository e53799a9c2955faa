"""Data that must be seen while the trail is away: served, kept, alarmed, and made good."""

import logging
from typing import Final

import attrs

from clarity.domain.access import Deed, require_purpose
from clarity.domain.audit import AuditEvent, AuditRecord, ChainHead, Operation, Touched
from clarity.domain.identity import PatientRef, TenantId
from clarity.ports.audit import AuditFilter, AuditPage, AuditSink, AuditTrail
from clarity.ports.errors import Transient
from clarity.ports.ids import Ids
from clarity.ports.kept_evidence import KeptEvidence
from clarity.ports.metrics import Metrics

__all__ = ["KEPT_ASIDE", "MARK", "AuditedLooks", "RecoverEvidence", "RecoveredTrail"]

LOOKS: Final = frozenset({Operation.READ, Operation.PREDICT})
"""What is served: it changes nothing and copies nothing out of the store."""

MARK: Final = "break-glass/"
"""What the name that an event was given before its first try begins with."""

KEPT_ASIDE: Final = "kept-evidence"
"""What an event that the trail did not take at once touched besides."""

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class AuditedLooks:
    """
    Records that somebody looked, before they see anything.

    Attributes:
        audit: takes the record.
        kept: takes it while the trail cannot, from who broke glass.
        ids: names what may be tried twice.
        metrics: told of `break_glass_looks`, by the code of the error that the trail gave.
    """

    audit: AuditSink
    kept: KeptEvidence
    ids: Ids
    metrics: Metrics

    def append(self, event: AuditEvent) -> None:
        """
        The event is in the chain, or kept until it can be, from an actor who broke glass.

        Raises:
            WrongPurpose: glass is not broken for that purpose.
            PortError: the trail refused, and nobody broke glass or the place for that refused too;
                the caller must not go on.
        """
        if not event.actor.break_glass:
            self.audit.append(event)
            return
        require_purpose(event.actor, Deed.BREAK_GLASS)
        named = _touching(event, f"{MARK}{self.ids.correlation()}")
        try:
            self.audit.append(named)
        except Transient as refusal:
            if event.operation not in LOOKS:
                raise
            self._keep(named, refusal)

    def _keep(self, event: AuditEvent, refusal: Transient) -> None:
        self.kept.keep(_touching(event, KEPT_ASIDE))
        self.metrics.count("break_glass_looks", 1, labels={"code": refusal.code})
        _log.critical("break-glass-look", extra={"code": refusal.code, "patient": event.patient})


def _touching(event: AuditEvent, entity: str) -> AuditEvent:
    return attrs.evolve(event, touched=(*event.touched, Touched(entity)))


@attrs.frozen(kw_only=True)
class RecoverEvidence:
    """
    Appends what was kept to the chains where it belongs, each event once.

    It shows nothing to anybody, so it names no actor; the records name those who looked.

    Attributes:
        kept: where it waits.
        audit: takes it.
        trail: knows what was taken already.
        metrics: told of `break_glass_recovered`.
    """

    kept: KeptEvidence
    audit: AuditSink
    trail: AuditTrail
    metrics: Metrics

    def run(self) -> int:
        """
        Nothing waits any more; says how many events did.

        A record has the time at which somebody looked, however late it is appended.

        Raises:
            Corrupt: what was kept was changed; keep the file and move it away.
            PortError: the trail still cannot be written or read; what was not appended waits on.
        """
        recovered = self.kept.hand_over(self._put_back)
        if recovered:
            self.metrics.count("break_glass_recovered", recovered, labels={})
            _log.warning("break-glass-recovered", extra={"records": recovered})
        return recovered

    def _put_back(self, event: AuditEvent) -> None:
        (mark,) = (one.entity for one in event.touched if one.entity.startswith(MARK))
        patient = event.patient
        wanted = AuditFilter(tenant=patient.tenant, patient=patient, entity=mark)
        if not self.trail.records(wanted, limit=1, cursor=None).records:
            self.audit.append(event)


@attrs.frozen(kw_only=True)
class RecoveredTrail(AuditSink, AuditTrail):
    """A sink and a trail that do nothing before what was kept is in them."""

    sink: AuditSink
    trail: AuditTrail
    recover: RecoverEvidence

    def append(self, event: AuditEvent) -> AuditRecord:
        """See `AuditSink.append`."""
        self.recover.run()
        return self.sink.append(event)

    def records(self, wanted: AuditFilter, *, limit: int, cursor: str | None) -> AuditPage:
        """See `AuditTrail.records`."""
        self.recover.run()
        return self.trail.records(wanted, limit=limit, cursor=cursor)

    def head(self, patient: PatientRef) -> ChainHead:
        """See `AuditTrail.head`."""
        self.recover.run()
        return self.trail.head(patient)

    def patients(self, tenant: TenantId) -> tuple[PatientRef, ...]:
        """See `AuditTrail.patients`."""
        self.recover.run()
        return self.trail.patients(tenant)
