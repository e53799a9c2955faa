"""Many items in one request, with what the service did not get to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from clarity.adapters.aws._operations import Answer, Item, Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.ports.clock import Clock
from clarity.ports.errors import Throttled, Transient

__all__ = ["Address", "Batches", "Written", "get_op"]

MAX_GET: Final = 100
"""Most keys of one BatchGetItem (service quota)."""
MAX_WRITE: Final = 25
"""Most items of one BatchWriteItem (service quota)."""

Requests = Mapping[str, Any]


@attrs.frozen
class Address:
    """Where an item lies: logical table, partition key, sort key."""

    table: str
    pk: str
    sk: str

    @property
    def key(self) -> Item:
        """The key attributes."""
        return {"pk": {"S": self.pk}, "sk": {"S": self.sk}}


@attrs.frozen
class Written:
    """
    What a batch of writes did.

    Attributes:
        stored: how many items are in the table now.
        left: items that the service did not take before the deadline, to send again.
    """

    stored: int
    left: tuple[Item, ...]


def get_op(connection: DynamoDBConnection, address: Address) -> Op[Item | None]:
    """The item at `address` as last written; None when there is none."""
    return Op(
        operation="get_item",
        parameters={
            "TableName": connection.table(address.table),
            "Key": address.key,
            "ConsistentRead": True,
            "ReturnConsumedCapacity": "TOTAL",
        },
        decode=lambda answer: answer.get("Item"),
        table=address.table,
        reads=True,
    )


@attrs.frozen
class Batches:
    """Reads and writes many items; repeats what was left over until the deadline."""

    connection: DynamoDBConnection
    clock: Clock
    backoff: Backoff

    def get(self, addresses: Sequence[Address]) -> dict[Address, Item]:
        """
        The items that exist, as last written.

        Raises:
            ValueError: an address is named twice.
            Throttled: the service did not get to all of them before the deadline.
            PortError: as for `DynamoDBConnection.run`.
        """
        if len(set(addresses)) < len(addresses):
            raise ValueError("an address is named twice")
        found: dict[Address, Item] = {}
        for some in _portions(addresses, MAX_GET):
            found.update(self._got(some))
        return found

    def _got(self, addresses: Sequence[Address]) -> dict[Address, Item]:
        full = {self.connection.table(name): name for name in {a.table for a in addresses}}
        waiting: Requests = {
            name: {
                "Keys": [a.key for a in addresses if a.table == logical],
                "ConsistentRead": True,
            }
            for name, logical in full.items()
        }
        found: dict[Address, Item] = {}
        with self.backoff.tries(self.clock.monotonic_s) as tries:
            for _ in tries:
                answer = self.connection.run(_batch("batch_get_item", waiting, addresses[0].table))
                found |= _found(answer, full)
                waiting = answer.get("UnprocessedKeys") or {}
                if not waiting:
                    return found
        raise Throttled(self.backoff.cap_s)

    def put(self, table: str, items: Sequence[Item]) -> Written:
        """
        Everything stored, or told what is not. No condition is checked and nothing is atomic.

        Raises:
            ValueError: two items have one key; nothing was sent.
            PortError: as for `DynamoDBConnection.run`; nothing is known of this batch.
        """
        if len({(i["pk"]["S"], i["sk"]["S"]) for i in items}) < len(items):
            raise ValueError("two items have one key")
        left: list[Item] = []
        for some in _portions(items, MAX_WRITE):
            left.extend(self._put(table, some))
        return Written(len(items) - len(left), tuple(left))

    def _put(self, table: str, items: Sequence[Item]) -> list[Item]:
        name = self.connection.table(table)
        waiting: Requests = {name: [{"PutRequest": {"Item": item}} for item in items]}
        with self.backoff.tries(self.clock.monotonic_s) as tries:
            for number in tries:
                waiting = self._not_taken(waiting, table, number)
                if not waiting:
                    return []
        keys = {
            (r["PutRequest"]["Item"]["pk"]["S"], r["PutRequest"]["Item"]["sk"]["S"])
            for r in waiting[name]
        }
        return [i for i in items if (i["pk"]["S"], i["sk"]["S"]) in keys]

    def _not_taken(self, waiting: Requests, table: str, number: int) -> Requests:
        """What the service leaves over; a later round that fails leaves all of it."""
        try:
            answer = self.connection.run(_batch("batch_write_item", waiting, table))
        except Transient:
            if number == 0:
                raise
            return waiting
        return answer.get("UnprocessedItems") or {}


def _found(answer: Answer, full: Mapping[str, str]) -> dict[Address, Item]:
    return {
        Address(full[name], item["pk"]["S"], item["sk"]["S"]): item
        for name, items in (answer.get("Responses") or {}).items()
        for item in items
    }


def _batch(operation: Any, requests: Requests, table: str) -> Op[Answer]:
    return Op(
        operation=operation,
        parameters={"RequestItems": requests, "ReturnConsumedCapacity": "TOTAL"},
        decode=lambda answer: answer,
        table=table,
        reads=operation == "batch_get_item",
    )


def _portions(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    starts: Iterable[int] = range(0, len(items), size)
    return (items[start : start + size] for start in starts)
