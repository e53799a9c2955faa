"""Who may touch whose data and what for: one rule set, applied by every use case."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

import attrs

from clarity.domain.errors import DomainError
from clarity.domain.identity import Actor, PatientId, PatientRef, Purpose, Role, TenantId

__all__ = [
    "PURPOSES",
    "RESERVED",
    "Deed",
    "NotAllowed",
    "NotOperator",
    "ReservedSubject",
    "WrongPurpose",
    "is_person",
    "require_operator",
    "require_patient",
    "require_purpose",
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


class Deed(StrEnum):
    """What not every purpose allows."""

    EXPORT = "handing out everything about a person"
    ERASE = "erasing a person"
    PURGE = "applying rules of retention"
    KEEP = "copying, checking or restoring a store"
    BREAK_GLASS = "breaking glass"


PURPOSES: Final[Mapping[Deed, frozenset[Purpose]]] = MappingProxyType(
    {
        Deed.EXPORT: frozenset({Purpose.PATIENT_REQUEST, Purpose.TREATMENT}),
        Deed.ERASE: frozenset({Purpose.PATIENT_REQUEST, Purpose.OPERATIONS}),
        Deed.PURGE: frozenset({Purpose.OPERATIONS}),
        Deed.KEEP: frozenset({Purpose.OPERATIONS}),
        Deed.BREAK_GLASS: frozenset({Purpose.TREATMENT}),
    }
)
"""What each of them may be done for; everything else may be done for every purpose."""


@attrs.define(eq=False)
class NotAllowed(DomainError):
    """The actor may not touch this data."""

    code: ClassVar[str] = "access.not-allowed"
    actor: str
    tenant: TenantId

    def __str__(self) -> str:
        return f"{self.actor} does not act for tenant {self.tenant}; sign in with that tenant"


@attrs.define(eq=False)
class NotOperator(DomainError):
    """What concerns every tenant of a store is not for the people of one."""

    code: ClassVar[str] = "access.not-operator"
    actor: str

    def __str__(self) -> str:
        return (
            f"{self.actor} does not run this store, and this concerns all of its tenants; "
            f"let an operator do it (on the command line: --role operator)"
        )


@attrs.define(eq=False)
class WrongPurpose(DomainError):
    """The purpose does not cover what was asked for."""

    code: ClassVar[str] = "access.wrong-purpose"
    deed: Deed
    purpose: Purpose

    def __str__(self) -> str:
        allowed = " or ".join(sorted(PURPOSES[self.deed]))
        return (
            f"{self.deed} is for {allowed}, not for {self.purpose}; "
            f"state the purpose if it is one of them (on the command line: --purpose)"
        )


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


def require_purpose(actor: Actor, deed: Deed) -> None:
    """
    Hold when the purpose of `actor` covers `deed`.

    Raises:
        WrongPurpose: it does not.
    """
    if actor.purpose not in PURPOSES[deed]:
        raise WrongPurpose(deed, actor.purpose)


def require_operator(actor: Actor) -> None:
    """
    Hold when `actor` runs the store and acts in order to run it.

    Raises:
        NotOperator: the actor is one of a tenant's people.
        WrongPurpose: an operator acts for something else.
    """
    if actor.role is not Role.OPERATOR:
        raise NotOperator(actor.id)
    require_purpose(actor, Deed.KEEP)
