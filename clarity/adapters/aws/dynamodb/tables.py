"""
The tables, as one frozen value that the store, the set-up and the infrastructure read.

Three, split by retention and permission: entities; the trail, to which is only added; wrapped data
keys, which no backup may hold, so that a deleted key makes every backup unreadable.
"""

from collections.abc import Sequence
from typing import Any, Final

import attrs

from clarity.adapters.aws._errors import TableMissing
from clarity.adapters.aws._operations import Answer, Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.ports.clock import Clock
from clarity.ports.errors import Unexpected

KeySchema = frozenset[tuple[str, str, str]]
"""Triples (index or empty, HASH or RANGE, attribute)."""

__all__ = [
    "AUDIT",
    "KEYS",
    "MAIN",
    "TABLES",
    "IndexSpec",
    "TableSpec",
    "check_tables",
    "create_tables",
    "enable_expiry",
]


@attrs.frozen(kw_only=True)
class IndexSpec:
    """A sparse global secondary index: holds only items that have both key attributes."""

    name: str
    pk: str
    sk: str


@attrs.frozen(kw_only=True)
class TableSpec:
    """
    A table.

    Attributes:
        name: logical name; the prefix of the settings stands before it.
        pk: partition key attribute, text.
        sk: sort key attribute, text.
        indexes: what else can be asked for.
        ttl: attribute that says from when on DynamoDB may remove an item, epoch seconds; empty for
            none.
        backed_up: point-in-time recovery is on.
        append_only: the role of the application may add items and move heads, nothing else.
    """

    name: str
    pk: str = "pk"
    sk: str = "sk"
    indexes: tuple[IndexSpec, ...] = ()
    ttl: str = ""
    backed_up: bool = True
    append_only: bool = False


MAIN: Final = TableSpec(
    name="main", ttl="ttl", indexes=(IndexSpec(name="gs1", pk="gs1pk", sk="gs1sk"),)
)
AUDIT: Final = TableSpec(
    name="audit",
    append_only=True,
    indexes=(IndexSpec(name="due", pk="duepk", sk="duesk"),),
)
KEYS: Final = TableSpec(name="keys", backed_up=False)

TABLES: Final = (MAIN, AUDIT, KEYS)
"""Every table that clarity uses."""


def create_tables(
    connection: DynamoDBConnection, *, clock: Clock, backoff: Backoff | None = None
) -> tuple[str, ...]:
    """
    The full names of the tables that were made; those that exist already are left as they are.

    For engines on this machine and for tests; in the cloud the tables come from the
    infrastructure's template.

    Args:
        connection: to the engine.
        clock: stopwatch of the wait.
        backoff: how long to wait until the tables are ready.

    Raises:
        Unexpected: a table exists with other keys.
        PortError: the service refused or could not be reached.
    """
    made = []
    for spec in TABLES:
        name = connection.table(spec.name)
        if _found(connection, spec) is None:
            connection.run(_create(name, spec))
            made.append(name)
    with (backoff or Backoff(limit_s=60.0)).tries(clock.monotonic_s) as tries:
        for _ in tries:
            if all(_is_ready(connection, spec) for spec in TABLES):
                break
    check_tables(connection)
    return tuple(made)


def enable_expiry(connection: DynamoDBConnection) -> None:
    """
    DynamoDB removes what has expired; reads leave it out in any case.

    Raises:
        PortError: the service refused, it is on already, or it could not be reached.
    """
    for spec in TABLES:
        if spec.ttl:
            connection.run(_expire(connection.table(spec.name), spec))


def check_tables(connection: DynamoDBConnection) -> None:
    """
    Nothing, when every table is there with the keys that clarity needs.

    Raises:
        Unexpected: one is missing or has other keys; says which.
        PortError: the service refused or could not be reached.
    """
    for spec in TABLES:
        name = connection.table(spec.name)
        found = _found(connection, spec)
        if found is None:
            raise Unexpected(f"table {name} is missing: run `clarity store create-tables`")
        if found != _schema(spec):
            indexes = ", ".join(index.name for index in spec.indexes) or "none"
            raise Unexpected(
                f"table {name} has other keys than {spec.pk} and {spec.sk}, "
                f"or other indexes than: {indexes}"
            )


def _found(connection: DynamoDBConnection, spec: TableSpec) -> KeySchema | None:
    try:
        return connection.run(_describe(connection.table(spec.name), spec))
    except TableMissing:
        return None


def _is_ready(connection: DynamoDBConnection, spec: TableSpec) -> bool:
    return connection.run(
        Op(
            operation="describe_table",
            parameters={"TableName": connection.table(spec.name)},
            decode=lambda answer: bool(answer["Table"].get("TableStatus") == "ACTIVE"),
            table=spec.name,
            reads=True,
        )
    )


def _schema(spec: TableSpec) -> KeySchema:
    keys = {("", "HASH", spec.pk), ("", "RANGE", spec.sk)}
    for index in spec.indexes:
        keys |= {(index.name, "HASH", index.pk), (index.name, "RANGE", index.sk)}
    return frozenset(keys)


def _described(answer: Answer) -> KeySchema:
    table = answer["Table"]
    levels = [("", table["KeySchema"])]
    levels += [(i["IndexName"], i["KeySchema"]) for i in table.get("GlobalSecondaryIndexes") or ()]
    return frozenset((n, k["KeyType"], k["AttributeName"]) for n, schema in levels for k in schema)


def _describe(name: str, spec: TableSpec) -> Op[KeySchema]:
    return Op(
        operation="describe_table",
        parameters={"TableName": name},
        decode=_described,
        table=spec.name,
        reads=True,
    )


def _key_schema(pk: str, sk: str) -> Sequence[dict[str, str]]:
    return [
        {"AttributeName": pk, "KeyType": "HASH"},
        {"AttributeName": sk, "KeyType": "RANGE"},
    ]


def _create(name: str, spec: TableSpec) -> Op[None]:
    attributes = [spec.pk, spec.sk, *(a for i in spec.indexes for a in (i.pk, i.sk))]
    parameters: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _key_schema(spec.pk, spec.sk),
        "AttributeDefinitions": [{"AttributeName": a, "AttributeType": "S"} for a in attributes],
    }
    if spec.indexes:
        parameters["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index.name,
                "KeySchema": _key_schema(index.pk, index.sk),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            for index in spec.indexes
        ]
    return Op(
        operation="create_table",
        parameters=parameters,
        decode=lambda _: None,
        table=spec.name,
        reads=False,
    )


def _expire(name: str, spec: TableSpec) -> Op[None]:
    return Op(
        operation="update_time_to_live",
        parameters={
            "TableName": name,
            "TimeToLiveSpecification": {"Enabled": True, "AttributeName": spec.ttl},
        },
        decode=lambda _: None,
        table=spec.name,
        reads=False,
    )
