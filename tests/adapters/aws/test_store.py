"""The store behind an address, and the application over it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from clarity.adapters.aws._operations import Op
from clarity.adapters.aws.connection import ConnectionSettings
from clarity.adapters.aws.dynamodb.inventory import DynamoDBInventory
from clarity.adapters.aws.dynamodb.secret import SECRET_AT, SharedSecret
from clarity.adapters.aws.dynamodb.store import (
    BadAddress,
    settings_of,
)
from clarity.adapters.aws.dynamodb.together import Together
from clarity.adapters.aws.settings import Endpoint, Limits
from clarity.adapters.local.clock import SystemClock
from clarity.bootstrap import open_clarity, open_core
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.ports.errors import Corrupt
from clarity.ports.repository import Put
from clarity.settings import Profile, Settings
from tests.contracts.repository.harness import ADA, BEN, chunk, evidence
from tests.support.dynamodb import World, credentials, world_on
from tests.support.engines import running

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["moto", "ministack"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with world_on(running(request.param), SystemClock()) as opened:
        yield opened


def test_an_address_names_everything_that_can_be_chosen():
    address = (
        "dynamodb://eu-west-1/study-?endpoint=http://127.0.0.1:8000"
        "&replica=eu-north-1&replica_endpoint=http://127.0.0.1:9000&deadline_s=2.5&create=yes"
        "&connect_timeout_s=0.5&read_timeout_s=0.75&attempts=3&pool_size=40"
    )

    assert settings_of(address) == ConnectionSettings(
        endpoint=Endpoint(region="eu-west-1", url="http://127.0.0.1:8000"),
        replica=Endpoint(region="eu-north-1", url="http://127.0.0.1:9000"),
        limits=Limits(
            connect_timeout_s=0.5, read_timeout_s=0.75, deadline_s=2.5, attempts=3, pool_size=40
        ),
        table_prefix="study-",
        makes_tables=True,
    )
    assert settings_of("dynamodb://eu-west-1") == ConnectionSettings(
        endpoint=Endpoint(region="eu-west-1"), table_prefix="clarity-"
    )


@pytest.mark.parametrize(("threads", "kept"), [(1, 9), (8, 16), (32, 40)])
def test_as_many_connections_are_kept_as_threads_call_beside_those_that_tell_the_log(
    threads: int, kept: int
):
    assert settings_of("dynamodb://eu-west-1", threads=threads).limits.pool_size == kept


def test_the_threads_of_the_application_decide_on_the_connections_that_are_kept():
    credentials()
    url = running("ministack").url
    settings = Settings(store=f"dynamodb://eu-west-1/x-?endpoint={url}", threads=20)

    with open_core(settings) as core:
        assert core.inventory().connection.limits.pool_size == 28


@pytest.mark.parametrize(
    "address",
    [
        "dynamodb://",
        "dynamodb:eu-west-1",
        "sqlite://eu-west-1/x",
        "dynamodb://eu-west-1/a b",
        "dynamodb://EU/x",
        "dynamodb://eu-west-1/x?endpoint=ftp://x",
        "dynamodb://eu-west-1/x?deadline_s=soon",
        "dynamodb://eu-west-1/x?deadline_s=0",
        "dynamodb://eu-west-1/x?deadline_s=inf",
        "dynamodb://eu-west-1/x?read_timeout_s=nan",
        "dynamodb://eu-west-1/x?connect_timeout_s=-1",
        "dynamodb://eu-west-1/x?attempts=2.5",
        "dynamodb://eu-west-1/x?replica=",
        "dynamodb://eu-west-1/x?replica_endpoint=http://127.0.0.1:9000",
        "dynamodb://eu-west-1/x?attempts=0",
        "dynamodb://eu-west-1/x?pool_size=many",
        "dynamodb://eu-west-1/x?create=perhaps",
        "dynamodb://eu-west-1/x?password=1",
        "dynamodb://eu-west-1/x?create=yes",
        "dynamodb://eu-west-1/x?create=yes&endpoint=https://dynamodb.eu-west-1.amazonaws.com",
        "dynamodb://eu-west-1/x?create=yes&endpoint=https://dynamodb.eu-west-1.api.aws:443/",
    ],
)
def test_an_address_that_cannot_be_understood_is_refused_with_an_example(address: str):
    with pytest.raises(BadAddress, match="write dynamodb://REGION/PREFIX"):
        settings_of(address)


def secret(world: World) -> SharedSecret:
    return SharedSecret(Together(world.connection, SystemClock()))


def test_every_process_gets_the_same_secret(world: World):
    first = secret(world)()

    assert len(first) == 32
    assert secret(world)() == first


def test_the_secret_is_asked_for_once_by_all_threads(world: World):
    shared = secret(world)
    before = len(world.spans.seen)

    with ThreadPoolExecutor(8) as pool:
        given = set(pool.map(lambda _: shared(), range(32)))

    assert len(given) == 1
    assert len(world.spans.seen) - before == 3  # look, offer, look again


@pytest.mark.parametrize("damaged", [{"S": "no bytes"}, {"B": b"short"}])
def test_a_damaged_secret_is_told(world: World, damaged: dict):
    world.connection.run(_put(world, {"secret": damaged}))

    with pytest.raises(Corrupt):
        secret(world)()


def _put(world: World, attributes: dict):
    return Op(
        operation="put_item",
        parameters={
            "TableName": world.connection.table("keys"),
            "Item": {**SECRET_AT.key, **attributes},
        },
        decode=lambda _: None,
        table="keys",
        reads=False,
    )


def test_the_stock_counts_what_has_not_expired(world: World):
    changes = [Put(chunk(0), 0), Put(chunk(1), 0), Put(chunk(2), 0, LONG_AGO)]
    world.repository.commit(changes, evidence=evidence())
    world.repository.commit([Put(chunk(0), 0)], evidence=evidence(BEN))
    other = PatientRef(TenantId("other"), PatientId("x"))
    world.repository.commit([Put(chunk(0), 0)], evidence=evidence(other))
    inventory = DynamoDBInventory(world.connection, world.trail, SystemClock())

    stock = inventory.stock(ADA.tenant)

    assert (stock.patients, stock.audit_records) == (2, 2)
    assert dict(stock.entities) == {"chunk": 3, "result": 0, "profile": 0}
    assert "eu-west-1" in stock.location
    assert "layout 1, answers within" in inventory.ping()
    assert inventory.stock(TenantId("nobody")).patients == 0


def test_the_application_opens_on_tables_and_answers_health():
    credentials()
    url = running("ministack").url
    address = f"dynamodb://eu-west-1/application-?endpoint={url}"

    with open_clarity(Settings(store=address)) as clarity:
        (missing,) = clarity.health.run()
    assert not missing.ok
    assert "create-tables" in missing.detail
    made = Settings(store=f"{address}&create=yes")
    with open_clarity(made) as clarity:
        assert [ping.ok for ping in clarity.health.run()] == [True]
    with open_clarity(Settings(store=address)) as clarity:
        assert [ping.ok for ping in clarity.health.run()] == [True]


def test_the_store_decides_the_profile():
    assert Settings(store="dynamodb://eu-west-1").profile is Profile.AWS
    assert Settings(store="x.db").profile is Profile.EMBEDDED
