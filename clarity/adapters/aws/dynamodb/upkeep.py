"""What looks at whole tables: removing what has expired, and checking everything."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

import attrs

from clarity.adapters.aws._operations import Answer, Item, Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.chain import head_of, record_of
from clarity.adapters.aws.dynamodb.items import EntityItems, micros
from clarity.adapters.aws.dynamodb.keys import HEAD, LETTERS
from clarity.adapters.aws.dynamodb.payloads import POINTER, blob_of
from clarity.adapters.aws.dynamodb.tables import AUDIT, MAIN
from clarity.adapters.aws.dynamodb.together import Together
from clarity.domain.audit import BrokenChain, ChainHead, verify_chain
from clarity.ports.clock import Clock
from clarity.ports.copies import Checkup, StoreCopies
from clarity.ports.entities import ENTITIES
from clarity.ports.errors import Corrupt, Denied, TooNew
from clarity.ports.expiry import Expiring

__all__ = ["DynamoDBUpkeep", "Looked", "looked_through"]

OWNED: Final = "P#"
CHAINS: Final = "AUD#"
IN_PROGRESS: Final = timedelta(days=1)
"""No commit takes as long; a blob that is older and not pointed to was left over."""

SPECS: Final = {LETTERS[spec.kind]: spec for spec in ENTITIES}


@attrs.frozen
class DynamoDBUpkeep(Expiring, StoreCopies):
    """
    Reads every item of the tables, so it costs as much as they are large.

    DynamoDB makes the copies: point-in-time recovery is on for all tables but `keys`.

    Attributes:
        connection: to DynamoDB.
        items: entities as items.
        clock: decides what has expired.
    """

    connection: DynamoDBConnection
    items: EntityItems
    clock: Clock

    def purge_expired(self) -> int:
        """Everything that has expired is removed; says how many entities that were."""
        now = {":now": {"N": str(micros(self.clock.now()))}}
        over = {"FilterExpression": "x <= :now", "ExpressionAttributeValues": now}
        wanted = {"ProjectionExpression": f"pk, sk, {POINTER}"}
        gone = 0
        for item in self._all(MAIN.name, {**over, **wanted}):
            self.items.payloads.require_known(item)
            key = {"pk": item["pk"], "sk": item["sk"]}
            if self._is_removed(key, now):
                self.items.payloads.let_go([item])
                gone += item["pk"]["S"].startswith(OWNED) and item["sk"]["S"][0] in SPECS
        self._remove_left_over()
        return gone

    def _remove_left_over(self) -> None:
        """
        Blobs that nothing points to are gone, but for those that may be of a commit in progress.

        They are listed first: what is old by then and not pointed to will never be.
        """
        blobs = self.items.payloads.blobs
        if blobs is None:
            return
        begun = self.clock.now() - IN_PROGRESS
        old = {stored.key for stored in blobs.stored("") if stored.since < begun}
        if not old:
            return
        pointing = {
            "FilterExpression": f"attribute_exists({POINTER})",
            "ProjectionExpression": POINTER,
        }
        for item in self._all(MAIN.name, pointing):
            blob = blob_of(item)
            old -= {blob.key} if blob else set()
        blobs.remove(sorted(old))

    def check(self) -> Checkup:
        """What every entity's digest and every audit chain say; of all tenants."""
        items, damage = self._checked_items()
        chains: set[str] = set()
        doubtful: set[str] = set()
        records = 0
        for pk, run in groupby(self._all(AUDIT.name, {}), key=lambda item: str(item["pk"]["S"])):
            if pk.startswith(CHAINS):
                looked = looked_through(run)
                chains.add(pk)
                records += looked.records
                doubtful |= set() if looked.is_whole else {pk}
        return Checkup(
            items=items,
            chains=len(chains),
            records=records,
            damage=damage,
            tampered=sum(not self._is_whole(pk) for pk in doubtful),
        )

    def backup(self, to: Path) -> Checkup:
        """Refused: a file is no copy that DynamoDB could restore."""
        _refuse(to)

    def restore(self, backup: Path, *, to: Path) -> Checkup:
        """Refused: DynamoDB restores its own backups."""
        _refuse(backup, to)

    def replace(self, backup: Path, *, to: Path) -> Checkup:
        """Refused: DynamoDB restores its own backups."""
        _refuse(backup, to)

    def _is_whole(self, pk: str) -> bool:
        """Asked for by itself, since a scan may give a large chain in parts."""
        return looked_through(self._chain(pk)).is_whole

    def _chain(self, pk: str) -> Iterator[Item]:
        request = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
        }
        return self._pages("query", AUDIT.name, request)

    def _checked_items(self) -> tuple[int, tuple[str, ...]]:
        count, damage = 0, []
        for item in self._all(MAIN.name, {}):
            spec = SPECS.get(item["sk"]["S"][0]) if item["pk"]["S"].startswith(OWNED) else None
            if spec is None:
                continue
            count += 1
            try:
                self.items.decode(spec, item)
            except (Corrupt, TooNew) as error:
                damage.append(str(error))
        return count, tuple(damage)

    def _is_removed(self, key: Item, now: Item) -> bool:
        """Whether it was still expired, not written anew, when it was removed."""
        delete = {
            "TableName": self.connection.table(MAIN.name),
            "Key": key,
            "ConditionExpression": "x <= :now",
            "ExpressionAttributeValues": now,
        }
        return Together(self.connection, self.clock).is_done([{"Delete": delete}])

    def _all(self, table: str, more: Mapping[str, Any]) -> Iterator[Item]:
        return self._pages("scan", table, more)

    def _pages(
        self, operation: Literal["query", "scan"], table: str, more: Mapping[str, Any]
    ) -> Iterator[Item]:
        request = {
            "TableName": self.connection.table(table),
            "ConsistentRead": True,
            "ReturnConsumedCapacity": "TOTAL",
            **more,
        }
        while True:
            answer = self.connection.run(
                Op(
                    operation=operation,
                    parameters=request,
                    decode=_told,
                    table=table,
                    reads=True,
                )
            )
            yield from answer["Items"]
            if answer.get("LastEvaluatedKey") is None:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _told(answer: Answer) -> Answer:
    return answer


@attrs.frozen
class Looked:
    """
    What items of one chain say.

    Attributes:
        records: how many there are.
        is_whole: from the first record to the head they lead to each other.
    """

    records: int
    is_whole: bool


def looked_through(items: Iterable[Item]) -> Looked:
    """What the items of a chain say, one after the other; none is kept."""
    reached, head, records, is_whole = ChainHead(), None, 0, True
    for item in items:
        if item["sk"]["S"] == HEAD:
            head = item
            continue
        records += 1
        after = _after(reached, item) if is_whole and head is None else None
        reached, is_whole = after or reached, after is not None
    return Looked(records, is_whole and head is not None and _is_head(head, reached))


def _is_head(item: Item, reached: ChainHead) -> bool:
    try:
        return head_of(item) == reached
    except Corrupt:
        return False


def _after(reached: ChainHead, item: Item) -> ChainHead | None:
    """The chain with one more record; None when that does not continue it."""
    try:
        return verify_chain([record_of(item)], start=reached)
    except BrokenChain:
        return None


def _refuse(*paths: Path) -> NoReturn:
    raise Denied(f"{paths[-1].name} as a copy of tables (DynamoDB's own backups do that)")
