"""The audit trail: append what only looked, read back what happened."""

from abc import abstractmethod
from datetime import datetime
from typing import Final, Protocol, runtime_checkable

import attrs

from clarity.domain.audit import AuditEvent, AuditRecord, ChainHead
from clarity.domain.exact import WrongType, exactly_typed, is_unicode, require
from clarity.domain.identity import PatientRef, TenantId
from clarity.domain.timeline import NaiveTime

__all__ = [
    "AuditFilter",
    "AuditPage",
    "AuditSink",
    "AuditTrail",
    "check_append",
    "check_records",
]

MAX_RECORDS: Final = 1_000
"""Most records of one page."""


def _aware_or_none(
    _: object, attribute: "attrs.Attribute[datetime | None]", value: datetime | None
) -> None:
    if value is not None and value.tzinfo is None:
        raise NaiveTime(attribute.name)


def _unicode_or_none(
    _: object, attribute: "attrs.Attribute[str | None]", value: str | None
) -> None:
    if value is not None and not is_unicode(value):
        raise WrongType(f"AuditFilter.{attribute.name}", "Unicode text")


@attrs.frozen(kw_only=True, field_transformer=exactly_typed)
class AuditFilter:
    """
    Which records of a tenant; every attribute that is set must match.

    Attributes:
        tenant: whose trail.
        patient: about whom; None for all.
        actor: by whom (`Actor.id`); None for all.
        entity: records that touched this entity (text of its key); None for all.
        since: at or after, aware; None from the beginning.
        until: before, aware; None to the end.

    Raises:
        WrongType: a field was given a value of another type, or text that is no Unicode.
        NaiveTime: a time has no zone.
        ValueError: the patient belongs to another tenant.
    """

    tenant: TenantId
    patient: PatientRef | None = None
    actor: str | None = attrs.field(default=None, validator=_unicode_or_none)
    entity: str | None = attrs.field(default=None, validator=_unicode_or_none)
    since: datetime | None = attrs.field(default=None, validator=_aware_or_none)
    until: datetime | None = attrs.field(default=None, validator=_aware_or_none)

    def __attrs_post_init__(self) -> None:
        """A patient belongs to the tenant that is asked for."""
        if self.patient is not None and self.patient.tenant != self.tenant:
            raise ValueError("the patient belongs to another tenant")


@attrs.frozen
class AuditPage:
    """Records ordered by patient, then by place in the chain, and where the next page starts."""

    records: tuple[AuditRecord, ...]
    cursor: str | None


def check_append(event: AuditEvent) -> None:
    """
    Nothing, when it is an event.

    Raises:
        WrongType: it is none.
    """
    require(event, AuditEvent, "the event")


def check_records(wanted: AuditFilter, limit: int) -> None:
    """
    Nothing, when a trail can be asked for such a page.

    Raises:
        ValueError: the limit is out of range.
        WrongType: one of them is of another type.
    """
    require(wanted, AuditFilter, "the filter")
    require(limit, int, "the limit")
    if not 1 <= limit <= MAX_RECORDS:
        raise ValueError(f"a page holds 1 to {MAX_RECORDS} records, not {limit}")


@runtime_checkable
class AuditSink(Protocol):
    """Takes events that come with no change of data: reads, reports, exports."""

    __slots__ = ()

    @abstractmethod
    def append(self, event: AuditEvent) -> AuditRecord:
        """
        The event as the next record of its patient's chain, durable before this returns.

        Raises:
            WrongType: it is no event.
            Unavailable, TimedOut, Throttled: nothing is known; the caller must not go on.
        """
        ...


@runtime_checkable
class AuditTrail(Protocol):
    """Reads back what happened."""

    __slots__ = ()

    @abstractmethod
    def records(self, wanted: AuditFilter, *, limit: int, cursor: str | None) -> AuditPage:
        """
        At most `limit` (1 to 1,000) matching records after `cursor`, as they are stored.

        Nothing is verified here: `verify_chain` does that over the records of one patient. What is
        stored in a form that no record has is a record with an empty body and an empty hash, at the
        number that it is stored under. The pages, followed to the end, hold every matching record
        exactly once.

        Raises:
            ValueError: the limit is out of range.
            WrongType: the filter is none, or the limit is no whole number.
            BadCursor: the cursor was changed, is older than a day, or belongs to another filter.
            UnreadableRecord: whether a record matches can only be told from its body.
            Unavailable, TimedOut, Throttled: nothing is known.
        """
        ...

    @abstractmethod
    def head(self, patient: PatientRef) -> ChainHead:
        """
        The head of the patient's chain as the store keeps it; length 0 when there is none.

        Raises:
            Corrupt: it is stored in a form that no head has.
            Unavailable, TimedOut, Throttled: nothing is known.
        """
        ...

    @abstractmethod
    def patients(self, tenant: TenantId) -> tuple[PatientRef, ...]:
        """
        Everyone in the tenant who has a chain, in order.

        Raises:
            Corrupt: what tells of them names nobody.
            Unavailable, TimedOut, Throttled: nothing is known.
        """
        ...
