"""
REL-16: CloudWatch down for a minute at 200 events a second, by a clock driven by hand.

The requests go through the SDK to a server on this machine that keeps the limits of the reference;
each costs simulated time, answered or not. Nobody sleeps.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import attrs
import pytest

from clarity.application.ship_audit import ShipAudit, Shipment
from clarity.domain.audit import verify_chain
from clarity.domain.identity import PatientId, PatientRef
from clarity.ports.audit import AuditFilter
from clarity.ports.errors import Unexpected
from tests.application.test_ship_audit import NAMES, by_hand, shipping_to, told
from tests.application.world import CLINIC, World, opened
from tests.support.clocks import START
from tests.support.logs import cloudwatch
from tests.support.logs_server import LogFault, LogsServer, logs_server

EVENTS_PER_S: Final = 200
OUTAGE_S: Final = 60
DRAINED_WITHIN_S: Final = 30.0
CALL_S: Final = 0.25
"""What a PutLogEvents of a megabyte may take, answered or refused."""

PATIENTS: Final = [PatientRef(CLINIC, PatientId(f"p{number}")) for number in range(40)]


@attrs.frozen
class Clinic:
    """A store, a log server and the use case between them, all by one clock."""

    world: World
    server: LogsServer
    ship: ShipAudit

    def works(self, seconds: int) -> None:
        """So long, 200 records a second come in; nobody ships."""
        for _ in range(seconds):
            told(self.world, *(PATIENTS[n % len(PATIENTS)] for n in range(EVENTS_PER_S)))
            self.world.clock.advance(1.0)

    def ships(self, seconds: float) -> Shipment:
        return self.ship.run(by_hand(self.world, limit_s=seconds))

    def logged(self) -> dict[str, list[int]]:
        """The places in each chain, in the order of the log, each once."""
        chains: dict[str, dict[int, None]] = {NAMES.of(patient): {} for patient in PATIENTS}
        for line in map(json.loads, self.server.messages):
            chains[line["chain"]].setdefault(line["seq"])
        return {chain: list(seqs) for chain, seqs in chains.items()}

    def recorded(self) -> dict[str, list[int]]:
        ends = {patient: self.world.trail.head(patient).seq for patient in PATIENTS}
        return {NAMES.of(patient): list(range(1, end + 1)) for patient, end in ends.items()}


@contextmanager
def clinic() -> Iterator[Clinic]:
    with ExitStack() as stack:
        world = stack.enter_context(opened())
        server = stack.enter_context(logs_server())
        server.now = world.clock.now
        server.served = lambda: world.clock.advance(CALL_S)
        sink = stack.enter_context(cloudwatch(server.url, world.clock))
        yield Clinic(world, server, shipping_to(world, sink))


@pytest.mark.slow
def test_rel_16_a_minute_without_cloudwatch_loses_nothing_and_is_made_up_for_in_half_a_minute():
    with clinic() as at:
        assert at.ships(10.0).is_complete
        at.server.fault = lambda: LogFault.AWAY
        for _ in range(OUTAGE_S // 10):
            at.works(10)
            before_s = at.world.clock.monotonic_s()
            assert not at.ships(5.0).is_complete
            at.world.clock.elapsed_s = before_s  # shipping runs beside the work, not after it
        asked = Counter(at.server.asked)
        at.works(1)
        assert at.server.asked == asked

        at.server.fault = lambda: None
        began_s = at.world.clock.monotonic_s()
        shipment = at.ships(DRAINED_WITHIN_S)

        assert shipment == Shipment(records=(OUTAGE_S + 1) * EVENTS_PER_S, is_complete=True)
        assert at.world.clock.monotonic_s() - began_s < DRAINED_WITHIN_S
        assert at.logged() == at.recorded()
        assert len(at.server.messages) == shipment.records
        for patient in PATIENTS:
            wanted = AuditFilter(tenant=CLINIC, patient=patient)
            page = at.world.trail.records(wanted, limit=1_000, cursor=None)
            verify_chain(page.records, head=at.world.trail.head(patient))


def test_rel_16_whoever_appends_never_asks_cloudwatch():
    with clinic() as at:
        at.server.fault = lambda: LogFault.AWAY

        at.works(2)

        assert at.server.asked == {}


@pytest.mark.parametrize("fault", list(LogFault))
def test_rel_16_whatever_every_second_request_meets_everything_arrives_in_order(fault: LogFault):
    with clinic() as at:
        faults = iter([None] * 3 + [fault, None] * 1_000)
        at.server.fault = lambda: next(faults)
        at.works(3)

        shipment = at.ships(600.0)

        assert shipment == Shipment(records=3 * EVENTS_PER_S, is_complete=True)
        assert at.logged() == at.recorded()


def test_rel_16_what_was_told_twice_is_known_by_its_id():
    with clinic() as at:
        faults = iter([None] * 3 + [LogFault.LOST_AFTER] + [None] * 10)
        at.server.fault = lambda: next(faults)
        told(at.world, PATIENTS[0])
        at.ships(10.0)
        told(at.world, PATIENTS[0])

        assert at.ships(10.0).is_complete

        lines = [json.loads(line) for line in at.server.messages]
        assert [line["seq"] for line in lines] == [1, 1, 2]
        assert len({line["id"] for line in lines}) == 2


def test_rel_16_records_of_an_outage_of_weeks_arrive_under_times_that_are_taken():
    with clinic() as at:
        at.works(1)
        at.world.clock.advance(30 * 86_400.0)
        at.works(1)

        assert at.ships(60.0) == Shipment(records=2 * EVENTS_PER_S, is_complete=True)

        assert at.logged() == at.recorded()
        assert {json.loads(line)["at"][:10] for line in at.server.messages} == {
            "2026-01-05",
            "2026-02-04",
        }


def test_rel_16_what_is_refused_for_its_time_is_not_marked():
    with clinic() as at:
        at.works(1)
        at.server.now = lambda: START.replace(year=2025)
        with pytest.raises(Unexpected, match="clock"):
            at.ships(60.0)

        at.server.now = at.world.clock.now

        assert at.ships(60.0) == Shipment(records=EVENTS_PER_S, is_complete=True)
        assert at.logged() == at.recorded()


def test_rel_16_a_clock_that_was_set_back_changes_no_order():
    with clinic() as at:
        at.works(1)
        at.world.clock.set(START.replace(hour=11, minute=30))
        at.works(1)

        assert at.ships(60.0).is_complete

        assert at.logged() == at.recorded()
