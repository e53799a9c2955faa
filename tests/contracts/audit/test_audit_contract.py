"""Ports AuditSink and AuditTrail, sentence by sentence, and against plain lists."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from clarity.domain.audit import (
    AuditEvent,
    AuditRecord,
    ChainHead,
    Operation,
    Touched,
    chained,
    verify_chain,
)
from clarity.domain.exact import WrongType
from clarity.domain.identity import Actor, CorrelationId, PatientId, PatientRef, Purpose, TenantId
from clarity.ports.audit import AuditFilter, AuditTrail
from clarity.ports.errors import CURSOR_LIFE, BadCursor
from tests.contracts.audit.harness import AuditHarness, Opener
from tests.support import strategies

CLINIC = TenantId("clinic")
ADA, BEN = (PatientRef(CLINIC, PatientId(name)) for name in ("ada", "ben"))
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def _event(
    patient: PatientRef = ADA, *, actor: str = "nurse", entity: str = "chunk/a", minute: int = 0
) -> AuditEvent:
    return AuditEvent(
        actor=Actor(id=actor, tenant=patient.tenant, purpose=Purpose.TREATMENT),
        patient=patient,
        operation=Operation.READ,
        touched=(Touched(entity), Touched(entity), Touched("result/b")),
        correlation=CorrelationId("c"),
        at=NOON + timedelta(minutes=minute),
    )


def everything(trail: AuditTrail, wanted: AuditFilter, limit: int = 1_000) -> list[AuditRecord]:
    page = trail.records(wanted, limit=limit, cursor=None)
    found = list(page.records)
    while page.cursor is not None:
        page = trail.records(wanted, limit=limit, cursor=page.cursor)
        found += page.records
    return found


@pytest.mark.parametrize("event", [None, "read", ADA], ids=repr)
def test_an_event_that_is_none_is_refused(world: AuditHarness, event: object):
    with pytest.raises(WrongType, match="the event"):
        world.sink.append(event)


@pytest.mark.parametrize("wanted", [None, "clinic", CLINIC, ADA], ids=repr)
def test_a_filter_that_is_none_is_refused(world: AuditHarness, wanted: object):
    with pytest.raises(WrongType, match="the filter"):
        world.trail.records(wanted, limit=9, cursor=None)


@pytest.mark.parametrize("limit", [None, "9", 9.0, True], ids=repr)
def test_a_limit_is_a_whole_number(world: AuditHarness, limit: object):
    with pytest.raises(WrongType, match="the limit"):
        world.trail.records(AuditFilter(tenant=CLINIC), limit=limit, cursor=None)


def test_an_appended_event_is_the_next_record_of_its_patient(world: AuditHarness):
    first = world.sink.append(_event())
    other = world.sink.append(_event(BEN))
    second = world.sink.append(_event(minute=1))

    assert first == chained(_event(), ChainHead())
    assert second == chained(_event(minute=1), first.head)
    assert other.seq == 1


def test_the_head_follows_the_last_record(world: AuditHarness):
    assert world.trail.head(ADA) == ChainHead()

    record = world.sink.append(_event())

    assert world.trail.head(ADA) == record.head
    assert world.trail.head(BEN) == ChainHead()


def test_everyone_with_a_chain_is_listed_in_order_within_the_tenant(world: AuditHarness):
    elsewhere = PatientRef(TenantId("other"), PatientId("cid"))
    for patient in (BEN, ADA, elsewhere):
        world.sink.append(_event(patient))

    assert world.trail.patients(CLINIC) == (ADA, BEN)
    assert world.trail.patients(TenantId("nobody")) == ()


def test_records_come_by_patient_and_place(world: AuditHarness):
    written = [world.sink.append(_event(patient)) for patient in (BEN, ADA, BEN, ADA)]

    found = everything(world.trail, AuditFilter(tenant=CLINIC))

    assert found == [written[1], written[3], written[0], written[2]]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
def test_pages_hold_every_record_once(world: AuditHarness, limit: int):
    for number in range(5):
        world.sink.append(_event((ADA, BEN)[number % 2], minute=number))

    paged = everything(world.trail, AuditFilter(tenant=CLINIC), limit)

    assert paged == everything(world.trail, AuditFilter(tenant=CLINIC))
    assert len(paged) == 5


def test_a_filter_means_every_one_of_its_attributes(world: AuditHarness):
    for minute, (patient, actor, entity) in enumerate(
        (patient, actor, entity)
        for patient in (ADA, BEN)
        for actor in ("nurse", "doctor")
        for entity in ("chunk/a", "chunk/a#")
    ):
        world.sink.append(_event(patient, actor=actor, entity=entity, minute=minute))

    def minutes(**wanted: object) -> list[int]:
        found = everything(world.trail, AuditFilter(tenant=CLINIC, **wanted))
        return [(record.event.at - NOON) // timedelta(minutes=1) for record in found]

    assert minutes(patient=BEN) == [4, 5, 6, 7]
    assert minutes(actor="doctor") == [2, 3, 6, 7]
    assert minutes(entity="chunk/a") == [0, 2, 4, 6]
    assert minutes(since=NOON + timedelta(minutes=6)) == [6, 7]
    assert minutes(until=NOON + timedelta(minutes=2)) == [0, 1]
    assert minutes(patient=ADA, actor="nurse", entity="chunk/a#") == [1]
    assert minutes(actor="somebody") == []
    assert everything(world.trail, AuditFilter(tenant=TenantId("other"))) == []


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_a_limit_out_of_range_is_refused(world: AuditHarness, limit: int):
    with pytest.raises(ValueError, match="1 to 1000"):
        world.trail.records(AuditFilter(tenant=CLINIC), limit=limit, cursor=None)


@pytest.mark.parametrize(
    "other",
    [
        AuditFilter(tenant=CLINIC, patient=ADA),
        AuditFilter(tenant=CLINIC, actor="nurse"),
        AuditFilter(tenant=TenantId("other")),
    ],
)
def test_a_cursor_of_another_filter_is_refused(world: AuditHarness, other: AuditFilter):
    for _ in range(2):
        world.sink.append(_event())
    cursor = world.trail.records(AuditFilter(tenant=CLINIC), limit=1, cursor=None).cursor

    with pytest.raises(BadCursor):
        world.trail.records(other, limit=1, cursor=cursor)


def test_a_cursor_is_good_for_a_day_and_no_longer(world: AuditHarness):
    for _ in range(2):
        world.sink.append(_event())
    cursor = world.trail.records(AuditFilter(tenant=CLINIC), limit=1, cursor=None).cursor
    world.clock.advance(CURSOR_LIFE.total_seconds())

    page = world.trail.records(AuditFilter(tenant=CLINIC), limit=1, cursor=cursor)
    assert [record.seq for record in page.records] == [2]
    world.clock.advance(1)
    with pytest.raises(BadCursor, match="expired"):
        world.trail.records(AuditFilter(tenant=CLINIC), limit=1, cursor=cursor)


@given(made_up=st.text(max_size=40))
def test_a_made_up_cursor_is_refused(opened: Opener, made_up: str):
    with opened() as world, pytest.raises(BadCursor):
        world.trail.records(AuditFilter(tenant=CLINIC), limit=1, cursor=made_up)


@pytest.mark.parametrize("cursor", [5, b"AAAA", ["AAAA"]])
def test_a_cursor_that_is_no_text_is_refused(world: AuditHarness, cursor: object):
    with pytest.raises(BadCursor, match="is no text"):
        world.trail.records(AuditFilter(tenant=CLINIC), limit=1, cursor=cursor)


def test_eight_threads_append_to_one_whole_chain(contended: AuditHarness):
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda n: contended.sink.append(_event(minute=n)), range(24)))

    found = everything(contended.trail, AuditFilter(tenant=CLINIC, patient=ADA))

    assert verify_chain(found, head=contended.trail.head(ADA)).seq == 24
    assert sorted(written, key=lambda record: record.seq) == found


@given(events=st.lists(strategies.events(), max_size=6))
def test_every_event_comes_back_from_the_trail_of_its_patient(
    opened: Opener, events: list[AuditEvent]
):
    with opened() as world:
        for event in events:
            world.sink.append(event)

        for patient in {event.patient for event in events}:
            wanted = AuditFilter(tenant=patient.tenant, patient=patient)
            found = everything(world.trail, wanted, limit=2)

            assert [r.event for r in found] == [e for e in events if e.patient == patient]
            assert verify_chain(found, head=world.trail.head(patient)) == found[-1].head


class TrailMachine(RuleBasedStateMachine):
    """The model: a list of records per patient."""

    opener: Opener

    @initialize()
    def opened(self) -> None:
        self.context = self.opener()
        self.world = self.context.__enter__()
        self.chains: dict[PatientRef, list[AuditRecord]] = {}

    def teardown(self) -> None:
        if hasattr(self, "context"):
            self.context.__exit__(None, None, None)

    @rule(patient=st.sampled_from([ADA, BEN]), actor=st.sampled_from(["a", "b"]))
    def append(self, patient: PatientRef, actor: str) -> None:
        chain = self.chains.setdefault(patient, [])
        expected = chained(_event(patient, actor=actor), chain[-1].head if chain else ChainHead())

        assert self.world.sink.append(_event(patient, actor=actor)) == expected
        chain.append(expected)

    @rule(actor=st.sampled_from([None, "a", "b"]), limit=st.integers(1, 4))
    def read(self, actor: str | None, limit: int) -> None:
        found = everything(self.world.trail, AuditFilter(tenant=CLINIC, actor=actor), limit)

        assert found == [
            record
            for patient in (ADA, BEN)
            for record in self.chains.get(patient, [])
            if actor in (None, record.event.actor.id)
        ]

    @rule(patient=st.sampled_from([ADA, BEN]))
    def heads(self, patient: PatientRef) -> None:
        chain = self.chains.get(patient, [])

        assert self.world.trail.head(patient) == (chain[-1].head if chain else ChainHead())
        assert self.world.trail.patients(CLINIC) == tuple(sorted(self.chains))


def test_any_sequence_of_appends_agrees_with_plain_lists(opened: Opener):
    machine = type("Machine", (TrailMachine,), {"opener": staticmethod(opened)})

    run_state_machine_as_test(
        machine, settings=settings(settings(), max_examples=10, stateful_step_count=20)
    )
