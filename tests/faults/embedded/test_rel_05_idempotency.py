"""REL-05: the same command ten times at once, answers lost after commit: one effect, one record."""

import itertools
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

from clarity.domain.audit import verify_chain
from clarity.domain.identity import PatientRef
from clarity.domain.streams import DayChunk
from clarity.ports.errors import IdempotencyMismatch, Transient
from clarity.ports.query import Query
from clarity.ports.repository import Committed, Put, Repository
from tests.contracts.repository.harness import (
    ADA,
    BEN,
    RepositoryHarness,
    chunk,
    digest,
    everything,
    evidence,
)
from tests.faults.embedded.disks import opened, records_about
from tests.faults.faulty import Fault, FaultPlan, FaultyRepository
from tests.support.runs import runs

AT_ONCE = 10
LOSSES = (Fault.NONE, Fault.LOST, Fault.HUNG_AFTER, Fault.REFUSED)


def _until_answered(repository: Repository, number: int, plan: FaultPlan) -> Committed:
    """What a client that repeats its command gets in the end."""
    faulty = FaultyRepository(repository, plan)
    while True:
        said = evidence(key=f"command-{number}", request=digest(number))
        try:
            return faulty.commit([Put(chunk(number), 0)], evidence=said)
        except Transient:
            continue


def _plans(dice: random.Random) -> list[FaultPlan]:
    return [FaultPlan(dice.choices(LOSSES, k=dice.randrange(4))) for _ in range(AT_ONCE)]


def _trial(world: RepositoryHarness, pool: ThreadPoolExecutor, number: int) -> set[Committed]:
    plans = _plans(random.Random(number))
    return set(
        pool.map(
            _until_answered, itertools.repeat(world.repository), itertools.repeat(number), plans
        )
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("where", "trials"),
    [(None, runs(ci=1_000, soak=20_000)), ("store.db", runs(ci=50, soak=1_000))],
    ids=["memory", "file"],
)
def test_rel_05_ten_at_once_have_one_effect_one_record_and_one_answer(
    tmp_path: Path, where: str | None, trials: int
):
    with opened(tmp_path / where if where else None) as world, ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [_trial(world, pool, number) for number in range(trials)]
        stored = everything(world.repository, Query(DayChunk, ADA))
        records = records_about(world.trail)

    assert [len(equal) for equal in answers] == [1] * trials
    assert [one.version for one in stored] == [1] * trials
    assert [record.head for record in records] == [answer.head for (answer,) in answers]
    assert verify_chain(records).seq == trials


@attrs.frozen
class Other:
    """A command under a key that is taken: about whom, with which content."""

    patient: PatientRef
    content: int


@contextmanager
def _known(number: int) -> Iterator[RepositoryHarness]:
    with opened(None) as world:
        _until_answered(world.repository, number, FaultPlan([Fault.LOST]))
        yield world


def _all_refused(calls: list[Callable[[], object]]) -> int:
    def refused(call: Callable[[], object]) -> bool:
        with pytest.raises(IdempotencyMismatch):
            call()
        return True

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(refused, calls))


@pytest.mark.parametrize("other", [Other(ADA, 8), Other(BEN, 7)])
def test_rel_05_another_command_under_the_key_is_refused_however_many_come_at_once(other: Other):
    with _known(7) as world:
        said = evidence(other.patient, key="command-7", request=digest(other.content))

        count = _all_refused(
            [lambda: world.repository.commit([Put(chunk(8), 0)], evidence=said)] * AT_ONCE
        )

        assert count == AT_ONCE
        assert len(everything(world.repository, Query(DayChunk, ADA))) == 1
        assert everything(world.repository, Query(DayChunk, BEN)) == []
        assert (world.trail.head(ADA).seq, world.trail.head(BEN).seq) == (1, 0)
