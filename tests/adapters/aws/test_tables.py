"""The tables as one value: made on an engine, and checked before anything is written."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import attrs
import pytest

from clarity.adapters.aws._absent import TableMissing, WrongTable
from clarity.adapters.aws._operations import Answer, Op
from clarity.adapters.aws.connection import ConnectionSettings, DynamoDBConnection
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.tables import (
    AUDIT,
    KEYS,
    MAIN,
    TABLES,
    IndexSpec,
    TablesChecked,
    TableSpec,
    _create,
    check_tables,
    create_tables,
)
from clarity.adapters.local.clock import SystemClock
from tests.support.dynamodb import Counted, Spans, credentials, world_on
from tests.support.engines import running

NAMES = ("main", "audit", "keys")


@pytest.fixture(params=["moto", "ministack", "dynalite"])
def connection(request: pytest.FixtureRequest) -> Iterator[DynamoDBConnection]:
    credentials()
    number = hashlib.sha256(request.node.name.encode()).hexdigest()[:16]
    opened = DynamoDBConnection(
        ConnectionSettings(endpoint=running(request.param).endpoint, table_prefix=f"{number}."),
        clock=SystemClock(),
        metrics=Counted(),
        tracer=Spans(),
    )
    yield opened
    opened.close()


def test_tables_are_made_once(connection: DynamoDBConnection):
    made = create_tables(connection, clock=SystemClock())

    assert made == tuple(connection.table(name) for name in NAMES)
    assert create_tables(connection, clock=SystemClock()) == ()
    check_tables(connection)


class Overtaken(DynamoDBConnection):
    """Before its first table is made, another process makes all of them."""

    faster: DynamoDBConnection

    def run(self, op: Op[object]) -> object:
        if op.operation == "create_table":
            create_tables(self.faster, clock=SystemClock())
        return super().run(op)


def test_two_processes_that_make_the_tables_at_once_both_find_them(connection: DynamoDBConnection):
    slower = Overtaken(connection._settings, clock=SystemClock(), metrics=Counted(), tracer=Spans())
    slower.faster = connection

    assert create_tables(slower, clock=SystemClock()) == ()
    check_tables(slower)
    slower.close()


def test_a_missing_table_is_told_by_name(connection: DynamoDBConnection):
    with pytest.raises(TableMissing, match=connection.table("main")):
        check_tables(connection)


def test_a_table_with_other_keys_is_told_and_left_alone(connection: DynamoDBConnection):
    connection.run(keyed_otherwise(connection, MAIN))

    with pytest.raises(WrongTable, match="other keys than the texts pk and sk"):
        create_tables(connection, clock=SystemClock())


def made_as(connection: DynamoDBConnection, spec: TableSpec, **otherwise: object) -> Op[None]:
    """The table, made by somebody who does `otherwise`."""
    op = _create(connection.table(spec.name), spec)
    wanted = {**op.parameters, **otherwise}
    return attrs.evolve(op, parameters={n: v for n, v in wanted.items() if v is not None})


def keyed_otherwise(connection: DynamoDBConnection, spec: TableSpec) -> Op[None]:
    return made_as(
        connection,
        spec,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        GlobalSecondaryIndexes=None,
    )


def with_numbers(connection: DynamoDBConnection, spec: TableSpec) -> Op[None]:
    types = {"pk": "S", "sk": "N"}
    return made_as(
        connection,
        spec,
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in types.items()],
        GlobalSecondaryIndexes=None,
    )


def without_index(connection: DynamoDBConnection, spec: TableSpec) -> Op[None]:
    keys = [spec.pk, spec.sk]
    return made_as(
        connection,
        spec,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
        GlobalSecondaryIndexes=None,
    )


def with_another_index(connection: DynamoDBConnection, spec: TableSpec) -> Op[None]:
    more = IndexSpec(name="later", pk="laterpk", sk="latersk", projection="ALL")
    later = attrs.evolve(spec, indexes=(*spec.indexes, more))
    return _create(connection.table(spec.name), later)


def as_it_should(connection: DynamoDBConnection, spec: TableSpec) -> Op[None]:
    return _create(connection.table(spec.name), spec)


Making = Callable[[DynamoDBConnection, TableSpec], Op[None]]


def put_op(connection: DynamoDBConnection, table: str = "audit") -> Op[None]:
    return Op(
        operation="put_item",
        parameters={"TableName": connection.table(table), "Item": Address(table, "P", "S").key},
        decode=lambda _: None,
        table=table,
        reads=False,
    )


@pytest.fixture
def guarded(connection: DynamoDBConnection) -> Iterator[DynamoDBConnection]:
    """A connection that looks at the tables before it writes."""
    opened = DynamoDBConnection(
        connection._settings,
        clock=SystemClock(),
        metrics=Counted(),
        tracer=Spans(),
        before_changes=TablesChecked(),
    )
    yield opened
    opened.close()


def operations(connection: DynamoDBConnection) -> Counter[str]:
    return Counter(attributes["operation"] for _, attributes in connection._tracer.seen)


@pytest.mark.parametrize("missing", NAMES)
def test_nothing_is_written_while_a_table_is_missing(
    guarded: DynamoDBConnection, connection: DynamoDBConnection, missing: str
):
    for spec in TABLES:
        if spec.name != missing:
            connection.run(as_it_should(connection, spec))

    with pytest.raises(TableMissing, match=f"{missing} is missing; in the cloud it comes from"):
        guarded.run(put_op(guarded))

    assert operations(guarded)["put_item"] == 1
    assert guarded._metrics.total("dynamodb_call_s", operation="put_item") == 0
    create_tables(connection, clock=SystemClock())
    guarded.run(put_op(guarded))


@pytest.mark.parametrize(
    ("wrong", "spec"),
    [
        (keyed_otherwise, MAIN),
        (keyed_otherwise, KEYS),
        (with_numbers, KEYS),
        (without_index, MAIN),
        (without_index, AUDIT),
    ],
)
def test_nothing_is_written_to_tables_that_are_not_claritys(
    guarded: DynamoDBConnection, connection: DynamoDBConnection, wrong: Making, spec: TableSpec
):
    connection.run(wrong(connection, spec))
    for other in TABLES:
        if other is not spec:
            connection.run(as_it_should(connection, other))

    with pytest.raises(WrongTable, match=f"{connection.table(spec.name)} has other keys.*prefix"):
        guarded.run(put_op(guarded))

    assert guarded._metrics.total("dynamodb_call_s", operation="put_item") == 0


def test_an_index_that_clarity_does_not_know_is_no_harm(
    guarded: DynamoDBConnection, connection: DynamoDBConnection
):
    for spec in TABLES:
        connection.run(with_another_index(connection, spec))
    create_tables(connection, clock=SystemClock())  # waits until they are ready

    guarded.run(put_op(guarded))

    assert guarded._metrics.total("dynamodb_call_s", operation="put_item") > 0


def test_the_tables_are_looked_at_once_however_many_write_first(
    guarded: DynamoDBConnection, connection: DynamoDBConnection
):
    create_tables(connection, clock=SystemClock())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guarded.run, [put_op(guarded)] * 16))

    assert operations(guarded) == {"put_item": 16, "describe_table": 3}


def test_reading_looks_at_no_definitions(guarded: DynamoDBConnection):
    with pytest.raises(TableMissing, match="a table or index of DynamoDB"):
        guarded.run(get_op(guarded, Address("main", "P", "S")))

    assert operations(guarded) == {"get_item": 1}


def test_retention_and_permission_split_the_tables():
    by_name = {spec.name: spec for spec in TABLES}

    assert tuple(by_name) == NAMES
    assert by_name["audit"].append_only
    assert not by_name["keys"].backed_up
    assert by_name["main"].ttl == "ttl"
    assert not by_name["audit"].ttl


@pytest.mark.parametrize("name", ["moto", "ministack"])
def test_tables_are_made_with_expiry_recovery_and_protection(name: str):
    with world_on(running(name), SystemClock()) as world:
        told = {spec.name: safeguards(world.connection, spec) for spec in TABLES}

    assert told == {
        "main": ("ttl", "ENABLED", True),
        "audit": ("", "ENABLED", True),
        "keys": ("", "DISABLED", True),
    }


def safeguards(connection: DynamoDBConnection, spec: TableSpec) -> tuple[str, str, bool]:
    """Attribute of the expiry, state of the recovery, whether it cannot be deleted."""

    def told(operation: str, within: str) -> Answer:
        return connection.run(
            Op(
                operation=operation,
                parameters={"TableName": connection.table(spec.name)},
                decode=lambda answer: answer[within],
                table=spec.name,
                reads=True,
            )
        )

    expiry = told("describe_time_to_live", "TimeToLiveDescription")
    backups = told("describe_continuous_backups", "ContinuousBackupsDescription")
    recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    table = told("describe_table", "Table")
    return expiry.get("AttributeName", ""), recovery, table["DeletionProtectionEnabled"]
