"""Removing for good what has expired."""

from abc import abstractmethod
from typing import Protocol, runtime_checkable

__all__ = ["Expiring"]


@runtime_checkable
class Expiring(Protocol):
    """A store in which things expire; they are absent at once and removed by this."""

    __slots__ = ()

    @abstractmethod
    def purge_expired(self) -> int:
        """
        Everything that has expired is removed; says how many entities that were.

        Raises:
            Unavailable, TimedOut, Throttled: nothing is known; call again.
        """
        ...
