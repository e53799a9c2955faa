"""What the table `main` holds about a person, counted and removed page by page."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from clarity.adapters.aws._operations import Item
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.batch import Address, Batches, get_op
from clarity.adapters.aws.dynamodb.chain import Action
from clarity.adapters.aws.dynamodb.codec import Undecodable
from clarity.adapters.aws.dynamodb.items import digest_of
from clarity.adapters.aws.dynamodb.keys import (
    BATCH,
    LETTERS,
    REQUEST,
    SEPARATOR,
    SINGLE,
    TAKEN,
    former_idempotency_pk,
    key_of_text,
    owner_pk,
    unescaped,
)
from clarity.adapters.aws.dynamodb.lease import UNTIL, is_held
from clarity.adapters.aws.dynamodb.memories import Memories, Memory
from clarity.adapters.aws.dynamodb.payloads import Payloads
from clarity.adapters.aws.dynamodb.removal import Going, Removal, partition_op
from clarity.adapters.aws.dynamodb.tables import MAIN
from clarity.adapters.aws.dynamodb.unique import is_his, let_go, partitions, partitions_of
from clarity.domain.audit import Touched
from clarity.domain.identity import PatientRef
from clarity.ports.bulk import BATCH as IMPORT
from clarity.ports.entities import Key
from clarity.ports.erasure import Erasable, Holding, Trace
from clarity.ports.errors import Corrupt
from clarity.ports.repository import Evidence

__all__ = ["DynamoDBErasure"]

AT_ONCE: Final = 45
"""Most things of one transaction; a request in the form before takes two of its 100 actions."""

PAGE: Final = 1_000
IDEMPOTENCY: Final = "idempotency"
"""Kind of what is remembered about requests."""


@attrs.frozen
class DynamoDBErasure(Erasable):
    """
    Entities, expired ones too, remembered requests and open batches of a person.

    Items go at once, whatever is in them; copies in backups go when the person's data key does or
    the backup ends. An open batch stays while days of it may be on their way. What lies in a blob
    store is another one's to erase, and refused here when no blob store is known.
    """

    connection: DynamoDBConnection
    removal: Removal
    payloads: Payloads = attrs.field(factory=Payloads)

    def holdings(self, owner: PatientRef) -> tuple[Holding, ...]:
        """What is held about `owner`, by kind, read consistently."""
        counted = Counter(_kind(item["sk"]["S"]) for item in self._all(owner))
        counted[IDEMPOTENCY] += len(self._memories.of(owner))
        return tuple(Holding(kind, count) for kind, count in sorted(counted.items()) if count)

    def traces(self, owner: PatientRef) -> Iterator[Trace]:
        """Remembered requests and what is under an unreadable key, by digests; open batches."""
        for sk in (item["sk"]["S"] for item in self._all(owner)):
            if _kind(sk) not in LETTERS:
                yield Trace(_kind(sk), _name_of(sk))
        for memory in self._memories.of(owner):
            yield Trace(IDEMPOTENCY, _name(memory))

    def erase(self, owner: PatientRef, *, limit: int, evidence: Evidence) -> int:
        """Remove at most `limit` things held about `owner`; says how many went."""
        of_owner = attrs.evolve(evidence, patient=owner)
        return self.removal.run(of_owner, lambda: self._some(owner, min(limit, AT_ONCE)))

    def _all(self, owner: PatientRef) -> Iterator[Item]:
        start: Item | None = None
        while True:
            op = partition_op(self.connection, owner_pk(owner), "", limit=PAGE, start=start)
            answer = self.connection.run(op)
            for item in answer["Items"]:
                self.payloads.require_known(item)
                yield item
            start = answer.get("LastEvaluatedKey")
            if start is None:
                return

    def _some(self, owner: PatientRef, limit: int) -> list[Going]:
        op = partition_op(self.connection, owner_pk(owner), "", limit=limit, start=None)
        table = self.connection.table(MAIN.name)
        items = self.connection.run(op)["Items"]
        for item in items:
            self.payloads.require_known(item)
        free = [item for item in items if not self._is_held(item)]
        going = [_going(owner, item, table, self._alone(item)) for item in free]
        if len(going) == limit:
            return going
        memories = self._memories.of(owner)[: limit - len(going)]
        return [*going, *(_forgotten(memory, table) for memory in memories)]

    def _is_held(self, item: Item) -> bool:
        return _kind(item["sk"]["S"]) == IMPORT and is_held(item, self.removal.clock)

    def _alone(self, item: Item) -> list[str]:
        """
        The partitions of what the owner of `item` has alone.

        Once it has expired somebody else may have that; then it is theirs and stays.
        """
        places = [Address(MAIN.name, pk, TAKEN) for pk in sorted(self._claimed(item))]
        found = ((at, self.connection.run(get_op(self.connection, at))) for at in places)
        who = item["pk"]["S"]
        return [at.pk for at, held in found if held is not None and is_his(who, held)]

    def _claimed(self, item: Item) -> frozenset[str]:
        """What `item` lists; when that cannot be read, what says that it is the owner's."""
        try:
            return partitions(item)
        except Corrupt:
            return partitions_of(self.connection, item["pk"]["S"], TAKEN)

    @property
    def _memories(self) -> Memories:
        return Memories(Batches(self.connection, self.removal.clock, self.removal.backoff))


KINDS: Final = {
    REQUEST: IDEMPOTENCY,
    BATCH: IMPORT,
    **{letter + SEPARATOR: kind for kind, letter in LETTERS.items()},
}

UNKNOWN: Final = "unknown"
"""Kind of what lies under a key that this clarity does not write."""


def _kind(sk: str) -> str:
    return KINDS.get(sk[: len(REQUEST)], UNKNOWN)


def _key(sk: str) -> Key:
    return Key(_kind(sk), (_name_of(sk),)) if _kind(sk) not in LETTERS else _entity_key(sk)


def _entity_key(sk: str) -> Key:
    try:
        return key_of_text(sk)
    except Undecodable:
        return Key(_kind(sk), (_digest(sk),))


def _name_of(sk: str) -> str:
    """What is no entity, by its name; by a digest of its key when that has none."""
    try:
        return _digest(sk) if _kind(sk) == UNKNOWN else unescaped(sk[len(REQUEST) :])
    except Undecodable:
        return _digest(sk)


def _digest(sk: str) -> str:
    return hashlib.sha256(sk.encode()).hexdigest()


def _forgotten(memory: Memory, table: str) -> Going:
    touched = Touched(str(Key(IDEMPOTENCY, (_name(memory),))))
    return Going(touched, (memory.removal(table),))


def _name(memory: Memory) -> str:
    return memory.digest.hex()


def _going(owner: PatientRef, item: Item, table: str, alone: Iterable[str]) -> Going:
    sk, before = item["sk"]["S"], _before(item)
    place = {"TableName": table, "Key": {"pk": item["pk"], "sk": item["sk"]}}
    own: Action = {**place, **(_same(before) if _kind(sk) in LETTERS else _as_held(item))}
    touched = Touched(str(_key(sk)), before=before.hex())
    free = let_go(table, item["pk"]["S"], alone)
    return Going(touched, ({"Delete": own}, *_remembered(owner, sk, table), *free))


def _before(item: Item) -> bytes:
    """The digest that the item has; empty when that cannot be read."""
    try:
        return digest_of(item)
    except Corrupt:
        return b""


PRESENT: Final[Action] = {"ConditionExpression": "attribute_exists(pk)"}


def _as_held(item: Item) -> Action:
    """On condition that nobody has held it anew, if it can be held at all."""
    if UNTIL not in item:
        return PRESENT
    return {
        "ConditionExpression": f"{UNTIL} = :lease",
        "ExpressionAttributeValues": {":lease": item[UNTIL]},
    }


def _same(before: bytes) -> Action:
    """On condition that the item still has that digest, or none that can be read."""
    if before:
        return {
            "ConditionExpression": "d = :d",
            "ExpressionAttributeValues": {":d": {"B": before}},
        }
    return {
        "ConditionExpression": (
            "attribute_exists(pk) AND (attribute_not_exists(d) OR NOT attribute_type(d, :bytes))"
        ),
        "ExpressionAttributeValues": {":bytes": {"S": "B"}},
    }


def _remembered(owner: PatientRef, sk: str, table: str) -> list[Action]:
    """The request itself goes with the item that says that it is remembered."""
    if _kind(sk) != IDEMPOTENCY:
        return []
    pk = former_idempotency_pk(owner.tenant, _name_of(sk))
    return [{"Delete": {"TableName": table, "Key": {"pk": {"S": pk}, "sk": {"S": SINGLE}}}}]
