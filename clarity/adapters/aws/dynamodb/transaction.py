"""A commit as values: what is to be written, on which conditions, and what a refusal means."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import attrs

from clarity.adapters.aws._errors import ITEM_LIMIT, Reason
from clarity.adapters.aws._operations import Item
from clarity.adapters.aws.dynamodb.batch import Address
from clarity.adapters.aws.dynamodb.chain import Action, Link, Mark
from clarity.adapters.aws.dynamodb.codec import codec_of
from clarity.adapters.aws.dynamodb.items import (
    Encoded,
    EntityItems,
    digest_of,
    expired,
    expiry,
    item_size,
    micros,
    version_of,
)
from clarity.adapters.aws.dynamodb.keys import (
    MAX_PK_BYTES,
    SINGLE,
    former_idempotency_pk,
    idempotency_digest,
    idempotency_pk,
    key_text,
    owner_pk,
)
from clarity.adapters.aws.dynamodb.payloads import Outgoing
from clarity.adapters.aws.dynamodb.tables import MAIN
from clarity.domain.audit import ChainHead, Touched
from clarity.ports.clock import Clock
from clarity.ports.entities import Key, spec_for
from clarity.ports.errors import AlreadyExists, IdempotencyMismatch, StaleVersion, TooLarge
from clarity.ports.repository import MAX_CHANGES, Change, Committed, Evidence, Put

__all__ = ["Step", "Work", "work_of"]

REMEMBERED: Final = timedelta(days=7)
"""How long an idempotency key is remembered (ports/repository.py)."""

TRANSACTION_LIMIT: Final = 4 * 1024 * 1024
"""Most bytes of one transaction (service quota)."""

RESERVED_BYTES: Final = 64 * 1024
"""Room for the audit record, the head and the idempotency record."""


@attrs.frozen
class _Remembered:
    """The idempotency record: what was asked for whom, and what was answered."""

    req: str
    who: str
    vs: tuple[int, ...]
    n: int
    h: bytes


@attrs.frozen
class Step:
    """
    One change, ready.

    Attributes:
        change: as asked for.
        key: of the entity.
        address: where its item lies.
        encoded: what is stored; None for a deletion.
    """

    change: Change
    key: Key
    address: Address
    encoded: Encoded | None

    @property
    def version(self) -> int:
        """The version after the change; 0 for a deletion."""
        return 0 if self.encoded is None else self.change.based_on + 1

    def touched(self, before: Item | None, now_us: int) -> Touched:
        """What the audit record says of it."""
        known = before is not None and not expired(before, now_us)
        return Touched(
            str(self.key),
            before=digest_of(before).hex() if before is not None and known else "",
            after=self.encoded.digest.hex() if self.encoded is not None else "",
        )

    def action(self, table: str, before: Item | None, now_us: int) -> Action:
        """The change on condition that what it is based on is still there."""
        text, values = self._condition(before, now_us)
        conditioned = {
            "TableName": table,
            "ConditionExpression": text,
            "ExpressionAttributeValues": values,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if self.encoded is None:
            return {"Delete": {**conditioned, "Key": self.address.key}}
        return {"Put": {**conditioned, "Item": self.item}}

    @property
    def item(self) -> Item:
        """The item that is stored; no attributes for a deletion."""
        if self.encoded is None or not isinstance(self.change, Put):
            return {}
        version: Item = {"v": {"N": str(self.version)}}
        return {**self.encoded.item, **version, **expiry(self.change.expires_at)}

    def _condition(self, before: Item | None, now_us: int) -> tuple[str, Item]:
        values: Item = {":now": {"N": str(now_us)}}
        if self.change.based_on == 0:
            return "attribute_not_exists(pk) OR x <= :now", values
        values[":v"] = {"N": str(self.change.based_on)}
        text = "v = :v AND (attribute_not_exists(x) OR x > :now)"
        if before is None:
            return text, values
        return f"{text} AND d = :d", {**values, ":d": {"B": digest_of(before)}}

    def judge(self, reason: Reason, now_us: int) -> None:
        """
        Nothing, when the change was not to blame.

        Raises:
            AlreadyExists, StaleVersion: its condition failed.
        """
        if not reason.condition_failed:
            return
        item = None if reason.item is None else dict(reason.item)
        current = version_of(item, now_us)
        if self.change.based_on == 0:
            raise AlreadyExists(str(self.key), current)
        raise StaleVersion(str(self.key), current)


@attrs.frozen
class Work:
    """
    A commit, ready to be tried.

    Attributes:
        steps: the changes in order.
        evidence: who and why.
        now_us: when it began; decides what has expired.
    """

    steps: tuple[Step, ...]
    evidence: Evidence
    now_us: int

    @property
    def mark(self) -> Mark | None:
        """Says beside the audit record that the request is remembered; None without a key."""
        name = self.evidence.idempotency_key
        if not name:
            return None
        return Mark(idempotency_digest(name), self.now_us + REMEMBERED_US)

    @property
    def memories(self) -> tuple[Address, ...]:
        """Where the request may be remembered: under the digest of its key, or as before."""
        mark, tenant = self.mark, self.evidence.patient.tenant
        if mark is None:
            return ()
        former = former_idempotency_pk(tenant, self.evidence.idempotency_key)
        pks = [idempotency_pk(tenant, mark.key), former]
        return tuple(
            Address(MAIN.name, pk, SINGLE) for pk in pks if len(pk.encode()) <= MAX_PK_BYTES
        )

    @property
    def based(self) -> tuple[Address, ...]:
        """The items that must be known before, for their digests."""
        return tuple(step.address for step in self.steps if step.change.based_on > 0)

    @property
    def outgoing(self) -> tuple[Outgoing | None, ...]:
        """What must be in the blob store before the transaction."""
        return tuple(step.encoded.outgoing for step in self.steps if step.encoded is not None)

    def earlier(self, known: Mapping[Address, Item]) -> Committed | None:
        """
        The answer that is remembered among the `known` items; None when this is the first time.

        Raises:
            IdempotencyMismatch: it was for another request or patient.
        """
        found = (known[at] for at in self.memories if at in known)
        item = next((item for item in found if not expired(item, self.now_us)), None)
        if item is None:
            return None
        remembered = codec_of(_Remembered).decode(item)
        if (remembered.req, remembered.who) != (self.evidence.request_digest, self._owner):
            raise IdempotencyMismatch
        return Committed(remembered.vs, ChainHead(remembered.n, remembered.h))

    def link(self, head: ChainHead, before: Mapping[Address, Item], nonce: str) -> Link:
        """The audit record of the commit, at the end of the chain."""
        touched = [s.touched(before.get(s.address), self.now_us) for s in self.steps]
        return Link.of(self.evidence.event(touched), head, nonce, self.mark)

    def actions(self, table: str, link: Link, before: Mapping[Address, Item]) -> list[Action]:
        """The changes in order, then the idempotency record."""
        actions = [s.action(table, before.get(s.address), self.now_us) for s in self.steps]
        if link.mark is not None:
            actions.append(self._remember(table, link.mark, self.committed(link)))
        return actions

    def committed(self, link: Link) -> Committed:
        """The answer when the transaction goes through."""
        return Committed(tuple(step.version for step in self.steps), link.record.head)

    def judge(self, reasons: Sequence[Reason]) -> None:
        """
        Nothing, when a later try may succeed.

        Raises:
            AlreadyExists, StaleVersion: the first change whose condition failed.
        """
        changes = reasons[: len(self.steps)]
        if any(reason.condition_failed for reason in reasons[len(self.steps) :]):
            return
        for step, reason in zip(self.steps, changes, strict=False):
            step.judge(reason, self.now_us)

    @property
    def _owner(self) -> str:
        return owner_pk(self.evidence.patient)

    def _remember(self, table: str, mark: Mark, answer: Committed) -> Action:
        known = _Remembered(
            req=self.evidence.request_digest,
            who=self._owner,
            vs=answer.versions,
            n=answer.head.seq,
            h=answer.head.hash,
        )
        gone = {
            "x": {"N": str(mark.until_us)},
            "ttl": {"N": str(mark.until_us // 1_000_000 + 1)},
        }
        record = {
            "TableName": table,
            "Item": {**self.memories[0].key, **codec_of(_Remembered).encode(known), **gone},
            "ConditionExpression": "attribute_not_exists(pk) OR x <= :now",
            "ExpressionAttributeValues": {":now": {"N": str(self.now_us)}},
        }
        return {"Put": record}


REMEMBERED_US: Final = REMEMBERED // timedelta(microseconds=1)


def work_of(
    changes: Sequence[Change], evidence: Evidence, *, items: EntityItems, clock: Clock
) -> Work:
    """
    The commit, checked and encoded; nothing was sent.

    Raises:
        TooLarge: too many changes, or too many bytes.
        ValueError: two changes name one key, or an entity holds what cannot be stored.
        BadKey: a deletion's key is of no kind of entity.
    """
    if len(changes) > MAX_CHANGES:
        raise TooLarge("one commit, changes,", MAX_CHANGES, len(changes))
    steps = tuple(_step(change, evidence, items) for change in changes)
    if len({step.address for step in steps}) < len(steps):
        raise ValueError("two changes name one key")
    sizes = [item_size(step.item) for step in steps]
    if max(sizes, default=0) > ITEM_LIMIT:
        raise TooLarge("one entity, bytes,", ITEM_LIMIT, max(sizes))
    if sum(sizes) > TRANSACTION_LIMIT - RESERVED_BYTES:
        raise TooLarge("one commit, bytes,", TRANSACTION_LIMIT - RESERVED_BYTES, sum(sizes))
    return Work(steps, evidence, micros(clock.now()))


def _step(change: Change, evidence: Evidence, items: EntityItems) -> Step:
    if isinstance(change, Put):
        encoded = items.encode(evidence.patient, change.entity)
        return Step(change, encoded.key, Address(MAIN.name, encoded.pk, encoded.sk), encoded)
    spec_for(change.key)
    at = Address(MAIN.name, owner_pk(evidence.patient), key_text(change.key))
    return Step(change, change.key, at, None)
