"""Days in batches through BatchWriteItem, between two records of the person's chain."""

import itertools
import operator
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import attrs

from clarity.adapters.aws._deadline import within
from clarity.adapters.aws._errors import ITEM_LIMIT, ConditionFailed
from clarity.adapters.aws._operations import Item, Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.adapters.aws.dynamodb.batch import Address, Batches, Written, get_op
from clarity.adapters.aws.dynamodb.chain import (
    Link,
    fresh_nonce,
    head_address,
    head_of,
    refusals,
)
from clarity.adapters.aws.dynamodb.codec import codec_of, told
from clarity.adapters.aws.dynamodb.items import Encoded, EntityItems, expired, item_size, micros
from clarity.adapters.aws.dynamodb.keys import batch_sk, owner_pk
from clarity.adapters.aws.dynamodb.lease import UNTIL, WRITING_S, lease
from clarity.adapters.aws.dynamodb.payloads import steadily
from clarity.adapters.aws.dynamodb.tables import MAIN
from clarity.domain.audit import AuditEvent, ChainHead, Operation, Touched
from clarity.domain.identity import PatientRef
from clarity.domain.streams import DayChunk
from clarity.ports.bulk import BATCH, Brought, BulkDays, check_batch
from clarity.ports.clock import Clock
from clarity.ports.entities import CHUNK, Key
from clarity.ports.errors import IdempotencyMismatch, TooLarge, Unavailable
from clarity.ports.repository import Evidence

__all__ = ["DynamoDBBulkDays"]

HELD: Final = "DynamoDB (other writers hold the same patient)"

FIRST_VERSION: Final[Item] = {"v": {"N": "1"}}


class _Gone(Exception):
    """The open batch was ended by somebody else or erased."""


@attrs.frozen
class _Open:
    """The item of an open batch: what its content is."""

    req: str


@attrs.frozen
class _Day:
    """A day, ready to be stored."""

    chunk: DayChunk
    encoded: Encoded

    @property
    def key(self) -> Key:
        return self.encoded.key

    @property
    def address(self) -> Address:
        return Address(MAIN.name, self.encoded.pk, self.encoded.sk)

    @property
    def item(self) -> Item:
        return {**self.encoded.item, **FIRST_VERSION}

    @property
    def touched(self) -> Touched:
        return Touched(str(self.key), after=self.encoded.digest.hex())


@attrs.frozen
class _Batch:
    """Days with what the table holds of them."""

    absent: tuple[_Day, ...]
    same: tuple[_Day, ...]
    taken: tuple[_Day, ...]
    is_open: bool


@attrs.frozen(kw_only=True)
class DynamoDBBulkDays(BulkDays):
    """
    An item in the person's partition stands for an open batch, so erasing finds it.

    It says until when days of the batch may still come in; until then erasing leaves it there.

    Attributes:
        connection: to DynamoDB.
        items: entities as items.
        batches: reads and writes them.
        clock: decides what has expired.
        backoff: how long to contend with other writers of the chain.
        nonce: fresh text of 32 characters for every try.
    """

    connection: DynamoDBConnection
    items: EntityItems
    batches: Batches
    clock: Clock
    backoff: Backoff = attrs.field(factory=Backoff)
    nonce: Callable[[], str] = fresh_nonce

    def put(self, chunks: Sequence[DayChunk], *, evidence: Evidence) -> Brought:
        """Every day is stored, or told why not."""
        days, at = self._days(chunks, evidence), _marker(evidence)
        for _ in self.backoff.rounds(self.clock.monotonic_s):
            with suppress(_Gone):
                return self._put(days, at, evidence)
        raise Unavailable(HELD)

    def _put(self, days: Sequence[_Day], at: Address, evidence: Evidence) -> Brought:
        """
        What became of the days.

        Raises:
            _Gone: what was open is not any more, so what there is to do is another thing.
        """
        batch = self._begun(days, at, evidence)
        same, taken = _keys(batch.same), _keys(batch.taken)
        if not batch.absent and not batch.is_open:
            return Brought(same=same, taken=taken)
        self.items.payloads.send([day.encoded.outgoing for day in batch.absent])
        written = self._written(at, batch.absent, evidence)
        missing = {item["sk"]["S"] for item in written.left}
        left = tuple(day for day in batch.absent if day.encoded.sk in missing)
        stored = tuple(day for day in batch.absent if day.encoded.sk not in missing)
        if not left:
            self._end(at, (*batch.same, *stored), evidence)
        return Brought(stored=_keys(stored), same=same, taken=taken, left=_keys(left))

    def _begun(self, days: Sequence[_Day], at: Address, evidence: Evidence) -> _Batch:
        """
        What there is to do; when there is something, the batch is open.

        The chain is read before the days: an intent that continues it there names as absent what no
        commit has brought in before it.
        """
        for _ in self.backoff.rounds(self.clock.monotonic_s):
            head = self._head(evidence.patient)
            batch = steadily(lambda: self._looked_up(days, at, evidence))
            if batch.is_open or not batch.absent or self._has_begun(at, batch, evidence, head):
                return batch
        raise Unavailable(HELD)

    def _written(self, at: Address, days: Sequence[_Day], evidence: Evidence) -> Written:
        """What is stored and what is left, all of it before the lease of the batch ends."""
        with within(WRITING_S, self.clock.monotonic_s):
            self._hold(at, evidence)
            return self.batches.put(MAIN.name, [day.item for day in days])

    def _hold(self, at: Address, evidence: Evidence) -> None:
        """The open batch is held for another while."""
        try:
            self.connection.run(_renewal(self.connection, at, evidence, self.clock))
        except ConditionFailed as gone:
            raise _Gone from gone

    def _days(self, chunks: Sequence[DayChunk], evidence: Evidence) -> tuple[_Day, ...]:
        check_batch(chunks, evidence)
        days = tuple(_Day(c, self.items.encode(evidence.patient, c)) for c in chunks)
        if len({day.address for day in days}) < len(days):
            raise ValueError("two days have one key")
        largest = max(item_size(day.item) for day in days)
        if largest > ITEM_LIMIT:
            raise TooLarge("one day, bytes,", ITEM_LIMIT, largest)
        return days

    def _looked_up(self, days: Sequence[_Day], at: Address, evidence: Evidence) -> _Batch:
        found = self.batches.get([at, *(day.address for day in days)])
        now_us = micros(self.clock.now())
        known = {a: i for a, i in found.items() if a != at and not expired(i, now_us)}
        there = [day for day in days if day.address in known]
        are_same = [self._is_same(day, known[day.address]) for day in there]
        return _Batch(
            absent=tuple(day for day in days if day.address not in known),
            same=tuple(itertools.compress(there, are_same)),
            taken=tuple(itertools.compress(there, map(operator.not_, are_same))),
            is_open=_is_open(found.get(at), evidence),
        )

    def _is_same(self, day: _Day, item: Item) -> bool:
        return self.items.decode(CHUNK, item).entity == day.chunk

    def _has_begun(self, at: Address, batch: _Batch, evidence: Evidence, head: ChainHead) -> bool:
        """False when others wrote, or began this batch, since the chain ended in `head`."""
        opened = codec_of(_Open).encode(_Open(evidence.request_digest))
        item = {**at.key, **opened, UNTIL: lease(self.clock)}
        put = {
            "TableName": self.connection.table(MAIN.name),
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        event = _event(Operation.IMPORT_INTENT, batch.absent, evidence)
        link = Link.of(event, head, self.nonce())
        return not refusals(self.connection, link, [{"Put": put}])

    def _end(self, at: Address, days: Sequence[_Day], evidence: Evidence) -> None:
        delete = {
            "TableName": self.connection.table(MAIN.name),
            "Key": at.key,
            "ConditionExpression": "attribute_exists(pk)",
        }
        event = _event(Operation.IMPORT_DONE, days, evidence)
        head_at = head_address(evidence.patient)
        with self.backoff.tries(self.clock.monotonic_s) as tries:
            for _ in tries:
                found = self.batches.get([head_at, at])
                if not _is_open(found.get(at), evidence):
                    raise _Gone
                link = Link.of(event, head_of(found.get(head_at)), self.nonce())
                if not refusals(self.connection, link, [{"Delete": delete}]):
                    return
        raise Unavailable(HELD)

    def _head(self, patient: PatientRef) -> ChainHead:
        return head_of(self.connection.run(get_op(self.connection, head_address(patient))))


def _marker(evidence: Evidence) -> Address:
    return Address(MAIN.name, owner_pk(evidence.patient), batch_sk(evidence.idempotency_key))


def _renewal(
    connection: DynamoDBConnection, at: Address, evidence: Evidence, clock: Clock
) -> Op[None]:
    return Op(
        operation="update_item",
        parameters={
            "TableName": connection.table(MAIN.name),
            "Key": at.key,
            "UpdateExpression": f"SET {UNTIL} = :{UNTIL}",
            "ConditionExpression": "req = :req",
            "ExpressionAttributeValues": {
                f":{UNTIL}": lease(clock),
                ":req": {"S": evidence.request_digest},
            },
            "ReturnConsumedCapacity": "TOTAL",
        },
        decode=lambda _: None,
        table=MAIN.name,
        reads=False,
    )


def _is_open(item: Item | None, evidence: Evidence) -> bool:
    if item is None:
        return False
    if told(_Open, item, "an open batch").req != evidence.request_digest:
        raise IdempotencyMismatch
    return True


def _event(operation: Operation, days: Sequence[_Day], evidence: Evidence) -> AuditEvent:
    batch = Touched(str(Key(BATCH, (evidence.idempotency_key,))))
    return attrs.evolve(evidence, operation=operation).event([batch, *(d.touched for d in days)])


def _keys(days: Sequence[_Day]) -> tuple[Key, ...]:
    return tuple(day.key for day in days)
