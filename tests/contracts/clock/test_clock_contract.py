"""Port Clock, sentence by sentence."""

import itertools
from datetime import UTC

from tests.contracts.clock.harness import ClockHarness


def test_now_is_aware_and_in_utc(world: ClockHarness):
    assert world.clock.now().tzinfo is UTC


def test_the_stopwatch_never_runs_backwards(world: ClockHarness):
    readings = [world.clock.monotonic_s() for _ in range(1_000)]

    assert all(earlier <= later for earlier, later in itertools.pairwise(readings))
    assert all(isinstance(reading, float) for reading in readings)
