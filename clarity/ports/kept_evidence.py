"""Evidence that the trail could not take, kept on this machine until it can."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from clarity.domain.audit import AuditEvent

__all__ = ["KeptEvidence"]


@runtime_checkable
class KeptEvidence(Protocol):
    """Events apart from the trail; a bounded place, so that nobody lives on it."""

    __slots__ = ()

    @abstractmethod
    def keep(self, event: AuditEvent) -> None:
        """
        The event is kept, as durably as the place is, before this returns.

        It may wait for others who keep something, not for those who hand over.

        Raises:
            TooLarge: as much waits as the place takes; nothing was kept.
            Corrupt, Denied, Unavailable, TimedOut: nothing is known; the caller must not go on.
        """
        ...

    @abstractmethod
    def hand_over(self, take: Callable[[AuditEvent], None]) -> int:
        """
        Every event that is kept, meanwhile too, is given to `take`, oldest first; says how many.

        An event is forgotten when `take` has returned for it. If `take` raises, that event and
        those after it stay; if the process dies, the event that was being taken is given again.
        One caller at a time hands over, the others wait for it.

        Raises:
            Corrupt: an event is not as it was kept; it and those after it stay.
            Denied, Unavailable, TimedOut: those that were not given stay.
        """
        ...
