"""Port AuditOutbox, sentence by sentence, and against plain lists."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from clarity.domain.audit import AuditEvent, AuditRecord, Operation, Touched
from clarity.domain.identity import Actor, CorrelationId, PatientId, PatientRef, Purpose, TenantId
from clarity.ports.audit_log import MAX_DUE, AuditOutbox, Due
from clarity.ports.errors import Corrupt
from tests.contracts.audit_outbox.harness import Opener, OutboxHarness
from tests.support import strategies

CLINIC, OTHER = TenantId("clinic"), TenantId("clinic#")
ADA, BEN = (PatientRef(CLINIC, PatientId(name)) for name in ("ada", "b#en/$"))
CID = PatientRef(OTHER, PatientId("ada"))


def event(patient: PatientRef = ADA, entity: str = "chunk/a") -> AuditEvent:
    return AuditEvent(
        actor=Actor(id="nurse", tenant=patient.tenant, purpose=Purpose.TREATMENT),
        patient=patient,
        operation=Operation.READ,
        touched=(Touched(entity),),
        correlation=CorrelationId("c"),
        at=datetime(2026, 1, 5, 12, tzinfo=UTC),
    )


def chain_of(due: Iterable[Due], patient: PatientRef) -> list[AuditRecord]:
    return [one.record for one in due if one.patient == patient]


def everything(outbox: AuditOutbox) -> dict[PatientRef, list[int]]:
    """What is due, by chain."""
    due = outbox.due(limit=MAX_DUE)
    return {one.patient: [r.seq for r in chain_of(due, one.patient)] for one in due}


def test_in_an_empty_store_nothing_is_due(world: OutboxHarness):
    assert world.outbox.due(limit=1) == ()


def test_every_record_of_every_tenant_is_due_as_it_is_stored(world: OutboxHarness):
    written = [world.sink.append(event(patient)) for patient in (ADA, BEN, ADA, CID)]

    due = world.outbox.due(limit=10)

    assert len(due) == 4
    assert chain_of(due, ADA) == [written[0], written[2]]
    assert chain_of(due, BEN) == [written[1]]
    assert chain_of(due, CID) == [written[3]]


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_no_more_than_the_limit_is_given_and_always_from_the_mark_on(
    world: OutboxHarness, limit: int
):
    for patient in (ADA, BEN) * 3:
        world.sink.append(event(patient))

    due = world.outbox.due(limit=limit)

    assert len(due) == limit
    for patient in (ADA, BEN):
        seqs = [record.seq for record in chain_of(due, patient)]
        assert seqs == list(range(1, len(seqs) + 1))


def test_what_is_marked_is_no_longer_due_and_the_rest_is(world: OutboxHarness):
    for patient in (ADA, ADA, ADA, BEN):
        world.sink.append(event(patient))

    world.outbox.mark({ADA: 2})
    assert everything(world.outbox) == {ADA: [3], BEN: [1]}

    world.outbox.mark({ADA: 3, BEN: 1})
    assert everything(world.outbox) == {}


def test_without_places_nothing_is_marked(world: OutboxHarness):
    world.sink.append(event())

    world.outbox.mark({})

    assert everything(world.outbox) == {ADA: [1]}


def test_what_is_written_after_a_mark_is_due(world: OutboxHarness):
    world.sink.append(event())
    world.outbox.mark({ADA: 1})

    world.sink.append(event())

    assert everything(world.outbox) == {ADA: [2]}


def test_what_is_written_between_due_and_mark_stays_due(world: OutboxHarness):
    world.sink.append(event())
    world.outbox.due(limit=10)
    world.sink.append(event())

    world.outbox.mark({ADA: 1})

    assert everything(world.outbox) == {ADA: [2]}


def test_a_mark_never_goes_back_nor_beyond_the_end(world: OutboxHarness):
    for _ in range(3):
        world.sink.append(event())
    world.outbox.mark({ADA: 2})

    world.outbox.mark({ADA: 1})
    world.outbox.mark({ADA: 4})
    world.outbox.mark({BEN: 1})

    assert everything(world.outbox) == {ADA: [3]}


def test_marking_again_what_is_marked_changes_nothing(world: OutboxHarness):
    world.sink.append(event())

    for _ in range(2):
        world.outbox.mark({ADA: 1})

    assert everything(world.outbox) == {}


Told = list[tuple[PatientRef, int]]


def tell(outbox: AuditOutbox, limit: int, told: Told) -> None:
    """Everything is told, `limit` records at a time, and marked."""
    while due := outbox.due(limit=limit):
        told += [(one.patient, one.record.seq) for one in due]
        outbox.mark({one.patient: one.record.seq for one in due})


def told_until_damage(outbox: AuditOutbox, limit: int) -> Told:
    """What is told until only damage is due."""
    told: Told = []
    with pytest.raises(Corrupt, match="the head of an audit chain"):
        tell(outbox, limit, told)
    return told


@pytest.mark.parametrize("limit", [1, 2, MAX_DUE])
def test_a_head_that_tells_of_records_that_are_not_there_holds_up_no_other(
    world: OutboxHarness, limit: int
):
    for patient in (ADA, BEN, ADA, CID):
        world.sink.append(event(patient))
    world.lengthen(ADA, 10**9)
    world.lengthen(CID, MAX_DUE * 3)

    told = told_until_damage(world.outbox, limit)

    assert sorted(told) == sorted([(ADA, 1), (ADA, 2), (BEN, 1), (CID, 1)])
    world.sink.append(event(BEN))
    assert everything(world.outbox) == {BEN: [2]}


def test_a_chain_under_a_name_that_nobody_has_holds_up_no_other(world: OutboxHarness):
    for patient in (ADA, ADA, BEN, CID, CID):
        world.sink.append(event(patient))
    world.rename(ADA)
    world.rename(CID)

    assert told_until_damage(world.outbox, 1) == [(BEN, 1)]


@pytest.mark.parametrize("limit", [0, -1, MAX_DUE + 1])
def test_a_limit_out_of_range_is_refused(world: OutboxHarness, limit: int):
    with pytest.raises(ValueError, match="at once"):
        world.outbox.due(limit=limit)


BREATH_S = 0.001
"""Between two looks at the outbox, so that who writes gets a turn at a store in memory."""


@pytest.mark.slow
def test_nothing_is_forgotten_while_eight_threads_append_and_one_marks(world: OutboxHarness):
    patients = [PatientRef(CLINIC, PatientId(f"p{n}")) for n in range(3)]
    told: dict[PatientRef, list[int]] = {patient: [] for patient in patients}

    def telling() -> None:
        due = world.outbox.due(limit=MAX_DUE)
        for one in due:
            told[one.patient].append(one.record.seq)
        world.outbox.mark({one.patient: one.record.seq for one in due})

    with ThreadPoolExecutor(8) as pool:
        writing = [pool.submit(world.sink.append, event(patients[n % 3])) for n in range(48)]
        while wait(writing, timeout=BREATH_S).not_done:
            telling()
        for one in writing:
            one.result()
    telling()

    assert told == {patient: list(range(1, 17)) for patient in patients}
    assert everything(world.outbox) == {}


@given(events=st.lists(strategies.events(), max_size=5))
def test_whatever_was_recorded_of_whomever_is_due(opened: Opener, events: list[AuditEvent]):
    with opened() as world:
        for one in events:
            world.sink.append(one)

        due = world.outbox.due(limit=10)

        assert len(due) == len(events)
        for patient in {one.patient for one in events}:
            assert [r.event for r in chain_of(due, patient)] == [
                one for one in events if one.patient == patient
            ]


class OutboxMachine(RuleBasedStateMachine):
    """The model: per chain, how many records it has and how many are told."""

    opener: Opener

    @initialize()
    def opened(self) -> None:
        self.context = self.opener()
        self.world = self.context.__enter__()
        self.ends: dict[PatientRef, int] = {}
        self.told: dict[PatientRef, int] = {}

    def teardown(self) -> None:
        if hasattr(self, "context"):
            self.context.__exit__(None, None, None)

    @rule(patient=st.sampled_from([ADA, BEN, CID]))
    def append(self, patient: PatientRef) -> None:
        self.ends[patient] = self.world.sink.append(event(patient)).seq

    @rule(places=st.dictionaries(st.sampled_from([ADA, BEN, CID]), st.integers(1, 6)))
    def mark(self, places: dict[PatientRef, int]) -> None:
        self.world.outbox.mark(places)
        for patient, seq in places.items():
            if seq <= self.ends.get(patient, 0):
                self.told[patient] = max(seq, self.told.get(patient, 0))

    @invariant()
    def due(self) -> None:
        if not hasattr(self, "world"):
            return
        waiting = {
            patient: list(range(self.told.get(patient, 0) + 1, end + 1))
            for patient, end in self.ends.items()
        }
        assert everything(self.world.outbox) == {p: seqs for p, seqs in waiting.items() if seqs}


def test_any_sequence_of_appends_and_marks_agrees_with_plain_lists(opened: Opener):
    machine = type("Machine", (OutboxMachine,), {"opener": staticmethod(opened)})

    run_state_machine_as_test(
        machine, settings=settings(settings(), max_examples=8, stateful_step_count=15)
    )
