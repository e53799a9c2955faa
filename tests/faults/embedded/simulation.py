"""
The embedded store, used by a client that meets faults, against a plain model of what must be true.

The model knows of every call whether it took effect, because the faults are planned; the client
knows only what it was answered.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from clarity.application.known_people import KnownPeople
from clarity.application.read import Days, ReadStream
from clarity.domain.audit import verify_chain
from clarity.domain.identity import CorrelationId, PatientRef
from clarity.domain.streams import DayChunk, StreamKind
from clarity.ports.entities import Key, key_of
from clarity.ports.errors import (
    AlreadyExists,
    IdempotencyMismatch,
    PortError,
    StaleVersion,
    Transient,
)
from clarity.ports.query import Query, Stored
from clarity.ports.repository import Change, Committed, Delete, Evidence, Put
from tests.contracts.repository.harness import (
    ADA,
    BEN,
    chunk,
    digest,
    everything,
    evidence,
    trail_of,
)
from tests.faults.embedded.disks import opened
from tests.faults.faulty import Fault, FaultPlan, FaultyRepository, FaultySink
from tests.support.clocks import HandClock

__all__ = ["Simulation", "in_file", "in_memory"]

PEOPLE = st.sampled_from([ADA, BEN])
FAULTS = st.sampled_from(Fault)
HOUR_S: Final = 3_600


@attrs.frozen(kw_only=True)
class Disk:
    """Where a world lives, and how it is opened; opening again is a restart."""

    path: Path | None
    clock: HandClock


@contextmanager
def in_memory() -> Iterator[Disk]:
    yield Disk(path=None, clock=HandClock())


@contextmanager
def in_file() -> Iterator[Disk]:
    with tempfile.TemporaryDirectory() as folder:
        yield Disk(path=Path(folder) / "store.db", clock=HandClock())


@attrs.frozen(kw_only=True)
class Wish:
    """A commit that the client tries; `slip` bases it on a version that there is not."""

    owner: PatientRef
    numbers: tuple[int, ...]
    level: int
    life_s: int | None
    deletes: bool
    slip: int


WISHES = st.builds(
    Wish,
    owner=PEOPLE,
    numbers=st.sampled_from([(0,), (1,), (0, 1), ()]),
    level=st.integers(0, 3),
    life_s=st.none() | st.sampled_from([60, 5_400]),
    deletes=st.booleans(),
    slip=st.sampled_from([0, 0, 0, 1]),
)


@attrs.define
class Asked:
    """A request whose outcome the client does not know; `answer` is None while it had no effect."""

    changes: tuple[Change, ...]
    evidence: Evidence
    answer: Committed | None = None


@attrs.frozen
class Kept:
    """What lies under a key by the model."""

    stored: Stored[DayChunk]
    expires_at: datetime | None


class Simulation(RuleBasedStateMachine):
    """Two patients, two days each, faults at every call."""

    disk: Callable[[], AbstractContextManager[Disk]]

    @initialize()
    def a_store_is_opened(self) -> None:
        self.stack = ExitStack()
        self.place = self.stack.enter_context(type(self).disk())
        self.running = ExitStack()
        self.world = self.running.enter_context(opened(self.place.path, self.place.clock))
        self.kept: dict[tuple[PatientRef, Key], Kept] = {}
        self.told: dict[PatientRef, list[CorrelationId]] = {ADA: [], BEN: []}
        self.unknown: list[Asked] = []
        self.answered: list[Asked] = []
        self.requests = 0

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.running.close()
            self.stack.close()

    # What the client does

    @rule(wish=WISHES, fault=FAULTS)
    def write(self, wish: Wish, fault: Fault) -> None:
        self.requests += 1
        changes = tuple(self._change(wish, number) for number in wish.numbers)
        key, request = f"request-{self.requests}", digest(self.requests)
        self._send(Asked(changes, evidence(wish.owner, key=key, request=request)), fault)

    @precondition(lambda self: self.unknown)
    @rule(which=st.integers(0, 9), fault=FAULTS)
    def repeat_what_is_unknown(self, which: int, fault: Fault) -> None:
        self._send(self.unknown.pop(which % len(self.unknown)), fault)

    @precondition(lambda self: self.answered)
    @rule(which=st.integers(0, 9), fault=FAULTS)
    def repeat_what_was_answered(self, which: int, fault: Fault) -> None:
        self._send(self.answered[which % len(self.answered)], fault)

    @precondition(lambda self: self.answered)
    @rule(which=st.integers(0, 9))
    def another_request_under_a_known_key(self, which: int) -> None:
        known = self.answered[which % len(self.answered)]
        said = attrs.evolve(known.evidence, request_digest=digest(99))

        with pytest.raises(IdempotencyMismatch):
            self.world.repository.commit([], evidence=said)

    @rule(owner=PEOPLE, at_store=FAULTS, at_trail=FAULTS)
    def read(self, owner: PatientRef, at_store: Fault, at_trail: Fault) -> None:
        if not self.told[owner]:
            return
        said = evidence(owner)
        reading = ReadStream(
            FaultyRepository(self.world.repository, FaultPlan([at_store])),
            FaultySink(self.world.trail, FaultPlan([at_trail])),
            self.place.clock,
            KnownPeople(self.world.trail, self.world.trail, self.place.clock),
        )
        seen, refused = None, None
        try:
            seen = reading.run(
                Days(patient=owner, stream=StreamKind.ACTIVITY),
                actor=said.actor,
                correlation=said.correlation,
            )
        except Transient as error:
            refused = type(error)
        if at_store is Fault.NONE and at_trail.done:
            self.told[owner].append(said.correlation)

        assert refused is self._refusal(at_store, at_trail)
        assert seen is None or list(seen.items) == self._alive(owner)

    @rule(seconds=st.sampled_from([1, 59, HOUR_S, 2 * HOUR_S]))
    def time_passes(self, seconds: int) -> None:
        self.place.clock.advance(seconds)

    @rule(seconds=st.sampled_from([-HOUR_S, HOUR_S]))
    def somebody_sets_the_clock(self, seconds: int) -> None:
        self.place.clock.set(self.place.clock.now() + timedelta(seconds=seconds))

    @rule()
    def what_expired_is_purged(self) -> None:
        self.world.repository.purge_expired()
        for where in [where for where in self.kept if not self._version(*where)]:
            del self.kept[where]

    @precondition(lambda self: self.place.path is not None)
    @rule()
    def the_process_starts_again(self) -> None:
        self.running.close()
        self.world = self.running.enter_context(opened(self.place.path, self.place.clock))

    # What must be true

    @invariant()
    def no_acknowledged_write_is_lost(self) -> None:
        if hasattr(self, "world"):
            for owner in (ADA, BEN):
                found = everything(self.world.repository, Query(DayChunk, owner))
                assert found == self._alive(owner)

    @invariant()
    def no_record_is_lost_or_invented_and_every_chain_verifies(self) -> None:
        if hasattr(self, "world"):
            for owner, told in self.told.items():
                records = trail_of(self.world, owner)
                assert [record.event.correlation for record in records] == told
                head = verify_chain(records, head=self.world.trail.head(owner))
                assert head.seq == len(told)

    # The model

    def _alive(self, owner: PatientRef) -> list[Stored[DayChunk]]:
        keys = sorted((key for whose, key in self.kept if whose == owner), key=lambda k: k.parts)
        return [self.kept[owner, key].stored for key in keys if self._version(owner, key)]

    def _version(self, owner: PatientRef, key: Key) -> int:
        kept = self.kept.get((owner, key))
        if kept is None or (kept.expires_at and kept.expires_at <= self.place.clock.now()):
            return 0
        return kept.stored.version

    def _change(self, wish: Wish, number: int) -> Change:
        day = chunk(number, level=wish.level)
        based_on = self._version(wish.owner, key_of(day)) + wish.slip
        if wish.deletes and based_on:
            return Delete(key_of(day), based_on)
        now = self.place.clock.now()
        return Put(day, based_on, wish.life_s and now + timedelta(seconds=wish.life_s))

    def _refusal(self, *faults: Fault) -> type[PortError] | None:
        for fault in faults:
            if fault is not Fault.NONE:
                return type(fault.error)
        return None

    def _conflict(self, asked: Asked) -> type[PortError] | None:
        for change in asked.changes:
            key = change.key if isinstance(change, Delete) else key_of(change.entity)
            if self._version(asked.evidence.patient, key) != change.based_on:
                return StaleVersion if change.based_on else AlreadyExists
        return None

    def _send(self, asked: Asked, fault: Fault) -> None:
        conflict = None if asked.answer else self._conflict(asked)
        repository = FaultyRepository(self.world.repository, FaultPlan([fault]))
        answer, refused = None, None
        try:
            answer = repository.commit(asked.changes, evidence=asked.evidence)
        except PortError as error:
            refused = type(error)
        if fault.done and conflict:
            assert refused is conflict
            return
        if fault.done and asked.answer is None:
            self._take_effect(asked)
        assert refused is self._refusal(fault)
        assert answer in (None, asked.answer)
        (self.answered if answer else self.unknown).append(asked)

    def _take_effect(self, asked: Asked) -> None:
        owner = asked.evidence.patient
        self.told[owner].append(asked.evidence.correlation)
        versions = [self._applied(owner, change) for change in asked.changes]
        asked.answer = Committed(tuple(versions), self.world.trail.head(owner))

    def _applied(self, owner: PatientRef, change: Change) -> int:
        if isinstance(change, Delete):
            del self.kept[owner, change.key]
            return 0
        version = change.based_on + 1
        self.kept[owner, key_of(change.entity)] = Kept(
            Stored(change.entity, version), change.expires_at
        )
        return version
