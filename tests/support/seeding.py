"""
Writers for engines without transactions: what a commit would leave, put there piece by piece.

Nothing is checked and nothing is atomic; they are there so that the read side can be tried.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from clarity.adapters.aws._operations import Item, Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.audit import DynamoDBAuditLogger
from clarity.adapters.aws.dynamodb.batch import Batches
from clarity.adapters.aws.dynamodb.chain import Link
from clarity.adapters.aws.dynamodb.repository import DynamoDBRepository
from clarity.adapters.aws.dynamodb.transaction import work_of
from clarity.adapters.local.clock import SystemClock
from clarity.domain.audit import AuditEvent, AuditRecord
from clarity.domain.identity import PatientRef
from clarity.ports.audit import AuditSink, check_append
from clarity.ports.entities import Entity, Key
from clarity.ports.query import Page, Query, Stored
from clarity.ports.repository import Change, Committed, Evidence, Repository
from tests.support.dynamodb import PATIENT

__all__ = ["SeedingRepository", "SeedingSink", "item_after"]

Action = Mapping[str, Mapping[str, Any]]


def item_after(action: Action) -> Item:
    """What lies under the key when a transaction with that put or update has happened."""
    if "Put" in action:
        return action["Put"]["Item"]
    update = action["Update"]
    text, values = update["UpdateExpression"], update["ExpressionAttributeValues"]
    pairs = [pair.split(" = ") for pair in text.removeprefix("SET ").split(", ")]
    return {**update["Key"], **{name: values[value] for name, value in pairs}}


def _applied(connection: DynamoDBConnection, actions: Iterable[Action]) -> None:
    wanted = list(actions)
    for action in wanted:
        if "Delete" in action:
            _delete(connection, action["Delete"])
    written = [action for action in wanted if "Delete" not in action]
    for name in ("main", "audit"):
        full = connection.table(name)
        items = [item_after(a) for a in written if next(iter(a.values()))["TableName"] == full]
        assert Batches(connection, SystemClock(), PATIENT).put(name, items).left == ()


def _delete(connection: DynamoDBConnection, delete: Mapping[str, Any]) -> None:
    connection.run(
        Op(
            operation="delete_item",
            parameters={name: delete[name] for name in ("TableName", "Key")},
            decode=lambda _: None,
            table="main",
            reads=False,
        )
    )


@attrs.frozen
class SeedingSink(AuditSink):
    """Appends to chains that nobody else appends to."""

    trail: DynamoDBAuditLogger

    def append(self, event: AuditEvent) -> AuditRecord:
        check_append(event)
        connection = self.trail.connection
        link = Link.of(event, self.trail.head(event.patient), self.trail.nonce())
        _applied(connection, link.actions(connection.table("audit")))
        return link.record


@attrs.frozen
class SeedingRepository(Repository):
    """Reads as `real` does; commits what nobody else contends for."""

    real: DynamoDBRepository
    trail: DynamoDBAuditLogger

    def get(self, owner: PatientRef, key: Key) -> Stored[Entity]:
        return self.real.get(owner, key)

    def query(self, query: Query[Entity]) -> Page[Entity]:
        return self.real.query(query)

    def commit(self, changes: Sequence[Change], *, evidence: Evidence) -> Committed:
        connection, real = self.real.connection, self.real
        work = work_of(changes, evidence, items=real.items, beacons=real.beacons, clock=real.clock)
        known = Batches(connection, SystemClock(), PATIENT).get(work.based)
        work = work.found(known, real.items.decode)
        link = work.link(self.trail.head(evidence.patient), real.nonce())
        actions = [
            *link.actions(connection.table("audit")),
            *work.actions(connection.table("main"), link),
        ]
        _applied(connection, actions)
        return work.committed(link)
