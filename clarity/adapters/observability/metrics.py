"""Numbers about the running process, kept in it."""

import math
import threading
from collections.abc import Mapping
from typing import Final

import attrs

from clarity.ports.metrics import Metrics

__all__ = ["MemoryMetrics", "Series", "Summary"]

MAX_SERIES: Final = 1_000
"""Most pairs of name and labels; more means that a label is no closed vocabulary."""


def _sorted(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))


@attrs.frozen
class Series:
    """A name with its labels, sorted."""

    name: str
    labels: tuple[tuple[str, str], ...] = attrs.field(converter=_sorted)


@attrs.frozen(kw_only=True)
class Summary:
    """
    What was recorded under one series.

    Attributes:
        count: how many recordings.
        total: their sum.
        least: smallest; infinity before the first.
        most: largest; minus infinity before the first.
    """

    count: int = 0
    total: float = 0.0
    least: float = math.inf
    most: float = -math.inf

    def with_value(self, value: float) -> "Summary":
        """The summary with one more recording."""
        return Summary(
            count=self.count + 1,
            total=self.total + value,
            least=min(self.least, value),
            most=max(self.most, value),
        )


@attrs.define(eq=False)
class MemoryMetrics(Metrics):
    """
    Sums and extremes per series; thread-safe, bounded.

    What cannot be kept (a negative count, NaN, a series too many) is dropped and counted in
    `dropped`.
    """

    max_series: int = MAX_SERIES
    dropped: int = attrs.field(default=0, init=False)
    _counted: dict[Series, Summary] = attrs.field(factory=dict, init=False, repr=False)
    _observed: dict[Series, Summary] = attrs.field(factory=dict, init=False, repr=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)

    def count(self, name: str, value: float, *, labels: Mapping[str, str]) -> None:
        """Add `value` to the counter."""
        fitting = value if value >= 0 else math.nan
        self._record(self._counted, Series(name, labels), fitting)

    def observe(self, name: str, value: float, *, labels: Mapping[str, str]) -> None:
        """One measurement."""
        self._record(self._observed, Series(name, labels), value)

    def counted(self) -> Mapping[Series, float]:
        """The counters as they stand."""
        with self._lock:
            return {series: summary.total for series, summary in self._counted.items()}

    def observed(self) -> Mapping[Series, Summary]:
        """The measurements so far, summed up."""
        with self._lock:
            return dict(self._observed)

    def _record(self, into: dict[Series, Summary], series: Series, value: float) -> None:
        with self._lock:
            known = into.get(series)
            if not math.isfinite(value) or (known is None and self._is_full()):
                self.dropped += 1
                return
            into[series] = (known or Summary()).with_value(value)

    def _is_full(self) -> bool:
        return len(self._counted) + len(self._observed) >= self.max_series
