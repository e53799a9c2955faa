"""
A patient's audit chain as items, and the transaction that makes it longer.

The head says how long the chain is. A writer reads it, computes the next record, and writes both on
condition that the head has not moved; whoever loses that race starts over. When an answer was lost,
the record under the awaited number tells by its nonce whether the transaction was this writer's.

A head that moves enters its chain in the index `due`, from which `DynamoDBAuditOutbox` takes it
once everything is told; how far that is lies in the head too (`told`), which no writer touches.
"""

import hashlib
import re
import secrets
import zlib
from collections.abc import Sequence
from typing import Any, Final

import attrs

from clarity.adapters.aws._errors import Cancelled, Reason
from clarity.adapters.aws._operations import Item, Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.codec import Undecodable, codec_of, told
from clarity.adapters.aws.dynamodb.keys import (
    HEAD,
    chain_pk,
    due_pk,
    escaped,
    roster_pk,
    seq_sk,
)
from clarity.adapters.aws.dynamodb.tables import AUDIT
from clarity.domain.audit import AuditEvent, AuditRecord, ChainHead, chained
from clarity.domain.identity import PatientRef

__all__ = [
    "SHARDS",
    "Action",
    "Link",
    "Mark",
    "fresh_nonce",
    "head_address",
    "head_of",
    "mark_of",
    "record_of",
    "refusals",
]

SHARDS: Final = 4
"""Partitions of the index `due`; each takes 1,000 chains a second that become due."""

LEVEL: Final = 9
"""Effort of deflating a body; digests in hexadecimal become half as long."""

MAX_BODY_BYTES: Final = 4 * 1024**2
"""The largest record names 500 things in less than a tenth of it."""

DIGEST_BYTES: Final = 32
"""Of SHA-256."""

Action = dict[str, Any]
"""One entry of TransactWriteItems."""


@attrs.frozen
class _Head:
    n: int
    h: bytes


@attrs.frozen
class _Record:
    """An audit record: `z` is its body, deflated."""

    z: bytes
    h: bytes
    w: str


@attrs.frozen
class _PlainRecord:
    """An audit record as it was written before bodies were deflated."""

    body: str
    h: bytes


@attrs.frozen
class _Written:
    w: str


@attrs.frozen
class Mark:
    """
    Which remembered request an audit record is of; beside the record, not part of what is proved.

    Attributes:
        key: SHA-256 of its idempotency key.
        until_us: when it is forgotten, microseconds since 1970.
    """

    key: bytes
    until_us: int


@attrs.frozen
class _Marked:
    k: bytes = attrs.field(
        validator=[attrs.validators.min_len(DIGEST_BYTES), attrs.validators.max_len(DIGEST_BYTES)]
    )
    kx: int


def fresh_nonce() -> str:
    """32 characters that no other try has."""
    return secrets.token_hex(16)


def head_address(patient: PatientRef) -> Address:
    """Where the head of the patient's chain lies."""
    return Address(AUDIT.name, chain_pk(patient), HEAD)


def head_of(item: Item | None) -> ChainHead:
    """
    The head that the item tells of; the beginning when there is none.

    Raises:
        Corrupt: the item is no head.
    """
    if item is None:
        return ChainHead()
    head = told(_Head, item, "the head of an audit chain")
    return ChainHead(head.n, head.h)


def record_of(item: Item) -> AuditRecord:
    """The record that the item holds; empty when it holds none, which ends every chain."""
    seq = _seq_of(item["sk"]["S"])
    try:
        return _decoded(seq, item)
    except Undecodable:
        return AuditRecord(seq, b"", b"")


def _seq_of(sk: str) -> int:
    """The number that a sort key begins with; 0, which no record has, when it is none."""
    number = re.match(r"[0-9]{1,12}", sk)
    return int(number[0]) if number else 0


def _decoded(seq: int, item: Item) -> AuditRecord:
    if "body" in item:
        plain = codec_of(_PlainRecord).decode(item)
        return AuditRecord(seq, plain.body.encode(), plain.h)
    record = codec_of(_Record).decode(item)
    return AuditRecord(seq, _inflated(record.z), record.h)


def mark_of(item: Item) -> Mark | None:
    """
    The remembered request that the record in the item is of; None when it is of none.

    Raises:
        Corrupt: the item says which in another form.
    """
    if "k" not in item:
        return None
    marked = told(_Marked, item, "the mark of a remembered request")
    return Mark(marked.k, marked.kx)


def _inflated(packed: bytes) -> bytes:
    """The body; what is none stays as it lies, so that its hash tells that it was changed."""
    inflater = zlib.decompressobj()
    try:
        body = inflater.decompress(packed, MAX_BODY_BYTES)
    except zlib.error:
        return packed
    return body if inflater.eof and not inflater.unused_data else packed


@attrs.frozen
class Link:
    """
    The next record of a chain.

    Attributes:
        patient: whose chain.
        head: the chain before.
        record: what is added.
        nonce: tells this try from another one that writes the same.
        mark: the remembered request that the record is of.
    """

    patient: PatientRef
    head: ChainHead
    record: AuditRecord
    nonce: str
    mark: Mark | None = None

    @classmethod
    def of(cls, event: AuditEvent, head: ChainHead, nonce: str, mark: Mark | None = None) -> "Link":
        """The link that continues the chain at `head` with `event`."""
        return cls(event.patient, head, chained(event, head), nonce, mark)

    @property
    def address(self) -> Address:
        """Where the record lies."""
        return Address(AUDIT.name, chain_pk(self.patient), seq_sk(self.record.seq))

    def actions(self, table: str) -> list[Action]:
        """The head moves and the record is there; a new chain is entered in the roster."""
        return [self._move(table), self._add(table), *self._enter(table)]

    def _move(self, table: str) -> Action:
        at = head_address(self.patient)
        moved = codec_of(_Head).encode(_Head(self.record.seq, self.record.hash))
        values: Item = {
            ":moved": moved["n"],
            ":hash": moved["h"],
            **_place_among_due(at.pk),
        }
        update = {
            "TableName": table,
            "Key": at.key,
            "UpdateExpression": "SET n = :moved, h = :hash, duepk = :shard, duesk = :place",
        }
        if self.head.seq == 0:
            absent = {"ConditionExpression": "attribute_not_exists(pk)"}
            return {"Update": {**update, **absent, "ExpressionAttributeValues": values}}
        known = codec_of(_Head).encode(_Head(self.head.seq, self.head.hash))
        same = {"ConditionExpression": "n = :n AND h = :h"}
        values |= {":n": known["n"], ":h": known["h"]}
        return {"Update": {**update, **same, "ExpressionAttributeValues": values}}

    def _add(self, table: str) -> Action:
        packed = zlib.compress(self.record.body, LEVEL)
        content = _Record(packed, self.record.hash, self.nonce)
        return {
            "Put": {
                "TableName": table,
                "Item": {
                    **self.address.key,
                    **codec_of(_Record).encode(content),
                    **self._marked,
                },
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }

    @property
    def _marked(self) -> Item:
        if self.mark is None:
            return {}
        return codec_of(_Marked).encode(_Marked(self.mark.key, self.mark.until_us))

    def _enter(self, table: str) -> list[Action]:
        if self.head.seq > 0:
            return []
        name = str(self.patient.patient)
        at = Address(AUDIT.name, roster_pk(self.patient.tenant), escaped(name))
        return [{"Put": {"TableName": table, "Item": {**at.key, "name": {"S": name}}}}]


def _place_among_due(pk: str) -> Item:
    """Where the index lists the chain; short, however long the names in `pk` are."""
    digest = hashlib.sha256(pk.encode()).digest()
    return {":shard": {"S": due_pk(digest[0] % SHARDS)}, ":place": {"S": digest[:16].hex()}}


def refusals(
    connection: DynamoDBConnection, link: Link, actions: Sequence[Action]
) -> tuple[Reason, ...]:
    """
    Why the transaction of `link` and `actions` did not happen; empty when it did.

    The reasons are those of `actions`, in order; with none of them to blame there is one that tells
    of the chain.

    Raises:
        PortError: as for `DynamoDBConnection.run`; nothing is known.
    """
    chain = link.actions(connection.table(AUDIT.name))
    try:
        connection.run(_transaction([*chain, *actions], link))
    except Cancelled as refused:
        if _may_have_landed(refused) and _landed(connection, link):
            return ()
        return refused.reasons[len(chain) :] or (Reason("ChainMoved"),)
    return ()


def _may_have_landed(refused: Cancelled) -> bool:
    """
    Whether an earlier try can have gone through and its answer been lost.

    Then the chain has moved, or others were at it when the request came again.
    """
    head, record = refused.reasons[0], refused.reasons[1]
    return head.condition_failed or record.condition_failed or not refused.condition_failed


def _landed(connection: DynamoDBConnection, link: Link) -> bool:
    """An earlier try went through and its answer was lost."""
    item = connection.run(get_op(connection, link.address))
    return item is not None and told(_Written, item, "an audit record").w == link.nonce


def _transaction(actions: Sequence[Action], link: Link) -> Op[None]:
    return Op(
        operation="transact_write_items",
        parameters={
            "TransactItems": actions,
            "ClientRequestToken": link.nonce,
            "ReturnConsumedCapacity": "TOTAL",
        },
        decode=lambda _: None,
        table=AUDIT.name,
        reads=False,
    )
