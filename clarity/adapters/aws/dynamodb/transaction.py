"""A commit as values: what is to be written, on which conditions, and what a refusal means."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import attrs

from clarity.adapters.aws._errors import ITEM_LIMIT, Reason
from clarity.adapters.aws._operations import Item
from clarity.adapters.aws.dynamodb.batch import Address
from clarity.adapters.aws.dynamodb.chain import Action, Link, Mark
from clarity.adapters.aws.dynamodb.codec import codec_of, told
from clarity.adapters.aws.dynamodb.items import (
    EntityItems,
    expired,
    item_size,
    micros,
)
from clarity.adapters.aws.dynamodb.keys import (
    MAX_PK_BYTES,
    SINGLE,
    former_idempotency_pk,
    idempotency_digest,
    idempotency_pk,
    owner_pk,
)
from clarity.adapters.aws.dynamodb.payloads import Outgoing
from clarity.adapters.aws.dynamodb.step import Decode, Step, step_of
from clarity.adapters.aws.dynamodb.tables import MAIN
from clarity.domain.audit import ChainHead
from clarity.domain.privacy import Beacons
from clarity.ports.clock import Clock
from clarity.ports.errors import IdempotencyMismatch, TooLarge
from clarity.ports.repository import Change, Committed, Evidence, check_commit

__all__ = ["Work", "work_of"]

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
        return tuple(at for step in self.steps for at in step.needed)

    @property
    def outgoing(self) -> tuple[Outgoing | None, ...]:
        """What must be in the blob store before the transaction."""
        return tuple(step.encoded.outgoing for step in self.steps if step.encoded is not None)

    def earlier(self, known: Mapping[Address, Item]) -> Committed | None:
        """
        The answer that is remembered among the `known` items; None when this is the first time.

        Raises:
            IdempotencyMismatch: it was for another request or patient.
            Corrupt: what is remembered cannot be read.
        """
        found = (known[at] for at in self.memories if at in known)
        item = next((item for item in found if not expired(item, self.now_us)), None)
        if item is None:
            return None
        remembered = told(_Remembered, item, "a remembered request")
        if (remembered.req, remembered.who) != (self.evidence.request_digest, self._owner):
            raise IdempotencyMismatch
        return Committed(remembered.vs, ChainHead(remembered.n, remembered.h))

    def found(self, known: Mapping[Address, Item], decode: Decode) -> "Work":
        """The work with every item that is replaced or goes, where it lies."""
        steps = tuple(step.found(known, self.now_us, decode) for step in self.steps)
        return attrs.evolve(self, steps=steps)

    def link(self, head: ChainHead, nonce: str) -> Link:
        """The audit record of the commit, at the end of the chain."""
        touched = [step.touched for step in self.steps]
        return Link.of(self.evidence.event(touched), head, nonce, self.mark)

    def actions(self, table: str, link: Link) -> list[Action]:
        """The changes in order, their claims, the idempotency record, and what is let go of."""
        actions = [s.action(table, self.now_us) for s in self.steps]
        actions += [one for s in self.steps for one in s.claiming(table, self.now_us)]
        if link.mark is not None:
            actions.append(self._remember(table, link.mark, self.committed(link)))
        return actions + [one for s in self.steps for one in s.letting_go(table)]

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
        WrongType: something among the changes is none, or the evidence.
        ValueError: two changes name one key, or an entity holds what cannot be stored.
        BadKey: a deletion's key is of no kind of entity.
    """
    check_commit(changes, evidence)
    steps = tuple(step_of(change, evidence.patient, items, beacons) for change in changes)
    if len({step.address for step in steps}) < len(steps):
        raise ValueError("two changes name one key")
    sizes = [item_size(step.item) for step in steps]
    if max(sizes, default=0) > ITEM_LIMIT:
        raise TooLarge("one entity, bytes,", ITEM_LIMIT, max(sizes))
    if sum(sizes) > TRANSACTION_LIMIT - RESERVED_BYTES:
        raise TooLarge("one commit, bytes,", TRANSACTION_LIMIT - RESERVED_BYTES, sum(sizes))
    return Work(steps, evidence, micros(clock.now()))
