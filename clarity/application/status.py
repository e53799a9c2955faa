"""How much is stored, for those who act for the tenant."""

import attrs

from clarity.domain.access import require_tenant
from clarity.domain.identity import Actor, TenantId
from clarity.ports.inventory import Inventory, Stock

__all__ = ["StoreStatus"]


@attrs.frozen
class StoreStatus:
    """Counts what is stored without looking at any of it."""

    inventory: Inventory

    def run(self, tenant: TenantId, *, actor: Actor) -> Stock:
        """
        What the store holds for `tenant`.

        Raises:
            NotAllowed: the actor acts for another tenant.
            PortError: the store cannot be read.
        """
        require_tenant(actor, tenant)
        return self.inventory.stock(tenant)
