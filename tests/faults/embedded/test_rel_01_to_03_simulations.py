"""REL-01 to 03: nothing acknowledged is lost, no record is lost or invented, every chain verifies."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.embedded.simulation import Simulation, in_file, in_memory
from tests.support.runs import runs

STEPS = 30
ENOUGH = 12
"""Simulations in which something is asked for, whatever profile runs."""


def _simulated(disk, count: int) -> tuple[int, int]:
    """How many simulations ran to their end, and how many requests they made altogether."""
    ended: list[int] = []

    def teardown(self: Simulation) -> None:
        ended.append(getattr(self, "requests", 0))
        Simulation.teardown(self)

    made = {"disk": staticmethod(disk), "teardown": teardown}
    machine = type("Machine", (Simulation,), made)
    quiet = settings(
        settings(),
        max_examples=count,
        stateful_step_count=STEPS,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=quiet)
    return len(ended), sum(ended)


@pytest.mark.slow
def test_rel_01_02_03_hold_in_simulations_with_faults_at_every_call():
    count = max(ENOUGH, runs(ci=500, soak=50_000))

    simulations, requests = _simulated(in_memory, count)

    assert simulations >= count
    assert requests >= count


@pytest.mark.slow
def test_rel_01_02_03_hold_in_simulations_with_restarts():
    count = max(ENOUGH, runs(ci=40, soak=2_000))

    simulations, requests = _simulated(in_file, count)

    assert simulations >= count
    assert requests >= count
