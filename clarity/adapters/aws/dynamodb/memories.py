"""
Requests that are remembered, found by the records that they left in a person's chain.

An idempotency record lies under the tenant, since its key may not be used for another person; that
a person has one is said by the digest of the key beside the audit record of the request. So it is
found with a consistent read and costs no item of its own.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import attrs

from clarity.adapters.aws._operations import Answer, Item, Op
from clarity.adapters.aws.dynamodb.batch import Address, Batches
from clarity.adapters.aws.dynamodb.chain import Action, Mark, mark_of
from clarity.adapters.aws.dynamodb.items import micros
from clarity.adapters.aws.dynamodb.keys import SINGLE, chain_pk, idempotency_pk, owner_pk
from clarity.adapters.aws.dynamodb.tables import AUDIT, MAIN
from clarity.adapters.aws.dynamodb.unique import his, is_his
from clarity.domain.identity import PatientRef

__all__ = ["Memories", "Memory"]

LAG: Final = timedelta(days=7)
"""DynamoDB removes what has expired within a few days (service documentation)."""

PAGE: Final = 500


@attrs.frozen
class Memory:
    """
    One idempotency record of a person.

    Attributes:
        mark: of the request.
        address: where the record lies.
        owner: partition of the person.
    """

    mark: Mark
    address: Address
    owner: str

    def removal(self, table: str) -> Action:
        """The record goes, if it is still this person's."""
        return {"Delete": {"TableName": table, "Key": self.address.key, **his(self.owner)}}


@attrs.frozen
class Memories:
    """
    The remembered requests of a person.

    Attributes:
        batches: reads the records.
    """

    batches: Batches

    def of(self, owner: PatientRef) -> list[Memory]:
        """
        All that are there, those included that have expired and were not removed yet.

        A key may have been used for somebody else since; what does not say for whom is this
        person's, whose chain names it.

        Raises:
            Corrupt: what names one of them cannot be read.
            PortError: as for `Batches.get`.
        """
        named = {memory.address: memory for memory in self._named(owner)}
        found = self.batches.get(list(named))
        return [named[at] for at, item in found.items() if is_his(named[at].owner, item)]

    def _named(self, owner: PatientRef) -> Iterator[Memory]:
        """What the chain names, newest first, until none can be there any more."""
        gone_us = micros(self.batches.clock.now() - LAG)
        for item in self._records(owner):
            mark = mark_of(item)
            if mark is None:
                continue
            if mark.until_us < gone_us:
                return
            at = Address(MAIN.name, idempotency_pk(owner.tenant, mark.key), SINGLE)
            yield Memory(mark, at, owner_pk(owner))

    def _records(self, owner: PatientRef) -> Iterator[Item]:
        start: Item | None = None
        while True:
            answer = self.batches.connection.run(self._newest_op(owner, start))
            yield from answer["Items"]
            start = answer.get("LastEvaluatedKey")
            if start is None:
                return

    def _newest_op(self, owner: PatientRef, start: Item | None) -> Op[Answer]:
        request = {
            "TableName": self.batches.connection.table(AUDIT.name),
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": chain_pk(owner)}},
            "ProjectionExpression": "sk, k, kx",
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": PAGE,
            "ReturnConsumedCapacity": "TOTAL",
        }
        after = {} if start is None else {"ExclusiveStartKey": start}
        return Op(
            operation="query",
            parameters={**request, **after},
            decode=lambda answer: answer,
            table=AUDIT.name,
            reads=True,
        )
