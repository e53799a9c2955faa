"""A commit as values: what is to be written, on which conditions, and what a refusal means."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import attrs

from clarity.adapters.aws._errors import ITEM_LIMIT, Reason
from clarity.adapters.aws._operations import Item
from clarity.adapters.aws.dynamodb.batch import Address
from clarity.adapters.aws.dynamodb.chain import Action, Link
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
    SINGLE,
    former_key_texts,
    idempotency_pk,
    key_text,
    owner_pk,
    request_sk,
)
from clarity.adapters.aws.dynamodb.payloads import Outgoing
from clarity.adapters.aws.dynamodb.tables import MAIN
from clarity.adapters.aws.dynamodb.unique import Claim, claimed, claims_of, let_go, partitions
from clarity.domain.audit import ChainHead, Touched
from clarity.domain.privacy import Beacons
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
        claims: what the owner alone is to have by it.
        former: where else the item that goes may lie, written in an earlier schema.
    """

    change: Change
    key: Key
    address: Address
    encoded: Encoded | None
    claims: tuple[Claim, ...] = ()
    former: tuple[Address, ...] = ()

    @property
    def version(self) -> int:
        """The version after the change; 0 for a deletion."""
        return 0 if self.encoded is None else self.change.based_on + 1

    def found(self, before: Mapping[Address, Item]) -> "Step":
        """The step at the place where the item lies."""
        places = (at for at in (self.address, *self.former) if at in before)
        return attrs.evolve(self, address=next(places, self.address))

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
        return {**self.encoded.item, **version, **claimed(self.claims), **self._expiry}

    @property
    def _expiry(self) -> Item:
        return expiry(self.change.expires_at) if isinstance(self.change, Put) else {}

    def claiming(self, table: str, now_us: int) -> list[Action]:
        """The claims, each on condition that nobody else has it."""
        return [c.action(table, self.address.pk, self._expiry, now_us) for c in self.claims]

    def letting_go(self, table: str, before: Item | None) -> list[Action]:
        """What the entity had alone `before`, and has no longer, is free."""
        gone = partitions(before) - {claim.pk for claim in self.claims}
        return let_go(table, self.address.pk, gone)

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
            raise AlreadyExists(str(self.key))
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
    def memory(self) -> Address | None:
        """Where the idempotency record lies; None without a key."""
        name = self.evidence.idempotency_key
        if not name:
            return None
        return Address(MAIN.name, idempotency_pk(self.evidence.patient.tenant, name), SINGLE)

    @property
    def based(self) -> tuple[Address, ...]:
        """The items that must be known before, for their digests."""
        based = (step for step in self.steps if step.change.based_on > 0)
        return tuple(at for step in based for at in (step.address, *step.former))

    @property
    def outgoing(self) -> tuple[Outgoing | None, ...]:
        """What must be in the blob store before the transaction."""
        return tuple(step.encoded.outgoing for step in self.steps if step.encoded is not None)

    def earlier(self, item: Item | None) -> Committed | None:
        """
        The answer that the idempotency record `item` holds; None when this is the first time.

        Raises:
            IdempotencyMismatch: it was for another request or patient.
        """
        if item is None or expired(item, self.now_us):
            return None
        known = codec_of(_Remembered).decode(item)
        if (known.req, known.who) != (self.evidence.request_digest, self._owner):
            raise IdempotencyMismatch
        return Committed(known.vs, ChainHead(known.n, known.h))

    def found(self, before: Mapping[Address, Item]) -> "Work":
        """The work with every item that goes where it lies."""
        return attrs.evolve(self, steps=tuple(step.found(before) for step in self.steps))

    def link(self, head: ChainHead, before: Mapping[Address, Item], nonce: str) -> Link:
        """The audit record of the commit, at the end of the chain."""
        touched = [s.touched(before.get(s.address), self.now_us) for s in self.steps]
        return Link.of(self.evidence.event(touched), head, nonce)

    def actions(self, table: str, link: Link, before: Mapping[Address, Item]) -> list[Action]:
        """The changes in order, their claims, the idempotency record, and what is let go of."""
        actions = [s.action(table, before.get(s.address), self.now_us) for s in self.steps]
        actions += [one for s in self.steps for one in s.claiming(table, self.now_us)]
        memory = self.memory
        if memory is not None:
            actions += self._remember(table, memory, self.committed(link))
        return actions + [
            one for s in self.steps for one in s.letting_go(table, before.get(s.address))
        ]

    def committed(self, link: Link) -> Committed:
        """The answer when the transaction goes through."""
        return Committed(tuple(step.version for step in self.steps), link.record.head)

    def judge(self, reasons: Sequence[Reason]) -> None:
        """
        Nothing, when a later try may succeed.

        Raises:
            AlreadyExists, StaleVersion: the first change whose condition failed, or whose claim.
        """
        left = iter(reasons)
        changes = list(itertools.islice(left, len(self.steps)))
        claims = [list(itertools.islice(left, len(step.claims))) for step in self.steps]
        if any(reason.condition_failed for reason in left):
            return
        for step, change, claimed_ in zip(self.steps, changes, claims, strict=False):
            step.judge(change, self.now_us)
            for claim, reason in zip(step.claims, claimed_, strict=True):
                claim.judge(reason, step.key.kind)

    @property
    def _owner(self) -> str:
        return owner_pk(self.evidence.patient)

    def _remember(self, table: str, at: Address, answer: Committed) -> list[Action]:
        """The record under its key, and in the patient's partition that there is one."""
        known = _Remembered(
            req=self.evidence.request_digest,
            who=self._owner,
            vs=answer.versions,
            n=answer.head.seq,
            h=answer.head.hash,
        )
        gone = {
            "x": {"N": str(self.now_us + REMEMBERED_US)},
            "ttl": {"N": str((self.now_us + REMEMBERED_US) // 1_000_000 + 1)},
        }
        record = {
            "TableName": table,
            "Item": {**at.key, **codec_of(_Remembered).encode(known), **gone},
            "ConditionExpression": "attribute_not_exists(pk) OR x <= :now",
            "ExpressionAttributeValues": {":now": {"N": str(self.now_us)}},
        }
        place = Address(MAIN.name, self._owner, request_sk(self.evidence.idempotency_key))
        return [{"Put": record}, {"Put": {"TableName": table, "Item": {**place.key, **gone}}}]


REMEMBERED_US: Final = REMEMBERED // timedelta(microseconds=1)


def work_of(
    changes: Sequence[Change],
    evidence: Evidence,
    *,
    items: EntityItems,
    beacons: Beacons,
    clock: Clock,
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
    steps = tuple(_step(change, evidence, items, beacons) for change in changes)
    if len({step.address for step in steps}) < len(steps):
        raise ValueError("two changes name one key")
    sizes = [item_size(step.item) for step in steps]
    if max(sizes, default=0) > ITEM_LIMIT:
        raise TooLarge("one entity, bytes,", ITEM_LIMIT, max(sizes))
    if sum(sizes) > TRANSACTION_LIMIT - RESERVED_BYTES:
        raise TooLarge("one commit, bytes,", TRANSACTION_LIMIT - RESERVED_BYTES, sum(sizes))
    return Work(steps, evidence, micros(clock.now()))


def _step(change: Change, evidence: Evidence, items: EntityItems, beacons: Beacons) -> Step:
    if isinstance(change, Put):
        encoded = items.encode(evidence.patient, change.entity)
        at = Address(MAIN.name, encoded.pk, encoded.sk)
        claims = claims_of(change.entity, evidence.patient.tenant, beacons)
        return Step(change, encoded.key, at, encoded, claims)
    spec_for(change.key)
    sks = (key_text(change.key), *former_key_texts(change.key))
    at, *former = (Address(MAIN.name, owner_pk(evidence.patient), sk) for sk in sks)
    return Step(change, change.key, at, None, former=tuple(former))
