"""
The tables, as one frozen value that the store, the set-up and the infrastructure read.

Three, split by retention and permission: entities; the trail, to which is only added; wrapped data
keys, which no backup may hold, so that a deleted key makes every backup unreadable.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final, Literal

import attrs

from clarity.adapters.aws._absent import TableInUse, TableMissing, UnknownOperation, WrongTable
from clarity.adapters.aws._operations import Answer, Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.ports.clock import Clock

KeySchema = frozenset[tuple[str, str, str, str]]
"""Index or empty, HASH or RANGE, attribute and its type, for every key."""

__all__ = [
    "AUDIT",
    "KEYS",
    "MAIN",
    "TABLES",
    "IndexSpec",
    "TableSpec",
    "TablesChecked",
    "check_tables",
    "create_tables",
]


@attrs.frozen(kw_only=True)
class IndexSpec:
    """
    A sparse global secondary index: holds only items that have both key attributes.

    Attributes:
        name: of the index.
        pk: partition key attribute, text.
        sk: sort key attribute, text.
        projection: what else of an item is in it.
    """

    name: str
    pk: str
    sk: str
    projection: Literal["KEYS_ONLY", "ALL"] = "KEYS_ONLY"


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
        protected: it cannot be deleted before that is lifted.
        append_only: the role of the application may add items and move heads, nothing else.
    """

    name: str
    pk: str = "pk"
    sk: str = "sk"
    indexes: tuple[IndexSpec, ...] = ()
    ttl: str = ""
    backed_up: bool = True
    protected: bool = True
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

TEXT: Final = "S"
"""Type of all keys."""

TABLES: Final = (MAIN, AUDIT, KEYS)
"""Every table that clarity uses."""


def create_tables(
    connection: DynamoDBConnection, *, clock: Clock, backoff: Backoff | None = None
) -> tuple[str, ...]:
    """
    The full names of the tables that were made; those that exist already are left as they are.

    So are those that another process makes at the same time. For engines on this machine and for
    tests; in the cloud the tables come from the infrastructure's template. What an engine knows not
    of expiry and recovery is left out.

    Args:
        connection: to the engine.
        clock: stopwatch of the wait.
        backoff: how long to wait until the tables are ready.

    Raises:
        WrongTable: a table exists with other keys.
        PortError: the service refused or could not be reached.
    """
    missing = [spec for spec in TABLES if _found(connection, spec) is None]
    made = [spec for spec in missing if _is_made(connection, spec)]
    with (backoff or Backoff(limit_s=60.0)).tries(clock.monotonic_s) as tries:
        for _ in tries:
            if all(_is_ready(connection, spec) for spec in TABLES):
                break
    for spec in made:
        for op in _afterwards(connection.table(spec.name), spec):
            with suppress(UnknownOperation):
                connection.run(op)
    check_tables(connection)
    return tuple(connection.table(spec.name) for spec in made)


def check_tables(connection: DynamoDBConnection) -> None:
    """
    Nothing, when every table is there with the keys and indexes that clarity needs.

    Raises:
        TableMissing: one is not there; says which.
        WrongTable: one has other keys or lacks an index; says which.
        PortError: the service refused or could not be reached.
    """
    for spec in TABLES:
        name = connection.table(spec.name)
        found = _found(connection, spec)
        if found is None:
            raise TableMissing(f"table {name}")
        if not _schema(spec) <= found:
            indexes = ", ".join(index.name for index in spec.indexes) or "none"
            raise WrongTable(
                f"table {name} has other keys than the texts {spec.pk} and {spec.sk}, "
                f"or lacks one of the indexes: {indexes}"
            )


@attrs.define(eq=False)
class TablesChecked:
    """Looks at the tables once, before anything is written to them."""

    _are_fine: bool = attrs.field(default=False, init=False)
    _looking: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)

    def __call__(self, connection: DynamoDBConnection) -> None:
        """
        Nothing, when the tables are clarity's; what was found right is not asked again.

        Raises:
            PortError: as for `check_tables`; nothing may be written.
        """
        with self._looking:
            if not self._are_fine:
                check_tables(connection)
                self._are_fine = True


def _found(connection: DynamoDBConnection, spec: TableSpec) -> KeySchema | None:
    try:
        return connection.run(_describe(connection.table(spec.name), spec))
    except TableMissing:
        return None


def _is_made(connection: DynamoDBConnection, spec: TableSpec) -> bool:
    """False when another process was faster."""
    try:
        connection.run(_create(connection.table(spec.name), spec))
    except TableInUse:
        return False
    return True


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
    levels = [("", spec.pk, spec.sk), *((i.name, i.pk, i.sk) for i in spec.indexes)]
    return frozenset(
        (level, kind, attribute, TEXT)
        for level, pk, sk in levels
        for kind, attribute in (("HASH", pk), ("RANGE", sk))
    )


def _described(answer: Answer) -> KeySchema:
    table = answer["Table"]
    types = {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]}
    levels = [("", table["KeySchema"])]
    levels += [(i["IndexName"], i["KeySchema"]) for i in table.get("GlobalSecondaryIndexes") or ()]
    return frozenset(
        (level, key["KeyType"], key["AttributeName"], types[key["AttributeName"]])
        for level, schema in levels
        for key in schema
    )


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
        "AttributeDefinitions": [{"AttributeName": a, "AttributeType": TEXT} for a in attributes],
        "DeletionProtectionEnabled": spec.protected,
    }
    if spec.indexes:
        parameters["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index.name,
                "KeySchema": _key_schema(index.pk, index.sk),
                "Projection": {"ProjectionType": index.projection},
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


def _afterwards(name: str, spec: TableSpec) -> Iterator[Op[None]]:
    """What cannot be said when a table is made."""
    if spec.ttl:
        yield _expire(name, spec)
    if spec.backed_up:
        recovery = {"PointInTimeRecoveryEnabled": True}
        yield Op(
            operation="update_continuous_backups",
            parameters={"TableName": name, "PointInTimeRecoverySpecification": recovery},
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
