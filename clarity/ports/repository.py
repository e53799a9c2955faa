"""Where entities live: read, query, and change together with their audit record or not at all."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol, TypeVar, runtime_checkable

import attrs

from clarity.domain.audit import AuditEvent, ChainHead, Operation, Touched
from clarity.domain.exact import WrongType, exactly_typed, is_unicode, require
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.domain.timeline import NaiveTime, in_utc
from clarity.ports.entities import Entity, EntitySpec, Key, spec_for, spec_of
from clarity.ports.errors import TooLarge
from clarity.ports.query import (
    ALWAYS,
    Expression,
    Page,
    Query,
    Stored,
    check_condition,
)

__all__ = [
    "MAX_CHANGES",
    "Change",
    "Committed",
    "Delete",
    "Evidence",
    "Put",
    "Repository",
    "Upsert",
    "check_commit",
    "check_evidence",
    "check_get",
    "check_query",
]

E = TypeVar("E", bound=Entity)

MAX_CHANGES: Final = 90
"""Most changes in one commit; leaves room for the audit and idempotency items of a transaction."""


def _in_calendar(_: object, attribute: "attrs.Attribute[datetime]", value: datetime) -> None:
    in_utc(attribute.name, value)


def _aware_or_none(
    _: object, attribute: "attrs.Attribute[datetime | None]", value: datetime | None
) -> None:
    if value is not None and value.tzinfo is None:
        raise NaiveTime(attribute.name)


def _unicode(instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not is_unicode(value):
        raise WrongType(f"{type(instance).__name__}.{attribute.name}", "Unicode text")


@attrs.frozen(field_transformer=exactly_typed)
class Put:
    """
    Store an entity under its key.

    Attributes:
        entity: what to store.
        based_on: the version that was read; 0 when there must be none yet.
        expires_at: from when on it is gone, aware; None = never.
    """

    entity: Entity
    based_on: int = attrs.field(validator=attrs.validators.ge(0))
    expires_at: datetime | None = attrs.field(default=None, validator=_aware_or_none)


@attrs.frozen(field_transformer=exactly_typed)
class Upsert:
    """
    Store an entity where there is none, or instead of one that meets a condition.

    `Upsert(result, when=field("computed_at") < result.provenance.computed_at)` keeps the newer one.

    Attributes:
        entity: what to store.
        when: what must hold of the entity that is stored, if there is one; checked against the
            fields of its kind when the change is built. Without terms the last writer wins.
        expires_at: from when on it is gone, aware; None = never.
    """

    entity: Entity
    when: Expression = ALWAYS
    expires_at: datetime | None = attrs.field(default=None, validator=_aware_or_none)

    def __attrs_post_init__(self) -> None:
        """The condition can be asked by any store."""
        check_condition(self.when, spec_of(type(self.entity)))


@attrs.frozen(field_transformer=exactly_typed)
class Delete:
    """Remove the entity under `key`, which must be at version `based_on`."""

    key: Key
    based_on: int = attrs.field(validator=attrs.validators.ge(1))


Change = Put | Upsert | Delete


def check_get(owner: PatientRef, key: Key) -> EntitySpec:
    """
    The spec of what is asked for, when a store can be asked.

    Raises:
        BadKey: the key is of no kind of entity.
        WrongType: one of them is of another type.
    """
    require(owner, PatientRef, "the owner")
    return spec_for(key)


def check_query(query: Query[E]) -> EntitySpec:
    """
    The spec of what is asked for, when a store can be asked.

    Raises:
        WrongType: it is no query.
    """
    require(query, Query, "the query")
    return spec_of(query.entity)


def check_evidence(evidence: "Evidence") -> None:
    """
    Nothing, when it is evidence.

    Raises:
        WrongType: it is none.
    """
    require(evidence, Evidence, "the evidence")


def check_commit(changes: Sequence[Change], evidence: "Evidence") -> None:
    """
    Nothing, when these can be one commit as far as no store need be asked.

    Raises:
        TooLarge: there are too many changes.
        WrongType: something among them is no change, they are no sequence, or the evidence is none.
    """
    check_evidence(evidence)
    if not isinstance(changes, Sequence):
        raise WrongType("the changes", "Sequence[Put | Upsert | Delete]")
    if len(changes) > MAX_CHANGES:
        raise TooLarge("one commit, changes,", MAX_CHANGES, len(changes))
    if not all(isinstance(change, Change) for change in changes):
        raise WrongType("one of the changes", "Put | Upsert | Delete")


@attrs.frozen(kw_only=True, field_transformer=exactly_typed)
class Evidence:
    """
    Who changes whose data and why; becomes the audit record of the commit.

    Attributes:
        idempotency_key: names the request within the tenant; empty for none.
        request_digest: SHA-256 (hex) of the request's content, compared when the key comes again.
    """

    actor: Actor
    patient: PatientRef
    operation: Operation
    correlation: CorrelationId
    at: datetime = attrs.field(validator=_in_calendar)
    idempotency_key: str = attrs.field(default="", validator=_unicode)
    request_digest: str = attrs.field(default="", validator=_unicode)

    def event(self, touched: Sequence[Touched]) -> AuditEvent:
        """What the audit record tells when `touched` is what changed."""
        return AuditEvent(
            actor=self.actor,
            patient=self.patient,
            operation=self.operation,
            touched=tuple(touched),
            correlation=self.correlation,
            at=self.at,
        )


@attrs.frozen
class Committed:
    """
    What a commit did.

    Attributes:
        versions: the new version per change, in order; 0 for a deletion.
        head: the patient's audit chain, ending in the record of this commit.
    """

    versions: tuple[int, ...]
    head: ChainHead


@runtime_checkable
class Repository(Protocol):
    """
    Entities of patients, versioned, with an audit record for every change.

    Nothing of one patient is ever visible through another's `PatientRef`. Expired entities are
    absent for every method, however late they are really removed. Versions count 1, 2, ... from
    when the entity was created; one that was deleted or has expired starts again at 1.

    What `EntitySpec.unique` names, no two patients of a tenant ever have alike. It is taken, kept
    and let go of together with the entity that has it: in the same commit, or when that expires.
    """

    __slots__ = ()

    @abstractmethod
    def get(self, owner: PatientRef, key: Key) -> Stored[Entity]:
        """
        The entity under `key`, as last committed.

        Raises:
            BadKey: the key is of no kind of entity.
            WrongType: the owner is none, or the key.
            NotFound: there is none, or it has expired.
            DamagedEntity: the stored bytes are damaged.
            Corrupt: what is kept beside them is: its key, version, expiry or digest.
            TooNew: a later clarity wrote it.
            Unavailable, TimedOut, Throttled: nothing is known.
        """
        ...

    @abstractmethod
    def query(self, query: Query[E]) -> Page[E]:
        """
        One page of the answer, in key order.

        The pages of a query, followed to the end while nothing is written, hold every matching
        entity exactly once; an entity that exists throughout is never lost to concurrent writes.

        Raises:
            WrongType: it is no query.
            BadCursor: the cursor was changed, is older than a day, or belongs to another query or
                tenant. Another page size is no other query.
            DamagedEntity, Corrupt, TooNew, Unavailable, TimedOut, Throttled: as for `get`.
        """
        ...

    @abstractmethod
    def commit(self, changes: Sequence[Change], *, evidence: Evidence) -> Committed:
        """
        All changes, one audit record and the idempotency record, or none of them.

        The same idempotency key with the same request digest gives the first answer again and
        changes nothing; keys are remembered for 7 days, per tenant, and belong to the patient of
        their first use. A commit that is refused remembers nothing. A commit without changes still
        leaves its audit record. The record names the changed entities in the order of the changes,
        with SHA-256 of their stored content before and after. An upsert goes by what is stored at
        the moment of the commit, so of writers at once each sees what the one before it stored. One
        without terms reads nothing of it, and so replaces what is damaged too.

        Raises:
            AlreadyExists: `based_on` is 0 and the key is taken; carries the current version. Or
                another patient of the tenant has what must be unique, which is then named and
                nothing is said of whom or what.
            StaleVersion: another version is stored, or what is stored does not meet the condition
                of an upsert; carries the current version (0 = none). Of several conflicts the
                first in the order of the changes is told, of one change that of its version.
            IdempotencyMismatch: the key was used for another request or patient.
            BadKey: a deletion's key is of no kind of entity.
            Corrupt: the version, expiry or digest of what would be replaced cannot be read.
            WrongType: something among the changes is none, or the evidence; nothing was written.
                What is of another type in a change or in an entity is refused so where that is
                built.
            TooLarge: more than 90 changes, or more bytes than the store takes at once.
            ValueError: two changes name one key, or an entity holds what cannot be stored (text
                that is no Unicode).
            NamelessZone: a time of an entity is in a zone without a name; nothing was written.
            Unavailable, TimedOut, Throttled: nothing is known; repeat with the same key.
        """
        ...
