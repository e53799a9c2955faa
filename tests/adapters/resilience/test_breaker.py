"""A dependency that keeps failing is left alone, tried once in a while, and trusted again."""

import threading

import attrs
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from clarity.adapters.observability.metrics import MemoryMetrics, Series
from clarity.adapters.resilience.breaker import Breaker, breaker_for
from clarity.adapters.resilience.window import BreakerSettings
from clarity.ports.errors import NotFound, Throttled, TimedOut, Unavailable
from tests.support.clocks import START, HandClock

FAILURES = (Unavailable("it"), TimedOut("it", 1.0), Throttled(1.0))
SETTINGS = BreakerSettings(window=10, least_calls=4, failure_share=0.5, reset_s=5.0)


@attrs.define(eq=False)
class Dependency:
    """Counts what reaches it, and fails when it is told to."""

    clock: HandClock = attrs.field(factory=HandClock)
    metrics: MemoryMetrics = attrs.field(factory=MemoryMetrics)
    error: BaseException | None = None
    took_s: float = 0.0
    asked: int = 0
    breaker: Breaker = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.breaker = breaker_for("it", SETTINGS, clock=self.clock, metrics=self.metrics)

    def answer(self) -> str:
        self.asked += 1
        self.clock.advance(self.took_s)
        if self.error is not None:
            raise self.error
        return "answer"

    def call(self, times: int = 1) -> None:
        for _ in range(times):
            try:
                self.breaker.run(self.answer)
            except (Unavailable, TimedOut, Throttled, NotFound, KeyboardInterrupt):
                continue

    def opened(self) -> "Dependency":
        self.error = Unavailable("it")
        self.call(SETTINGS.least_calls)
        assert self.breaker.state == "open"
        self.asked = 0
        return self


@pytest.mark.parametrize("failure", FAILURES, ids=lambda e: type(e).__name__)
def test_a_dependency_that_keeps_failing_is_not_asked_any_more(failure: Exception):
    dependency = Dependency(error=failure)

    dependency.call(100)

    assert (dependency.asked, dependency.breaker.state) == (SETTINGS.least_calls, "open")


def test_an_open_breaker_says_who_is_not_asked_and_why():
    with pytest.raises(Unavailable, match=r"it \(not asked again yet, since it kept failing\)"):
        Dependency().opened().breaker.run(str)


def test_fewer_calls_than_the_least_decide_nothing():
    dependency = Dependency(error=Unavailable("it"))

    dependency.call(SETTINGS.least_calls - 1)

    assert dependency.breaker.state == "closed"


def test_failures_between_answers_open_it_too():
    dependency = Dependency()
    for _ in range(3):
        dependency.error = None
        dependency.call()
        dependency.error = Unavailable("it")
        dependency.call()

    assert dependency.breaker.state == "open"


def test_failures_that_are_long_past_are_forgotten():
    dependency = Dependency()
    for error, calls in ((None, 6), (Unavailable("it"), 4), (None, 10), (Unavailable("it"), 4)):
        dependency.error = error
        dependency.call(calls)

    assert dependency.breaker.state == "closed"


def test_refusals_in_words_are_answers():
    dependency = Dependency(error=NotFound("that"))

    dependency.call(100)

    assert (dependency.asked, dependency.breaker.state) == (100, "closed")


def test_interrupts_say_nothing_of_the_dependency():
    dependency = Dependency(error=KeyboardInterrupt())

    dependency.call(100)

    assert (dependency.asked, dependency.breaker.state) == (100, "closed")


def test_answers_that_take_too_long_open_it():
    dependency = Dependency(took_s=SETTINGS.slow_call_s + 1)

    dependency.call(100)

    assert (dependency.asked, dependency.breaker.state) == (SETTINGS.least_calls, "open")


def test_one_call_tries_after_every_interval_of_an_outage():
    dependency = Dependency().opened()

    for _ in range(6):
        dependency.clock.advance(SETTINGS.reset_s)
        dependency.call(50)

    assert dependency.asked == 6


def test_the_first_call_after_an_interval_closes_it_when_it_is_answered():
    dependency = Dependency().opened()
    dependency.error = None
    dependency.clock.advance(SETTINGS.reset_s)

    dependency.call()

    assert (dependency.asked, dependency.breaker.state) == (1, "closed")
    dependency.call(20)
    assert dependency.asked == 21


def test_the_failures_before_an_outage_ended_do_not_open_it_again():
    dependency = Dependency().opened()
    dependency.error = None
    dependency.clock.advance(SETTINGS.reset_s)
    dependency.call()
    dependency.error = Unavailable("it")

    dependency.call(SETTINGS.least_calls - 1)

    assert dependency.breaker.state == "closed"


def test_a_try_that_was_interrupted_leaves_the_next_call_to_try():
    dependency = Dependency().opened()
    dependency.clock.advance(SETTINGS.reset_s)
    dependency.error = KeyboardInterrupt()
    dependency.call()
    dependency.error = None

    dependency.call()

    assert (dependency.asked, dependency.breaker.state) == (2, "closed")


def test_of_many_calls_at_once_one_tries():
    dependency = Dependency().opened()
    dependency.clock.advance(SETTINGS.reset_s)
    trying, answered = threading.Event(), threading.Event()

    def slow() -> None:
        trying.set()
        assert answered.wait(10)

    one = threading.Thread(target=lambda: dependency.breaker.run(slow))
    one.start()
    assert trying.wait(10)

    with pytest.raises(Unavailable):
        dependency.breaker.run(dependency.answer)

    answered.set()
    one.join(10)
    assert (dependency.asked, dependency.breaker.state) == (0, "closed")


def test_calls_run_side_by_side():
    breaker = Dependency().breaker
    met = threading.Barrier(8, timeout=10)
    threads = [threading.Thread(target=lambda: breaker.run(met.wait)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert not met.broken


def test_setting_the_clock_changes_nothing():
    dependency = Dependency().opened()
    for year in (2020, 2030):
        dependency.clock.set(START.replace(year=year))
        dependency.call(5)

    assert (dependency.asked, dependency.breaker.state) == (0, "open")


def test_changes_and_refusals_are_counted():
    dependency = Dependency().opened()
    dependency.call(3)

    known = dependency.metrics.counted()
    assert known[Series("breaker_changes", {"name": "it", "to": "open"})] == 1
    assert known[Series("breaker_refused", {"name": "it"})] == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"window": 0},
        {"least_calls": 0},
        {"failure_share": 0.0},
        {"failure_share": 1.1},
        {"slow_share": 0.0},
        {"slow_call_s": 0.0},
        {"reset_s": 0.0},
        {"window": 5, "least_calls": 6},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]):
    with pytest.raises(ValueError, match=next(reversed(wrong))):
        BreakerSettings(**wrong)


class BreakerMachine(RuleBasedStateMachine):
    """Against a plain account of what is known: never asked while open, always asked while closed."""

    def __init__(self) -> None:
        super().__init__()
        self.dependency = Dependency()
        self.known: list[bool] = []
        self.opened_s: float | None = None

    @rule(fails=st.booleans())
    def call(self, fails: bool) -> None:
        dependency, before = self.dependency, self.dependency.asked
        dependency.error = Unavailable("it") if fails else None
        now_s = dependency.clock.monotonic_s()
        waits = self.opened_s is not None and now_s < self.opened_s + SETTINGS.reset_s

        dependency.call()

        assert dependency.asked == before + (not waits)
        if waits:
            return
        if self.opened_s is not None:
            self.opened_s = now_s if fails else None
            self.known = [] if not fails else self.known
            return
        self.known = [*self.known, fails][-SETTINGS.window :]
        enough = len(self.known) >= SETTINGS.least_calls
        if enough and sum(self.known) >= SETTINGS.failure_share * len(self.known):
            self.opened_s = now_s

    @rule(seconds=st.sampled_from([0.5, 4.5, 5.0, 100.0]))
    def wait(self, seconds: float) -> None:
        self.dependency.clock.advance(seconds)

    @precondition(lambda self: self.opened_s is None)
    @invariant()
    def is_closed(self) -> None:
        assert self.dependency.breaker.state == "closed"


TestBreakerMachine = BreakerMachine.TestCase
TestBreakerMachine.settings = hypothesis_settings(stateful_step_count=40)
