"""`DynamoDBRepository`: entities with their audit record in one transaction."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import attrs

from clarity.adapters.aws._operations import Answer, Op
from clarity.adapters.aws._units import ConsumedUnits
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.adapters.aws.dynamodb.batch import Address, Batches, get_op
from clarity.adapters.aws.dynamodb.chain import (
    fresh_nonce,
    head_address,
    head_of,
    record_of,
    refusals,
)
from clarity.adapters.aws.dynamodb.cursor import CursorKey
from clarity.adapters.aws.dynamodb.items import EntityItems, expired, micros
from clarity.adapters.aws.dynamodb.keys import (
    chain_pk,
    former_key_texts,
    key_text,
    owner_pk,
    seq_sk,
)
from clarity.adapters.aws.dynamodb.paging import PAGE_UNITS, Looked, Pages
from clarity.adapters.aws.dynamodb.payloads import steadily
from clarity.adapters.aws.dynamodb.query import Plan, planned
from clarity.adapters.aws.dynamodb.tables import AUDIT, MAIN
from clarity.adapters.aws.dynamodb.transaction import Work, work_of
from clarity.domain.audit import AuditRecord, Operation, UnreadableRecord
from clarity.domain.identity import PatientRef
from clarity.domain.privacy import Beacons
from clarity.ports.clock import Clock
from clarity.ports.entities import Entity, EntitySpec, Key
from clarity.ports.errors import NotFound, Unavailable
from clarity.ports.query import Page, Query, Stored
from clarity.ports.repository import (
    Change,
    Committed,
    Evidence,
    Repository,
    check_get,
    check_query,
)

__all__ = ["DynamoDBRepository"]

E = TypeVar("E", bound=Entity)

TYPICAL_BYTES: Final = 1_400
"""Size of an item with a day of minutes (docs/adr/0029-cost-of-a-week.md)."""

MOST_RECORDS: Final = 1_000
"""Most records that are looked through for an erasure; of more there may be one among them."""


@attrs.frozen(kw_only=True)
class DynamoDBRepository(Repository):
    """
    Entities in the table `main`; safe to use from many threads and processes.

    Large payloads go to the blob store before the transaction and leave it after the item that
    points to them did. A reader that finds one gone looks again: the item has changed, or it is
    damaged. Erasing names in the chain what it takes out of the blob store before it does, so a
    commit that sent a payload looks through the records since then.

    Attributes:
        connection: to DynamoDB.
        items: entities as items.
        beacons: what stands for values that are unique in keys; the same for all processes.
        clock: decides what has expired.
        cursor_key: signs cursors; the same for all processes that share them.
        page_units: read units after which a page that is not full yet ends, so that a condition
            that hardly anything meets cannot run up a bill unseen.
        backoff: how long to contend with other writers.
        nonce: fresh text of 32 characters for every try.
    """

    connection: DynamoDBConnection
    items: EntityItems
    beacons: Beacons
    clock: Clock
    cursor_key: CursorKey
    page_units: float = PAGE_UNITS
    backoff: Backoff = attrs.field(factory=Backoff)
    nonce: Callable[[], str] = fresh_nonce

    def get(self, owner: PatientRef, key: Key) -> Stored[Entity]:
        """The entity under `key`, as last committed."""
        spec = check_get(owner, key)
        return steadily(lambda: self._got(owner, key, spec))

    def query(self, query: Query[E]) -> Page[E]:
        """One page of the answer, in key order."""
        check_query(query)
        return steadily(lambda: self._pages.page(query, self._looked))

    def _got(self, owner: PatientRef, key: Key, spec: EntitySpec) -> Stored[Entity]:
        now_us = micros(self.clock.now())
        for sk in (key_text(key), *former_key_texts(key)):
            at = Address(MAIN.name, owner_pk(owner), sk)
            item = self.connection.run(attrs.evolve(get_op(self.connection, at), may_lag=True))
            if item is not None and not expired(item, now_us):
                return self.items.decode(spec, item)
        raise NotFound(str(key))

    def explain(self, query: Query[E], *, item_bytes: int = TYPICAL_BYTES) -> str:
        """
        How `query` is answered, in words: key condition, index, filter, estimated read units.

        Nothing is asked, and the owner is not named; values of the condition are.

        Args:
            query: as for `query`.
            item_bytes: size to reckon an item with.
        """
        plan = planned(query)
        if plan is None:
            return "nothing is asked, since the condition can never hold"
        return plan.explain(item_bytes=item_bytes, page_size=query.page_size)

    @property
    def _pages(self) -> Pages:
        return Pages(
            items=self.items,
            clock=self.clock,
            cursor_key=self.cursor_key,
            budget_units=self.page_units,
        )

    def _looked(self, plan: Plan, remaining: int, after: str | None) -> Looked:
        table = self.connection.table(MAIN.name)
        answer = self.connection.run(
            Op(
                operation="query",
                parameters=plan.parameters(table, remaining=remaining, after=after),
                decode=_told,
                table=MAIN.name,
                reads=True,
                may_lag=True,
            )
        )
        reached = answer.get("LastEvaluatedKey")
        return Looked(
            answer["Items"], reached and reached["sk"]["S"], ConsumedUnits.of(answer).total
        )

    def commit(self, changes: Sequence[Change], *, evidence: Evidence) -> Committed:
        """All changes, one audit record and the idempotency record, or none of them."""
        work = work_of(changes, evidence, items=self.items, beacons=self.beacons, clock=self.clock)
        since = self._sent(work)
        with self.backoff.tries(self.clock.monotonic_s) as tries:
            for _ in tries:
                committed = self._tried(work, since)
                if committed is not None:
                    return committed
        raise Unavailable("DynamoDB (other writers hold the same patient)")

    def _sent(self, work: Work) -> int | None:
        """How long the chain was before payloads were sent; None when there was none to send."""
        if not any(work.outgoing):
            return None
        at = head_address(work.evidence.patient)
        before = head_of(self.connection.run(get_op(self.connection, at)))
        self.items.payloads.send(work.outgoing)
        return before.seq

    def _require_kept(self, owner: PatientRef, since: int | None, until: int) -> None:
        """
        Nothing, when no payload that was sent can have been erased by the records in between.

        Raises:
            Unavailable: it can.
        """
        if since is None or until <= since:
            return
        numbers = range(since + 1, until + 1)
        places = [Address(AUDIT.name, chain_pk(owner), seq_sk(n)) for n in numbers[:MOST_RECORDS]]
        found = Batches(self.connection, self.clock, self.backoff).get(places)
        others = [item for item in found.values() if not _may_erase(record_of(item))]
        if len(others) < until - since:
            raise Unavailable("DynamoDB (a payload that was sent was erased meanwhile)")

    def _tried(self, work: Work, since: int | None) -> Committed | None:
        """The answer; None when other writers were faster and another try may succeed."""
        head_at = head_address(work.evidence.patient)
        wanted = [head_at, *work.based, *work.memories]
        known = Batches(self.connection, self.clock, self.backoff).get(wanted)
        earlier = work.earlier(known)
        if earlier is not None:
            return earlier
        work, head = work.found(known, self.items.decode), head_of(known.get(head_at))
        self._require_kept(work.evidence.patient, since, head.seq)
        link = work.link(head, self.nonce())
        actions = work.actions(self.connection.table(MAIN.name), link)
        reasons = refusals(self.connection, link, actions)
        if not reasons:
            self.items.payloads.let_go(known.get(at) for at in work.based)
            return work.committed(link)
        work.judge(reasons)
        return None


def _may_erase(record: AuditRecord) -> bool:
    try:
        return record.event.operation is Operation.ERASE
    except UnreadableRecord:
        return True


def _told(answer: Answer) -> Answer:
    return answer
