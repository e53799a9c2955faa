"""
Heads of audit chains, signed on a schedule and kept apart from the store.

A chain proves its own order and content, yet not that its end is there, nor that it was not written
anew from an earlier record on. An entry of this ledger says how long some chains were at some time
and what the hash of their last record was; the chain that is found later must go through
that head. Entries are numbered from 1 and hold SHA-256 of the one before, so that of the ledger
itself only the end can be lost unseen. An entry is one line of canonical JSON:
{"signature", "statement": {format, tenant, number, previous, at, actor, restored, heads}}, with
`erased` in the statement where it says of a chain that its person was erased.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final

import attrs

from clarity.domain.audit import ChainHead
from clarity.domain.errors import DomainError
from clarity.domain.identity import PatientId, PatientRef, TenantId

__all__ = [
    "MOST_HEADS",
    "BrokenLedger",
    "Entry",
    "Ledger",
    "SignedHead",
    "entry_line",
    "read_entry",
]

FORMAT: Final = "clarity-signed-heads-1"

CONTEXT: Final = b"clarity signed heads v1\n"
"""What a signature is about, so that one made for something else is never a right one here."""

MOST_HEADS: Final = 500
"""Heads of one entry."""

FIRST: Final = "0" * 64
"""What stands for the entry before the first."""

READ_ERRORS: Final = (
    AttributeError,
    DomainError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)  # what a line of another shape raises on its way into values

Json = dict[str, object]


@attrs.define(eq=False)
class BrokenLedger(DomainError):
    """The ledger of signed heads is not as it was written."""

    code: ClassVar[str] = "audit.broken-ledger"
    number: int
    problem: str

    def __str__(self) -> str:
        return (
            f"entry {self.number} of the signed heads: {self.problem}; "
            f"keep the folder as it is and compare it with a copy"
        )


@attrs.frozen(kw_only=True)
class Entry:
    """
    What is signed about some chains of a tenant.

    Attributes:
        tenant: whose chains.
        number: place in the ledger, from 1.
        previous: SHA-256 (hex) of the line of the entry before.
        at: when it was signed, aware.
        actor: who had it signed.
        restored: whether the store was put back to an earlier state with the knowledge of the
            signer; heads before this entry do not count any more.
        heads: the chains, at most 500.
        erased: the last tombstone of those chains that hold one, by its place in the chain.
    """

    tenant: TenantId
    number: int
    previous: str
    at: datetime
    actor: str
    restored: bool = False
    heads: Mapping[PatientRef, ChainHead] = attrs.field(hash=False)
    erased: Mapping[PatientRef, int] = attrs.field(factory=dict, hash=False)

    @property
    def message(self) -> bytes:
        """The bytes that are signed."""
        return CONTEXT + _canonical(_statement(self))


@attrs.frozen
class SignedHead:
    """A head and when it was last signed."""

    head: ChainHead
    at: datetime


@attrs.frozen(kw_only=True)
class Ledger:
    """
    The entries of a tenant up to now.

    Attributes:
        tenant: whose.
        number: how many there are.
        last: SHA-256 (hex) of the last line.
        signed: the newest signed head of every chain.
        erased: the last signed tombstone of every chain that holds one.
        signed_at: when the last entry was signed, None when there is none.
        restored_at: when the store was put back knowingly.
    """

    tenant: TenantId
    number: int = 0
    last: str = FIRST
    signed: Mapping[PatientRef, SignedHead] = attrs.field(factory=dict, hash=False)
    erased: Mapping[PatientRef, int] = attrs.field(factory=dict, hash=False)
    signed_at: datetime | None = None
    restored_at: tuple[datetime, ...] = ()

    def after(self, entry: Entry, line: bytes) -> "Ledger":
        """
        The ledger with `entry`, whose line is `line`, at its end.

        Raises:
            BrokenLedger: the entry belongs to another place, another ledger or another tenant.
        """
        if (entry.number, entry.previous) != (self.number + 1, self.last):
            raise BrokenLedger(self.number + 1, "it does not follow the one before")
        if entry.tenant != self.tenant:
            raise BrokenLedger(entry.number, "it is of another tenant")
        heads = {of: SignedHead(head, entry.at) for of, head in entry.heads.items()}
        return Ledger(
            tenant=self.tenant,
            number=entry.number,
            last=hashlib.sha256(line).hexdigest(),
            signed=heads if entry.restored else {**self.signed, **heads},
            erased=entry.erased if entry.restored else {**self.erased, **entry.erased},
            signed_at=entry.at,
            restored_at=(*self.restored_at, *([entry.at] if entry.restored else [])),
        )


def entry_line(entry: Entry, signature: bytes) -> bytes:
    """The entry as it is kept."""
    return _canonical({"signature": signature.hex(), "statement": _statement(entry)})


def read_entry(line: bytes, *, number: int) -> tuple[Entry, bytes]:
    """
    The entry that `line` holds and its signature, which is yet to be checked.

    Raises:
        BrokenLedger: the line is not as clarity writes it.
    """
    try:
        content = json.loads(line)
        entry = _entry(content["statement"])
        signature = bytes.fromhex(content["signature"])
    except READ_ERRORS as error:
        raise BrokenLedger(number, "it cannot be read") from error
    if entry_line(entry, signature) != line:
        raise BrokenLedger(number, "it is not written as clarity writes")
    return entry, signature


def _statement(entry: Entry) -> Json:
    erased = {str(of.patient): seq for of, seq in entry.erased.items()}
    return {
        "format": FORMAT,
        "tenant": str(entry.tenant),
        "number": entry.number,
        "previous": entry.previous,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "restored": entry.restored,
        "heads": {str(of.patient): [one.seq, one.hash.hex()] for of, one in entry.heads.items()},
        **({"erased": erased} if erased else {}),
    }


def _entry(said: Mapping[str, object]) -> Entry:
    heads, tenant = said["heads"], TenantId(str(said["tenant"]))
    number, erased = said["number"], said.get("erased", {})
    if not isinstance(heads, dict) or not isinstance(erased, dict) or not isinstance(number, int):
        raise TypeError("heads and erased are objects and a number is whole")
    at = datetime.fromisoformat(str(said["at"]))
    if at.tzinfo is None or said["format"] != FORMAT:
        raise ValueError("another format")
    return Entry(
        tenant=tenant,
        number=number,
        previous=str(said["previous"]),
        at=at,
        actor=str(said["actor"]),
        restored=said["restored"] is True,
        heads={
            PatientRef(tenant, PatientId(of)): ChainHead(int(seq), bytes.fromhex(digest))
            for of, (seq, digest) in heads.items()
        },
        erased={PatientRef(tenant, PatientId(of)): int(seq) for of, seq in erased.items()},
    )


def _canonical(content: Json) -> bytes:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass") + b"\n"
