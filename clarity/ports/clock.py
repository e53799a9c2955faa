"""Time, injected."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol, runtime_checkable

__all__ = ["Clock"]


@runtime_checkable
class Clock(Protocol):
    """The time of day and a stopwatch; the two are unrelated."""

    __slots__ = ()

    @abstractmethod
    def now(self) -> datetime:
        """The instant, aware, in UTC. May jump when the machine's clock is set."""
        ...

    @abstractmethod
    def monotonic_s(self) -> float:
        """Seconds since some unknown moment; never runs backwards."""
        ...
