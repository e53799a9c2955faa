import pytest

from clarity.adapters.local.inventory import SqliteInventory
from clarity.application.status import StoreStatus
from clarity.domain.access import NotAllowed, tenant_subject
from clarity.ports.errors import Unavailable
from tests.application.faults import SilentSink
from tests.application.world import CLINIC, NURSE, REQUEST, STRANGER, World


def status(world: World, **other: object) -> StoreStatus:
    told = {"audit": world.sink, "clock": world.clock, **other}
    return StoreStatus(SqliteInventory(world.store, world.clock, None), **told)


def test_what_is_stored_is_counted_for_those_who_act_for_the_tenant(world: World):
    world.stored()

    stock = status(world).run(CLINIC, actor=NURSE, correlation=REQUEST)

    assert (stock.patients, dict(stock.entities)["chunk"], stock.audit_records) == (1, 3, 1)
    assert world.operations() == ["ingest"]
    with pytest.raises(NotAllowed):
        status(world).run(CLINIC, actor=STRANGER, correlation=REQUEST)


def test_that_it_was_counted_is_in_the_chain_of_the_tenant(world: World):
    status(world).run(CLINIC, actor=NURSE, correlation=REQUEST)

    assert world.operations(tenant_subject(CLINIC)) == ["count"]


def test_a_count_that_cannot_be_recorded_is_not_given(world: World):
    with pytest.raises(Unavailable):
        status(world, audit=SilentSink()).run(CLINIC, actor=NURSE, correlation=REQUEST)
