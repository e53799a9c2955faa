"""Numbers about the running system; never health data, never ids of people."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

__all__ = ["Metrics"]


@runtime_checkable
class Metrics(Protocol):
    """
    Counts and measurements under a name and a few labels of small, closed vocabularies.

    Recording never raises and never waits; what cannot be delivered is dropped and counted by the
    adapter itself.
    """

    __slots__ = ()

    @abstractmethod
    def count(self, name: str, value: float, *, labels: Mapping[str, str]) -> None:
        """Add `value` (>= 0) to the counter."""
        ...

    @abstractmethod
    def observe(self, name: str, value: float, *, labels: Mapping[str, str]) -> None:
        """One measurement, in the unit that the name ends with (`_s`, `_bytes`)."""
        ...
