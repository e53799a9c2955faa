"""How much is stored, for those who act for the tenant."""

import attrs

from clarity.application.correlation import correlated
from clarity.domain.access import require_tenant, tenant_subject
from clarity.domain.audit import AuditEvent, Operation
from clarity.domain.identity import Actor, CorrelationId, TenantId
from clarity.ports.audit import AuditSink
from clarity.ports.clock import Clock
from clarity.ports.inventory import Inventory, Stock

__all__ = ["StoreStatus"]


@attrs.frozen
class StoreStatus:
    """Counts what is stored without looking at any of it; the chain of the tenant says so."""

    inventory: Inventory
    audit: AuditSink
    clock: Clock

    @correlated
    def run(self, tenant: TenantId, *, actor: Actor, correlation: CorrelationId) -> Stock:
        """
        What the store holds for `tenant`, the record of this count not among it.

        Raises:
            NotAllowed: the actor acts for another tenant.
            PortError: the store cannot be read or the trail not written.
        """
        require_tenant(actor, tenant)
        stock = self.inventory.stock(tenant)
        self.audit.append(
            AuditEvent(
                actor=actor,
                patient=tenant_subject(tenant),
                operation=Operation.COUNT,
                touched=(),
                correlation=correlation,
                at=self.clock.now(),
            )
        )
        return stock
