"""REL-19: the time of day jumps by an hour or runs backwards; what must not care does not."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from clarity.adapters.local.cache import LruCache
from clarity.adapters.local.clock import SystemClock
from clarity.application.health import Health
from clarity.domain.audit import AuditEvent, Operation, verify_chain
from clarity.ports.cache import Hit, Miss
from clarity.ports.clock import Clock
from clarity.ports.entities import key_of
from clarity.ports.errors import IdempotencyMismatch
from clarity.ports.health import Pingable
from clarity.ports.query import Stored
from clarity.ports.repository import Put
from tests.contracts.repository.harness import ADA, chunk, digest, evidence
from tests.faults.embedded.disks import opened, records_about
from tests.support.clocks import START, HandClock

HOUR = timedelta(hours=1)
JUMPS = [-HOUR, HOUR, timedelta(days=-3_000)]


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_rel_19_how_long_a_value_is_cached_is_unaffected(jump: timedelta):
    clock = HandClock()
    cache = LruCache(clock)
    miss = cache.get("k")
    assert isinstance(miss, Miss)
    cache.fill("k", b"v", stamp=miss.stamp, ttl_s=60)

    clock.set(clock.now() + jump)
    clock.advance(59)
    kept = cache.get("k")
    clock.advance(2)

    assert kept == Hit(b"v")
    assert isinstance(cache.get("k"), Miss)


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_rel_19_commits_and_appends_go_on_and_the_chain_keeps_its_order(jump: timedelta):
    with opened(None) as world:
        for number, at in enumerate((START, START + jump, START)):
            world.clock.set(at)
            world.repository.commit([Put(chunk(number), 0)], evidence=evidence(at=at))
            world.trail.append(_read_at(at))

        records = records_about(world.trail)

        assert [record.seq for record in records] == [1, 2, 3, 4, 5, 6]
        assert [record.event.at - START for record in records[2:4]] == [jump, jump]
        assert verify_chain(records, head=world.trail.head(ADA)).seq == 6


def _read_at(at: datetime) -> AuditEvent:
    said = evidence(at=at)
    return AuditEvent(
        actor=said.actor,
        patient=ADA,
        operation=Operation.READ,
        touched=(),
        correlation=said.correlation,
        at=at,
    )


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_rel_19_a_request_is_remembered_whichever_way_the_clock_is_set(jump: timedelta):
    said = evidence(key="k", request=digest(1))
    with opened(None) as world:
        first = world.repository.commit([Put(chunk(), 0)], evidence=said)
        world.clock.set(START + jump)

        again = world.repository.commit([Put(chunk(), 0)], evidence=said)
        with pytest.raises(IdempotencyMismatch):
            world.repository.commit([], evidence=evidence(key="k", request=digest(2)))

        assert again == first
        assert world.repository.get(ADA, key_of(chunk())) == Stored(chunk(), 1)


class _SetsTheClock(Pingable):
    """A dependency that takes a second to answer, while somebody sets the clock back."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock

    def ping(self) -> str:
        self.clock.advance(1)
        self.clock.set(START - HOUR)
        return "there"


def test_rel_19_latencies_are_told_by_the_stopwatch():
    clock = HandClock()

    (told,) = Health([("store", _SetsTheClock(clock))], clock).run()

    assert told.latency_s == 1.0


def test_rel_19_the_stopwatch_of_the_machine_is_no_time_of_day():
    clock: Clock = SystemClock()
    read = [clock.monotonic_s() for _ in range(1_000)]

    assert all(before <= after for before, after in pairwise(read))
    assert read[0] < datetime(2026, 1, 1, tzinfo=UTC).timestamp() / 10
