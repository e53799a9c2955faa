"""Where entities live: read, query, and change together with their audit record or not at all."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol, TypeVar, runtime_checkable

import attrs

from clarity.domain.audit import ChainHead, Operation
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.ports.entities import Entity, Key
from clarity.ports.query import Page, Query, Stored

__all__ = ["MAX_CHANGES", "Change", "Committed", "Delete", "Evidence", "Put", "Repository"]

E = TypeVar("E", bound=Entity)

MAX_CHANGES: Final = 90
"""Most changes in one commit; leaves room for the audit and idempotency items of a transaction."""


@attrs.frozen
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
    expires_at: datetime | None = None


@attrs.frozen
class Delete:
    """Remove the entity under `key`, which must be at version `based_on`."""

    key: Key
    based_on: int = attrs.field(validator=attrs.validators.ge(1))


Change = Put | Delete


@attrs.frozen(kw_only=True)
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
    at: datetime
    idempotency_key: str = ""
    request_digest: str = ""


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
    absent for every method, however late they are really removed.
    """

    __slots__ = ()

    @abstractmethod
    def get(self, owner: PatientRef, key: Key) -> Stored[Entity]:
        """
        The entity under `key`, as last committed.

        Raises:
            NotFound: there is none, or it has expired.
            Corrupt: the stored bytes are damaged.
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
            BadCursor: the cursor was changed or belongs to another query or tenant.
            Corrupt, Unavailable, TimedOut, Throttled: as for `get`.
        """
        ...

    @abstractmethod
    def commit(self, changes: Sequence[Change], *, evidence: Evidence) -> Committed:
        """
        All changes, one audit record and the idempotency record, or none of them.

        The same idempotency key with the same request digest gives the first answer again and
        changes nothing; keys are remembered for 7 days. A commit without changes still leaves its
        audit record.

        Raises:
            AlreadyExists: `based_on` is 0 and the key is taken.
            StaleVersion: another version is stored; carries the current one (0 = none).
            IdempotencyMismatch: the key was used for another request.
            TooLarge: more than 90 changes, or more bytes than the store takes at once.
            ValueError: two changes name one key.
            Unavailable, TimedOut, Throttled: nothing is known; repeat with the same key.
        """
        ...
