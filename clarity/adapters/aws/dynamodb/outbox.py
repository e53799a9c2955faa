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

WHAT: Final = "the head of an audit chain"

LAST: Final = 10**12 - 1
"""The highest number that the sort key of a record holds (`keys.py`)."""

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
        search = _Search()
        given = tuple(islice(self._records(search), limit))
        if search.damaged and not given:
            raise search.damaged[0]
        return given

    def mark(self, told: Mapping[PatientRef, int]) -> None:
        """See `AuditOutbox.mark`."""
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="clarity-outbox") as pool:
            for done in [pool.submit(self._mark, who, seq) for who, seq in told.items()]:
                done.result()

    def _records(self, search: "_Search") -> Iterator[Due]:
        """
        Records behind the marks, many at once by their numbers.

        A chain in which one is missing is read on by itself, so that what its head says there is
        costs nothing but what there is.
        """
        for places in _portions(self._waiting(search), MAX_GET):
            found = self._batches.get([place.address for place in places])
            for place in places:
                if place.address in found:
                    yield Due(place.chain.patient, record_of(found[place.address]))
            missing = {place.chain for place in places if place.address not in found}
            search.left |= missing
            for chain in missing:
                of_chain = [place for place in places if place.chain == chain]
                there = [place.seq for place in of_chain if place.address in found]
                yield from self._rest(chain, of_chain[-1].seq, max(there, default=0), search)

    def _rest(self, chain: "_Chain", after: int, reached: int, search: "_Search") -> Iterator[Due]:
        """The records of a chain behind number `after`; damage if its end is not among them."""
        for item in self._pages(self._after_op(chain, after)) if after < chain.last else ():
            record = record_of(item)
            if item["sk"]["S"] == seq_sk(record.seq):
                reached = record.seq
                yield Due(chain.patient, record)
        if reached < chain.end:
            search.damaged.append(Corrupt(WHAT))

    def _waiting(self, search: "_Search") -> Iterator["_Place"]:
        """Places behind the marks, chain by chain; of one that was left no more."""
        for chains in _portions(self._listed(), MAX_GET):
            heads = self._batches.get([Address(AUDIT.name, pk, HEAD) for pk in chains])
            for address, head in heads.items():
                try:
                    chain = _chain_of(address.pk, head)
                except Corrupt as error:
                    search.damaged.append(error)
                else:
                    yield from self._behind_mark(chain, head, search)

    def _behind_mark(self, chain: "_Chain", head: Item, search: "_Search") -> Iterator["_Place"]:
        for seq in range(chain.told + 1, chain.end + 1):
            if chain in search.left:
                return
            yield _Place(chain, seq)
        if chain.told == chain.end and "duepk" in head:
            self._is_changed(chain.patient, LEAVE, "n = :seq AND told = :seq", chain.end)

    def _listed(self) -> Iterator[str]:
        """The partitions of the chains in the index."""
        for shard in range(SHARDS):
            yield from (item["pk"]["S"] for item in self._pages(self._list_op(shard)))

    def _pages(self, op: Op[Answer]) -> Iterator[Item]:
        while True:
            answer = self.connection.run(op)
            yield from answer["Items"]
            start = answer.get("LastEvaluatedKey")
            if start is None:
                return
            op = attrs.evolve(op, parameters={**op.parameters, "ExclusiveStartKey": start})

    def _list_op(self, shard: int) -> Op[Answer]:
        request = {
            "TableName": self.connection.table(AUDIT.name),
            "IndexName": AUDIT.indexes[0].name,
            "KeyConditionExpression": "duepk = :shard",
            "ExpressionAttributeValues": {":shard": {"S": due_pk(shard)}},
            "ReturnConsumedCapacity": "TOTAL",
        }
        return Op(
            operation="query",
            parameters=request,
            decode=_as_it_is,
            table=AUDIT.name,
            reads=True,
        )

    def _after_op(self, chain: "_Chain", after: int) -> Op[Answer]:
        request = {
            "TableName": self.connection.table(AUDIT.name),
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high",
            "ExpressionAttributeValues": {
                ":pk": {"S": head_address(chain.patient).pk},
                ":low": {"S": seq_sk(after + 1)},
                ":high": {"S": seq_sk(chain.last)},
            },
            "ConsistentRead": True,
            "ReturnConsumedCapacity": "TOTAL",
        }
        return Op(
            operation="query",
            parameters=request,
            decode=_as_it_is,
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

    @property
    def last(self) -> int:
        """The number of its last record, if records have numbers as high as its head says."""
        return min(self.end, LAST)


@attrs.frozen
class _Place:
    """Where a record is due."""

    chain: _Chain
    seq: int

    @property
    def address(self) -> Address:
        return attrs.evolve(head_address(self.chain.patient), sk=seq_sk(self.seq))


@attrs.define
class _Search:
    """
    What a search for records came upon.

    Attributes:
        damaged: for what cannot be read.
        left: chains whose records are not looked for by their numbers any more.
    """

    damaged: list[Corrupt] = attrs.field(factory=list)
    left: set[_Chain] = attrs.field(factory=set)


def _chain_of(pk: str, head: Item) -> _Chain:
    """
    What the head of the chain in that partition says.

    Raises:
        Corrupt: it cannot be read.
    """
    try:
        told = int(head.get("told", {"N": "0"})["N"])
        chain = _Chain(patient_of_chain(pk), told, head_of(head).seq)
    except (Undecodable, *MALFORMED) as error:
        raise Corrupt(WHAT) from error
    if not 0 <= chain.told <= chain.end:
        raise Corrupt(WHAT)
    return chain


def _as_it_is(answer: Answer) -> Answer:
    return answer


def _portions(things: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(things)
    while some := list(islice(source, size)):
        yield some
