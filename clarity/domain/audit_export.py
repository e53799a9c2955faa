"""
Audit chains in one file, closed by a statement about all of it that is to be signed.

Lines of canonical JSON, each ending in a newline: the heading, then per chain its records and its
head, last the statement with its signature. The statement counts chains and records and holds
SHA-256 of every byte before it, so nothing can be edited, removed, added, moved or cut off without
the private key. Reading and writing hold one line at a time.
"""

import hashlib
import json
from collections.abc import Generator, Iterable, Mapping
from datetime import datetime
from typing import ClassVar, Final

import attrs

from clarity.domain.audit import AuditRecord, BrokenChain, ChainHead, verify_chain
from clarity.domain.errors import DomainError
from clarity.domain.identity import PatientId, PatientRef, TenantId

__all__ = [
    "BrokenExport",
    "Chain",
    "Signed",
    "Statement",
    "signed_line",
    "unsigned_lines",
    "verify_lines",
]

FORMAT: Final = "clarity-audit-export-1"

CONTEXT: Final = b"clarity audit export v1\n"
"""What a signature is about, so that one made for something else is never a right one here."""

Json = dict[str, object]


@attrs.define(eq=False)
class BrokenExport(DomainError):
    """An exported trail is not the file that was signed."""

    code: ClassVar[str] = "audit.broken-export"
    line: int
    problem: str

    def __str__(self) -> str:
        return (
            f"line {self.line} of the exported trail: {self.problem}; "
            f"the file is not as it was signed, ask for it again and keep this one"
        )


@attrs.frozen
class Chain:
    """One patient's chain up to `head`; the records come in order and may end later."""

    patient: PatientRef
    head: ChainHead
    records: Iterable[AuditRecord]


@attrs.frozen(kw_only=True)
class Statement:
    """
    What is signed about an exported trail.

    Attributes:
        tenant: whose trail.
        at: when it was exported, ISO 8601.
        chains: how many chains the file holds.
        records: how many records.
        digest: SHA-256 (hex) of every byte before the statement.
    """

    tenant: str
    at: str
    chains: int
    records: int
    digest: str

    @property
    def message(self) -> bytes:
        """The bytes that are signed."""
        return CONTEXT + _line(attrs.asdict(self))


@attrs.frozen
class Signed:
    """
    A statement that the lines before it bear out, with a signature yet to be checked.

    Attributes:
        statement: what is signed.
        signature: over `statement.message`.
        heads: the head of every chain in the file.
    """

    statement: Statement
    signature: bytes
    heads: Mapping[PatientRef, ChainHead] = attrs.field(hash=False)


def unsigned_lines(
    tenant: TenantId, chains: Iterable[Chain], *, at: datetime
) -> Generator[bytes, None, Statement]:
    """
    The lines of the file but the last; gives the statement to sign.

    Raises:
        BrokenChain: a chain does not lead to its head; what is broken is not signed.
    """
    file = _Sum()
    yield file.added({"format": FORMAT, "tenant": str(tenant)})
    for chain in chains:
        reached = ChainHead()
        for record in _until(chain):
            reached = verify_chain([record], start=reached)
            yield file.added(_of_record(record))
        verify_chain((), start=reached, head=chain.head)
        yield file.added(_of_head(str(chain.patient.patient), reached))
    return file.statement(str(tenant), at.isoformat())


def signed_line(statement: Statement, signature: bytes) -> bytes:
    """The last line."""
    return _line({"signature": signature.hex(), "statement": attrs.asdict(statement)})


def verify_lines(lines: Iterable[bytes]) -> Signed:
    """
    The statement of an exported trail, borne out by every line before it.

    Whether the signature is right is left to the caller, who knows the public key.

    Raises:
        BrokenExport: the file is not as it was written; names the line.
    """
    reading = _Reading()
    for number, line in enumerate(lines, start=1):
        reading.number = number
        reading.take(line)
    return reading.signed()


def _until(chain: Chain) -> Iterable[AuditRecord]:
    for record in chain.records:
        if record.seq > chain.head.seq:
            return
        yield record


def _line(content: Json) -> bytes:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass") + b"\n"


def _of_record(record: AuditRecord) -> Json:
    return {"body": record.body.decode(), "hash": record.hash.hex(), "seq": record.seq}


def _of_head(patient: str, head: ChainHead) -> Json:
    return {"hash": head.hash.hex(), "head": patient, "seq": head.seq}


@attrs.define
class _Sum:
    """What has gone by: the digest and the numbers of a statement."""

    digest: "hashlib._Hash" = attrs.field(factory=hashlib.sha256)
    chains: int = 0
    records: int = 0

    def added(self, content: Json) -> bytes:
        """The line of `content`, counted."""
        self.chains += "head" in content
        self.records += "body" in content
        line = _line(content)
        self.digest.update(line)
        return line

    def statement(self, tenant: str, at: str) -> Statement:
        """The statement about what has gone by."""
        return Statement(
            tenant=tenant,
            at=at,
            chains=self.chains,
            records=self.records,
            digest=self.digest.hexdigest(),
        )


@attrs.define
class _Reading:
    """A file as far as it has been read."""

    file: _Sum = attrs.field(factory=_Sum)
    number: int = 0
    tenant: str = ""
    reached: ChainHead = attrs.field(factory=ChainHead)
    heads: dict[str, ChainHead] = attrs.field(factory=dict)
    done: Signed | None = None

    def take(self, line: bytes) -> None:
        """The next line, checked against those before it."""
        if self.done is not None:
            raise self._broken("something follows the signature")
        content = self._content(line)
        if "statement" in content:
            self.done = self._last(content, line)
            return
        self.file.added(content)
        if self.number == 1:
            self._heading(content)
        elif "head" in content:
            self._head(content)
        else:
            self._record(content)

    def signed(self) -> Signed:
        """What the last line says, if there was one."""
        if self.done is None:
            raise self._broken("the file ends without a signature")
        return self.done

    def _content(self, line: bytes) -> Json:
        try:
            content = json.loads(line)
            written = _line(content)
        except (ValueError, RecursionError) as error:
            raise self._broken("it cannot be read") from error
        if not isinstance(content, dict) or written != line:
            raise self._broken("it is not written as clarity writes")
        return content

    def _heading(self, content: Json) -> None:
        if content.get("format") != FORMAT:
            raise self._broken("the file is no exported trail of this version")
        self.tenant = _text(content, "tenant")

    def _head(self, content: Json) -> None:
        patient = _text(content, "head")
        if content != _of_head(patient, self.reached):
            raise self._broken("the head is not that of the records before it")
        self.heads[patient] = self.reached
        self.reached = ChainHead()

    def _record(self, content: Json) -> None:
        match content:
            case {"body": str(body), "hash": str(digest), "seq": int(seq)}:
                record = AuditRecord(seq, body.encode("utf-8", "surrogatepass"), _bytes(digest))
            case _:
                raise self._broken("it is neither record nor head")
        try:
            self.reached = verify_chain([record], start=self.reached)
        except BrokenChain as error:
            raise self._broken(f"record {error.seq}, {error.problem}") from error

    def _last(self, content: Json, line: bytes) -> Signed:
        if self.reached != ChainHead():
            raise self._broken("the chain before it has no head")
        said = content["statement"]
        at = _text(said, "at") if isinstance(said, dict) else ""
        statement = self.file.statement(self.tenant, at)
        signature = _bytes(_text(content, "signature"))
        if line != signed_line(statement, signature):
            raise self._broken("the statement tells of another file")
        return Signed(statement, signature, self._named_heads())

    def _named_heads(self) -> dict[PatientRef, ChainHead]:
        try:
            tenant = TenantId(self.tenant)
            return {PatientRef(tenant, PatientId(of)): head for of, head in self.heads.items()}
        except DomainError as error:
            raise self._broken("it names nobody") from error

    def _broken(self, problem: str) -> BrokenExport:
        return BrokenExport(self.number, problem)


def _text(content: Json, name: str) -> str:
    """The text of that name; none for what is no text, which then matches nothing."""
    found = content.get(name)
    return found if isinstance(found, str) else ""


def _bytes(hexadecimal: str) -> bytes:
    """The bytes; none for what is no hexadecimal, which then matches nothing."""
    try:
        return bytes.fromhex(hexadecimal)
    except ValueError:
        return b""
