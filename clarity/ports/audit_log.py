"""Where audit records are told outside the store, and which of them are still to be told."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Final, Protocol, runtime_checkable

import attrs

from clarity.domain.audit import AuditRecord
from clarity.domain.audit_log import LogEntry
from clarity.domain.identity import PatientRef

__all__ = ["MAX_DUE", "AuditLog", "AuditOutbox", "Due"]

MAX_DUE: Final = 10_000
"""Most records that an outbox gives at once."""


@attrs.frozen
class Due:
    """A record that is still to be told, and whose chain it is from."""

    patient: PatientRef
    record: AuditRecord


@runtime_checkable
class AuditLog(Protocol):
    """A log outside the store: a projection of the audit trail, never the trail itself."""

    __slots__ = ()

    @abstractmethod
    def write(self, entries: Sequence[LogEntry]) -> int:
        """
        How many of the first `entries` are in the log now, as many as one request of it holds.

        At least one, unless there are none. They stand in the order given, which is by time. What
        is written again is there again, under the same id. An entry whose time the log does not
        take is there under the nearest time that it does take; its text has the true one.

        Raises:
            Throttled, Unavailable, TimedOut: nothing is known of them; write them again.
            Denied, Unexpected: the log does not take them; the text says what to do.
        """
        ...


@runtime_checkable
class AuditOutbox(Protocol):
    """
    Which records are still to be told: for each chain those behind its mark.

    The chains are the outbox, so a record is in it from the moment that it exists, and nothing is
    ever taken out of it but by its mark.
    """

    __slots__ = ()

    @abstractmethod
    def due(self, *, limit: int) -> tuple[Due, ...]:
        """
        At most `limit` (1 to 10,000) records of any tenant, as they are stored.

        Of one chain they come in order and begin with the first behind the mark. A record may be
        due a moment later than it is written, and is then due until it is marked. Nothing is given
        only when nothing is known to be due; a damaged chain holds up no other. A record that
        cannot be read is due like any other (`AuditTrail.records`).

        Raises:
            ValueError: the limit is out of range.
            Corrupt: nothing is due but what a chain holds whose head or mark cannot be read, or
                whose head tells of records that are not there.
            Unavailable, TimedOut, Throttled: nothing is known.
        """
        ...

    @abstractmethod
    def mark(self, told: Mapping[PatientRef, int]) -> None:
        """
        Each of these chains is told up to that place, durable before this returns.

        A mark never goes back; a place beyond the end of its chain is passed over.

        Raises:
            Unavailable, TimedOut, Throttled: some marks may be set and others not.
        """
        ...
