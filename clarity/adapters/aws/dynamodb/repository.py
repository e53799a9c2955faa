"""`DynamoDBRepository`: entities with their audit record in one transaction."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import attrs

from clarity.adapters.aws._operations import Answer, Item, Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.adapters.aws.dynamodb.batch import Address, Batches, get_op
from clarity.adapters.aws.dynamodb.chain import fresh_nonce, head_address, head_of, refusals
from clarity.adapters.aws.dynamodb.cursor import CursorKey, place_of, signed
from clarity.adapters.aws.dynamodb.items import EntityItems, expired, micros
from clarity.adapters.aws.dynamodb.keys import key_text, owner_pk
from clarity.adapters.aws.dynamodb.payloads import steadily
from clarity.adapters.aws.dynamodb.query import Plan, planned, question
from clarity.adapters.aws.dynamodb.tables import MAIN
from clarity.adapters.aws.dynamodb.transaction import Work, work_of
from clarity.domain.identity import PatientRef
from clarity.ports.clock import Clock
from clarity.ports.entities import Entity, Key, spec_for, spec_of
from clarity.ports.errors import Corrupt, NotFound, TooLarge, Unavailable
from clarity.ports.query import Page, Query, Stored
from clarity.ports.repository import Change, Committed, Evidence, Repository

__all__ = ["DynamoDBRepository"]

E = TypeVar("E", bound=Entity)

PAGE_UNITS: Final = 4_000.0
"""Most read units for one page: 16 MB that were looked at, at one unit for 4 KB."""


@attrs.frozen(kw_only=True)
class DynamoDBRepository(Repository):
    """
    Entities in the table `main`; safe to use from many threads and processes.

    Large payloads go to the blob store before the transaction and leave it after the item that
    points to them did. A reader that finds one gone looks again: the item has changed, or it is
    damaged.

    Attributes:
        connection: to DynamoDB.
        items: entities as items.
        clock: decides what has expired.
        cursor_key: signs cursors; the same for all processes that share them.
        page_units: read units after which a page that is not full yet is refused, so that a
            condition that hardly anything meets cannot run up a bill unseen.
        backoff: how long to contend with other writers.
        nonce: fresh text of 32 characters for every try.
    """

    connection: DynamoDBConnection
    items: EntityItems
    clock: Clock
    cursor_key: CursorKey
    page_units: float = PAGE_UNITS
    backoff: Backoff = attrs.field(factory=Backoff)
    nonce: Callable[[], str] = fresh_nonce

    def get(self, owner: PatientRef, key: Key) -> Stored[Entity]:
        """The entity under `key`, as last committed."""
        return steadily(lambda: self._got(owner, key))

    def query(self, query: Query[E]) -> Page[E]:
        """One page of the answer, in key order."""
        return steadily(lambda: self._page(query))

    def _got(self, owner: PatientRef, key: Key) -> Stored[Entity]:
        spec = spec_for(key)
        at = Address(MAIN.name, owner_pk(owner), key_text(key))
        item = self.connection.run(get_op(self.connection, at))
        if item is None or expired(item, micros(self.clock.now())):
            raise NotFound(str(key))
        return self.items.decode(spec, item)

    def _page(self, query: Query[E]) -> Page[E]:
        asked = question(query)
        after = None
        if query.cursor is not None:
            (after,) = place_of(query.cursor, question=asked, key=self.cursor_key)
        plan = planned(query)
        if plan is None:
            return Page((), None)
        found, more = self._filled(plan, query.page_size, after)
        spec = spec_of(query.entity)
        page = tuple(_of_type(self.items.decode(spec, item), query.entity) for item in found)
        if not more:
            return Page(page, None)
        last = found[-1]["sk"]["S"]
        return Page(page, signed([last], question=asked, key=self.cursor_key))

    def _filled(self, plan: Plan, size: int, after: str | None) -> tuple[list[Item], bool]:
        """The first `size` items after `after`, and whether there may be more."""
        found: list[Item] = []
        units = 0.0
        now_us = micros(self.clock.now())
        while units <= self.page_units:
            answer = self.connection.run(self._query_op(plan, size - len(found), after))
            found.extend(item for item in answer["Items"] if not expired(item, now_us))
            reached = answer.get("LastEvaluatedKey")
            if len(found) >= size:
                return found[:size], len(found) > size or reached is not None
            if reached is None:
                return found, False
            after = reached["sk"]["S"]
            units += _units(answer)
        raise TooLarge("a page of so rare a match, read units,", int(self.page_units), int(units))

    def _query_op(self, plan: Plan, remaining: int, after: str | None) -> Op[Answer]:
        return Op(
            operation="query",
            parameters=plan.parameters(
                self.connection.table(MAIN.name), remaining=remaining, after=after
            ),
            decode=lambda answer: answer,
            table=MAIN.name,
            reads=True,
        )

    def commit(self, changes: Sequence[Change], *, evidence: Evidence) -> Committed:
        """All changes, one audit record and the idempotency record, or none of them."""
        work = work_of(changes, evidence, items=self.items, clock=self.clock)
        self.items.payloads.send(work.outgoing)
        with self.backoff.tries(self.clock.monotonic_s) as tries:
            for _ in tries:
                committed = self._tried(work)
                if committed is not None:
                    return committed
        raise Unavailable("DynamoDB (other writers hold the same patient)")

    def _tried(self, work: Work) -> Committed | None:
        """The answer; None when other writers were faster and another try may succeed."""
        head_at, memory = head_address(work.evidence.patient), work.memory
        wanted = [head_at, *work.based, *([memory] if memory else [])]
        known = Batches(self.connection, self.clock, self.backoff).get(wanted)
        earlier = work.earlier(known.get(memory)) if memory else None
        if earlier is not None:
            return earlier
        link = work.link(head_of(known.get(head_at)), known, self.nonce())
        actions = work.actions(self.connection.table(MAIN.name), link, known)
        reasons = refusals(self.connection, link, actions)
        if not reasons:
            self.items.payloads.let_go(known.get(at) for at in work.based)
            return work.committed(link)
        work.judge(reasons)
        return None


def _units(answer: Answer) -> float:
    used: Any = answer.get("ConsumedCapacity") or {}
    return float(used.get("CapacityUnits", 0.0))


def _of_type(stored: Stored[Entity], type_: type[E]) -> Stored[E]:
    if not isinstance(stored.entity, type_):
        raise Corrupt("a stored item of another kind")
    return Stored(stored.entity, stored.version)
