"""How long the work in progress may take; everything that it asks for shares that time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import attrs

__all__ = ["Deadline", "current_deadline", "within"]


@attrs.frozen
class Deadline:
    """
    The end of the work in progress.

    Attributes:
        limit_s: how long it may take.
        end_s: stopwatch reading at which that is over.
        now_s: the stopwatch.
    """

    limit_s: float
    end_s: float
    now_s: Callable[[], float]

    @property
    def left_s(self) -> float:
        """What is left, s; 0 or less when the time is over."""
        return self.end_s - self.now_s()


ENDLESS: Final = Deadline(float("inf"), float("inf"), float)
"""Where no time was set; `float()` is a stopwatch that stands at 0."""

_deadline: Final[ContextVar[Deadline]] = ContextVar("clarity-aws-deadline", default=ENDLESS)


def current_deadline() -> Deadline:
    """The deadline of the work in progress in this thread or task."""
    return _deadline.get()


@contextmanager
def within(limit_s: float, now_s: Callable[[], float]) -> Iterator[Deadline]:
    """The block has `limit_s` seconds, or what is left to the work that it is part of."""
    outer = _deadline.get()
    deadline = Deadline(limit_s, now_s() + limit_s, now_s)
    if outer.left_s < limit_s:
        deadline = outer
    token = _deadline.set(deadline)
    try:
        yield deadline
    finally:
        _deadline.reset(token)
