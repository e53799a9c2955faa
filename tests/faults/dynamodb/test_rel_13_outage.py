"""REL-13 while DynamoDB is away: refused unasked, one try for each interval, back with the first."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import attrs
import pytest

from clarity.adapters.aws.guards import Guards
from clarity.adapters.observability.metrics import MemoryMetrics
from clarity.adapters.resilience.breaker import breaker_for
from clarity.adapters.resilience.window import BreakerSettings
from clarity.bootstrap import open_core
from clarity.ports.entities import key_of
from clarity.ports.errors import AlreadyExists, PortError, Throttled, Transient
from clarity.ports.repository import Put
from clarity.settings import Settings
from tests.contracts.repository.harness import ADA, chunk, evidence
from tests.faults.dynamodb.worlds import faulty_world
from tests.support.clocks import HandClock
from tests.support.dynamodb import LIMITS, World, credentials
from tests.support.engines import REGION
from tests.support.fault_proxy import Fault, FaultProxy, always

SHIPPED: Final = BreakerSettings()
ONCE: Final = attrs.evolve(LIMITS, attempts=1)
INTERVALS: Final = 5
AWAY: Final = [Fault.SERVER_ERROR, Fault.RESET_BEFORE, Fault.THROTTLE, Fault.GARBAGE]


@attrs.frozen(kw_only=True)
class Line:
    """A store whose breakers go by a clock that the test drives, and the way to it."""

    world: World
    proxy: FaultProxy
    clock: HandClock
    days: Iterator[int] = attrs.field(factory=lambda: itertools.count(1))

    def read(self) -> object:
        return self.world.repository.get(ADA, key_of(chunk()))

    def write(self) -> object:
        return self.world.repository.commit([Put(chunk(next(self.days)), 0)], evidence=evidence())

    def break_down(self, fault: Fault, *operations: str) -> None:
        """The fault for all of these requests, and calls until they are refused unasked."""
        self.proxy.plan = always(fault, *operations)
        refused = [_refusal(self.write) or _refusal(self.read) for _ in range(SHIPPED.window)]
        assert "not asked again" in refused[-1]
        self.proxy.requests.clear()

    def requests_of(self, *calls: Callable[[], object]) -> int:
        """How many requests the calls, at once on eight threads, make in one interval."""
        self.proxy.requests.clear()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(_refusal, calls))
        return self.proxy.requests.total()


def _refusal(call: Callable[[], object]) -> str:
    try:
        call()
    except Transient as error:
        return str(error)
    return ""


def _told_of_what_is_there(line: Line) -> type[PortError]:
    with pytest.raises(PortError) as told:
        line.world.repository.commit([Put(chunk(), 0)], evidence=evidence())
    return told.type


@pytest.fixture
def line(proxy: FaultProxy) -> Iterator[Line]:
    clock, told = HandClock(), MemoryMetrics()
    reads, changes = (
        breaker_for(name, SHIPPED, clock=clock, metrics=told).run for name in ("reads", "changes")
    )
    with faulty_world(proxy, ONCE, Guards(reads=reads, changes=changes)) as world:
        world.repository.commit([Put(chunk(), 0)], evidence=evidence())
        yield Line(world=world, proxy=proxy, clock=clock)


@pytest.mark.parametrize("fault", AWAY)
def test_rel_13_what_is_away_is_not_asked_within_the_interval(line: Line, fault: Fault):
    line.break_down(fault)

    assert line.requests_of(*[line.read, line.write] * 100) == 0


@pytest.mark.parametrize("fault", AWAY)
def test_rel_13_one_request_tries_in_each_interval(line: Line, fault: Fault):
    line.break_down(fault)

    tried = []
    for _ in range(INTERVALS):
        line.clock.advance(SHIPPED.reset_s)
        tried.append(line.requests_of(*[line.read] * 64))

    assert tried == [1] * INTERVALS


def test_rel_13_the_first_call_after_an_interval_finds_that_it_is_back(line: Line):
    line.break_down(Fault.SERVER_ERROR)
    line.proxy.plan = lambda *_: None

    line.clock.advance(SHIPPED.reset_s)

    assert [_refusal(call) for call in [line.read, line.write] * 20] == [""] * 40


def test_rel_13_a_table_that_throttles_writes_is_still_read(line: Line):
    line.break_down(Fault.THROTTLE, "TransactWriteItems")

    assert _refusal(line.read) == ""
    assert "changes" not in _refusal(line.read)


def test_rel_13_refusals_on_conditions_are_answers_among_failures(line: Line):
    line.proxy.plan = lambda name, number: (
        Fault.THROTTLE if name == "TransactWriteItems" and number % 3 == 0 else None
    )
    told = Counter(_told_of_what_is_there(line) for _ in range(3 * SHIPPED.least_calls + 3))

    assert told.keys() == {AlreadyExists, Throttled}
    assert told[Throttled] > SHIPPED.least_calls


def test_rel_13_the_profile_on_aws_stops_asking_what_is_away():
    credentials()
    nowhere = "http://127.0.0.1:1"
    settings = Settings(store=f"dynamodb://{REGION}/away-?endpoint={nowhere}&attempts=1")
    with open_core(settings) as core:
        repository = core.repository()
        refused = [
            _refusal(lambda: repository.get(ADA, key_of(chunk())))
            for _ in range(SHIPPED.least_calls + 1)
        ]

    assert ["not asked again" in one for one in refused] == [False] * SHIPPED.least_calls + [True]
