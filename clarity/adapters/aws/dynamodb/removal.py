"""Things about a person go together with the audit record that names them."""

from collections.abc import Callable, Sequence

import attrs

from clarity.adapters.aws._operations import Answer, Item, Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.adapters.aws.dynamodb.batch import get_op
from clarity.adapters.aws.dynamodb.chain import (
    Action,
    Link,
    fresh_nonce,
    head_address,
    head_of,
    refusals,
)
from clarity.adapters.aws.dynamodb.keys import AFTER_PREFIX
from clarity.adapters.aws.dynamodb.tables import MAIN
from clarity.domain.audit import Touched
from clarity.ports.clock import Clock
from clarity.ports.errors import Unavailable
from clarity.ports.repository import Evidence

__all__ = ["Going", "Removal", "partition_op"]


@attrs.frozen
class Going:
    """
    One thing that goes.

    Attributes:
        touched: what the audit record says of it.
        actions: what removes it.
    """

    touched: Touched
    actions: tuple[Action, ...]


@attrs.frozen(kw_only=True)
class Removal:
    """
    Removes what is found, in one transaction with its record.

    Attributes:
        connection: to DynamoDB.
        clock: stopwatch of the back-off.
        backoff: how long to contend with writers.
        nonce: fresh text of 32 characters for every try.
    """

    connection: DynamoDBConnection
    clock: Clock
    backoff: Backoff = attrs.field(factory=Backoff)
    nonce: Callable[[], str] = fresh_nonce

    def run(self, evidence: Evidence, find: Callable[[], Sequence[Going]]) -> int:
        """
        How many of the things that `find` gives are gone; with none nothing is recorded.

        Raises:
            Unavailable: others kept changing them until the deadline.
        """
        with self.backoff.tries(self.clock.monotonic_s) as tries:
            for _ in tries:
                going = find()
                if not going or self._is_gone(evidence, going):
                    return len(going)
        raise Unavailable("DynamoDB (other writers hold the same patient)")

    def _is_gone(self, evidence: Evidence, going: Sequence[Going]) -> bool:
        at = head_address(evidence.patient)
        event = evidence.event([one.touched for one in going])
        link = Link.of(
            event, head_of(self.connection.run(get_op(self.connection, at))), self.nonce()
        )
        actions = [action for one in going for action in one.actions]
        return not refusals(self.connection, link, actions)


def partition_op(
    connection: DynamoDBConnection, pk: str, prefix: str, *, limit: int, start: Item | None
) -> Op[Answer]:
    """At most `limit` items of a partition whose sort keys begin with `prefix`, after `start`."""
    request = {
        "TableName": connection.table(MAIN.name),
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high",
        "ExpressionAttributeValues": {
            ":pk": {"S": pk},
            ":low": {"S": prefix or "\x00"},
            ":high": {"S": prefix + AFTER_PREFIX},
        },
        "ConsistentRead": True,
        "ReturnConsumedCapacity": "TOTAL",
        "Limit": limit,
    }
    if start is not None:
        request["ExclusiveStartKey"] = start
    return Op(
        operation="query",
        parameters=request,
        decode=lambda answer: answer,
        table=MAIN.name,
        reads=True,
    )
