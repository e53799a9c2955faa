"""No more calls are under way at once than a connection has places, and who waits has a deadline."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

import attrs
import pytest

from clarity.adapters.aws._deadline import within
from clarity.adapters.aws.connection import ConnectionSettings, DynamoDBConnection
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.guards import UNGUARDED, Guards
from clarity.adapters.aws.settings import Limits
from clarity.adapters.local.clock import SystemClock
from clarity.bootstrap import open_core
from clarity.ports.clock import Clock
from clarity.ports.errors import TimedOut, Unavailable
from clarity.ports.repository import Put
from clarity.settings import Settings
from tests.contracts.repository.harness import ADA, chunk, evidence
from tests.support.clocks import HandClock
from tests.support.dynamodb import Counted, Spans, credentials
from tests.support.engines import REGION, Engine, running
from tests.support.fault_proxy import Fault, fault_proxy

T = TypeVar("T")
PLACES: Final = 3
LIMITS: Final = Limits(
    connect_timeout_s=5, read_timeout_s=20, deadline_s=60, attempts=1, pool_size=PLACES
)
PREFIX: Final = "places-"


@contextmanager
def connected(
    engine: Engine, *, guards: Guards = UNGUARDED, clock: Clock | None = None
) -> Iterator[DynamoDBConnection]:
    credentials()
    connection = DynamoDBConnection(
        ConnectionSettings(endpoint=engine.endpoint, limits=LIMITS, table_prefix=PREFIX),
        clock=clock or SystemClock(),
        metrics=Counted(),
        tracer=Spans(),
        guards=guards,
    )
    try:
        yield connection
    finally:
        connection.close()


def read(connection: DynamoDBConnection) -> None:
    """One call, whatever is answered."""
    with pytest.raises(Unavailable):
        connection.run(get_op(connection, Address("main", "a", "b")))


@attrs.define
class Held:
    """A guard that holds every call until the doors are opened, and takes no more than fit."""

    inside: threading.Semaphore = attrs.field(factory=lambda: threading.Semaphore(0))
    doors: threading.Event = attrs.field(factory=threading.Event)
    calls: int = 0

    def __call__(self, _: Callable[[], T]) -> T:
        self.calls += 1
        assert self.calls <= PLACES
        self.inside.release()
        assert self.doors.wait(timeout=30)
        raise Unavailable("the region")


def test_a_call_that_finds_no_place_until_its_deadline_is_told_and_nothing_was_asked():
    held, clock = Held(), HandClock()
    with (
        connected(running("ministack"), guards=Guards(reads=held), clock=clock) as connection,
        ThreadPoolExecutor(PLACES) as pool,
    ):
        calls = [pool.submit(read, connection) for _ in range(PLACES)]
        assert all(held.inside.acquire(timeout=30) for _ in calls)

        try:
            with pytest.raises(TimedOut, match="3 places"), within(0.0, clock.monotonic_s):
                connection.ping_s()
        finally:
            held.doors.set()
        for call in calls:
            call.result()

    assert held.calls == PLACES


def test_of_many_threads_as_many_ask_at_once_as_there_are_places():
    together, lock = threading.Barrier(PLACES), threading.Lock()
    under_way: list[int] = [0]
    most: list[int] = []

    def plan(*_: object) -> Fault:
        with lock:
            under_way[0] += 1
            most.append(under_way[0])
        together.wait(timeout=30)
        with lock:
            under_way[0] -= 1
        return Fault.SERVER_ERROR

    with (
        fault_proxy(running("ministack")) as proxy,
        connected(proxy.engine) as connection,
        ThreadPoolExecutor(4 * PLACES) as pool,
    ):
        proxy.plan = plan
        for call in [pool.submit(read, connection) for _ in range(4 * PLACES)]:
            call.result()

    assert len(most) == 4 * PLACES
    assert max(most) == PLACES


def test_one_place_is_enough_for_a_commit_that_looks_at_the_tables_first():
    address = f"dynamodb://{REGION}/one-?endpoint={running('ministack').url}&create=yes&pool_size=1"
    credentials()
    with open_core(Settings(store=address)) as core:
        core.repository().commit([Put(chunk(), 0)], evidence=evidence())

        assert core.chain_trail().head(ADA).seq == 1
