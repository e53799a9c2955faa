"""Telling the trail outside: everything, in order, marked only once it is there."""

import itertools
import json
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence

import attrs
import pytest

from clarity.adapters.local.outbox import SqliteAuditOutbox
from clarity.application.ship_audit import NoAuditLog, Pace, ShipAudit, Shipment, shipping
from clarity.domain.audit import AuditEvent, Operation, Touched
from clarity.domain.audit_log import LogEntry
from clarity.domain.identity import PatientRef
from clarity.domain.privacy import Pseudonyms
from clarity.ports.audit_log import AuditOutbox, Due
from clarity.ports.errors import Corrupt, Denied, Throttled, Unavailable
from tests.application.world import ADA, BEN, NURSE, REQUEST, World, opened
from tests.support.dynamodb import Counted
from tests.support.logs import ListLog

NAMES = Pseudonyms(b"a secret of the tests")


@pytest.fixture
def world() -> Iterator[World]:
    with opened() as fresh:
        yield fresh


@attrs.define
class Failing:
    """Raises the errors of a list, one a call, before it lets calls through."""

    errors: list[Exception]

    def __call__(self, _: Sequence[LogEntry]) -> None:
        if self.errors:
            raise self.errors.pop(0)


def told(world: World, *patients: PatientRef, touched: int = 1) -> None:
    """A record for each of the patients."""
    for patient in patients:
        world.sink.append(
            AuditEvent(
                actor=NURSE,
                patient=patient,
                operation=Operation.READ,
                touched=tuple(Touched(f"chunk/activity/{n:0100}") for n in range(touched)),
                correlation=REQUEST,
                at=world.clock.now(),
            )
        )


def shipping_to(world: World, log: ListLog | None, metrics: Counted | None = None) -> ShipAudit:
    return ShipAudit(
        outbox=SqliteAuditOutbox(world.store),
        log=log,
        pseudonyms=NAMES,
        clock=world.clock,
        metrics=metrics or Counted(),
    )


def by_hand(world: World, pauses: list[float] | None = None, **limits: float) -> Pace:
    """Pauses move the clock and are written down."""

    def pause(seconds: float) -> bool:
        if seconds and pauses is not None:
            pauses.append(seconds)
        world.clock.advance(seconds)
        return False

    return Pace(jitter=lambda: 1.0, pause=pause, **limits)


def seqs(log: ListLog, patient: PatientRef) -> list[int]:
    return [entry.seq for entry in log.kept if entry.chain == NAMES.of(patient)]


def test_everything_that_is_due_is_told_once(world: World):
    told(world, ADA, BEN, ADA)
    log = ListLog()
    ship = shipping_to(world, log)

    assert ship.run(by_hand(world)) == Shipment(records=3, is_complete=True)
    assert ship.run(by_hand(world)) == Shipment(records=0, is_complete=True)
    assert (seqs(log, ADA), seqs(log, BEN)) == ([1, 2], [1])


def test_a_log_that_takes_little_at_once_gets_everything_in_order(world: World):
    told(world, *(ADA, BEN) * 4)
    log = ListLog(together=3)

    shipment = shipping_to(world, log).run(by_hand(world))

    assert shipment == Shipment(records=8, is_complete=True)
    assert log.writes == 3
    assert (seqs(log, ADA), seqs(log, BEN)) == ([1, 2, 3, 4], [1, 2, 3, 4])


def test_a_record_is_marked_only_when_all_its_parts_are_there(world: World):
    told(world, ADA, touched=4_000)
    log = ListLog(together=1)
    full = itertools.count()

    def after_two(_: Sequence[LogEntry]) -> None:
        if next(full) == 2:
            raise Unavailable("the log")

    log.before = after_two

    shipment = shipping_to(world, log).run(by_hand(world))

    parts = [json.loads(entry.text)["part"] for entry in log.kept]
    assert parts[0][1] > 2
    assert shipment == Shipment(records=1, is_complete=True)
    assert [n for n, _ in parts] == [1, 2, *range(1, parts[0][1] + 1)]


def test_what_was_not_taken_is_told_again_after_growing_pauses(world: World):
    told(world, ADA)
    log, pauses, metrics = ListLog(), [], Counted()
    log.before = Failing([Unavailable("the log"), Throttled(1.0), Unavailable("the log")])

    shipment = shipping_to(world, log, metrics).run(by_hand(world, pauses, longest_pause_s=0.3))

    assert shipment == Shipment(records=1, is_complete=True)
    assert pauses == [0.2, 0.3, 0.3]
    assert metrics.total("audit_log_failures") == 3
    assert metrics.total("audit_log_records") == 1
    assert metrics.total("audit_log_lag_s") == 4


def test_pauses_begin_anew_once_something_was_taken(world: World):
    told(world, *[ADA] * 2)
    log, pauses = ListLog(together=1), []
    answers = iter([Unavailable("a"), Unavailable("a"), None, Unavailable("a"), None])

    def before(_: Sequence[LogEntry]) -> None:
        error = next(answers)
        if error is not None:
            raise error

    log.before = before

    shipping_to(world, log).run(by_hand(world, pauses))

    assert pauses == [0.2, 0.4, 0.2]


def test_the_jitter_spreads_pauses_over_their_upper_half():
    assert Pace(jitter=lambda: 0.0).pause_s(1) == 0.1
    assert Pace(jitter=lambda: 1.0).pause_s(1) == 0.2
    assert Pace(jitter=lambda: 1.0).pause_s(10_000) == 5.0


def test_a_log_that_stays_away_costs_no_more_than_the_time_and_loses_nothing(world: World):
    told(world, ADA)
    log = ListLog(before=Failing([Unavailable("the log")] * 100))
    ship = shipping_to(world, log)

    shipment = ship.run(by_hand(world, limit_s=10.0))

    assert (shipment.records, shipment.is_complete) == (0, False)
    assert "cannot be reached" in shipment.problem
    assert world.clock.monotonic_s() < 10.0
    log.before = Failing([])
    assert ship.run(by_hand(world)) == Shipment(records=1, is_complete=True)


def test_when_the_time_is_over_the_rest_is_left(world: World):
    told(world, *[ADA] * 3)
    log = ListLog(together=1, before=lambda _: world.clock.advance(6.0))

    shipment = shipping_to(world, log).run(by_hand(world, limit_s=10.0))

    assert (shipment.records, shipment.is_complete) == (2, False)
    assert "run it again" in shipment.problem


def test_who_is_told_to_end_ends(world: World):
    told(world, *[ADA] * 3)
    ended = Pace(pause=lambda _: True)

    taken = shipping_to(world, ListLog(together=1)).run(ended)
    refused = shipping_to(world, ListLog(before=Failing([Unavailable("it")]))).run(ended)

    assert (taken.records, taken.is_complete) == (1, False)
    assert (refused.records, refused.is_complete) == (0, False)


def test_a_log_that_refuses_for_good_is_told_and_nothing_is_marked(world: World):
    told(world, ADA)
    log = ListLog(before=Failing([Denied("writing to the log")]))
    ship = shipping_to(world, log)

    with pytest.raises(Denied):
        ship.run(by_hand(world))

    assert ship.run(by_hand(world)).records == 1


def test_without_a_log_nothing_is_told(world: World):
    with pytest.raises(NoAuditLog, match="audit_log"):
        shipping_to(world, None).run(by_hand(world))


def test_by_default_it_waits_for_real(world: World):
    told(world, ADA)
    log = ListLog(before=Failing([Unavailable("the log")]))

    shipment = shipping_to(world, log).run(Pace(first_pause_s=1e-6))

    assert shipment == Shipment(records=1, is_complete=True)


def wait_until(there: threading.Event) -> None:
    assert there.wait(timeout=30)


def test_in_the_background_what_is_due_is_told_until_the_end(world: World):
    there, again = threading.Event(), threading.Event()

    def seen(taken: Sequence[LogEntry]) -> None:
        (there if taken[0].seq == 1 else again).set()

    told(world, ADA)
    log = ListLog(before=seen)

    with shipping(shipping_to(world, log), 0.001):
        wait_until(there)
        told(world, ADA)
        wait_until(again)

    assert seqs(log, ADA) == [1, 2]
    assert "clarity-audit-log" not in {thread.name for thread in threading.enumerate()}


def test_in_the_background_a_refusal_is_written_to_the_log_and_survived(
    world: World, caplog: pytest.LogCaptureFixture
):
    there = threading.Event()
    answers = iter([Denied("writing"), Unavailable("it"), None])
    told(world, ADA)

    def before(_: Sequence[LogEntry]) -> None:
        error = next(answers)
        if error is not None:
            world.clock.advance(100.0 if isinstance(error, Unavailable) else 0.0)
            raise error
        there.set()

    with (
        caplog.at_level(logging.WARNING),
        shipping(shipping_to(world, ListLog(before=before)), 0.001),
    ):
        wait_until(there)

    assert [record.getMessage() for record in caplog.records] == [
        "audit-log-refused",
        "audit-log-behind",
    ]


def test_in_the_background_an_error_that_nobody_knows_is_written_to_the_log_and_survived(
    world: World, caplog: pytest.LogCaptureFixture
):
    there = threading.Event()
    answers = iter([KeyError("AUD#clinic#ada"), RecursionError(), None])
    told(world, ADA)

    def before(_: Sequence[LogEntry]) -> None:
        error = next(answers)
        if error is not None:
            raise error
        there.set()

    log = ListLog(before=before)
    with caplog.at_level(logging.WARNING), shipping(shipping_to(world, log), 0.001):
        wait_until(there)

    assert seqs(log, ADA) == [1]
    assert [(r.getMessage(), r.code, r.error) for r in caplog.records] == [
        ("audit-log-refused", "port.unexpected", "KeyError"),
        ("audit-log-refused", "port.unexpected", "RecursionError"),
    ]
    assert "ada" not in caplog.text


def test_a_record_that_cannot_be_read_is_told_as_such_and_counted(
    world: World, caplog: pytest.LogCaptureFixture
):
    told(world, ADA, ADA, BEN)
    with world.store.writing() as connection:
        connection.execute("DROP TRIGGER audit_is_never_edited")
        connection.execute("UPDATE audit SET body = x'00', hash = x'' WHERE owner = 1")
    log, metrics = ListLog(), Counted()

    with caplog.at_level(logging.WARNING):
        shipment = shipping_to(world, log, metrics).run(by_hand(world))

    assert shipment == Shipment(records=3, is_complete=True)
    lines = [json.loads(entry.text) for entry in log.kept]
    assert [line.get("error") for line in lines].count("audit.unreadable") == 2
    assert len({line["id"] for line in lines}) == 3
    assert metrics.total("audit_log_unreadable") == 2
    assert [(r.getMessage(), r.records) for r in caplog.records] == [("audit-log-unreadable", 2)]


def test_a_head_that_tells_of_records_that_are_not_there_holds_up_no_chain_and_is_told(
    world: World,
):
    told(world, ADA, BEN, BEN)
    with world.store.writing() as connection:
        connection.execute("UPDATE patient SET seq = 1000000 WHERE patient = ?", ["ada"])
    log, metrics = ListLog(), Counted()
    ship = shipping_to(world, log, metrics)

    for _ in range(2):
        with pytest.raises(Corrupt, match="the head of an audit chain"):
            ship.run(by_hand(world))
        told(world, BEN)

    assert seqs(log, ADA) == [1]
    assert seqs(log, BEN) == [1, 2, 3]
    assert metrics.total("audit_log_failures", code="port.corrupt") == 2


@attrs.frozen
class Damaged(AuditOutbox):
    """A chain whose head cannot be read; nothing else is due."""

    def due(self, *, limit: int) -> tuple[Due, ...]:
        raise Corrupt("the head of an audit chain")

    def mark(self, told: Mapping[PatientRef, int]) -> None:
        raise AssertionError


def test_damage_of_the_chains_is_counted_and_told_to_who_asked(world: World):
    metrics = Counted()
    ship = attrs.evolve(shipping_to(world, ListLog(), metrics), outbox=Damaged())

    with pytest.raises(Corrupt):
        ship.run(by_hand(world))

    assert metrics.total("audit_log_failures", code="port.corrupt") == 1


def test_in_the_background_nothing_happens_unless_it_is_asked_for(world: World):
    told(world, ADA)
    log = ListLog()

    with shipping(shipping_to(world, log), 0.0):
        assert "clarity-audit-log" not in {thread.name for thread in threading.enumerate()}

    assert log.writes == 0
