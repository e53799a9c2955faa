"""What the in-process sinks do when there is too much."""

import logging

import attrs
import pytest

from clarity.adapters.observability.metrics import MemoryMetrics, Series
from clarity.adapters.observability.tracing import MAX_SPANS, LoggingTracer, MemoryTracer
from tests.support.clocks import HandClock


def test_series_beyond_the_limit_are_dropped_and_counted():
    metrics = MemoryMetrics(max_series=2)
    for name in ("a", "b", "c", "c"):
        metrics.count(name, 1, labels={})
    metrics.observe("d_s", 1, labels={})
    metrics.count("a", 1, labels={})

    assert metrics.counted() == {Series("a", {}): 2, Series("b", {}): 1}
    assert metrics.observed() == {}
    assert metrics.dropped == 3


def test_what_makes_no_sense_is_counted_as_dropped():
    metrics = MemoryMetrics()
    metrics.count("a", -1, labels={})

    assert metrics.dropped == 1


def test_measurements_tell_their_extremes():
    metrics = MemoryMetrics()
    for value in (3.0, 1.0, 2.0):
        metrics.observe("a_s", value, labels={})

    summary = metrics.observed()[Series("a_s", {})]

    assert attrs.astuple(summary) == (3, 6.0, 1.0, 3.0)


def test_the_oldest_spans_go_first():
    tracer = MemoryTracer(HandClock())
    for number in range(MAX_SPANS + 1):
        with tracer.span(str(number), attributes={}):
            pass

    assert len(tracer.spans) == MAX_SPANS
    assert tracer.spans[0].name == "1"


def test_a_failed_span_is_a_warning(caplog):
    tracer = LoggingTracer(HandClock())
    with caplog.at_level(logging.INFO):
        with tracer.span("fine", attributes={}):
            pass
        with pytest.raises(KeyError), tracer.span("failed", attributes={}):
            raise KeyError

    assert [(record.levelname, record.span) for record in caplog.records] == [("WARNING", "failed")]
