"""Port KeptEvidence, sentence by sentence."""

import threading

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.audit import AuditEvent, Operation, Touched
from clarity.domain.identity import CorrelationId
from clarity.ports.errors import TooLarge, Unavailable
from tests.contracts.kept_evidence.harness import OPENERS, KeptHarness
from tests.support import strategies
from tests.support.clocks import START
from tests.support.worlds import ADA, NURSE


def event(name: str = "c", *touched: str) -> AuditEvent:
    return AuditEvent(
        actor=NURSE,
        patient=ADA,
        operation=Operation.READ,
        touched=tuple(map(Touched, touched)),
        correlation=CorrelationId(name),
        at=START,
    )


def keep(world: KeptHarness, *names: str) -> list[AuditEvent]:
    kept = [event(name) for name in names]
    for one in kept:
        world.kept.keep(one)
    return kept


def handed_over(world: KeptHarness) -> list[AuditEvent]:
    given: list[AuditEvent] = []
    assert world.kept.hand_over(given.append) == len(given)
    return given


def test_where_nothing_was_kept_nothing_is_given(world: KeptHarness):
    assert handed_over(world) == []


def test_what_was_kept_is_given_oldest_first_and_then_forgotten(world: KeptHarness):
    kept = keep(world, "b", "a", "c", "a")

    assert handed_over(world) == kept
    assert handed_over(world) == []


@pytest.mark.parametrize("name", OPENERS)
@given(events=st.lists(strategies.events(), max_size=4))
def test_an_event_comes_back_as_it_was_kept(name: str, events: list[AuditEvent]):
    with OPENERS[name]() as world:
        for one in events:
            world.kept.keep(one)

        assert handed_over(world) == events


def test_what_was_not_taken_stays_with_what_came_after(world: KeptHarness):
    kept = keep(world, "a", "b", "c")
    taken: list[AuditEvent] = []

    def take(one: AuditEvent) -> None:
        if one == kept[1]:
            raise Unavailable("the trail")
        taken.append(one)

    with pytest.raises(Unavailable):
        world.kept.hand_over(take)

    assert taken == kept[:1]
    assert handed_over(world) == kept[1:]


def test_more_than_there_is_room_for_is_refused_and_nothing_of_it_kept(world: KeptHarness):
    large = event("large", *(f"chunk/activity/{n:080}" for n in range(40)))
    world.kept.keep(large)

    with pytest.raises(TooLarge, match="kept evidence, bytes, is limited to 8192"):
        world.kept.keep(large)
    world.kept.keep(event("small"))

    assert [str(one.correlation) for one in handed_over(world)] == ["large", "small"]


def test_there_is_room_again_after_handing_over(world: KeptHarness):
    large = event("large", *(f"chunk/activity/{n:080}" for n in range(40)))
    for _ in range(5):
        world.kept.keep(large)
        assert handed_over(world) == [large]


def test_events_are_kept_while_others_are_handed_over(world: KeptHarness):
    (first,) = keep(world, "first")
    later = attrs.evolve(first, correlation=CorrelationId("later"))
    given: list[AuditEvent] = []

    def take(one: AuditEvent) -> None:
        if one == first:
            keeping = threading.Thread(target=world.kept.keep, args=(later,))
            keeping.start()
            keeping.join(timeout=30)
            assert not keeping.is_alive()
        given.append(one)

    world.kept.hand_over(take)

    assert given == [first, later]


def test_of_many_that_hand_over_each_event_is_given_to_one(world: KeptHarness):
    names = [f"c-{number:02}" for number in range(40)]
    keep(world, *names)
    start, given = threading.Barrier(4), []

    def hand_over() -> None:
        start.wait()
        world.kept.hand_over(lambda one: given.append(str(one.correlation)))

    threads = [threading.Thread(target=hand_over) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert given == names


def test_many_keep_at_once_and_nothing_is_lost(world: KeptHarness):
    names = {f"c-{number}" for number in range(8)}
    threads = [threading.Thread(target=world.kept.keep, args=(event(name),)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {str(one.correlation) for one in handed_over(world)} == names
