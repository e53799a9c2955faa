"""Spans of work, kept in the process or written to its log."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import attrs

from clarity.application.correlation import current_correlation
from clarity.domain.errors import ClarityError
from clarity.ports.clock import Clock
from clarity.ports.tracing import Tell, Tracer

__all__ = ["LoggingTracer", "MemoryTracer", "Span"]

MAX_SPANS: Final = 10_000
"""Most finished spans that are kept; the oldest go first."""

_log = logging.getLogger(__name__)


def _copied(attributes: Mapping[str, str]) -> Mapping[str, str]:
    return dict(attributes)


def _counted(numbers: Mapping[str, float]) -> Mapping[str, float]:
    return dict(numbers)


@attrs.frozen(kw_only=True)
class Span:
    """
    A finished span.

    Attributes:
        name: what was done.
        path: names of the spans around it, outermost first.
        attributes: of small, closed vocabularies.
        numbers: what was told of it, by name.
        elapsed_s: how long it took.
        error: code of the error that left it, or the name of its class; empty for none.
        correlation: id of the request that it was done for; empty outside of any.
    """

    name: str
    path: tuple[str, ...]
    attributes: Mapping[str, str] = attrs.field(converter=_copied, hash=False)
    numbers: Mapping[str, float] = attrs.field(factory=dict, converter=_counted, hash=False)
    elapsed_s: float
    error: str
    correlation: str = ""


_path: ContextVar[tuple[str, ...]] = ContextVar("clarity_spans", default=())
"""Names of the open spans of this thread or task, outermost first."""


@contextmanager
def _timed(
    name: str, attributes: Mapping[str, str], clock: Clock, done: Callable[[Span], None]
) -> Iterator[Tell]:
    path, numbers = _path.get(), dict[str, float]()
    token = _path.set((*path, name))
    started_s, error = clock.monotonic_s(), ""
    try:
        yield numbers.__setitem__
    except BaseException as raised:
        error = raised.code if isinstance(raised, ClarityError) else type(raised).__name__
        raise
    finally:
        _path.reset(token)
        elapsed_s = clock.monotonic_s() - started_s
        done(
            Span(
                name=name,
                path=path,
                attributes=attributes,
                numbers=numbers,
                elapsed_s=elapsed_s,
                error=error,
                correlation=current_correlation(),
            )
        )


@attrs.frozen(eq=False)
class MemoryTracer(Tracer):
    """
    Keeps the last finished spans; thread-safe.

    Attributes:
        clock: its stopwatch times the spans.
        spans: finished spans in the order in which they ended.
    """

    clock: Clock
    spans: deque[Span] = attrs.field(factory=lambda: deque(maxlen=MAX_SPANS), init=False)

    @contextmanager
    def span(self, name: str, *, attributes: Mapping[str, str]) -> Iterator[Tell]:
        """A span around a `with` block."""
        with _timed(name, attributes, self.clock, self.spans.append) as tell:
            yield tell


@attrs.frozen
class LoggingTracer(Tracer):
    """Writes each finished span to the log, at level DEBUG; failed ones at WARNING."""

    clock: Clock

    @contextmanager
    def span(self, name: str, *, attributes: Mapping[str, str]) -> Iterator[Tell]:
        """A span around a `with` block."""
        with _timed(name, attributes, self.clock, _write) as tell:
            yield tell


def _write(span: Span) -> None:
    _log.log(
        logging.WARNING if span.error else logging.DEBUG,
        "span",
        extra={
            "span": "/".join((*span.path, span.name)),
            "elapsed_s": span.elapsed_s,
            "error": span.error,
            "attributes": span.attributes,
            "numbers": span.numbers,
        },
    )
