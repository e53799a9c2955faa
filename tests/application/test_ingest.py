from datetime import date

import attrs
import numpy as np
import pytest

from clarity.application.ingest import Ingest, NothingToStore
from clarity.application.read import chunks_in
from clarity.domain.access import NotAllowed
from clarity.domain.actigraphy.days import MixedRecordings
from clarity.domain.identity import CorrelationId
from clarity.domain.streams import StreamKind, Unit
from clarity.ports.entities import key_of
from clarity.ports.errors import AlreadyExists, StaleVersion, Unavailable
from clarity.ports.recordings import ReadOptions
from clarity.ports.repository import Delete
from tests.application.faults import Around, failing_at
from tests.application.world import (
    ADA,
    BEN,
    NURSE,
    OSLO,
    REQUEST,
    STRANGER,
    World,
    days_of,
    later,
    recording,
)
from tests.support.recordings import depresjon_table, source_of
from tests.support.worlds import evidence


def values_of(world: World, patient=ADA) -> list[list[float]]:
    return [one.entity.values.tolist() for one in chunks_in(world.repository, days_of(patient))]


def test_a_recording_becomes_its_local_days(world: World):
    done = world.stored(recording(days=3))

    assert (done.written, done.added, done.changed) == (3, 3 * 48, 0)
    assert (done.days.first, done.days.last) == (date(2026, 3, 2), date(2026, 3, 4))
    assert values_of(world) == [list(np.arange(48.0))] * 3


def test_an_ingest_leaves_one_audit_record_that_names_the_days_and_no_value(world: World):
    world.clock.advance(60)

    world.stored(recording(days=2))

    (event,) = world.events()
    assert event.operation.value == "ingest"
    assert event.actor == NURSE
    assert event.at == world.clock.now()
    assert [touched.entity for touched in event.touched] == [
        "chunk/activity/2026-03-02",
        "chunk/activity/2026-03-03",
    ]


def test_the_same_recording_again_changes_nothing_and_leaves_nothing_behind(world: World):
    world.stored()
    before = chunks_in(world.repository, days_of())

    again = world.stored()

    assert (again.written, again.added, again.changed) == (0, 0, 0)
    assert chunks_in(world.repository, days_of()) == before
    assert world.operations() == ["ingest"]


def test_of_overlapping_recordings_only_the_changed_days_are_written(world: World):
    world.stored(recording(days=3))

    done = world.stored(recording(days=3, start=later(2), digest="bb" * 32))

    assert (done.written, done.added, done.changed) == (2, 2 * 48, 0)
    assert [one.version for one in chunks_in(world.repository, days_of())] == [1, 1, 1, 1, 1]


def test_a_new_value_wins_and_a_missing_one_leaves_what_was_there(world: World):
    world.stored(recording(np.full(48, 1.0)))
    newer = np.full(48, np.nan)
    newer[:3] = [7.0, 1.0, 7.0]

    done = world.stored(recording(newer, digest="bb" * 32))

    assert (done.written, done.added, done.changed) == (1, 0, 2)
    assert values_of(world) == [[7.0, 1.0, 7.0, *[1.0] * 45]]


def test_an_older_recording_wins_again_when_it_comes_again(world: World):
    older, newer = recording(np.full(48, 1.0)), recording(np.full(48, 2.0), digest="bb" * 32)
    world.stored(older)
    world.stored(newer)

    done = world.stored(older)

    assert done.changed == 48
    assert values_of(world) == [[1.0] * 48]
    assert len(world.events()) == 3


def test_epochs_that_were_not_worn_are_not_stored_as_stillness(world: World):
    worn = np.ones(48)
    worn[40:] = 0

    world.stored(recording(np.zeros(48), worn=worn))

    assert np.isnan(values_of(world)[0]).tolist() == [False] * 40 + [True] * 8


def test_a_device_that_was_never_worn_is_refused_in_words(world: World):
    never = recording(np.zeros(48), worn=np.zeros(48))

    with pytest.raises(NothingToStore, match="check its wear flags"):
        world.stored(never)

    assert world.events() == []


def test_days_on_which_the_clock_changes_are_stored_whole(world: World):
    world.stored(recording(np.arange(46.0 + 48), start=later(26)))

    assert [len(values) for values in values_of(world)] == [48, 46]


def test_more_than_ninety_days_are_committed_in_groups_of_ninety(world: World):
    done = world.stored(recording(np.full(100 * 24, 1.0), epoch_s=3_600))

    assert done.written == 101
    assert [len(event.touched) for event in world.events()] == [90, 11]


def test_when_a_later_group_is_refused_the_same_call_completes_it(world: World):
    long = recording(np.full(100 * 24, 1.0), epoch_s=3_600)
    broken = attrs.evolve(world, repository=Around(world.repository, before=failing_at(2)))

    with pytest.raises(Unavailable):
        broken.stored(long)
    assert len(values_of(world)) == 90
    done = broken.stored(long)

    assert done.written == 11
    assert len(values_of(world)) == 101
    assert [len(event.touched) for event in world.events()] == [90, 11]


def test_after_a_lost_answer_the_same_call_finds_its_work_done(world: World):
    losing = attrs.evolve(world, repository=Around(world.repository, after=failing_at(1)))

    with pytest.raises(Unavailable):
        losing.stored()
    done = losing.stored()

    assert done.written == 0
    assert world.operations() == ["ingest"]


def test_a_repetition_that_read_before_the_lost_write_landed_changes_nothing(world: World):
    late = Around(world.repository, before=lambda n: world.stored() if n == 1 else None)

    done = attrs.evolve(world, repository=late).stored()

    assert done.written == 3
    assert world.operations() == ["ingest"]
    assert [one.version for one in chunks_in(world.repository, days_of())] == [1, 1, 1]


def test_the_same_values_stored_by_somebody_else_meanwhile_are_no_conflict(world: World):
    world.stored(recording(days=1))
    told = recording(np.full(48, 99.0), digest="cc" * 32)
    late = Around(world.repository, before=lambda n: world.stored(told) if n == 1 else None)

    done = attrs.evolve(world, repository=late).stored(told)

    assert (done.written, done.changed) == (1, 48)
    assert world.operations() == ["ingest", "ingest"]
    assert values_of(world) == [[99.0] * 48]


def test_what_was_removed_meanwhile_is_stored_again_by_the_next_request(world: World):
    world.stored()
    gone = [
        Delete(key_of(stored.entity), stored.version)
        for stored in chunks_in(world.repository, days_of())
    ]
    world.repository.commit(gone, evidence=evidence(ADA))

    again = world.ingest.run(
        recording(), patient=ADA, actor=NURSE, correlation=CorrelationId("request-2")
    )

    assert again.written == 3
    assert len(chunks_in(world.repository, days_of())) == 3


def test_somebody_else_who_writes_a_new_day_meanwhile_is_told(world: World):
    other = recording(np.full(48, 5.0), digest="bb" * 32)
    late = Around(world.repository, before=lambda n: world.stored(other) if n == 1 else None)

    with pytest.raises(AlreadyExists):
        attrs.evolve(world, repository=late).stored(recording(days=1))

    assert values_of(world) == [[5.0] * 48]


def test_somebody_else_who_changes_a_day_meanwhile_is_told(world: World):
    world.stored(recording(days=1))
    other = recording(np.full(48, 5.0), digest="bb" * 32)
    late = Around(world.repository, before=lambda n: world.stored(other) if n == 1 else None)

    with pytest.raises(StaleVersion):
        attrs.evolve(world, repository=late).stored(recording(np.full(48, 9.0), digest="cc" * 32))

    assert values_of(world) == [[5.0] * 48]


@pytest.mark.parametrize(
    "other",
    [
        {"device": "ActiGraph GT3X"},
        {"epoch_s": 3_600, "values": np.ones(24)},
        {"unit": Unit.MIMS},
    ],
)
def test_another_kind_of_data_on_a_stored_day_is_refused(world: World, other: dict[str, object]):
    world.stored(recording(days=1))

    with pytest.raises(MixedRecordings, match="differ in"):
        world.stored(recording(**{"values": np.ones(48), **other, "digest": "bb" * 32}))

    assert values_of(world) == [list(np.arange(48.0))]
    assert world.operations() == ["ingest"]


def test_one_file_read_as_two_streams_is_stored_as_two(world: World):
    world.stored(recording(days=1))

    done = world.stored(recording(days=1, unit=Unit.STEPS_PER_MIN))

    assert done.written == 1
    assert len(chunks_in(world.repository, days_of(stream=StreamKind.STEPS))) == 1
    assert len(chunks_in(world.repository, days_of())) == 1


def test_one_file_of_two_people_is_stored_for_each(world: World):
    world.stored(patient=ADA)
    world.stored(patient=BEN)

    assert len(values_of(world, ADA)) == len(values_of(world, BEN)) == 3
    assert world.operations(BEN) == ["ingest"]


def test_nobody_ingests_for_another_tenant(world: World):
    with pytest.raises(NotAllowed):
        world.ingest.run(recording(), patient=ADA, actor=STRANGER, correlation=REQUEST)

    assert world.events() == []
    assert values_of(world) == []


def test_reading_a_source_stores_nothing(world: World):
    ingest: Ingest = world.ingest

    (found,) = ingest.read(source_of(depresjon_table(), "ada.csv"), options=ReadOptions(zone=OSLO))

    assert found.participant == "ada"
    assert world.events() == []
