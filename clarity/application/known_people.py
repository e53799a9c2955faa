"""Who is unknown is refused, and asking for them does not make them known."""

from typing import ClassVar

import attrs

from clarity.domain.access import is_person, tenant_subject
from clarity.domain.audit import AuditEvent, Operation
from clarity.domain.errors import DomainError
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.ports.audit import AuditSink, AuditTrail
from clarity.ports.clock import Clock

__all__ = ["KnownPeople", "PatientUnknown"]


@attrs.define(eq=False)
class PatientUnknown(DomainError):
    """Nothing was ever stored of a person of that id."""

    code: ClassVar[str] = "patient.unknown"

    def __str__(self) -> str:
        return (
            "nobody of that id is known in this store and tenant; check the id, in which capital "
            "letters count, the tenant and the store"
        )


@attrs.frozen
class KnownPeople:
    """Knows everybody who has an audit chain, which begins when something of them is stored."""

    trail: AuditTrail
    audit: AuditSink
    clock: Clock

    def require(
        self, patient: PatientRef, asked: Operation, *, actor: Actor, correlation: CorrelationId
    ) -> None:
        """
        Hold when `patient` is known; reserved subjects are.

        Otherwise that somebody asked for an unknown person is recorded in the chain of the tenant,
        without the id, which may be anything.

        Raises:
            PatientUnknown: nothing was ever stored of them.
            PortError: the trail cannot be read or written.
        """
        if self.knows(patient):
            return
        self.audit.append(
            AuditEvent(
                actor=actor,
                patient=tenant_subject(patient.tenant),
                operation=asked,
                touched=(),
                correlation=correlation,
                at=self.clock.now(),
            )
        )
        raise PatientUnknown

    def knows(self, patient: PatientRef) -> bool:
        """
        Whether something was ever stored of the patient.

        Raises:
            PortError: the trail cannot be read.
        """
        return not is_person(patient) or self.trail.head(patient).seq > 0
