"""Writes without a record: others at the same items and lost answers give no false answer."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import attrs
import pytest

from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.adapters.aws.dynamodb.items import EntityItems
from clarity.adapters.aws.dynamodb.jobs import DynamoDBJobs
from clarity.adapters.aws.dynamodb.secret import SharedSecret
from clarity.adapters.aws.dynamodb.together import Together
from clarity.adapters.aws.dynamodb.upkeep import DynamoDBUpkeep
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.jobs import JobState
from clarity.ports.errors import AlreadyExists, NotFound, Unavailable, Unexpected
from clarity.ports.repository import Put
from tests.contracts.jobs.harness import CLINIC, NURSE, job
from tests.contracts.repository.harness import chunk, evidence
from tests.support.clocks import START, HandClock
from tests.support.dynamodb import World, world_on
from tests.support.engines import running
from tests.support.fault_proxy import Fault, FaultProxy, always, fault_proxy, scripted

WRITE = "TransactWriteItems"


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultProxy]:
    with fault_proxy(running("ministack")) as faulty:
        yield faulty


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def world(proxy: FaultProxy, clock: HandClock) -> Iterator[World]:
    proxy.plan = lambda *_: None
    with world_on(proxy.engine, clock) as opened:
        proxy.requests.clear()
        yield opened
        proxy.plan = lambda *_: None


def begin(jobs: DynamoDBJobs) -> None:
    jobs.begin(job(1))


def update(jobs: DynamoDBJobs) -> None:
    jobs.update(job().finished(at=START))


def purge(jobs: DynamoDBJobs) -> None:
    jobs.purge(CLINIC, ended_before=START + timedelta(days=1))


CHANGES = [begin, update, purge]


@pytest.fixture
def jobs(world: World, proxy: FaultProxy) -> DynamoDBJobs:
    """A job that runs and one that ended."""
    world.jobs.begin(job())
    world.jobs.begin(job(2))
    world.jobs.update(job(2).finished(at=START))
    proxy.requests.clear()
    return world.jobs


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("fault", [Fault.CONFLICT, Fault.DROP_AFTER])
def test_a_change_of_jobs_that_collides_or_whose_answer_is_lost_happens(
    jobs: DynamoDBJobs, proxy: FaultProxy, change: Callable[[DynamoDBJobs], None], fault: Fault
):
    proxy.plan = scripted(WRITE, fault)

    change(jobs)

    assert proxy.requests[WRITE] == 2
    states = {one.id: one.state for one in jobs.of(NURSE, limit=9, cursor=None).jobs}
    done, runs = JobState.DONE, JobState.RUNNING
    expected = {
        begin: {"job-0": runs, "job-1": runs, "job-2": done},
        update: {"job-0": done, "job-2": done},
        purge: {"job-0": runs},
    }
    assert states == expected[change]


@pytest.mark.parametrize("change", CHANGES)
def test_while_others_hold_the_same_items_nothing_is_said_of_the_job(
    jobs: DynamoDBJobs, proxy: FaultProxy, change: Callable[[DynamoDBJobs], None]
):
    once = Backoff(first_s=60, cap_s=60, limit_s=30, jitter=lambda: 1.0)
    impatient = attrs.evolve(jobs.batches, backoff=once)
    proxy.plan = always(Fault.CONFLICT, WRITE)

    with pytest.raises(Unavailable, match="other writers"):
        change(attrs.evolve(jobs, batches=impatient))


@pytest.mark.parametrize("change", CHANGES)
def test_what_will_never_be_taken_is_told_at_once(
    jobs: DynamoDBJobs, proxy: FaultProxy, change: Callable[[DynamoDBJobs], None]
):
    proxy.plan = always(Fault.CANCEL_INVALID, WRITE)

    with pytest.raises(Unexpected, match="malformed"):
        change(jobs)

    assert proxy.requests[WRITE] == 1


def test_a_condition_that_does_not_hold_is_still_told(jobs: DynamoDBJobs):
    with pytest.raises(AlreadyExists):
        jobs.begin(job())
    with pytest.raises(NotFound):
        jobs.update(job(2))


def test_the_first_process_makes_the_shared_key_though_it_collides(
    world: World, proxy: FaultProxy, clock: HandClock
):
    proxy.plan = scripted(WRITE, Fault.CONFLICT)

    made = SharedSecret(Together(world.connection, clock))()

    assert SharedSecret(Together(world.connection, clock))() == made


def test_an_expired_item_that_others_are_at_is_purged_all_the_same(
    world: World, proxy: FaultProxy, clock: HandClock
):
    soon = START + timedelta(seconds=5)
    world.repository.commit([Put(chunk(), 0, soon)], evidence=evidence())
    clock.advance(5)
    proxy.requests.clear()
    proxy.plan = scripted(WRITE, Fault.CONFLICT)

    gone = DynamoDBUpkeep(world.connection, EntityItems(ShuffleZstdCodec()), clock).purge_expired()

    assert gone == 1


def test_a_commit_that_will_never_be_taken_is_refused_at_once(world: World, proxy: FaultProxy):
    proxy.plan = always(Fault.CANCEL_INVALID, WRITE)

    with pytest.raises(Unexpected, match="malformed"):
        world.repository.commit([Put(chunk(), 0)], evidence=evidence())

    assert proxy.requests[WRITE] == 1
