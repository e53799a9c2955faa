"""While the trail is away: closed, but for looks of those who broke glass; these are made good."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs
import pytest

from clarity.adapters.local.kept_evidence import MemoryKeptEvidence
from clarity.adapters.observability.metrics import MemoryMetrics
from clarity.application.break_glass import (
    KEPT_ASIDE,
    MARK,
    AuditedLooks,
    RecoveredTrail,
    RecoverEvidence,
)
from clarity.domain.access import WrongPurpose
from clarity.domain.audit import AuditEvent, AuditRecord, Operation, Touched
from clarity.domain.identity import Actor, BadIdentifier, PatientRef, Purpose
from clarity.ports.audit import AuditFilter, AuditSink
from clarity.ports.errors import (
    Corrupt,
    Denied,
    Throttled,
    TimedOut,
    TooLarge,
    Unavailable,
    Unexpected,
)
from clarity.ports.kept_evidence import KeptEvidence
from tests.application.world import ADA, BEN, NURSE, REQUEST, World
from tests.support.clocks import START, CountedIds

REASON = "ticket 4711"
URGENT = attrs.evolve(NURSE, break_glass=REASON)
TRANSIENT = [Unavailable("the trail"), TimedOut("the trail", 2.0), Throttled(1.0)]


@attrs.define(eq=False)
class Fickle(AuditSink):
    """
    `inner`, which can be taken away.

    Attributes:
        refusal: raised while it is not None.
        after: whether the record is there all the same.
    """

    inner: AuditSink
    refusal: Exception | None = None
    after: bool = False

    def append(self, event: AuditEvent) -> AuditRecord:
        if self.refusal is None:
            return self.inner.append(event)
        if self.after:
            self.inner.append(event)
        raise self.refusal


@attrs.frozen
class Full(KeptEvidence):
    """A place that takes nothing."""

    error: Exception

    def keep(self, event: AuditEvent) -> None:
        raise self.error

    def hand_over(self, take: Callable[[AuditEvent], None]) -> int:
        raise self.error


@attrs.frozen(kw_only=True)
class Glass:
    """Looks over a trail that can be taken away, and what makes good."""

    world: World
    sink: Fickle
    looks: AuditedLooks
    recover: RecoverEvidence
    metrics: MemoryMetrics

    def counted(self) -> dict[str, float]:
        return {
            f"{series.name} {dict(series.labels)}": value
            for series, value in self.metrics.counted().items()
        }


@pytest.fixture
def glass(world: World) -> Glass:
    sink, kept, metrics = Fickle(world.sink), MemoryKeptEvidence(), MemoryMetrics()
    return Glass(
        world=world,
        sink=sink,
        looks=AuditedLooks(audit=sink, kept=kept, ids=CountedIds(), metrics=metrics),
        recover=RecoverEvidence(kept=kept, audit=sink, trail=world.trail, metrics=metrics),
        metrics=metrics,
    )


def look(
    actor: Actor = URGENT, operation: Operation = Operation.READ, patient: PatientRef = ADA
) -> AuditEvent:
    return AuditEvent(
        actor=actor,
        patient=patient,
        operation=operation,
        touched=(Touched("chunk/activity/2003-05-01"),),
        correlation=REQUEST,
        at=START,
    )


@contextmanager
def away(glass: Glass, refusal: Exception, *, after: bool = False) -> Iterator[None]:
    glass.sink.refusal, glass.sink.after = refusal, after
    try:
        yield
    finally:
        glass.sink.refusal = None


@pytest.mark.parametrize("refusal", TRANSIENT, ids=lambda error: error.code)
def test_without_a_declaration_nothing_is_served(glass: Glass, refusal: Exception):
    with away(glass, refusal), pytest.raises(type(refusal)):
        glass.looks.append(look(NURSE))

    assert glass.recover.run() == 0
    assert glass.world.events() == []
    assert glass.counted() == {}


@pytest.mark.parametrize("refusal", TRANSIENT, ids=lambda error: error.code)
@pytest.mark.parametrize("operation", [Operation.READ, Operation.PREDICT])
def test_a_declared_look_is_served_and_made_good_with_its_time_and_reason(
    glass: Glass, refusal: Exception, operation: Operation
):
    with away(glass, refusal):
        glass.looks.append(look(operation=operation))
    glass.world.clock.advance(7_200)

    assert glass.recover.run() == 1

    (event,) = glass.world.events()
    assert (event.operation, event.at, event.actor) == (operation, START, URGENT)
    assert [touched.entity for touched in event.touched] == [
        "chunk/activity/2003-05-01",
        f"{MARK}id-1",
        KEPT_ASIDE,
    ]


@pytest.mark.parametrize("operation", sorted(set(Operation) - {Operation.READ, Operation.PREDICT}))
def test_only_looks_are_served(glass: Glass, operation: Operation):
    with away(glass, Unavailable("the trail")), pytest.raises(Unavailable):
        glass.looks.append(look(operation=operation))

    assert glass.recover.run() == 0


@pytest.mark.parametrize("refusal", [Corrupt("the store"), Denied("it"), Unexpected("x")])
def test_a_trail_that_will_not_come_back_by_itself_serves_nobody(glass: Glass, refusal: Exception):
    with away(glass, refusal), pytest.raises(type(refusal)):
        glass.looks.append(look())

    assert glass.recover.run() == 0


@pytest.mark.parametrize("purpose", sorted(set(Purpose) - {Purpose.TREATMENT}))
def test_glass_is_broken_for_treatment_alone_and_refused_while_the_trail_is_there(
    glass: Glass, purpose: Purpose
):
    with pytest.raises(WrongPurpose, match="breaking glass is for treatment"):
        glass.looks.append(look(attrs.evolve(URGENT, purpose=purpose)))

    assert glass.world.events() == []


def test_while_the_trail_is_there_the_record_goes_in_at_once_and_names_the_reason(glass: Glass):
    glass.looks.append(look())

    (event,) = glass.world.events()
    assert event.actor.break_glass == REASON
    assert [touched.entity for touched in event.touched][1:] == [f"{MARK}id-1"]
    assert glass.recover.run() == 0
    assert glass.counted() == {}


def test_who_did_not_break_glass_leaves_a_record_as_ever(glass: Glass):
    glass.looks.append(look(NURSE))

    assert glass.world.events() == [look(NURSE)]


@pytest.mark.parametrize("error", [TooLarge("kept evidence", 1, 2), Unavailable("the disk")])
def test_where_the_evidence_cannot_be_kept_nothing_is_served(glass: Glass, error: Exception):
    looks = attrs.evolve(glass.looks, kept=Full(error))

    with away(glass, Unavailable("the trail")), pytest.raises(type(error)):
        looks.append(look())

    assert glass.counted() == {}


def test_an_answer_that_was_lost_after_the_record_was_in_makes_no_second_one(glass: Glass):
    with away(glass, TimedOut("the trail", 2.0), after=True):
        glass.looks.append(look())

    assert glass.recover.run() == 1

    (event,) = glass.world.events()
    assert KEPT_ASIDE not in {touched.entity for touched in event.touched}


def test_what_is_interrupted_after_a_record_was_put_back_makes_no_second_one(glass: Glass):
    with away(glass, Unavailable("the trail")):
        for patient in (ADA, BEN, ADA):
            glass.looks.append(look(patient=patient))

    with away(glass, Unavailable("the trail"), after=True), pytest.raises(Unavailable):
        glass.recover.run()
    assert len(glass.world.events()) == 1
    assert glass.recover.run() == 3
    assert glass.recover.run() == 0

    assert (len(glass.world.events()), len(glass.world.events(BEN))) == (2, 1)


def test_equal_looks_are_two_records(glass: Glass):
    with away(glass, Unavailable("the trail")):
        glass.looks.append(look())
        glass.looks.append(look())

    assert glass.recover.run() == 2
    assert len(glass.world.events()) == 2


def test_it_is_alarmed_when_glass_is_broken_and_when_it_was_made_good(
    glass: Glass, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.WARNING, "clarity"):
        with away(glass, Throttled(1.0)):
            glass.looks.append(look())
        glass.recover.run()

    told = [(one.levelname, one.message) for one in caplog.records]
    assert told == [("CRITICAL", "break-glass-look"), ("WARNING", "break-glass-recovered")]
    assert (caplog.records[0].code, caplog.records[0].patient) == ("port.throttled", ADA)
    assert caplog.records[1].records == 1
    assert REASON not in caplog.text
    assert glass.counted() == {
        "break_glass_looks {'code': 'port.throttled'}": 1,
        "break_glass_recovered {}": 1,
    }


@pytest.mark.parametrize(
    "ask",
    [
        lambda trail: trail.records(AuditFilter(tenant=ADA.tenant), limit=9, cursor=None).records,
        lambda trail: trail.patients(ADA.tenant),
        lambda trail: trail.head(ADA).seq,
    ],
    ids=["records", "patients", "head"],
)
def test_nothing_is_told_of_the_trail_before_what_was_kept_is_in_it(glass: Glass, ask):
    trail = RecoveredTrail(sink=glass.sink, trail=glass.world.trail, recover=glass.recover)
    with away(glass, Unavailable("the trail")):
        glass.looks.append(look())

        with pytest.raises(Unavailable):
            ask(trail)

    assert ask(trail)
    assert len(glass.world.events()) == 1


def test_nothing_is_added_to_the_trail_before_what_was_kept_is_in_it(glass: Glass):
    trail = RecoveredTrail(sink=glass.sink, trail=glass.world.trail, recover=glass.recover)
    with away(glass, Unavailable("the trail")):
        glass.looks.append(look())

    trail.append(look(NURSE, Operation.EXPORT))

    assert glass.world.operations() == ["read", "export"]


@pytest.mark.parametrize("reason", ["x" * 129, "two\nlines", " spaces "])
def test_a_reason_is_a_short_line(reason: str):
    with pytest.raises(BadIdentifier, match="the reason to break glass "):
        attrs.evolve(NURSE, break_glass=reason)


def test_a_reason_is_not_shown_by_accident():
    assert REASON not in repr(URGENT)
