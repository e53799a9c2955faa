"""`DynamoDBAuditLogger`: the trail in the table `audit`, to which is only added."""

from collections.abc import Callable, Iterator
from typing import Final

import attrs

from clarity.adapters.aws._operations import Answer, Item, Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.adapters.aws.dynamodb.batch import get_op
from clarity.adapters.aws.dynamodb.chain import (
    Link,
    fresh_nonce,
    head_address,
    head_of,
    record_of,
    refusals,
)
from clarity.adapters.aws.dynamodb.codec import Undecodable
from clarity.adapters.aws.dynamodb.cursor import CursorKey, place_of, signed
from clarity.adapters.aws.dynamodb.keys import (
    HEAD,
    chain_pk,
    escaped,
    roster_pk,
    seq_sk,
    unescaped,
)
from clarity.adapters.aws.dynamodb.tables import AUDIT
from clarity.domain.audit import AuditEvent, AuditRecord, ChainHead
from clarity.domain.identity import BadIdentifier, PatientId, PatientRef, TenantId
from clarity.ports.audit import (
    AuditFilter,
    AuditPage,
    AuditSink,
    AuditTrail,
    check_append,
    check_records,
)
from clarity.ports.clock import Clock
from clarity.ports.errors import Corrupt, Unavailable

__all__ = ["DynamoDBAuditLogger"]

ROSTER_STEP: Final = 1_000
"""People that are read at once."""

SMALLEST_FILTERED_STEP: Final = 200
"""With a filter, at least so many records are looked at per request, to save round trips."""


@attrs.frozen(kw_only=True)
class DynamoDBAuditLogger(AuditSink, AuditTrail):
    """
    Appends to the chains and reads them back; safe to use from many threads and processes.

    Attributes:
        connection: to DynamoDB.
        clock: stopwatch of the back-off.
        cursor_key: signs cursors.
        backoff: how long to contend with other writers.
        nonce: fresh text of 32 characters for every try.
    """

    connection: DynamoDBConnection
    clock: Clock
    cursor_key: CursorKey
    backoff: Backoff = attrs.field(factory=Backoff)
    nonce: Callable[[], str] = fresh_nonce

    def append(self, event: AuditEvent) -> AuditRecord:
        """The event as the next record of its patient's chain, durable before this returns."""
        check_append(event)
        with self.backoff.tries(self.clock.monotonic_s) as tries:
            for _ in tries:
                link = Link.of(event, self.head(event.patient), self.nonce())
                if not refusals(self.connection, link, ()):
                    return link.record
        raise Unavailable("DynamoDB (other writers hold the same chain)")

    def head(self, patient: PatientRef) -> ChainHead:
        """The head of the patient's chain; length 0 when there is none."""
        return head_of(self.connection.run(get_op(self.connection, head_address(patient))))

    def patients(self, tenant: TenantId) -> tuple[PatientRef, ...]:
        """Everyone in the tenant who has a chain, in order."""
        return tuple(self._roster(tenant, "", ROSTER_STEP))

    def records(self, wanted: AuditFilter, *, limit: int, cursor: str | None) -> AuditPage:
        """At most `limit` matching records after `cursor`, as they are stored."""
        check_records(wanted, limit)
        asked = repr(wanted).encode() + str(wanted.patient and wanted.patient.patient).encode()
        place = ["", seq_sk(0)]
        if cursor is not None:
            place = place_of(cursor, question=asked, key=self.cursor_key)
        found: list[AuditRecord] = []
        for at, record in self._after(wanted, *place, step=_step(wanted, limit)):
            if len(found) == limit:
                return AuditPage(tuple(found), signed(place, question=asked, key=self.cursor_key))
            found.append(record)
            place = at
        return AuditPage(tuple(found), None)

    def _after(
        self, wanted: AuditFilter, name: str, seq: str, *, step: int
    ) -> Iterator[tuple[list[str], AuditRecord]]:
        """Matching records behind `seq` of the patient with that escaped name, with their place."""
        for patient in self._asked_for(wanted, name, step):
            its_name = escaped(str(patient.patient))
            first = seq if its_name == name else seq_sk(0)
            for item in self._items(chain_pk(patient), first, HEAD, step):
                if item["sk"]["S"] == HEAD:
                    break
                record = record_of(item)
                if _matches(record, wanted):
                    yield [its_name, item["sk"]["S"]], record

    def _asked_for(self, wanted: AuditFilter, name: str, step: int) -> Iterator[PatientRef]:
        if wanted.patient is not None:
            yield wanted.patient
            return
        if name:
            yield PatientRef(wanted.tenant, PatientId(unescaped(name)))
        yield from self._roster(wanted.tenant, name, step)

    def _roster(self, tenant: TenantId, after: str, step: int) -> Iterator[PatientRef]:
        for item in self._items(roster_pk(tenant), after, "\U0010ffff", step):
            yield _listed(tenant, item["sk"]["S"])

    def _items(self, pk: str, after: str, to: str, step: int) -> Iterator[Item]:
        """The items of a partition behind the sort key `after`, `step` per request."""
        start = after or "\x00"
        while True:
            answer = self.connection.run(self._query_op(pk, start, to, step))
            yield from (item for item in answer["Items"] if item["sk"]["S"] != after)
            reached = answer.get("LastEvaluatedKey")
            if reached is None:
                return
            start = after = reached["sk"]["S"]

    def _query_op(self, pk: str, low: str, high: str, step: int) -> Op[Answer]:
        return Op(
            operation="query",
            parameters={
                "TableName": self.connection.table(AUDIT.name),
                "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high",
                "ExpressionAttributeValues": {
                    ":pk": {"S": pk},
                    ":low": {"S": low},
                    ":high": {"S": high},
                },
                "ConsistentRead": True,
                "Limit": step,
                "ReturnConsumedCapacity": "TOTAL",
            },
            decode=lambda answer: answer,
            table=AUDIT.name,
            reads=True,
        )


def _listed(tenant: TenantId, sk: str) -> PatientRef:
    """
    Whom an item of the roster is about.

    Raises:
        Corrupt: its key names nobody.
    """
    try:
        return PatientRef(tenant, PatientId(unescaped(sk)))
    except (Undecodable, BadIdentifier) as error:
        raise Corrupt("the roster of a tenant") from error


def _step(wanted: AuditFilter, limit: int) -> int:
    """
    Items per request for a page of `limit`: one more before it, and one behind it.

    A range includes the record that the page before ended with; whether there is a record behind
    the page decides on its cursor.
    """
    return limit + 2 if _matches_all(wanted) else max(limit + 2, SMALLEST_FILTERED_STEP)


def _matches_all(wanted: AuditFilter) -> bool:
    return wanted == AuditFilter(tenant=wanted.tenant, patient=wanted.patient)


def _matches(record: AuditRecord, wanted: AuditFilter) -> bool:
    if _matches_all(wanted):
        return True
    event = record.event
    return all(
        [
            wanted.actor in (None, event.actor.id),
            wanted.since is None or event.at >= wanted.since,
            wanted.until is None or event.at < wanted.until,
            wanted.entity in (None, *(touched.entity for touched in event.touched)),
        ]
    )
