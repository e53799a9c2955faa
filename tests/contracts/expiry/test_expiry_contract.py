"""Every sentence of `clarity.ports.expiry`, for every adapter."""

from datetime import timedelta

import pytest

from clarity.domain.streams import DayChunk
from clarity.ports.entities import key_of
from clarity.ports.errors import NotFound
from clarity.ports.query import Query
from clarity.ports.repository import Put
from tests.contracts.expiry.harness import ExpiryHarness
from tests.contracts.repository.harness import ADA, BEN, chunk, evidence
from tests.support.clocks import START

SOON = START + timedelta(seconds=5)


def days(world: ExpiryHarness, owner=ADA) -> list[DayChunk]:
    page = world.repository.query(Query(DayChunk, owner, page_size=100))
    return [stored.entity for stored in page.items]


def test_where_nothing_has_expired_nothing_is_removed(world: ExpiryHarness):
    world.repository.commit([Put(chunk(0), 0, SOON), Put(chunk(1), 0)], evidence=evidence())

    assert world.expiring.purge_expired() == 0
    assert days(world) == [chunk(0), chunk(1)]


def test_an_empty_store_has_nothing_to_remove(world: ExpiryHarness):
    assert world.expiring.purge_expired() == 0


def test_what_has_expired_is_absent_before_it_is_removed(world: ExpiryHarness):
    world.repository.commit([Put(chunk(0), 0, SOON)], evidence=evidence())

    world.clock.advance(5)

    with pytest.raises(NotFound):
        world.repository.get(ADA, key_of(chunk(0)))
    assert world.expiring.purge_expired() == 1


def test_everything_expired_of_everybody_is_removed_once_and_counted(world: ExpiryHarness):
    changes = [Put(chunk(n), 0, SOON if n % 2 else None) for n in range(5)]
    world.repository.commit(changes, evidence=evidence(ADA))
    world.repository.commit([Put(chunk(0), 0, SOON)], evidence=evidence(BEN))
    world.clock.advance(5)

    assert (world.expiring.purge_expired(), world.expiring.purge_expired()) == (3, 0)
    assert days(world) == [chunk(0), chunk(2), chunk(4)]
    assert days(world, BEN) == []


def test_what_was_written_anew_stays(world: ExpiryHarness):
    world.repository.commit([Put(chunk(0), 0, SOON)], evidence=evidence())
    world.clock.advance(5)
    world.repository.commit([Put(chunk(0, level=2.0), 0)], evidence=evidence())

    assert world.expiring.purge_expired() == 0
    assert days(world) == [chunk(0, level=2.0)]


def test_the_memory_of_a_request_is_no_entity(world: ExpiryHarness):
    world.repository.commit([Put(chunk(0), 0)], evidence=evidence(key="k", request="r"))
    world.clock.advance(8 * 86_400)

    assert world.expiring.purge_expired() == 0
    assert days(world) == [chunk(0)]
