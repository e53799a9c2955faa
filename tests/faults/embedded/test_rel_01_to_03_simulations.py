"""REL-01 to 03: nothing acknowledged is lost, no record is lost or invented, every chain verifies."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.embedded.simulation import Simulation, in_file, in_memory
from tests.support.runs import runs

STEPS = 30


def _simulated(disk, count: int) -> None:
    machine = type("Machine", (Simulation,), {"disk": staticmethod(disk)})
    quiet = settings(
        settings(),
        max_examples=count,
        stateful_step_count=STEPS,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=quiet)


@pytest.mark.slow
def test_rel_01_02_03_hold_in_simulations_with_faults_at_every_call():
    _simulated(in_memory, runs(ci=500, soak=50_000))


@pytest.mark.slow
def test_rel_01_02_03_hold_in_simulations_with_restarts():
    _simulated(in_file, runs(ci=40, soak=2_000))
