"""REL-05 on ministack: a command ten times at once, answers lost after commit, happens once."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import attrs
import pytest

from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.ports.entities import key_of
from clarity.ports.errors import IdempotencyMismatch, Transient
from clarity.ports.repository import Committed, Evidence, Put
from tests.contracts.repository.harness import chunk, digest, evidence
from tests.faults.dynamodb.worlds import MANY_ATTEMPTS, faulty_world, whole_chain
from tests.support.dynamodb import World
from tests.support.fault_proxy import Fault, FaultProxy, seeded
from tests.support.runs import runs

AT_ONCE = 10
ABREAST = 4
"""Commands under way beside each other: while the callers of one pause, those of another go on."""

ROOM_FOR_ALL = attrs.evolve(MANY_ATTEMPTS, pool_size=AT_ONCE * ABREAST)


def _until_answered(world: World, told: Evidence) -> Committed:
    """What a caller that repeats its command gets in the end."""
    while True:
        with contextlib.suppress(Transient):
            return world.repository.commit([Put(chunk(), 0)], evidence=told)


def _answers(world: World, callers: ThreadPoolExecutor, number: int) -> set[Committed]:
    """What ten callers of one command are answered; the person is the command's own."""
    owner = PatientRef(TenantId("clinic"), PatientId(f"p{number}"))
    told = evidence(owner, key=f"command-{number}", request=digest(number))
    calls = [callers.submit(_until_answered, world, told) for _ in range(AT_ONCE)]
    return {call.result() for call in calls}


def _all_answers(world: World, trials: int) -> list[set[Committed]]:
    with (
        ThreadPoolExecutor(AT_ONCE * ABREAST) as callers,
        ThreadPoolExecutor(ABREAST) as commands,
    ):
        return list(commands.map(lambda n: _answers(world, callers, n), range(trials)))


def _effects(world: World, number: int) -> tuple[int, int]:
    """How many records there are of the command, and at which version what it stored is."""
    owner = PatientRef(TenantId("clinic"), PatientId(f"p{number}"))
    return whole_chain(world, owner).seq, world.repository.get(owner, key_of(chunk())).version


@pytest.mark.slow
def test_rel_05_the_same_command_ten_times_at_once_happens_once(proxy: FaultProxy):
    trials = runs(ci=1_000, soak=10_000)
    with faulty_world(proxy, ROOM_FOR_ALL) as world:
        proxy.plan = seeded(5, {Fault.DROP_AFTER: 0.3})
        counts = [len(answers) for answers in _all_answers(world, trials)]
        proxy.plan = lambda *_: None
        effects = {_effects(world, number) for number in range(trials)}

    assert counts == [1] * trials
    assert effects == {(1, 1)}


def test_rel_05_another_command_under_a_known_key_is_refused(proxy: FaultProxy):
    with faulty_world(proxy, MANY_ATTEMPTS) as world:
        told = evidence(key="k", request=digest(1))
        world.repository.commit([Put(chunk(), 0)], evidence=told)
        proxy.plan = seeded(5, {Fault.DROP_AFTER: 0.3})

        for other in (
            attrs.evolve(told, request_digest=digest(2)),
            evidence(PatientRef(TenantId("clinic"), PatientId("ben")), key="k", request=digest(1)),
        ):
            with pytest.raises(IdempotencyMismatch):
                world.repository.commit([Put(chunk(), 0)], evidence=other)
