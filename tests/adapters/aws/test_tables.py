"""The tables as one value: made on an engine, and checked before anything is written."""

from collections.abc import Iterator

import pytest

from clarity.adapters.aws._operations import Answer, Op
from clarity.adapters.aws.connection import ConnectionSettings, DynamoDBConnection
from clarity.adapters.aws.dynamodb.tables import (
    MAIN,
    TABLES,
    check_tables,
    create_tables,
    enable_expiry,
)
from clarity.adapters.local.clock import SystemClock
from clarity.ports.errors import Unexpected
from tests.support.dynamodb import Counted, Spans, credentials, world_on
from tests.support.engines import running

NAMES = ("main", "audit", "keys")


@pytest.fixture(params=["moto", "ministack", "dynalite"])
def connection(request: pytest.FixtureRequest) -> Iterator[DynamoDBConnection]:
    credentials()
    number = request.node.name.replace("[", "-").replace("]", "")
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


def test_a_missing_table_is_told_by_name(connection: DynamoDBConnection):
    with pytest.raises(Unexpected, match=connection.table("main")):
        check_tables(connection)


def test_a_table_with_other_keys_is_told_and_left_alone(connection: DynamoDBConnection):
    connection.run(_other_table(connection.table(MAIN.name)))

    with pytest.raises(Unexpected, match="other keys than pk and sk"):
        create_tables(connection, clock=SystemClock())


def _other_table(name: str) -> Op[None]:
    return Op(
        operation="create_table",
        parameters={
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        },
        decode=lambda _: None,
        table=MAIN.name,
        reads=False,
    )


def test_retention_and_permission_split_the_tables():
    by_name = {spec.name: spec for spec in TABLES}

    assert tuple(by_name) == NAMES
    assert by_name["audit"].append_only
    assert not by_name["keys"].backed_up
    assert by_name["main"].ttl == "ttl"
    assert not by_name["audit"].ttl


@pytest.mark.parametrize("name", ["moto", "ministack"])
def test_expired_items_are_removed_by_a_number_of_seconds(name: str):
    with world_on(running(name), SystemClock()) as world:
        enable_expiry(world.connection)

        told = world.connection.run(_ttl(world.connection.table(MAIN.name)))

    assert told == ("ENABLED", "ttl")


def _ttl(name: str) -> Op[tuple[str, str]]:
    def decode(answer: Answer) -> tuple[str, str]:
        told = answer["TimeToLiveDescription"]
        return told["TimeToLiveStatus"], told["AttributeName"]

    return Op(
        operation="describe_time_to_live",
        parameters={"TableName": name},
        decode=decode,
        table=MAIN.name,
        reads=True,
    )
