"""
A breaker: calls to a dependency that keeps failing are refused at once, until one try succeeds.

pybreaker holds the state and tells its listeners. Its own `call` holds a lock for the whole guarded
call, counts failures in a row only, and reads the wall clock; so calls run outside of it, a window
of outcomes decides, and a stopwatch says when the next try is due.
"""

import threading
from collections.abc import Callable
from enum import Enum, auto
from typing import Final, TypeVar

import attrs
from pybreaker import STATE_CLOSED, STATE_OPEN, CircuitBreaker, CircuitBreakerListener
from pybreaker import CircuitBreakerState as State

from clarity.adapters.resilience.window import BreakerSettings, Window
from clarity.domain.errors import ClarityError
from clarity.ports.clock import Clock
from clarity.ports.errors import Transient, Unavailable
from clarity.ports.metrics import Metrics

__all__ = ["Breaker", "breaker_for"]

T = TypeVar("T")

SO_OFTEN: Final = 2**62
"""Failures in a row after which pybreaker would open by itself: never, the window decides."""


@attrs.frozen(eq=False)
class _Told(CircuitBreakerListener):
    """Changes of state are counted."""

    metrics: Metrics
    name: str

    def state_change(self, _: CircuitBreaker, __: State | None, new: State) -> None:
        """See pybreaker."""
        self.metrics.count("breaker_changes", 1, labels={"name": self.name, "to": new.name})


def breaker_for(
    name: str, settings: BreakerSettings, *, clock: Clock, metrics: Metrics
) -> "Breaker":
    """A closed breaker for the dependency `name`, whose changes are counted in `metrics`."""
    states = CircuitBreaker(fail_max=SO_OFTEN, listeners=[_Told(metrics, name)], name=name)
    return Breaker(name, settings, clock, metrics, states)


@attrs.define(eq=False)
class Breaker:
    """
    Runs calls to one dependency while it answers. Thread-safe; holds no lock during a call.

    `Transient` errors count as failures: throttles, faults of the other side, time-outs, lost
    connections. Other errors of clarity are answers. Whatever else ends a call (an interrupt, a
    cancellation, a fault of our own) says nothing about the dependency and is not counted.

    Attributes:
        name: of the dependency, for people.
    """

    name: str
    _settings: BreakerSettings
    _clock: Clock
    _metrics: Metrics
    _states: CircuitBreaker
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)
    _window: Window = attrs.field(
        default=attrs.Factory(lambda self: Window(self._settings), takes_self=True), init=False
    )
    _opened_s: float = attrs.field(default=0.0, init=False)

    @property
    def state(self) -> str:
        """`closed`, `open` or `half-open`."""
        return self._states.current_state

    def run(self, call: Callable[[], T]) -> T:
        """
        What `call` returns or raises.

        Raises:
            Unavailable: the breaker is open, or another call is trying; `call` was not made.
        """
        passage = self._admitted()
        began_s = self._clock.monotonic_s()
        outcome = _Outcome.UNKNOWN
        try:
            answer = call()
            outcome = _Outcome.ANSWERED
        except ClarityError as error:
            outcome = _Outcome.FAILED if isinstance(error, Transient) else _Outcome.ANSWERED
            raise
        finally:
            self._ended(passage, outcome, self._clock.monotonic_s() - began_s)
        return answer

    def _admitted(self) -> "_Passage":
        if self.state == STATE_CLOSED:
            return _Passage.ORDINARY
        with self._lock:
            if self.state == STATE_CLOSED:
                return _Passage.ORDINARY
            if self.state == STATE_OPEN and self._is_due:
                self._states.half_open()
                return _Passage.TRY
        self._metrics.count("breaker_refused", 1, labels={"name": self.name})
        raise Unavailable(f"{self.name} (not asked again yet, since it kept failing)")

    @property
    def _is_due(self) -> bool:
        return self._clock.monotonic_s() >= self._opened_s + self._settings.reset_s

    def _ended(self, passage: "_Passage", outcome: "_Outcome", took_s: float) -> None:
        with self._lock:
            if passage is _Passage.TRY:
                self._tried(outcome)
            elif outcome is not _Outcome.UNKNOWN:
                self._window.add(failed=outcome is _Outcome.FAILED, took_s=took_s)
                if self.state == STATE_CLOSED and self._window.is_bad:
                    self._open()

    def _tried(self, outcome: "_Outcome") -> None:
        if outcome is _Outcome.ANSWERED:
            self._window.clear()
            self._states.close()
        elif outcome is _Outcome.FAILED:
            self._open()
        else:
            self._states.open()  # nothing was learnt: the next call may try

    def _open(self) -> None:
        self._opened_s = self._clock.monotonic_s()
        self._states.open()


class _Passage(Enum):
    """How a call came through: while all was well, or as the one that tries."""

    ORDINARY = auto()
    TRY = auto()


class _Outcome(Enum):
    """What a call says of the dependency."""

    ANSWERED = auto()
    FAILED = auto()
    UNKNOWN = auto()
