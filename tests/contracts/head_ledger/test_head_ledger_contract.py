"""Port HeadLedger, sentence by sentence."""

import threading

import pytest

from clarity.domain.identity import TenantId
from clarity.ports.errors import AlreadyExists
from clarity.ports.head_ledger import MAX_ENTRY_BYTES
from tests.contracts.head_ledger.harness import LedgerHarness

CLINIC, OTHER = TenantId("clinic"), TenantId("Clinic")


def entries(world: LedgerHarness, tenant: TenantId = CLINIC) -> list[bytes]:
    return list(world.ledger.entries(tenant))


def test_a_tenant_without_entries_has_none(world: LedgerHarness):
    assert entries(world) == []


def test_entries_come_back_by_number_as_they_were_given(world: LedgerHarness):
    given = {number: f"entry {number}\n".encode() for number in (2, 11, 1, 10, 1_000)}
    for number, entry in given.items():
        world.ledger.append(CLINIC, number=number, entry=entry)

    assert entries(world) == [given[number] for number in sorted(given)]


def test_every_tenant_has_entries_of_its_own(world: LedgerHarness):
    for tenant in (CLINIC, OTHER, TenantId("../clinic"), TenantId("clinic/..")):
        world.ledger.append(tenant, number=1, entry=str(tenant).encode())

    assert entries(world) == [b"clinic"]
    assert entries(world, OTHER) == [b"Clinic"]
    assert entries(world, TenantId("../clinic")) == [b"../clinic"]


def test_an_entry_is_written_once_and_never_changed(world: LedgerHarness):
    same = b"first"
    world.ledger.append(CLINIC, number=1, entry=same)

    for entry in (same, b"second"):
        with pytest.raises(AlreadyExists, match="entry 1"):
            world.ledger.append(CLINIC, number=1, entry=entry)

    assert entries(world) == [b"first"]


def test_of_many_that_write_one_entry_one_does(world: LedgerHarness):
    start, done = threading.Barrier(8), []

    def write(name: int) -> None:
        start.wait()
        try:
            world.ledger.append(CLINIC, number=1, entry=b"%d" % name)
        except AlreadyExists:
            return
        done.append(name)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(done) == 1
    assert entries(world) == [b"%d" % done[0]]


def test_what_can_be_no_entry_is_refused(world: LedgerHarness):
    for number, entry in ((0, b"x"), (-1, b"x"), (1, bytes(MAX_ENTRY_BYTES + 1))):
        with pytest.raises(ValueError, match="number from 1"):
            world.ledger.append(CLINIC, number=number, entry=entry)

    world.ledger.append(CLINIC, number=1, entry=bytes(MAX_ENTRY_BYTES))
    assert len(entries(world)) == 1
