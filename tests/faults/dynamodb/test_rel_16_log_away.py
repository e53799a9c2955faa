"""
REL-16 on ministack: CloudWatch away for a minute, by a clock driven by hand.

The records are appended to tables by many threads; each second of the minute holds the goal's 200,
ten while editing.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Final

import attrs
import pytest

from clarity.adapters.aws.dynamodb.outbox import DynamoDBAuditOutbox
from clarity.application.ship_audit import Pace, ShipAudit, Shipment
from clarity.domain.audit import Operation
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.privacy import Pseudonyms
from tests.contracts.repository.harness import evidence
from tests.faults.dynamodb.worlds import whole_chain
from tests.support.clocks import HandClock
from tests.support.dynamodb import Counted, World, world_on
from tests.support.engines import running
from tests.support.logs import cloudwatch
from tests.support.logs_server import LogFault, LogsServer, logs_server
from tests.support.runs import runs

OUTAGE_S: Final = 60
STEP_S: Final = 10
DRAINED_WITHIN_S: Final = 30.0
CALL_S: Final = 0.25
"""What a PutLogEvents of a megabyte may take, answered or refused."""

NAMES: Final = Pseudonyms(b"a secret of the tests")
PATIENTS: Final = [PatientRef(TenantId("clinic"), PatientId(f"p{number}")) for number in range(40)]


@attrs.frozen
class Clinic:
    """Tables, a log server and the use case between them, all by one clock."""

    world: World
    server: LogsServer
    ship: ShipAudit
    clock: HandClock

    def works(self, seconds: int, per_s: int) -> int:
        """So long, so many records a second come in; says how many."""
        people = [PATIENTS[n % len(PATIENTS)] for n in range(seconds * per_s)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self._appended, people))
        self.clock.advance(seconds)
        return len(people)

    def _appended(self, patient: PatientRef) -> None:
        told = attrs.evolve(evidence(patient), operation=Operation.READ, at=self.clock.now())
        self.world.trail.append(told.event(()))

    def ships(self, seconds: float) -> Shipment:
        return self.ship.run(Pace(limit_s=seconds, jitter=lambda: 1.0, pause=self._paused))

    def _paused(self, seconds: float) -> bool:
        self.clock.advance(seconds)
        return False

    def logged(self) -> dict[str, list[int]]:
        """The places in each chain, in the order of the log, each once."""
        chains: dict[str, dict[int, None]] = {}
        for line in map(json.loads, self.server.messages):
            chains.setdefault(line["chain"], {}).setdefault(line["seq"])
        return {chain: list(seqs) for chain, seqs in chains.items()}

    def recorded(self) -> dict[str, list[int]]:
        ends = {patient: whole_chain(self.world, patient).seq for patient in PATIENTS}
        return {NAMES.of(patient): list(range(1, end + 1)) for patient, end in ends.items() if end}


@contextmanager
def _clinic() -> Iterator[Clinic]:
    clock = HandClock()
    with ExitStack() as stack:
        world = stack.enter_context(world_on(running("ministack"), clock))
        server = stack.enter_context(logs_server())
        server.now, server.served = clock.now, lambda: clock.advance(CALL_S)
        ship = ShipAudit(
            outbox=DynamoDBAuditOutbox(connection=world.connection, clock=clock),
            log=stack.enter_context(cloudwatch(server.url, clock)),
            pseudonyms=NAMES,
            clock=clock,
            metrics=Counted(),
        )
        yield Clinic(world, server, ship, clock)


@pytest.mark.slow
def test_rel_16_a_minute_without_cloudwatch_loses_nothing_and_is_made_up_for_in_half_a_minute():
    per_s = runs(ci=200, soak=200)
    with _clinic() as at:
        assert at.ships(10.0).is_complete
        at.server.fault = lambda: LogFault.AWAY
        made = 0
        for _ in range(OUTAGE_S // STEP_S):
            made += at.works(STEP_S, per_s)
            before_s = at.clock.monotonic_s()
            assert not at.ships(5.0).is_complete
            at.clock.elapsed_s = before_s  # shipping runs beside the work, not after it

        at.server.fault = lambda: None
        began_s = at.clock.monotonic_s()
        shipment = at.ships(DRAINED_WITHIN_S)

        assert shipment == Shipment(records=made, is_complete=True)
        assert at.clock.monotonic_s() - began_s < DRAINED_WITHIN_S
        assert at.logged() == at.recorded()
        assert len(at.server.messages) == made


def test_rel_16_whoever_appends_to_tables_never_asks_cloudwatch():
    with _clinic() as at:
        at.server.fault = lambda: LogFault.AWAY

        at.works(1, 10)

        assert at.server.asked == {}
