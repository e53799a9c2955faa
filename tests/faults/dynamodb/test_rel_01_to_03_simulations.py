"""
REL-01 to 03 on ministack: nothing acknowledged is lost, every change is audited once, chains verify.

A simulation is a person of their own and thirty steps through a proxy that breaks a third of the
requests. The caller knows only what it was answered, so after a lost answer it believes in several
outcomes; the table and the trail must agree with one of them and with each other.
"""

import contextlib
import random
from collections import Counter
from typing import Final

import attrs
import pytest

from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.items import digest_of
from clarity.adapters.aws.dynamodb.keys import key_text, owner_pk
from clarity.domain.audit import AuditRecord, Operation, verify_chain
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.streams import DayChunk
from clarity.ports.entities import key_of
from clarity.ports.errors import (
    AlreadyExists,
    IdempotencyMismatch,
    PortError,
    StaleVersion,
    Transient,
)
from clarity.ports.query import Query, field
from clarity.ports.repository import Change, Committed, Delete, Evidence, Put, Upsert
from tests.contracts.repository.harness import chunk, digest, everything, evidence
from tests.faults.dynamodb.worlds import ROUGH, TWO_ATTEMPTS, faulty_world, records_of
from tests.support.dynamodb import World
from tests.support.fault_proxy import FaultProxy, seeded
from tests.support.runs import runs

STEPS = 30
DAYS = range(3)
CONFLICTS = (AlreadyExists, StaleVersion)


@attrs.define
class Believed:
    """What a caller may believe of a day: the acknowledged level, 0 for none, and what may be."""

    version: int = 0
    level: float = 0.0
    perhaps: set[float] = attrs.field(factory=set)


@attrs.frozen
class Asked:
    """A request: a day at a level, 0 to delete it."""

    number: int
    level: float
    change: Change
    evidence: Evidence


@attrs.define
class Simulation:
    """One person, three days, and a caller that hears a part of what happens."""

    world: World
    proxy: FaultProxy
    seed: int
    chance: random.Random
    owner: PatientRef
    days: dict[int, Believed] = attrs.field(factory=lambda: {n: Believed() for n in DAYS})
    unknown: list[Asked] = attrs.field(factory=list)
    answered: list[tuple[Asked, Committed]] = attrs.field(factory=list)
    tried: set[str] = attrs.field(factory=set)
    acknowledged: set[str] = attrs.field(factory=set)
    outcomes: Counter[str] = attrs.field(factory=Counter)

    def run(self) -> None:
        for step in range(STEPS):
            self.proxy.plan = seeded(1_000 * self.seed + step, ROUGH)
            turn = self.chance.random()
            if turn < 0.15 and self.unknown:
                self._repeat_what_is_unknown()
            elif turn < 0.25 and self.answered:
                self._repeat_what_was_answered()
            elif turn < 0.35 and self.answered:
                self._ask_something_else_under_a_known_key()
            elif turn < 0.45:
                self._read()
            else:
                self._ask(step)
        self.proxy.plan = lambda *_: None

    def _ask(self, step: int) -> None:
        asked = self._wish(step)
        day = self.days[asked.number]
        try:
            answer = self._committed(asked)
        except CONFLICTS:
            assert day.perhaps, "a version moved that nobody tried to move"
            day.version = self._version_of(asked.number)
        except Transient:
            day.perhaps.add(asked.level)
            self.unknown.append(asked)
        else:
            (day.version,) = answer.versions
            day.level, day.perhaps = asked.level, set()
            self.answered.append((asked, answer))

    def _wish(self, step: int) -> Asked:
        number, level = self.chance.choice(DAYS), float(step + 1)
        day, known = chunk(number, level=level), self.days[number].version
        told = evidence(self.owner, key=f"{self.seed}-{step}", request=digest(step))
        kind = self.chance.random()
        if kind < 0.2 and known:
            return Asked(number, 0.0, Delete(key_of(day), known), told)
        return Asked(number, level, Upsert(day) if kind < 0.4 else Put(day, known), told)

    def _repeat_what_is_unknown(self) -> None:
        """It may have happened then, happens now, or never will; whoever asks cannot tell when."""
        asked = self.unknown.pop(self.chance.randrange(len(self.unknown)))
        try:
            answer = self._committed(asked)
        except CONFLICTS:
            return
        except Transient:
            self.unknown.append(asked)
        else:
            self.answered.append((asked, answer))
        self.days[asked.number].perhaps.add(asked.level)

    def _repeat_what_was_answered(self) -> None:
        asked, answer = self.chance.choice(self.answered)
        with contextlib.suppress(Transient):
            assert self._committed(asked) == answer

    def _ask_something_else_under_a_known_key(self) -> None:
        asked, _ = self.chance.choice(self.answered)
        other = attrs.evolve(asked.evidence, request_digest=digest(999))
        with pytest.raises((IdempotencyMismatch, Transient)) as refused:
            self.world.repository.commit([], evidence=other)
        self.outcomes[type(refused.value).__name__] += 1

    def _read(self) -> None:
        told = evidence(self.owner)
        self.tried.add(str(told.correlation))
        with contextlib.suppress(Transient):
            self.world.trail.append(attrs.evolve(told, operation=Operation.READ).event(()))
            self.acknowledged.add(str(told.correlation))

    def _committed(self, asked: Asked) -> Committed:
        correlation = str(asked.evidence.correlation)
        self.tried.add(correlation)
        try:
            answer = self.world.repository.commit([asked.change], evidence=asked.evidence)
        except PortError as error:
            self.outcomes[type(error).__name__] += 1
            raise
        self.outcomes["Committed"] += 1
        self.acknowledged.add(correlation)
        return answer

    def _version_of(self, number: int) -> int:
        self.proxy.plan = lambda *_: None
        query = Query(DayChunk, self.owner).where(field("day").equals(chunk(number).day))
        return next((one.version for one in everything(self.world.repository, query)), 0)

    # What must be true in the end

    def check(self) -> None:
        trail = records_of(self.world, self.owner)
        head = self.world.trail.head(self.owner)
        assert verify_chain(trail, head=head).seq == len(trail)
        told = [str(record.event.correlation) for record in trail]
        assert len(told) == len(set(told))
        assert self.acknowledged <= set(told) <= self.tried
        for number, day in self.days.items():
            assert self._level(number) in {day.level, *day.perhaps}
            assert self._digest_in_table(number) == self._digest_in(trail, number)

    def _level(self, number: int) -> float:
        query = Query(DayChunk, self.owner).where(field("day").equals(chunk(number).day))
        found = everything(self.world.repository, query)
        return float(found[0].entity.values[0]) if found else 0.0

    def _digest_in_table(self, number: int) -> str:
        at = Address("main", owner_pk(self.owner), key_text(key_of(chunk(number))))
        item = self.world.connection.run(get_op(self.world.connection, at))
        return "" if item is None else digest_of(item).hex()

    def _digest_in(self, trail: tuple[AuditRecord, ...], number: int) -> str:
        """What the last record says of the day; each begins where the one before it ended."""
        reached, name = "", str(key_of(chunk(number)))
        for record in trail:
            for touched in record.event.touched:
                if touched.entity == name:
                    assert touched.before == reached
                    reached = touched.after
        return reached


ENOUGH: Final = 12
"""Simulations in which every kind of outcome has come up."""


@pytest.mark.slow
def test_rel_01_to_03_hold_in_simulations_with_faults_on_the_wire(proxy: FaultProxy):
    outcomes: Counter[str] = Counter()
    with faulty_world(proxy, TWO_ATTEMPTS) as world:
        for seed in range(max(ENOUGH, runs(ci=40, soak=500))):
            owner = PatientRef(TenantId("clinic"), PatientId(f"p{seed}"))
            simulation = Simulation(world, proxy, seed, random.Random(seed), owner)
            simulation.run()
            simulation.check()
            outcomes += simulation.outcomes

    assert outcomes.keys() > {"Committed", "StaleVersion", "Unavailable"}
    assert outcomes["Committed"] > outcomes.total() // 3
