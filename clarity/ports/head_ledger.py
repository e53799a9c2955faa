"""Where signed heads of audit chains are kept: apart from the store that they are about."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from clarity.domain.identity import TenantId

__all__ = ["MAX_ENTRY_BYTES", "HeadLedger"]

MAX_ENTRY_BYTES = 1 << 20
"""Most bytes of one entry; 500 heads take about 120,000."""


@runtime_checkable
class HeadLedger(Protocol):
    """Entries by tenant, numbered from 1, each written once and never changed."""

    __slots__ = ()

    @abstractmethod
    def append(self, tenant: TenantId, *, number: int, entry: bytes) -> None:
        """
        Keep the entry under its number, durable before this returns.

        Raises:
            ValueError: the number is less than 1, or the entry larger than `MAX_ENTRY_BYTES`.
            AlreadyExists: there is an entry of that number; it was left as it is.
            Denied, Unavailable, TimedOut, Throttled: nothing is known.
        """
        ...

    @abstractmethod
    def entries(self, tenant: TenantId) -> Iterator[bytes]:
        """
        The entries that are there, by number, as they were given; none for a tenant without any.

        Whether one is missing or was changed is for the reader to find.

        Raises:
            Corrupt: what lies under a number is larger than any entry.
            Denied, Unavailable, TimedOut, Throttled: they cannot be read.
        """
        ...
