"""Fresh DynamoDB worlds on a running engine: tables of their own under a prefix of their own."""

import itertools
import os
import time
from binascii import a2b_base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import Literal

import attrs

from clarity.adapters.aws._operations import Item, Op
from clarity.adapters.aws.connection import ConnectionSettings, DynamoDBConnection
from clarity.adapters.aws.dynamodb.audit import DynamoDBAuditLogger
from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.adapters.aws.dynamodb.batch import Batches
from clarity.adapters.aws.dynamodb.bulk import DynamoDBBulkDays
from clarity.adapters.aws.dynamodb.chain import fresh_nonce
from clarity.adapters.aws.dynamodb.cursor import CursorKey
from clarity.adapters.aws.dynamodb.erasure import DynamoDBErasure
from clarity.adapters.aws.dynamodb.items import EntityItems
from clarity.adapters.aws.dynamodb.jobs import DynamoDBJobs
from clarity.adapters.aws.dynamodb.payloads import Payloads
from clarity.adapters.aws.dynamodb.removal import Removal
from clarity.adapters.aws.dynamodb.repository import DynamoDBRepository
from clarity.adapters.aws.dynamodb.tables import create_tables
from clarity.adapters.aws.dynamodb.unique import DynamoDBDirectory
from clarity.adapters.aws.guards import UNGUARDED, Guards
from clarity.adapters.aws.settings import Endpoint, Limits
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.privacy import Beacons
from clarity.ports.clock import Clock
from clarity.ports.metrics import Metrics
from clarity.ports.tracing import Tell, Tracer
from tests.support.engines import REGION, Engine

BEACONS = Beacons(b"a key for beacons of the tests")
LIMITS = Limits(connect_timeout_s=5, read_timeout_s=20, deadline_s=60)
"""Generous, since two cores may have to run an engine and many tests."""

PATIENT = Backoff(limit_s=60.0)
"""Waits as long as the slowest engine takes for many writers."""

ITEMS_ALONE = Payloads()
"""No blob store; what is large is refused."""

_numbers = itertools.count(1)


def cursor_key(clock: Clock) -> CursorKey:
    """The same for all worlds."""
    return CursorKey(lambda: b"a key for cursors of the tests", clock)


@attrs.define
class Counted(Metrics):
    """Metrics that remember the sums, by name and labels."""

    sums: dict[tuple[str, tuple[tuple[str, str], ...]], float] = attrs.field(factory=dict)

    def count(self, name: str, value: float, *, labels: Mapping[str, str]) -> None:
        key = (name, tuple(sorted(labels.items())))
        self.sums[key] = self.sums.get(key, 0.0) + value

    def observe(self, name: str, value: float, *, labels: Mapping[str, str]) -> None:
        self.count(name, 1, labels=labels)

    def total(self, name: str, **labels: str) -> float:
        return sum(
            value
            for (known, known_labels), value in self.sums.items()
            if known == name and labels.items() <= dict(known_labels).items()
        )


@attrs.define
class Spans(Tracer):
    """A tracer that remembers the attributes of its spans, and what was told of the last one."""

    seen: list[tuple[str, dict[str, str]]] = attrs.field(factory=list)
    told: dict[str, float] = attrs.field(factory=dict)

    def span(self, name: str, *, attributes: Mapping[str, str]) -> AbstractContextManager[Tell]:
        self.seen.append((name, dict(attributes)))
        self.told = {}
        return nullcontext(self.told.__setitem__)


@attrs.frozen
class _Ticking(Clock):
    """The time of day of another clock, with a stopwatch that runs, so that deadlines end."""

    day: Clock

    def now(self) -> datetime:
        return self.day.now()

    def monotonic_s(self) -> float:
        return time.monotonic()


@attrs.frozen(kw_only=True)
class World:
    """Adapters over fresh tables."""

    connection: DynamoDBConnection
    repository: DynamoDBRepository
    directory: DynamoDBDirectory
    trail: DynamoDBAuditLogger
    jobs: DynamoDBJobs
    removal: Removal
    erasure: DynamoDBErasure
    bulk: DynamoDBBulkDays
    metrics: Counted
    spans: Spans


def credentials() -> None:
    """Some credentials for engines that take any; what the machine has is not used."""
    os.environ.update(dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "testing"))
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


@contextmanager
def world_on(
    engine: Engine,
    clock: Clock,
    limits: Limits = LIMITS,
    payloads: Payloads = ITEMS_ALONE,
    guards: Guards = UNGUARDED,
) -> Iterator[World]:
    """Adapters over fresh tables on `engine`."""
    prefix = f"t{os.getpid()}-{next(_numbers)}-"
    world = _world(
        ConnectionSettings(endpoint=engine.endpoint, limits=limits, table_prefix=prefix),
        _Ticking(clock),
        payloads,
        guards,
    )
    try:
        create_tables(world.connection, clock=_Ticking(clock))
        yield world
    finally:
        world.connection.close()


@contextmanager
def world_at(url: str, prefix: str, clock: Clock, limits: Limits = LIMITS) -> Iterator[World]:
    """Adapters over the tables that another process has made."""
    endpoint = Endpoint(region=REGION, url=url)
    world = _world(
        ConnectionSettings(endpoint=endpoint, limits=limits, table_prefix=prefix), _Ticking(clock)
    )
    try:
        yield world
    finally:
        world.connection.close()


def _world(
    settings: ConnectionSettings,
    clock: Clock,
    payloads: Payloads = ITEMS_ALONE,
    guards: Guards = UNGUARDED,
) -> World:
    credentials()
    metrics, spans = Counted(), Spans()
    connection = DynamoDBConnection(
        settings, clock=clock, metrics=metrics, tracer=spans, guards=guards
    )
    removal = Removal(connection=connection, clock=clock, backoff=PATIENT)
    return World(
        connection=connection,
        jobs=DynamoDBJobs(
            connection=connection,
            batches=Batches(connection, clock, PATIENT),
            removal=removal,
            cursor_key=cursor_key(clock),
        ),
        bulk=DynamoDBBulkDays(
            connection=connection,
            items=EntityItems(ShuffleZstdCodec(), payloads),
            batches=Batches(connection, clock, PATIENT),
            clock=clock,
            backoff=PATIENT,
        ),
        removal=removal,
        erasure=DynamoDBErasure(connection, removal, payloads),
        repository=DynamoDBRepository(
            connection=connection,
            items=EntityItems(ShuffleZstdCodec(), payloads),
            beacons=BEACONS,
            clock=clock,
            cursor_key=cursor_key(clock),
            backoff=PATIENT,
        ),
        directory=DynamoDBDirectory(connection, BEACONS, clock),
        trail=DynamoDBAuditLogger(
            connection=connection, clock=clock, cursor_key=cursor_key(clock), backoff=PATIENT
        ),
        metrics=metrics,
        spans=spans,
    )


def changed_table(
    connection: DynamoDBConnection, operation: str, *, table: str = "main", **parameters: object
) -> None:
    """A table after a request of its administrators."""
    connection.run(
        Op(
            operation=operation,
            parameters={"TableName": connection.table(table), **parameters},
            decode=lambda _: None,
            table=table,
            reads=False,
        )
    )


def drop_table(connection: DynamoDBConnection, table: str = "main") -> None:
    """The table is gone."""
    changed_table(connection, "update_table", table=table, DeletionProtectionEnabled=False)
    changed_table(connection, "delete_table", table=table)


def items_of(world: World, pk: str, *, table: str = "main") -> list[Item]:
    """What lies in a partition, at most one answer of the service."""
    return world.connection.run(
        Op(
            operation="query",
            parameters={
                "TableName": world.connection.table(table),
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": {":pk": {"S": pk}},
                "ConsistentRead": True,
            },
            decode=lambda answer: list(answer["Items"]),
            table=table,
            reads=True,
        )
    )


def put_item(world: World, item: Item, *, table: str = "main") -> None:
    """The item lies in the table as it is given, or as it was read."""
    raw = {
        name: {"B": a2b_base64(value["B"])} if isinstance(value.get("B"), str) else value
        for name, value in item.items()
    }
    _written(world, "put_item", table, Item=raw)


def remove_item(world: World, item: Item, *, table: str = "main") -> None:
    """Nothing lies where the item was."""
    _written(world, "delete_item", table, Key={"pk": item["pk"], "sk": item["sk"]})


def _written(
    world: World, operation: Literal["put_item", "delete_item"], table: str, **what: Item
) -> None:
    world.connection.run(
        Op(
            operation=operation,
            parameters={"TableName": world.connection.table(table), **what},
            decode=lambda _: None,
            table=table,
            reads=False,
        )
    )


@attrs.define
class InBetween:
    """Nonces; something happens once, when a try has read the chain and before it writes."""

    happens: Callable[[], object]
    is_over: bool = False

    def __call__(self) -> str:
        if not self.is_over:
            self.is_over = True
            self.happens()
        return fresh_nonce()
