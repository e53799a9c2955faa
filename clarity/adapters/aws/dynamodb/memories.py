"""
Requests that are remembered, found by the records that they left in a person's chain.

An idempotency record lies under the tenant, since its key may not be used for another person; that
a person has one is said by the digest of the key beside the audit record of the request. So it is
found with a consistent read and costs no item of its own. Where such a mark cannot be read, the
table is searched for the records that name the person.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import attrs

from clarity.adapters.aws._operations import Answer, Item, Op
from clarity.adapters.aws.dynamodb.batch import Address, Batches
from clarity.adapters.aws.dynamodb.chain import Action, mark_of
from clarity.adapters.aws.dynamodb.items import micros
from clarity.adapters.aws.dynamodb.keys import SINGLE, chain_pk, idempotency_pk, owner_pk
from clarity.adapters.aws.dynamodb.tables import AUDIT, MAIN
from clarity.adapters.aws.dynamodb.unique import his, is_his, partitions_of
from clarity.domain.identity import PatientRef
from clarity.ports.errors import Corrupt

__all__ = ["Memories", "Memory"]

LAG: Final = timedelta(days=7)
"""DynamoDB removes what has expired within a few days (service documentation)."""

PAGE: Final = 500

DIGEST: Final = re.compile("[0-9a-f]{64}")
"""How a digest is written at the end of the partition of an idempotency record."""


@attrs.frozen
class Memory:
    """
    One idempotency record of a person.

    Attributes:
        digest: of its key.
        address: where the record lies.
        owner: partition of the person.
    """

    digest: bytes
    address: Address
    owner: str

    @classmethod
    def under(cls, digest: bytes, owner: PatientRef) -> "Memory":
        """What that person may have under a key with that digest."""
        pk = idempotency_pk(owner.tenant, digest)
        return cls(digest, Address(MAIN.name, pk, SINGLE), owner_pk(owner))

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
        person's, whose chain names it. What neither says so nor has a mark that can be read is not
        found: it holds no name and is forgotten as every request is.

        Raises:
            PortError: as for `Batches.get`.
        """
        memories = (Memory.under(digest, owner) for digest in self._digests(owner))
        named = {memory.address: memory for memory in memories}
        found = self.batches.get(list(named))
        return [named[at] for at, item in found.items() if is_his(named[at].owner, item)]

    def _digests(self, owner: PatientRef) -> Iterator[bytes]:
        """What the chain names, newest first, until none can be there any more."""
        gone_us, is_whole = micros(self.batches.clock.now() - LAG), True
        for item in self._records(owner):
            try:
                mark = mark_of(item)
            except Corrupt:
                is_whole = False
                continue
            if mark is not None and mark.until_us < gone_us:
                break
            if mark is not None:
                yield mark.key
        if not is_whole:
            yield from self._searched(owner)

    def _searched(self, owner: PatientRef) -> Iterator[bytes]:
        """What names the person, which costs as much as the table is large."""
        before = idempotency_pk(owner.tenant, b"")
        for pk in partitions_of(self.batches.connection, owner_pk(owner), SINGLE):
            digest = pk.removeprefix(before)
            if DIGEST.fullmatch(digest):
                yield bytes.fromhex(digest)

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
