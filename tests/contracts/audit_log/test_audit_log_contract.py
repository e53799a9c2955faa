"""Port AuditLog, sentence by sentence."""

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.audit_log import MAX_ENTRY_BYTES, LogEntry
from tests.contracts.audit_log.harness import LogHarness, Opener
from tests.support.logs import entries


def written(world: LogHarness, what: tuple[LogEntry, ...]) -> int:
    """Everything is in the log; how many requests that took."""
    requests = 0
    while what:
        count = world.log.write(what)
        assert 1 <= count <= len(what)
        what, requests = what[count:], requests + 1
    return requests


def texts(what: tuple[LogEntry, ...]) -> list[str]:
    return [entry.text for entry in what]


def test_what_is_written_is_there_in_its_order(world: LogHarness):
    some = entries(5, at=world.now - timedelta(hours=1))

    assert world.log.write(some[:2]) == 2
    assert world.log.write(some[2:]) == 3

    assert world.lines() == texts(some)


def test_without_entries_nothing_happens(world: LogHarness):
    assert world.log.write(()) == 0
    assert world.lines() == []


@pytest.mark.slow
def test_more_than_one_request_holds_is_taken_in_parts(world: LogHarness):
    many = entries(10_001, at=world.now - timedelta(hours=10))

    written(world, many)

    assert world.lines() == texts(many)


@pytest.mark.slow
def test_megabytes_are_taken_in_parts(world: LogHarness):
    large = entries(9, at=world.now, size=MAX_ENTRY_BYTES)

    written(world, large)

    assert world.lines() == texts(large)


def test_entries_of_many_days_are_taken(world: LogHarness):
    days = tuple(
        attrs.evolve(entry, at=world.now - timedelta(days=30) + number * timedelta(days=1))
        for number, entry in enumerate(entries(30, at=world.now))
    )

    written(world, days)

    assert world.lines() == texts(days)


def test_times_that_a_log_may_not_take_are_no_reason_to_lose_an_entry(world: LogHarness):
    (old,) = entries(1, at=world.now - timedelta(days=9_000))
    (new,) = entries(1, at=world.now + timedelta(days=9_000), size=80)

    written(world, (old, new))

    assert world.lines() == [old.text, new.text]


def test_what_is_written_again_is_there_again(world: LogHarness):
    some = entries(2, at=world.now)

    world.log.write(some)
    world.log.write(some)

    assert sorted(world.lines()) == sorted(texts(some) * 2)


@given(data=st.data())
def test_any_entries_by_time_arrive_once_in_their_order(opened: Opener, data: st.DataObject):
    with opened() as world:
        hours = sorted(data.draw(st.lists(st.integers(-400, 3), max_size=8)))
        some = tuple(
            attrs.evolve(entry, at=world.now + timedelta(hours=hour))
            for hour, entry in zip(hours, entries(len(hours), at=world.now), strict=True)
        )

        written(world, some)

        assert world.lines() == texts(some)
