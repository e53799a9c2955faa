"""Time and ids that a test drives by hand."""

import itertools
import threading
from datetime import UTC, datetime, timedelta

import attrs

from clarity.domain.identity import CorrelationId
from clarity.ports.clock import Clock
from clarity.ports.ids import Ids

START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


@attrs.define(eq=False)
class HandClock(Clock):
    """Stands still until a test moves it; the time of day can be set without the stopwatch."""

    at: datetime = START
    elapsed_s: float = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic_s(self) -> float:
        return self.elapsed_s

    def advance(self, seconds: float) -> None:
        """Both clocks go on."""
        self.at += timedelta(seconds=seconds)
        self.elapsed_s += seconds

    def set(self, at: datetime) -> None:
        """The time of day jumps, as when an operator sets it; the stopwatch does not."""
        self.at = at


@attrs.define(eq=False)
class CountedIds(Ids):
    """`id-1`, `id-2`, ..."""

    prefix: str = "id"
    _numbers: "itertools.count[int]" = attrs.field(factory=lambda: itertools.count(1), init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    def correlation(self) -> CorrelationId:
        with self._lock:
            return CorrelationId(f"{self.prefix}-{next(self._numbers)}")
