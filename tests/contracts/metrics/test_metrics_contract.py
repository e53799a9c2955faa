"""Port Metrics, sentence by sentence, and against a dict of sums."""

import math
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.contracts.metrics.harness import MetricsHarness, Opener

LABELS = {"operation": "get"}


def test_counts_add_up_per_name_and_labels(world: MetricsHarness):
    world.metrics.count("calls", 1, labels=LABELS)
    world.metrics.count("calls", 2, labels=LABELS)
    world.metrics.count("calls", 5, labels={"operation": "put"})
    world.metrics.count("calls", 7, labels={})

    assert world.counted("calls", LABELS) == 3
    assert world.counted("calls", {"operation": "put"}) == 5
    assert world.counted("calls", {}) == 7
    assert world.counted("others", {}) == 0


def test_the_order_of_labels_says_nothing(world: MetricsHarness):
    world.metrics.count("calls", 1, labels={"a": "1", "b": "2"})
    world.metrics.count("calls", 1, labels={"b": "2", "a": "1"})

    assert world.counted("calls", {"a": "1", "b": "2"}) == 2


def test_labels_that_change_later_change_nothing(world: MetricsHarness):
    labels = {"operation": "get"}
    world.metrics.count("calls", 1, labels=labels)
    labels["operation"] = "put"

    assert world.counted("calls", LABELS) == 1


def test_measurements_are_kept_apart_from_counts(world: MetricsHarness):
    world.metrics.observe("wait_s", 0.5, labels=LABELS)
    world.metrics.observe("wait_s", -0.25, labels=LABELS)
    world.metrics.count("wait_s", 9, labels=LABELS)

    assert world.observed("wait_s", LABELS) == (2, 0.25)
    assert world.observed("wait_s", {}) == (0, 0.0)


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_a_value_that_makes_no_sense_is_dropped_without_an_error(
    world: MetricsHarness, value: float
):
    world.metrics.count("calls", 1, labels=LABELS)
    world.metrics.count("calls", value, labels=LABELS)
    world.metrics.observe("wait_s", math.nan, labels=LABELS)

    assert world.counted("calls", LABELS) == 1
    assert world.observed("wait_s", LABELS) == (0, 0.0)


def test_threads_lose_no_count(world: MetricsHarness):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: world.metrics.count("calls", 1, labels=LABELS), range(800)))

    assert world.counted("calls", LABELS) == 800


NAMES, VALUES = st.sampled_from(["a", "b"]), st.integers(0, 9)


class MetricsMachine(RuleBasedStateMachine):
    """The model: a sum per counter and a list per measurement."""

    opener: Opener

    @initialize()
    def opened(self) -> None:
        self.context = self.opener()
        self.world = self.context.__enter__()
        self.sums: dict[str, float] = defaultdict(float)
        self.seen: dict[str, list[float]] = defaultdict(list)

    def teardown(self) -> None:
        if hasattr(self, "context"):
            self.context.__exit__(None, None, None)

    @rule(name=NAMES, value=VALUES)
    def count(self, name: str, value: int) -> None:
        self.world.metrics.count(name, value, labels=LABELS)
        self.sums[name] += value

    @rule(name=NAMES, value=VALUES)
    def observe(self, name: str, value: int) -> None:
        self.world.metrics.observe(name, value, labels=LABELS)
        self.seen[name].append(value)

    @rule(name=NAMES)
    def read(self, name: str) -> None:
        seen = self.seen[name]

        assert self.world.counted(name, LABELS) == self.sums[name]
        assert self.world.observed(name, LABELS) == (len(seen), sum(seen))


def test_any_sequence_agrees_with_the_model(opened: Opener):
    machine = type("Machine", (MetricsMachine,), {"opener": staticmethod(opened)})

    run_state_machine_as_test(
        machine, settings=settings(settings(), max_examples=8, stateful_step_count=20)
    )
