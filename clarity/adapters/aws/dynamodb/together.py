"""Several items written together or not at all, where no audit record is due."""

from collections.abc import Callable, Sequence
from typing import Final

import attrs

from clarity.adapters.aws._errors import Cancelled
from clarity.adapters.aws._operations import Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.adapters.aws.dynamodb.chain import Action, fresh_nonce
from clarity.adapters.aws.dynamodb.tables import MAIN
from clarity.ports.clock import Clock
from clarity.ports.errors import Unavailable

__all__ = ["Together"]

HELD: Final = "DynamoDB (other writers hold the same items)"


@attrs.frozen
class Together:
    """
    Transactions of the table `main`; waits while others hold the same items.

    Attributes:
        connection: to DynamoDB.
        clock: stopwatch of the back-off.
        backoff: how long to contend with other writers.
        token: fresh text of at most 36 characters, by which a lost answer happens once.
    """

    connection: DynamoDBConnection
    clock: Clock
    backoff: Backoff = attrs.field(factory=Backoff)
    token: Callable[[], str] = fresh_nonce

    def is_done(self, actions: Sequence[Action], *, table: str = MAIN.name) -> bool:
        """
        Whether all of it has happened; False when the condition of one action did not hold.

        Raises:
            Unavailable: others held the same items until the deadline.
            PortError: as for `DynamoDBConnection.run`; nothing is known.
        """
        op = _all_or_none(actions, self.token(), table)
        with self.backoff.tries(self.clock.monotonic_s) as tries:
            for _ in tries:
                done = self._tried(op)
                if done is not None:
                    return done
        raise Unavailable(HELD)

    def _tried(self, op: Op[None]) -> bool | None:
        """None when others were at the same items."""
        try:
            self.connection.run(op)
        except Cancelled as refused:
            return False if refused.condition_failed else None
        return True


def _all_or_none(actions: Sequence[Action], token: str, table: str) -> Op[None]:
    return Op(
        operation="transact_write_items",
        parameters={
            "TransactItems": actions,
            "ClientRequestToken": token,
            "ReturnConsumedCapacity": "TOTAL",
        },
        decode=lambda _: None,
        table=table,
        reads=False,
    )
