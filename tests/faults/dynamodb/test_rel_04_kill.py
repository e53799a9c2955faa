"""
REL-04 on engines: a writer that is killed at a boundary of a commit leaves all of it or nothing.

The proxy kills the writer when the request that marks the boundary comes by, so that the moment is
not left to the speed of the machine.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

import attrs
import pytest

from clarity.adapters.aws._deadline import within
from clarity.adapters.aws.dynamodb.tables import TABLES
from clarity.domain.streams import DayChunk
from clarity.ports.entities import key_of
from clarity.ports.query import Query
from tests.contracts.repository.harness import ADA, everything
from tests.faults.dynamodb.worlds import MANY_ATTEMPTS, faulty_world, records_of, whole_chain
from tests.faults.dynamodb.writing import changes_of, request_of
from tests.support.dynamodb import World, drop_table
from tests.support.engines import running
from tests.support.fault_proxy import Fault, FaultProxy, fault_proxy
from tests.support.runs import runs

ROOT = Path(__file__).resolve().parents[3]
USABLE_WITHIN_S: Final = 2.0
"""The goal's own bound for the first commit after a kill."""

IN_A_WORLD: Final = 30
"""Kills before fresh tables: moto copies all that it has for every transaction and grows slow."""

APART: Final = 100
"""Requests between two rounds, so that no two bring the same days."""


class Boundary(StrEnum):
    """Where a writer is killed, on its way through its third commit."""

    LOOKING = "it asks what is stored"
    SENDING = "the transaction is sent and does not arrive"
    COMMITTED = "the transaction is done and nobody hears of it"
    ANSWERED = "the commit was answered and the next one begins"
    ANYWHERE = "a request that chance picks"


MARKS: Final = {
    Boundary.LOOKING: ("BatchGetItem", 2, None),
    Boundary.SENDING: ("TransactWriteItems", 2, Fault.RESET_BEFORE),
    Boundary.COMMITTED: ("TransactWriteItems", 2, Fault.DROP_AFTER),
    Boundary.ANSWERED: ("BatchGetItem", 3, None),
}
"""Which request marks the boundary, how many of its kind come before, and what becomes of it."""

READ_OR_WRITE: Final = ("BatchGetItem", "TransactWriteItems")


def _mark(boundary: Boundary, chance: random.Random) -> tuple[str, int, Fault | None]:
    if boundary is not Boundary.ANYWHERE:
        return MARKS[boundary]
    return chance.choice(READ_OR_WRITE), chance.randint(0, 4), None


@attrs.frozen
class Writers:
    """A process that forks writers over the tables of one world."""

    proxy: FaultProxy
    process: subprocess.Popen[str]

    def killed(self, first: int, mark: tuple[str, int, Fault | None]) -> list[int]:
        """The requests that a writer said were acknowledged before it was killed."""
        wanted, count, fault = mark
        known = threading.Event()
        victims: list[int] = []

        def plan(operation: str, before: int) -> Fault | None:
            known.wait()
            if (operation, before) != (wanted, count):
                return None
            os.kill(victims[0], signal.SIGKILL)
            return fault

        self.proxy.requests.clear()
        self.proxy.plan = plan
        self._say(first)
        victims.append(int(self._heard().removeprefix("writer ")))
        known.set()
        said = list(iter(self._heard, "dead\n"))
        self.proxy.settle()
        self.proxy.plan = lambda *_: None
        return [int(line) for line in said]

    def _say(self, number: int) -> None:
        assert self.process.stdin is not None
        print(number, file=self.process.stdin, flush=True)

    def _heard(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@contextmanager
def _writers(proxy: FaultProxy, world: World) -> Iterator[Writers]:
    at = [proxy.engine.url, world.connection.table("")]
    command = [sys.executable, "-m", "tests.faults.dynamodb.writing", *at]
    piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **piped) as process:
        yield Writers(proxy, process)
        assert process.stdin is not None
        process.stdin.close()


def _stored(world: World) -> list[str]:
    found = everything(world.repository, Query(DayChunk, ADA).page(1_000))
    return [str(key_of(one.entity)) for one in found]


def _entities(number: int) -> list[str]:
    return [str(key_of(change.entity)) for change in changes_of(number)]


def _check(world: World, acknowledged: list[int]) -> None:
    """All of a commit or nothing, and its record with it; nothing acknowledged is gone."""
    stored, trail = _stored(world), records_of(world)
    told = [touched.entity for record in trail for touched in record.event.touched]
    assert sorted(told) == sorted(stored)
    assert {name for number in acknowledged for name in _entities(number)} <= set(stored)
    assert whole_chain(world).seq == len(trail) == len(stored) // len(_entities(0))


def _check_boundary(world: World, boundary: Boundary, said: list[int], last: int) -> None:
    """The writer died where it should: after so many answers, its last commit stored or not."""
    if boundary is Boundary.ANYWHERE:
        return
    is_stored = set(_entities(last)) <= set(_stored(world))
    assert len(said) == (3 if boundary is Boundary.ANSWERED else 2)
    assert is_stored == (boundary is Boundary.COMMITTED)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["moto", "ministack"])
def test_rel_04_a_writer_killed_at_any_boundary_leaves_all_of_a_commit_or_nothing(engine: str):
    chance, boundaries = random.Random(4), list(Boundary) * runs(ci=6, soak=30)
    for start in range(0, len(boundaries), IN_A_WORLD):
        with _short_world(engine) as (proxy, world), _writers(proxy, world) as writers:
            _assert_whole_after(boundaries[start : start + IN_A_WORLD], writers, world, chance)


@contextmanager
def _short_world(engine: str) -> Iterator[tuple[FaultProxy, World]]:
    """Fresh tables that are gone afterwards."""
    with (
        fault_proxy(running(engine)) as proxy,
        faulty_world(proxy, MANY_ATTEMPTS) as world,
    ):
        yield proxy, world
        for table in TABLES:
            drop_table(world.connection, table.name)


def _assert_whole_after(
    boundaries: Sequence[Boundary], writers: Writers, world: World, chance: random.Random
) -> None:
    acknowledged: list[int] = []
    for place, boundary in enumerate(boundaries):
        first = APART * place
        said = writers.killed(first, _mark(boundary, chance))
        last = first + len(said)
        _check_boundary(world, boundary, said, last)
        with within(USABLE_WITHIN_S, time.monotonic):
            answer = world.repository.commit(changes_of(last), evidence=request_of(last))

        assert answer.versions == (1, 1)
        acknowledged += [*said, last]
        _check(world, acknowledged)

    again = [
        world.repository.commit(changes_of(number), evidence=request_of(number)).versions
        for number in acknowledged
    ]
    assert set(again) == {(1, 1)}
    assert whole_chain(world).seq == len(acknowledged)
