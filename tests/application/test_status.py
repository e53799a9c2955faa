import pytest

from clarity.adapters.local.inventory import SqliteInventory
from clarity.application.status import StoreStatus
from clarity.domain.access import NotAllowed
from tests.application.world import CLINIC, NURSE, STRANGER, World


def test_what_is_stored_is_counted_for_those_who_act_for_the_tenant(world: World):
    world.stored()
    status = StoreStatus(SqliteInventory(world.store, world.clock, None))

    stock = status.run(CLINIC, actor=NURSE)

    assert (stock.patients, dict(stock.entities)["chunk"], stock.audit_records) == (1, 3, 1)
    assert world.operations() == ["ingest"]
    with pytest.raises(NotAllowed):
        status.run(CLINIC, actor=STRANGER)
