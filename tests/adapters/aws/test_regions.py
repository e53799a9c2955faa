"""Reads go to the replica while the region of the tables gives no answer, and come back."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import attrs
import pytest

from clarity.adapters.aws._regions import AWAY_S, Primary
from clarity.adapters.aws.connection import ConnectionSettings, DynamoDBConnection
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.tables import create_tables
from clarity.adapters.aws.guards import UNGUARDED, Guards
from clarity.adapters.aws.settings import Endpoint, Limits
from clarity.bootstrap import open_core
from clarity.ports.entities import key_of
from clarity.ports.errors import Throttled, Unavailable
from clarity.ports.repository import Put
from clarity.settings import Settings
from tests.contracts.repository.harness import ADA, chunk, evidence
from tests.support.clocks import HandClock
from tests.support.dynamodb import Counted, Spans, credentials
from tests.support.engines import REGION, running
from tests.support.fault_proxy import Fault, FaultProxy, always, fault_proxy

T = TypeVar("T")
ONCE = Limits(connect_timeout_s=5, read_timeout_s=20, deadline_s=10, attempts=1)
NOWHERE = Endpoint(region=REGION, url="http://127.0.0.1:1")
THERE = Address("main", "P#t#p", "O#activity#20030501")


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultProxy]:
    """In front of the engine, which by itself stands for the replica."""
    with fault_proxy(running("ministack")) as faulty:
        yield faulty


@attrs.frozen(kw_only=True)
class Line:
    """A connection to both, and what it leaves."""

    connection: DynamoDBConnection
    clock: HandClock
    metrics: Counted

    def read(self) -> object:
        return self.connection.run(attrs.evolve(get_op(self.connection, THERE), may_lag=True))

    @property
    def replica_reads(self) -> float:
        return self.metrics.total("dynamodb_replica_reads")


def line_to(
    proxy: FaultProxy,
    *,
    replica: Endpoint | None = None,
    limits: Limits = ONCE,
    guards: Guards = UNGUARDED,
) -> Line:
    credentials()
    proxy.plan = lambda *_: None
    clock, metrics = HandClock(), Counted()
    settings = ConnectionSettings(
        endpoint=proxy.engine.endpoint,
        replica=replica or proxy.upstream.endpoint,
        limits=limits,
        table_prefix="regions-",
    )
    connection = DynamoDBConnection(
        settings, clock=clock, metrics=metrics, tracer=Spans(), guards=guards
    )
    create_tables(connection, clock=clock)
    proxy.requests.clear()
    return Line(connection=connection, clock=clock, metrics=metrics)


@pytest.fixture
def line(proxy: FaultProxy) -> Iterator[Line]:
    opened = line_to(proxy)
    yield opened
    proxy.plan = lambda *_: None
    opened.connection.close()


@attrs.define
class Door:
    """A guard that lets calls through until it is shut."""

    is_shut: bool = False

    def __call__(self, call: Callable[[], T]) -> T:
        if self.is_shut:
            raise Unavailable("the region")
        return call()


def test_the_replica_answers_while_a_breaker_keeps_the_region_from_being_asked(proxy: FaultProxy):
    door = Door()
    line = line_to(proxy, guards=Guards(reads=door))
    door.is_shut = True

    line.read()

    assert (proxy.requests.total(), line.replica_reads) == (0, 1)


def test_a_region_that_gave_no_answer_is_not_asked_again_for_a_while(line: Line, proxy: FaultProxy):
    proxy.plan = always(Fault.SERVER_ERROR)

    for _ in range(5):
        line.read()
    line.clock.advance(AWAY_S - 1)
    line.read()

    assert proxy.requests["GetItem"] == 1
    assert line.replica_reads == 6


def test_after_a_while_one_read_looks_again_and_the_others_follow_when_it_is_back(
    line: Line, proxy: FaultProxy
):
    proxy.plan = always(Fault.SERVER_ERROR)
    line.read()
    line.clock.advance(AWAY_S)
    line.read()
    line.read()
    asked_while_down = proxy.requests["GetItem"]

    proxy.plan = lambda *_: None
    line.clock.advance(AWAY_S)
    for _ in range(4):
        line.read()

    assert asked_while_down == 2
    assert proxy.requests["GetItem"] == 2 + 4
    assert line.replica_reads == 3


def test_a_region_that_asks_for_fewer_calls_is_not_down(line: Line, proxy: FaultProxy):
    proxy.plan = always(Fault.THROTTLE)

    line.read()
    line.read()

    assert proxy.requests["GetItem"] == 2
    assert line.replica_reads == 2


def test_a_write_that_gets_an_answer_brings_the_reads_back(line: Line, proxy: FaultProxy):
    proxy.plan = always(Fault.SERVER_ERROR, "GetItem")
    line.read()
    line.connection.ping_s()
    line.read()

    assert proxy.requests["GetItem"] == 2


def test_half_of_the_time_is_left_to_the_replica(proxy: FaultProxy):
    line = line_to(proxy, limits=attrs.evolve(ONCE, attempts=9))

    def plan(*_: object) -> Fault:
        line.clock.advance(4)
        return Fault.SERVER_ERROR

    proxy.plan = plan
    line.read()

    assert proxy.requests["GetItem"] == 2
    assert line.clock.elapsed_s < ONCE.deadline_s
    line.connection.close()


def test_when_neither_answers_the_region_is_asked_again_at_once(proxy: FaultProxy):
    line = line_to(proxy, replica=NOWHERE)
    proxy.plan = always(Fault.SERVER_ERROR)
    with pytest.raises(Unavailable):
        line.read()

    proxy.plan = lambda *_: None
    line.read()

    assert proxy.requests["GetItem"] == 2
    line.connection.close()


def test_a_throttled_region_without_a_replica_that_answers_is_told_as_what_the_replica_says(
    proxy: FaultProxy,
):
    line = line_to(proxy, replica=proxy.engine.endpoint)
    proxy.plan = always(Fault.THROTTLE)

    with pytest.raises(Throttled):
        line.read()
    line.connection.close()


def test_of_many_reads_at_the_end_of_the_while_one_looks_again():
    primary = Primary(away_s=5)
    primary.failed(0.0)

    passed_over = [primary.is_passed_over(now_s) for now_s in (4.9, 5.0, 5.0, 9.9, 10.0)]

    assert passed_over == [True, False, True, True, False]
    primary.answered()
    assert not primary.is_passed_over(10.0)


def test_the_application_reads_from_the_replica_and_writes_nowhere_else(proxy: FaultProxy):
    credentials()
    proxy.plan = lambda *_: None
    settings = Settings(
        store=f"dynamodb://{REGION}/both-?endpoint={proxy.engine.url}&create=yes"
        f"&replica={REGION}&replica_endpoint={proxy.upstream.url}&attempts=2"
    )
    with open_core(settings) as core:
        repository = core.repository()
        repository.commit([Put(chunk(), 0)], evidence=evidence())
        proxy.plan = always(Fault.RESET_BEFORE)
        proxy.requests.clear()

        read = repository.get(ADA, key_of(chunk())).entity
        with pytest.raises(Unavailable):
            repository.commit([Put(chunk(1), 0)], evidence=evidence())
        (health,) = core.health().run()
        proxy.plan = lambda *_: None

    assert read == chunk()
    assert not health.ok
    assert "cannot be reached" in health.detail
