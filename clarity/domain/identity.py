"""Who: tenants, patients, actors and the correlation of what they do."""

from enum import StrEnum
from typing import ClassVar, Final

import attrs

from clarity.domain.errors import DomainError
from clarity.domain.exact import exactly_typed

__all__ = [
    "Actor",
    "BadIdentifier",
    "CorrelationId",
    "PatientId",
    "PatientRef",
    "Purpose",
    "Role",
    "TenantId",
]

MAX_ID_LENGTH: Final = 128


@attrs.define(eq=False)
class BadIdentifier(DomainError):
    """An id is empty, too long, or holds characters that cannot be shown."""

    code: ClassVar[str] = "identity.bad-identifier"
    what: str
    problem: str

    def __str__(self) -> str:
        return (
            f"{self.what} {self.problem}; "
            f"give 1 to {MAX_ID_LENGTH} printable characters without spaces at the ends"
        )


def _problem(value: object) -> str:
    if not isinstance(value, str):
        return "is not text"
    if not value:
        return "is empty"
    if len(value) > MAX_ID_LENGTH:
        return f"has {len(value)} characters"
    if value != value.strip():
        return "begins or ends with a space"
    if not value.isprintable():
        return "holds a character that cannot be printed"
    return ""


def _checked(instance: object, _: "attrs.Attribute[str]", value: str) -> None:
    problem = _problem(value)
    if problem:
        raise BadIdentifier(type(instance).__name__, problem)


def _reason(_: object, __: "attrs.Attribute[str]", value: str) -> None:
    problem = _problem(value)
    if problem and value != "":
        raise BadIdentifier("the reason to break glass", problem)


@attrs.frozen(order=True)
class TenantId:
    """The organization that holds the data."""

    value: str = attrs.field(validator=_checked)

    def __str__(self) -> str:
        return self.value


@attrs.frozen(order=True)
class PatientId:
    """The person whom the data is about, as the tenant names them."""

    value: str = attrs.field(validator=_checked, repr=False)

    def __str__(self) -> str:
        return self.value


@attrs.frozen(order=True, field_transformer=exactly_typed)
class PatientRef:
    """One person in one tenant: the owner of streams, results and an audit chain."""

    tenant: TenantId
    patient: PatientId


@attrs.frozen
class CorrelationId:
    """What ties together everything done for one request."""

    value: str = attrs.field(validator=_checked)

    def __str__(self) -> str:
        return self.value


class Purpose(StrEnum):
    """Why health data is touched (HL7 PurposeOfUse, shortened to what clarity does)."""

    TREATMENT = "treatment"
    RESEARCH = "research"
    OPERATIONS = "operations"
    PATIENT_REQUEST = "patient-request"


class Role(StrEnum):
    """What somebody is to a store: one of a tenant's people, or who runs it for all tenants."""

    MEMBER = "member"
    OPERATOR = "operator"


@attrs.frozen(kw_only=True, field_transformer=exactly_typed)
class Actor:
    """
    Who acts, for which tenant and why; every use case takes one.

    Whoever makes an actor vouches for it: clarity does not ask for passwords.

    Attributes:
        id: who.
        tenant: for which organization.
        purpose: why; `clarity.domain.access` says what not every purpose allows.
        role: an operator may do what concerns a whole store, and sees no more data for that.
        break_glass: why the actor must see data even while the trail cannot be written; empty for
            who need not. It goes into every record of the actor and names no health data.

    Raises:
        WrongType: a field was given a value of another type; a text is no purpose and no role.
        BadIdentifier: the id, or the reason to break glass, cannot be shown.
    """

    id: str = attrs.field(validator=_checked)
    tenant: TenantId
    purpose: Purpose
    role: Role = Role.MEMBER
    break_glass: str = attrs.field(default="", validator=_reason, repr=False)
