"""
Who touched what, chained so that no record can be changed, removed or added unseen.

Record n holds a canonical JSON body and h(n) = SHA-256(h(n-1) || body), h(0) = 32 zero bytes. One
chain per patient. The body names entities and digests, never health data.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

import attrs

from clarity.domain.errors import DomainError
from clarity.domain.exact import WrongType, exactly_typed
from clarity.domain.identity import (
    Actor,
    CorrelationId,
    PatientId,
    PatientRef,
    Purpose,
    Role,
    TenantId,
)
from clarity.domain.timeline import in_utc

__all__ = [
    "GENESIS",
    "TOMBSTONE",
    "AuditEvent",
    "AuditRecord",
    "BrokenChain",
    "ChainHead",
    "Operation",
    "Touched",
    "UnreadableRecord",
    "chained",
    "is_tombstone",
    "verify_chain",
]

GENESIS: Final = bytes(32)
"""Hash before the first record of a chain."""

READ_ERRORS: Final = (
    DomainError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)  # what a body of another shape raises on its way into values


TOMBSTONE: Final = "tombstone"
"""What the record at the end of an erasure touched."""


class Operation(StrEnum):
    """What was done."""

    INGEST = "ingest"
    IMPORT_INTENT = "import-intent"
    IMPORT_DONE = "import-done"
    READ = "read"
    ANALYZE = "analyze"
    PREDICT = "predict"
    EXPORT = "export"
    ERASE = "erase"
    AUDIT_REPORT = "audit-report"
    MODEL_CHANGE = "model-change"
    BACKUP = "backup"
    RESTORE = "restore"
    CHECK = "check"
    PURGE = "purge"
    COUNT = "count"
    VERIFY = "verify"
    PROFILE_CHANGE = "profile-change"


@attrs.frozen
class Touched:
    """
    One entity that an operation read, wrote or deleted.

    Attributes:
        entity: its key in text, for example `chunk/activity/2003-05-07`.
        before: SHA-256 (hex) of the stored content before, empty when there was none.
        after: SHA-256 (hex) of the stored content after, empty when there is none.
    """

    entity: str
    before: str = ""
    after: str = ""


def _in_utc(time: datetime) -> datetime:
    if not isinstance(time, datetime):
        raise WrongType("AuditEvent.at", "datetime")
    return in_utc("at", time)


def _texts(
    _: object, __: "attrs.Attribute[tuple[Touched, ...]]", touched: tuple[Touched, ...]
) -> None:
    """Asked of all at once, since trails are read by the thousand."""
    try:
        "".join([text for one in touched for text in (one.entity, one.before, one.after)]).encode()
    except (TypeError, UnicodeEncodeError) as error:
        raise WrongType("AuditEvent.touched", "Unicode text") from error


@attrs.frozen(kw_only=True, field_transformer=exactly_typed)
class AuditEvent:
    """
    What happened, before it has a place in a chain; `at` is kept in UTC.

    Raises:
        WrongType: a field was given a value of another type, or what was touched is no Unicode.
        NaiveTime: `at` has no zone.
        OutsideCalendar: `at` is no instant in UTC.
    """

    actor: Actor
    patient: PatientRef
    operation: Operation
    touched: tuple[Touched, ...] = attrs.field(validator=_texts)
    correlation: CorrelationId
    at: datetime = attrs.field(converter=_in_utc)


@attrs.frozen
class ChainHead:
    """How long a chain is and the hash of its last record."""

    seq: int = 0
    hash: bytes = GENESIS


@attrs.frozen
class AuditRecord:
    """An event in its place: number in the chain, canonical body and hash."""

    seq: int
    body: bytes = attrs.field(repr=False)
    hash: bytes

    @property
    def head(self) -> ChainHead:
        """The head of a chain that ends with this record."""
        return ChainHead(self.seq, self.hash)

    @property
    def event(self) -> AuditEvent:
        """
        The event that the body tells of.

        Raises:
            UnreadableRecord: the body is not one that clarity writes.
        """
        try:
            return _event(json.loads(self.body))
        except READ_ERRORS as error:
            raise UnreadableRecord(self.seq) from error


@attrs.define(eq=False)
class UnreadableRecord(DomainError):
    """The body of an audit record cannot be understood."""

    code: ClassVar[str] = "audit.unreadable"
    seq: int

    def __str__(self) -> str:
        return f"audit record {self.seq} cannot be read; run `clarity audit verify` and keep a copy"


@attrs.define(eq=False)
class BrokenChain(DomainError):
    """A chain was changed after it was written."""

    code: ClassVar[str] = "audit.broken-chain"
    seq: int
    problem: str

    def __str__(self) -> str:
        return (
            f"the audit chain is broken at record {self.seq}: {self.problem}; "
            f"keep the store as it is and compare it with a backup"
        )


def chained(event: AuditEvent, head: ChainHead) -> AuditRecord:
    """The record that continues the chain at `head` with `event`."""
    seq = head.seq + 1
    body = _body(event, seq)
    return AuditRecord(seq, body, _link(head.hash, body))


def is_tombstone(record: AuditRecord) -> bool:
    """Whether the record says that everything held about its patient was erased."""
    said = (f'"operation":"{Operation.ERASE}"', f'"touched":[["{TOMBSTONE}","",""]]')
    return all(part.encode() in record.body for part in said)  # quotes in a text are escaped


def verify_chain(
    records: Iterable[AuditRecord],
    *,
    head: ChainHead | None = None,
    start: ChainHead | None = None,
    signed: Iterable[ChainHead] = (),
) -> ChainHead:
    """
    The head that `records`, in order, lead to from `start` (default: the beginning).

    Args:
        records: the records to check.
        head: the head that was anchored elsewhere; finds a tail that was cut off.
        start: where an excerpt begins.
        signed: earlier heads of the chain, kept elsewhere; finds a chain that was written anew.

    Raises:
        BrokenChain: a record was edited, removed, inserted or moved, or the tail is missing.
    """
    reached = start or ChainHead()
    due = {one.seq: one.hash for one in signed if one.seq > reached.seq}
    for record in records:
        _check_link(record, reached)
        reached = record.head
        if due.pop(reached.seq, reached.hash) != reached.hash:
            raise BrokenChain(reached.seq, "another record was signed in its place")
    if due:
        raise BrokenChain(reached.seq, f"{max(due)} records were signed, the last are gone")
    if head is not None and head != reached:
        raise BrokenChain(reached.seq, f"the head says {head.seq} records with another end")
    return reached


def _check_link(record: AuditRecord, reached: ChainHead) -> None:
    if record.seq != reached.seq + 1:
        raise BrokenChain(record.seq, f"record {reached.seq + 1} was expected")
    if record.hash != _link(reached.hash, record.body):
        raise BrokenChain(record.seq, "its content does not match its hash")
    if _seq_of(record.body) != record.seq:
        raise BrokenChain(record.seq, "its body belongs to another place")


def _seq_of(body: bytes) -> object:
    try:
        return json.loads(body.decode()).get("seq")
    except (ValueError, AttributeError, RecursionError):
        return None


def _link(previous: bytes, body: bytes) -> bytes:
    return hashlib.sha256(previous + body).digest()


def _body(event: AuditEvent, seq: int) -> bytes:
    content = {
        "seq": seq,
        "tenant": str(event.patient.tenant),
        "patient": str(event.patient.patient),
        "actor": event.actor.id,
        "actor_tenant": str(event.actor.tenant),
        "purpose": event.actor.purpose.value,
        "operation": event.operation.value,
        "touched": [[t.entity, t.before, t.after] for t in event.touched],
        "correlation": str(event.correlation),
        "at": event.at.isoformat(),
        **_unusual(event.actor),
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _unusual(actor: Actor) -> dict[str, str]:
    """What only the records of some actors say, so that those of all others stay as they were."""
    said = {"break_glass": actor.break_glass, "role": actor.role.value}
    usual = {"break_glass": "", "role": Role.MEMBER.value}
    return {name: value for name, value in said.items() if value != usual[name]}


def _event(content: object) -> AuditEvent:
    if not isinstance(content, dict):
        raise TypeError("a body is an object")
    text = {name: value for name, value in content.items() if isinstance(value, str)}
    touched = content["touched"]
    if not isinstance(touched, list):
        raise TypeError("touched is a list")
    return AuditEvent(
        actor=Actor(
            id=text["actor"],
            tenant=TenantId(text["actor_tenant"]),
            purpose=Purpose(text["purpose"]),
            role=Role(content.get("role", Role.MEMBER)),
            break_glass=content.get("break_glass", ""),
        ),
        patient=PatientRef(TenantId(text["tenant"]), PatientId(text["patient"])),
        operation=Operation(text["operation"]),
        touched=tuple(Touched(*names) for names in touched),
        correlation=CorrelationId(text["correlation"]),
        at=datetime.fromisoformat(text["at"]),
    )
