"""Who may touch whose data: one rule set, applied by every use case."""

from typing import ClassVar

import attrs

from clarity.domain.errors import DomainError
from clarity.domain.identity import Actor, PatientRef, TenantId

__all__ = ["NotAllowed", "require_patient", "require_tenant"]


@attrs.define(eq=False)
class NotAllowed(DomainError):
    """The actor may not touch this data."""

    code: ClassVar[str] = "access.not-allowed"
    actor: str
    tenant: TenantId

    def __str__(self) -> str:
        return f"{self.actor} does not act for tenant {self.tenant}; sign in with that tenant"


def require_patient(actor: Actor, patient: PatientRef) -> None:
    """
    Hold when `actor` acts for the tenant of `patient`.

    Raises:
        NotAllowed: the patient belongs to another tenant.
    """
    require_tenant(actor, patient.tenant)


def require_tenant(actor: Actor, tenant: TenantId) -> None:
    """
    Hold when `actor` acts for `tenant`.

    Raises:
        NotAllowed: the actor acts for another tenant.
    """
    if actor.tenant != tenant:
        raise NotAllowed(actor.id, tenant)
