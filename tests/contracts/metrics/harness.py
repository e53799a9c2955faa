"""The adapters of port Metrics, each with a way to read what was recorded."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final

import attrs

from clarity.adapters.observability.metrics import MemoryMetrics, Series
from clarity.ports.metrics import Metrics

Labels = Mapping[str, str]


@attrs.frozen(kw_only=True)
class MetricsHarness:
    """
    Fresh metrics.

    Attributes:
        counted: the counter of that name and labels; 0 when nothing was counted.
        observed: (how many, their sum) of the measurements under that name and labels.
    """

    metrics: Metrics
    counted: Callable[[str, Labels], float]
    observed: Callable[[str, Labels], tuple[int, float]]


@contextmanager
def _memory() -> Iterator[MetricsHarness]:
    metrics = MemoryMetrics()

    def observed(name: str, labels: Labels) -> tuple[int, float]:
        summary = metrics.observed().get(Series(name, labels))
        return (summary.count, summary.total) if summary else (0, 0.0)

    yield MetricsHarness(
        metrics=metrics,
        counted=lambda name, labels: metrics.counted().get(Series(name, labels), 0.0),
        observed=observed,
    )


Opener = Callable[[], AbstractContextManager[MetricsHarness]]

OPENERS: Final[dict[str, Opener]] = {"memory": _memory}
