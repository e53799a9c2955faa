"""Every sentence of `clarity.ports.inventory` and `clarity.ports.health`, for every adapter."""

from datetime import timedelta

import pytest

from clarity.domain.access import tenant_subject
from clarity.domain.exact import WrongType
from clarity.domain.identity import TenantId
from clarity.ports.entities import key_of
from clarity.ports.errors import PortError
from clarity.ports.inventory import Stock
from clarity.ports.repository import Delete, Put
from tests.contracts.inventory.harness import InventoryHarness
from tests.contracts.repository.harness import ADA, BEN, chunk, evidence
from tests.support.clocks import START

CLINIC = ADA.tenant


def counted(stock: Stock) -> tuple[int, int, int]:
    """Patients, day chunks and audit records."""
    return stock.patients, dict(stock.entities)["chunk"], stock.audit_records


def test_a_tenant_that_was_never_seen_has_nothing(world: InventoryHarness):
    stock = world.inventory.stock(TenantId("unseen"))

    assert counted(stock) == (0, 0, 0)
    assert {count for _, count in stock.entities} == {0}


@pytest.mark.parametrize("tenant", [None, "clinic", ADA], ids=repr)
def test_a_tenant_that_is_none_is_refused(world: InventoryHarness, tenant: object):
    with pytest.raises(WrongType, match="the tenant"):
        world.inventory.stock(tenant)


def test_people_entities_and_records_are_counted(world: InventoryHarness):
    world.repository.commit([Put(chunk(0), 0), Put(chunk(1), 0)], evidence=evidence(ADA))
    world.repository.commit([Put(chunk(0), 0)], evidence=evidence(BEN))
    world.repository.commit([Delete(key_of(chunk(1)), 1)], evidence=evidence(ADA))

    assert counted(world.inventory.stock(CLINIC)) == (2, 2, 3)


def test_a_reserved_subject_is_no_person(world: InventoryHarness):
    world.repository.commit([], evidence=evidence(tenant_subject(CLINIC)))
    world.repository.commit([], evidence=evidence(ADA))

    assert counted(world.inventory.stock(CLINIC)) == (1, 0, 2)


def test_what_another_tenant_has_is_not_counted(world: InventoryHarness):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence(ADA))

    assert counted(world.inventory.stock(TenantId("other"))) == (0, 0, 0)


def test_what_has_expired_is_not_counted(world: InventoryHarness):
    until = START + timedelta(seconds=10)
    world.repository.commit([Put(chunk(), 0, until)], evidence=evidence(ADA))
    before = counted(world.inventory.stock(CLINIC))

    world.clock.advance(10)

    assert (before, counted(world.inventory.stock(CLINIC))) == ((1, 1, 1), (1, 0, 1))


def test_the_store_says_where_it_is_how_it_is_laid_out_and_what_it_takes(world: InventoryHarness):
    stock = world.inventory.stock(CLINIC)

    assert stock.location
    assert stock.schema >= 1
    assert (stock.size_bytes is not None) == world.on_disk
    assert stock.size_bytes != 0


def test_a_store_that_works_says_what_is_there(world: InventoryHarness):
    assert world.inventory.stock(CLINIC).location in world.pingable.ping()


def test_a_store_that_does_not_work_says_so_as_an_error_of_the_ports(world: InventoryHarness):
    world.damaged()

    with pytest.raises(PortError):
        world.pingable.ping()
