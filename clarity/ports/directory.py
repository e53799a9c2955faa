"""Finding the person behind an e-mail address."""

from abc import abstractmethod
from typing import Protocol, runtime_checkable

from clarity.domain.identity import PatientRef, TenantId
from clarity.domain.profile import EmailAddress

__all__ = ["Directory"]


@runtime_checkable
class Directory(Protocol):
    """Who has a profile with an e-mail address; one look-up, however many people there are."""

    __slots__ = ()

    @abstractmethod
    def find(self, tenant: TenantId, *, email: EmailAddress) -> PatientRef | None:
        """
        The patient of `tenant` whose profile, as last committed, has that address; else None.

        Spellings of one address (`EmailAddress.folded`) find the same person. A profile that was
        deleted or has expired is not found.

        Raises:
            Unavailable, TimedOut, Throttled: nothing is known.
        """
        ...
