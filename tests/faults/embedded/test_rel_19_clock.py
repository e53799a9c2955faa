"""REL-19: the time of day jumps by an hour or runs backwards; what must not care does not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import attrs
import pytest

from clarity.adapters.local.cache import LruCache
from clarity.adapters.local.clock import SystemClock
from clarity.application.health import Health
from clarity.application.ship_audit import Pace
from clarity.domain.audit import AuditEvent, Operation, verify_chain
from clarity.domain.audit_log import LogEntry
from clarity.domain.jobs import STALE_AFTER, JobKind, JobState
from clarity.ports.audit_log import AuditLog
from clarity.ports.cache import Hit, Miss
from clarity.ports.clock import Clock
from clarity.ports.entities import key_of
from clarity.ports.errors import IdempotencyMismatch, Unavailable
from clarity.ports.health import Pingable
from clarity.ports.query import Stored
from clarity.ports.repository import Put
from tests.contracts.repository.harness import ADA, chunk, digest, evidence
from tests.faults.embedded.disks import opened, records_about
from tests.support.clocks import START, HandClock
from tests.support.worlds import CORRELATION, NURSE, store_days
from tests.support.worlds import opened as world_opened

HOUR = timedelta(hours=1)
WHO = {"actor": NURSE, "correlation": CORRELATION}
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


@attrs.define
class _Away(AuditLog):
    """A log that is away."""

    def write(self, entries: Sequence[LogEntry]) -> int:
        raise Unavailable("the log")


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_rel_19_a_deadline_is_kept_by_the_stopwatch(jump: timedelta):
    with world_opened() as world:
        store_days(world)
        pauses: list[float] = []

        def pause(seconds: float) -> bool:
            pauses.append(seconds)
            world.clock.advance(seconds)
            world.clock.set(world.clock.now() + jump)
            return False

        ship = attrs.evolve(world.app.ship_audit, log=_Away())
        pace = Pace(limit_s=30.0, longest_pause_s=5.0, jitter=lambda: 1.0, pause=pause)

        shipment = ship.run(pace)

    assert not shipment.is_complete
    assert 25.0 <= sum(pauses) < 30.0


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_rel_19_how_often_a_job_is_heard_of_is_unaffected(jump: timedelta):
    with world_opened() as world:
        jobs = world.core.job_store()
        with world.core.track().running(JobKind.EXPORT, **WHO) as progress:
            world.clock.set(world.clock.now() + jump)
            progress.advance()
            too_early = jobs.get(NURSE, progress.job.id)
            world.clock.advance(1)
            progress.advance()
            heard = jobs.get(NURSE, progress.job.id)

    assert (too_early.done, heard.done) == (0, 2)
    assert heard.heard_at == START + jump + timedelta(seconds=1)


def test_rel_19_a_clock_set_ahead_makes_a_job_look_stale_until_it_is_heard_of():
    with world_opened() as world, world.core.track().running(JobKind.EXPORT, **WHO) as progress:
        world.clock.set(START + HOUR)
        before = world.app.jobs.one(progress.job.id, actor=NURSE).state
        world.clock.advance(1)
        progress.advance()

        after = world.app.jobs.one(progress.job.id, actor=NURSE).state

    assert (before, after) == (JobState.STALE, JobState.RUNNING)


def test_rel_19_a_clock_set_back_hides_a_dead_job_by_as_much_and_no_longer():
    with world_opened() as world:
        running = world.core.track().running(JobKind.EXPORT, **WHO)
        dead = running.__enter__().job.id  # its process is never heard of again
        world.clock.set(START - HOUR)
        world.clock.advance((HOUR + STALE_AFTER).total_seconds())
        hidden = world.app.jobs.one(dead, actor=NURSE).state
        world.clock.advance(1)

        seen = world.app.jobs.one(dead, actor=NURSE).state
        running.__exit__(None, None, None)

    assert (hidden, seen) == (JobState.RUNNING, JobState.STALE)


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
