from datetime import date

import attrs
import pytest

from clarity.application.read import Days, ReadStream, content_digest
from clarity.domain.access import NotAllowed
from clarity.domain.streams import StreamKind
from clarity.ports.errors import BadCursor, Unavailable
from tests.application.faults import SilentSink
from tests.application.world import ADA, BEN, NURSE, REQUEST, STRANGER, World, days_of, recording


def reader(world: World) -> ReadStream:
    return ReadStream(world.repository, world.sink, world.clock, world.people)


def asked(world: World, days: Days | None = None, **other):
    return reader(world).run(days or days_of(), actor=NURSE, correlation=REQUEST, **other)


def test_what_was_stored_is_read_in_order_of_day(world: World):
    world.stored()

    page = asked(world)

    assert [one.entity.day.day for one in page.items] == [2, 3, 4]
    assert page.cursor is None


def test_the_window_includes_its_first_and_last_day(world: World):
    world.stored(recording(days=5))

    page = asked(world, attrs.evolve(days_of(), first=date(2026, 3, 3), last=date(2026, 3, 5)))

    assert [one.entity.day.day for one in page.items] == [3, 4, 5]


def test_pages_follow_each_other_to_the_end(world: World):
    world.stored(recording(days=5))

    first = asked(world, page_size=2)
    second = asked(world, page_size=2, cursor=first.cursor)
    third = asked(world, page_size=2, cursor=second.cursor)

    assert [len(page.items) for page in (first, second, third)] == [2, 2, 1]
    assert third.cursor is None


def test_every_page_is_audited_with_the_days_that_it_holds(world: World):
    world.stored()
    first = asked(world, page_size=2)
    asked(world, page_size=2, cursor=first.cursor)

    reads = [event for event in world.events() if event.operation.value == "read"]

    assert [[touched.entity[-2:] for touched in event.touched] for event in reads] == [
        ["02", "03"],
        ["04"],
    ]
    assert {(event.actor, event.correlation, event.at) for event in reads} == {
        (NURSE, REQUEST, world.clock.now())
    }


def test_looking_at_nothing_is_audited_too(world: World):
    world.stored()

    page = asked(world, days_of(stream=StreamKind.SLEEP))

    assert page.items == ()
    assert world.operations() == ["ingest", "read"]


def test_when_the_trail_cannot_be_written_nothing_is_handed_out(world: World):
    world.stored()

    with pytest.raises(Unavailable):
        asked(attrs.evolve(world, sink=SilentSink()))


def test_another_tenant_is_refused_and_sees_nothing(world: World):
    world.stored()

    with pytest.raises(NotAllowed):
        reader(world).run(days_of(), actor=STRANGER, correlation=REQUEST)

    assert world.operations() == ["ingest"]


def test_a_cursor_of_another_patient_is_refused(world: World):
    world.stored()
    world.stored(patient=BEN)
    cursor = asked(world, days_of(BEN), page_size=1).cursor

    with pytest.raises(BadCursor):
        asked(world, days_of(ADA), page_size=1, cursor=cursor)

    assert world.operations() == ["ingest"]


def test_another_stream_is_another_answer(world: World):
    world.stored()

    assert asked(world, days_of(stream=StreamKind.HEART_RATE)).items == ()


@pytest.mark.parametrize(
    "change", [{"device": "other"}, {"epoch_s": 900, "values": range(96)}, {"values": [0.0] * 48}]
)
def test_the_digest_of_content_changes_with_everything_that_an_analysis_sees(world, change):
    world.stored(recording(days=1))
    (stored,) = asked(world).items
    chunk = stored.entity

    assert content_digest([chunk]) != content_digest([attrs.evolve(chunk, **change)])
    assert content_digest([chunk]) == content_digest([attrs.evolve(chunk, source="bb" * 32)])
