"""How much is stored, without looking at any of it."""

from abc import abstractmethod
from typing import Protocol, runtime_checkable

import attrs

from clarity.domain.exact import require
from clarity.domain.identity import TenantId

__all__ = ["Inventory", "Stock", "check_tenant"]


@attrs.frozen(kw_only=True)
class Stock:
    """
    What a store holds for one tenant.

    Attributes:
        location: where the store is, in words.
        schema: version of its layout.
        patients: people with an audit chain; reserved subjects are none.
        entities: number of entities that have not expired, by kind.
        audit_records: number of audit records.
        size_bytes: space on disk; None when nobody measured it.
    """

    location: str
    schema: int
    patients: int
    entities: tuple[tuple[str, int], ...]
    audit_records: int
    size_bytes: int | None


def check_tenant(tenant: TenantId) -> None:
    """
    Nothing, when a store can be asked about it.

    Raises:
        WrongType: it is no tenant.
    """
    require(tenant, TenantId, "the tenant")


@runtime_checkable
class Inventory(Protocol):
    """Counts what is there."""

    __slots__ = ()

    @abstractmethod
    def stock(self, tenant: TenantId) -> Stock:
        """
        What the store holds for `tenant`; zeros for a tenant it has never seen.

        Raises:
            WrongType: it is no tenant.
            Unavailable, TimedOut, Throttled: nothing is known.
        """
        ...
