"""Who may touch whose data: one rule set, applied by every use case."""

from typing import ClassVar, Final

import attrs

from clarity.domain.errors import DomainError
from clarity.domain.identity import Actor, PatientId, PatientRef, TenantId

__all__ = [
    "RESERVED",
    "NotAllowed",
    "ReservedSubject",
    "is_person",
    "require_patient",
    "require_tenant",
    "tenant_subject",
]

RESERVED: Final = "clarity:"
"""What the ids of subjects that are no people begin with, such as the registry of models."""

_TENANT: Final = PatientId(f"{RESERVED}tenant")


def tenant_subject(tenant: TenantId) -> PatientRef:
    """Whose chain tells of what is done to a tenant as a whole: reports, copies, retention."""
    return PatientRef(tenant, _TENANT)


def is_person(patient: PatientRef) -> bool:
    """Whether the id stands for a person, not for a reserved subject."""
    return not patient.patient.value.startswith(RESERVED)


@attrs.define(eq=False)
class NotAllowed(DomainError):
    """The actor may not touch this data."""

    code: ClassVar[str] = "access.not-allowed"
    actor: str
    tenant: TenantId

    def __str__(self) -> str:
        return f"{self.actor} does not act for tenant {self.tenant}; sign in with that tenant"


@attrs.define(eq=False)
class ReservedSubject(DomainError):
    """An id stands for no person."""

    code: ClassVar[str] = "access.reserved-subject"

    def __str__(self) -> str:
        return f"ids that begin with {RESERVED} are no people; choose another id"


def require_patient(actor: Actor, patient: PatientRef) -> None:
    """
    Hold when `actor` acts for the tenant of `patient`, who is a person.

    Raises:
        NotAllowed: the patient belongs to another tenant.
        ReservedSubject: the id stands for something else.
    """
    require_tenant(actor, patient.tenant)
    if not is_person(patient):
        raise ReservedSubject


def require_tenant(actor: Actor, tenant: TenantId) -> None:
    """
    Hold when `actor` acts for `tenant`.

    Raises:
        NotAllowed: the actor acts for another tenant.
    """
    if actor.tenant != tenant:
        raise NotAllowed(actor.id, tenant)
