"""The adapters of port Tracer, each with a way to read the finished spans."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

import attrs

from clarity.adapters.observability import tracing
from clarity.adapters.observability.tracing import LoggingTracer, MemoryTracer
from clarity.ports.tracing import Tracer
from tests.support.clocks import HandClock


@attrs.frozen(kw_only=True)
class Finished:
    """A finished span: its name below those around it, attributes, seconds, code of its error."""

    path: str
    attributes: dict[str, str]
    numbers: dict[str, float] = attrs.field(factory=dict)
    elapsed_s: float
    error: str


@attrs.frozen(kw_only=True)
class TracingHarness:
    """A tracer, what it has told so far, and how time passes for it."""

    tracer: Tracer
    finished: Callable[[], list[Finished]]
    advance_s: Callable[[float], None]


@contextmanager
def _memory() -> Iterator[TracingHarness]:
    clock = HandClock()
    tracer = MemoryTracer(clock)

    def finished() -> list[Finished]:
        return [
            Finished(
                path="/".join((*span.path, span.name)),
                attributes=dict(span.attributes),
                numbers=dict(span.numbers),
                elapsed_s=span.elapsed_s,
                error=span.error,
            )
            for span in tracer.spans
        ]

    yield TracingHarness(tracer=tracer, finished=finished, advance_s=clock.advance)


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def _logging() -> Iterator[TracingHarness]:
    clock, kept, logger = HandClock(), _Kept(), logging.getLogger(tracing.__name__)
    level = logger.level
    logger.addHandler(kept)
    logger.setLevel(logging.DEBUG)

    def finished() -> list[Finished]:
        return [
            Finished(
                path=record.span,
                attributes=dict(record.attributes),
                numbers=dict(record.numbers),
                elapsed_s=record.elapsed_s,
                error=record.error,
            )
            for record in kept.records
        ]

    try:
        yield TracingHarness(
            tracer=LoggingTracer(clock), finished=finished, advance_s=clock.advance
        )
    finally:
        logger.removeHandler(kept)
        logger.setLevel(level)


Opener = Callable[[], AbstractContextManager[TracingHarness]]

OPENERS: Final[dict[str, Opener]] = {"memory": _memory, "logging": _logging}
