"""Which records of the table `audit` are still to be told: the chains in its index `due`."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Final, TypeVar

import attrs

from clarity.adapters.aws._errors import ConditionFailed
from clarity.adapters.aws._operations import Answer, Item, Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.adapters.aws.dynamodb.batch import MAX_GET, Address, Batches
from clarity.adapters.aws.dynamodb.chain import SHARDS, head_address, head_of, record_of
from clarity.adapters.aws.dynamodb.codec import MALFORMED, Undecodable
from clarity.adapters.aws.dynamodb.keys import HEAD, due_pk, patient_of_chain, seq_sk
from clarity.adapters.aws.dynamodb.tables import AUDIT
from clarity.domain.identity import PatientRef
from clarity.ports.audit_log import MAX_DUE, AuditOutbox, Due
from clarity.ports.clock import Clock
from clarity.ports.errors import Corrupt, Unavailable

__all__ = ["AT_ONCE", "DynamoDBAuditOutbox"]

T = TypeVar("T")

AT_ONCE: Final = 8
"""Marks that are set at the same time, each on a connection of its own."""

LEAVE: Final = "REMOVE duepk, duesk"


@attrs.frozen(kw_only=True)
class DynamoDBAuditOutbox(AuditOutbox):
    """
    Finds chains without a scan and at no cost to those who append.

    A head that moves carries the keys of the sparse index, which costs a write of the index when
    its chain becomes due and nothing while it is. A mark lies in the head; the write that sets it
    takes the chain out of the index if the head has not moved, so that nothing is forgotten however
    the two race.

    Attributes:
        connection: to DynamoDB.
        clock: stopwatch of the back-off.
        backoff: how long to contend with those who append.
    """

    connection: DynamoDBConnection
    clock: Clock
    backoff: Backoff = attrs.field(factory=Backoff)

    def due(self, *, limit: int) -> tuple[Due, ...]:
        """See `AuditOutbox.due`."""
        if not 1 <= limit <= MAX_DUE:
            raise ValueError(f"1 to {MAX_DUE} records are given at once, not {limit}")
        damaged: list[Corrupt] = []
        given = tuple(islice(self._records(islice(self._waiting(damaged), limit)), limit))
        if damaged and not given:
            raise damaged[0]
        return given

    def mark(self, told: Mapping[PatientRef, int]) -> None:
        """See `AuditOutbox.mark`."""
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="clarity-outbox") as pool:
            for done in [pool.submit(self._mark, who, seq) for who, seq in told.items()]:
                done.result()

    def _records(self, waiting: Iterable[tuple[PatientRef, int]]) -> Iterator[Due]:
        for some in _portions(waiting, MAX_GET):
            at = {
                (patient, seq): attrs.evolve(head_address(patient), sk=seq_sk(seq))
                for patient, seq in some
            }
            items = self._batches.get(list(at.values()))
            for (patient, _), address in at.items():
                if address in items:
                    yield Due(patient, record_of(items[address]))

    def _waiting(self, damaged: list[Corrupt]) -> Iterator[tuple[PatientRef, int]]:
        """Records behind the marks, chain by chain; for what cannot be read one is in `damaged`."""
        for chains in _portions(self._listed(), MAX_GET):
            heads = self._batches.get([Address(AUDIT.name, pk, HEAD) for pk in chains])
            for address, head in heads.items():
                try:
                    yield from self._behind_mark(_chain_of(address.pk, head), head)
                except Corrupt as error:
                    damaged.append(error)

    def _behind_mark(self, chain: "_Chain", head: Item) -> Iterator[tuple[PatientRef, int]]:
        yield from ((chain.patient, seq) for seq in range(chain.told + 1, chain.end + 1))
        if chain.told == chain.end and "duepk" in head:
            self._is_changed(chain.patient, LEAVE, "n = :seq AND told = :seq", chain.end)

    def _listed(self) -> Iterator[str]:
        """The partitions of the chains in the index."""
        for shard in range(SHARDS):
            start: Item | None = None
            while True:
                answer = self.connection.run(self._list_op(shard, start))
                yield from (item["pk"]["S"] for item in answer["Items"])
                start = answer.get("LastEvaluatedKey")
                if start is None:
                    break

    def _list_op(self, shard: int, start: Item | None) -> Op[Answer]:
        request = {
            "TableName": self.connection.table(AUDIT.name),
            "IndexName": AUDIT.indexes[0].name,
            "KeyConditionExpression": "duepk = :shard",
            "ExpressionAttributeValues": {":shard": {"S": due_pk(shard)}},
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

    def _mark(self, patient: PatientRef, seq: int) -> None:
        """
        The mark is set, and the chain out of the index when that is its end.

        Raises:
            Unavailable: others kept appending to the chain until the deadline.
        """
        failed = Unavailable("DynamoDB")
        with self.backoff.tries(self.clock.monotonic_s) as tries:
            for _ in tries:
                try:
                    _ = self._is_changed(
                        patient, f"SET told = :seq {LEAVE}", "n = :seq", seq
                    ) or self._is_changed(
                        patient,
                        "SET told = :seq",
                        "n > :seq AND (attribute_not_exists(told) OR told < :seq)",
                        seq,
                    )
                except Unavailable as error:
                    failed = error
                else:
                    return
        raise failed

    def _is_changed(self, patient: PatientRef, change: str, condition: str, seq: int) -> bool:
        request = {
            "TableName": self.connection.table(AUDIT.name),
            "Key": head_address(patient).key,
            "UpdateExpression": change,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {":seq": {"N": str(seq)}},
            "ReturnConsumedCapacity": "TOTAL",
        }
        try:
            self.connection.run(
                Op(
                    operation="update_item",
                    parameters=request,
                    decode=lambda _: None,
                    table=AUDIT.name,
                    reads=False,
                )
            )
        except ConditionFailed:
            return False
        return True

    @property
    def _batches(self) -> Batches:
        return Batches(self.connection, self.clock, self.backoff)


@attrs.frozen
class _Chain:
    """Whose chain, how far it is told and where it ends."""

    patient: PatientRef
    told: int
    end: int


def _chain_of(pk: str, head: Item) -> _Chain:
    """
    What the head of the chain in that partition says.

    Raises:
        Corrupt: it cannot be read.
    """
    try:
        told = int(head.get("told", {"N": "0"})["N"])
        return _Chain(patient_of_chain(pk), told, head_of(head).seq)
    except (Undecodable, *MALFORMED) as error:
        raise Corrupt("the head of an audit chain") from error


def _portions(things: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(things)
    while some := list(islice(source, size)):
        yield some
