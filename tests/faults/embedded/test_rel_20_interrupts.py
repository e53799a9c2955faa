"""
REL-20: a call that is interrupted leaves all of a commit or nothing, and every slot free.

An interrupt is delivered where the interpreter looks for one: when a function begins and when a call
of compiled code returns. The tests raise one at each of these moments in turn, and by real signals.
"""

import contextlib
import signal
import sqlite3
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from types import FrameType

import attrs
import pytest

import clarity.adapters.local.store as local_store
from clarity.adapters.local.store import SqliteStore, open_store
from clarity.domain.audit import verify_chain
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.streams import DayChunk
from clarity.ports.errors import TimedOut
from clarity.ports.query import Query
from clarity.ports.repository import Put
from tests.contracts.repository.harness import (
    ADA,
    RepositoryHarness,
    chunk,
    digest,
    everything,
    evidence,
)
from tests.faults.embedded.disks import opened, records_about
from tests.support.runs import runs

WATCHED = (str(Path(local_store.__file__).parent), contextlib.__file__)
CHANGES = [Put(chunk(0), 0), Put(chunk(1), 0)]


@attrs.define
class Interrupt:
    """Raises KeyboardInterrupt at the moment number `at`."""

    at: int
    moments: int = 0

    def watch(self, frame: FrameType, event: str, _: object) -> None:
        if event in {"call", "c_return"} and frame.f_code.co_filename.startswith(WATCHED):
            self.moments += 1
            if self.moments == self.at:
                raise KeyboardInterrupt


@contextmanager
def _interrupted(at: int) -> Iterator[Interrupt]:
    interrupt = Interrupt(at)
    sys.setprofile(interrupt.watch)
    try:
        yield interrupt
    finally:
        sys.setprofile(None)


def _person(number: int) -> PatientRef:
    return PatientRef(TenantId("clinic"), PatientId(f"person-{number}"))


def _commit(world: RepositoryHarness, patient: PatientRef = ADA) -> None:
    said = evidence(patient, key=f"k-{patient.patient}", request=digest(1))
    world.repository.commit(CHANGES, evidence=said)


def _commit_interrupted(world: RepositoryHarness, patient: PatientRef, at: int) -> None:
    try:
        with _interrupted(at):
            _commit(world, patient)
    except KeyboardInterrupt:
        return


def _stored(world: RepositoryHarness, patient: PatientRef = ADA) -> int:
    """How many days are there; all or none, each with its record."""
    stored = len(everything(world.repository, Query(DayChunk, patient)))
    records = records_about(world.trail, patient)

    assert (stored, len(records)) in {(0, 0), (2, 1)}
    assert verify_chain(records, head=world.trail.head(patient)).seq == len(records)
    return stored


@pytest.mark.slow
def test_rel_20_a_commit_interrupted_at_any_moment_is_whole_or_absent_and_can_be_repeated():
    outcomes = set()
    with opened(None) as world:
        with _interrupted(0) as never:
            _commit(world)
        for at in range(1, never.moments + 1):
            _commit_interrupted(world, _person(at), at)

            assert world.repository.store.slots.qsize() == 1, f"moment {at} of {never.moments}"
            outcomes.add(_stored(world, _person(at)))
            _commit(world, _person(at))
            assert _stored(world, _person(at)) == 2

    assert outcomes == {0, 2}
    assert never.moments > 100


@contextmanager
def _alarms_interrupt() -> Iterator[None]:
    """SIGALRM does what Ctrl-C does; pending alarms are off when the block ends."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _commit_until_the_alarm(world: RepositoryHarness, patient: PatientRef, delay_s: float) -> None:
    try:
        signal.setitimer(signal.ITIMER_REAL, delay_s)
        while True:
            _commit(world, patient)
    except KeyboardInterrupt:
        return


@pytest.mark.soak
def test_rel_20_signals_at_any_moment_leave_the_store_usable(tmp_path: Path):
    dice = Random(20)
    with opened(tmp_path / "store.db") as world, _alarms_interrupt():
        slots = world.repository.store.slots.qsize()
        for number in range(runs(ci=300, soak=30_000)):
            _commit_until_the_alarm(world, _person(number), dice.uniform(1e-5, 4e-3))

            assert world.repository.store.slots.qsize() == slots
            _commit(world, _person(number))
            assert _stored(world, _person(number)) == 2


def _hold_until(path: Path, holding: threading.Event, let_go: threading.Event) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        holding.set()
        let_go.wait()
        other.rollback()


@pytest.mark.soak
def test_rel_20_a_writer_interrupted_while_it_waits_leaves_the_store_to_the_others(tmp_path: Path):
    path, holding, let_go = tmp_path / "store.db", threading.Event(), threading.Event()
    with opened(path) as world, _alarms_interrupt(), ThreadPoolExecutor(1) as pool:
        other = pool.submit(_hold_until, path, holding, let_go)
        holding.wait()
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        later = threading.Timer(0.15, let_go.set)
        later.start()
        with pytest.raises(KeyboardInterrupt):
            _commit(world)
        other.result()

        assert not any(c.in_transaction for c in _idle(world))
        _commit(world)
        assert _stored(world) == 2


def _idle(world: RepositoryHarness) -> list[sqlite3.Connection]:
    slots = world.repository.store.slots
    taken = [slots.get() for _ in range(slots.qsize())]
    for slot in taken:
        slots.put(slot)
    return [slot for slot in taken if slot is not None]


def _read_beside_another(store: SqliteStore) -> None:
    with store.reading(), store.reading():
        raise AssertionError("there is but one connection")


def test_rel_20_a_call_that_finds_all_connections_in_use_is_told_so():
    with open_store(None, busy_timeout_s=0.01) as store:
        with pytest.raises(TimedOut):
            _read_beside_another(store)

        assert store.slots.qsize() == 1
