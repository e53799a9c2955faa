"""Importing in bulk: lazily, in batches, merged, counted by a job, taken up again."""

import itertools
from collections.abc import Iterator, Sequence

import attrs
import numpy as np
import pytest

from clarity.adapters.files.detected import DetectedRecordings
from clarity.application.bulk_import import Imported, ImportStalled
from clarity.application.orders import Order
from clarity.domain.access import NotAllowed
from clarity.domain.actigraphy.days import MixedRecordings
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.audit import Operation, verify_chain
from clarity.domain.jobs import JobState
from clarity.domain.streams import DayChunk, StreamKind, Unit
from clarity.ports.bulk import MAX_DAYS, Brought, BulkDays
from clarity.ports.entities import key_of
from clarity.ports.query import Query
from clarity.ports.recordings import Format, ReadOptions, Recording, Recordings, Source
from clarity.ports.report import Refused
from clarity.ports.repository import Evidence
from tests.support.recordings import depresjon_table, source_of
from tests.support.worlds import (
    ADA,
    CLERK,
    CORRELATION,
    NURSE,
    STRANGER,
    World,
    day_of,
    opened,
    records_of,
    store_days,
)


@pytest.fixture
def world() -> Iterator[World]:
    with opened() as fresh:
        yield fresh


def bring(world: World, chunks, *, actor=NURSE, bulk: BulkDays | None = None) -> list[Imported]:
    days = world.app.import_days if bulk is None else attrs.evolve(world.app.import_days, bulk=bulk)
    return list(days.run(chunks, patient=ADA, actor=actor, correlation=CORRELATION))


def stored(world: World) -> list[DayChunk]:
    query = Query(DayChunk, ADA).page(1_000)
    return [one.entity for one in world.core.repository().query(query).items]


def operations(world: World) -> list[str]:
    records = records_of(world)
    verify_chain(records, head=world.core.audit_trail().head(ADA))
    return [record.event.operation.value for record in records]


def job(world: World):
    (listed,), _ = world.app.jobs.run(actor=NURSE, limit=5, cursor=None)
    return listed


def days(count: int) -> list[DayChunk]:
    return [day_of(number) for number in range(count)]


def test_days_come_in_in_batches_each_audited_before_and_after(world: World):
    done = bring(world, iter(days(2 * MAX_DAYS + 1)))

    assert done == [Imported(stored=MAX_DAYS), Imported(stored=MAX_DAYS), Imported(stored=1)]
    assert stored(world) == days(2 * MAX_DAYS + 1)
    assert operations(world) == 3 * ["import-intent", "import-done"]
    assert {record.event.correlation for record in records_of(world)} == {CORRELATION}


def test_no_more_than_a_batch_and_one_day_is_taken_ahead(world: World):
    taken = itertools.count()
    batches = world.app.import_days.run(
        (day_of(next(taken)) for _ in range(10 * MAX_DAYS)),
        patient=ADA,
        actor=NURSE,
        correlation=CORRELATION,
    )

    next(batches)

    assert next(taken) == MAX_DAYS + 1
    batches.close()


def test_a_job_counts_the_days_and_is_about_the_person(world: World):
    bring(world, days(MAX_DAYS + 5))

    listed = job(world)
    assert (listed.state, listed.job.done) == (JobState.DONE, MAX_DAYS + 5)
    assert listed.job.patient == ADA
    assert listed.job.kind.value == "import"


def test_the_same_days_again_change_nothing_and_leave_no_record(world: World):
    bring(world, days(MAX_DAYS + 5))
    before = operations(world)

    done = bring(world, days(MAX_DAYS + 5))

    assert done == [Imported(same=MAX_DAYS), Imported(same=5)]
    assert operations(world) == before


def test_days_of_which_something_else_is_stored_are_merged(world: World):
    store_days(world, count=2, level=5.0)
    late = np.full(48, np.nan)
    late[40:] = 9.0

    done = bring(world, [attrs.evolve(day_of(0), values=late), day_of(1, level=5.0), day_of(2)])

    assert done == [Imported(stored=1, merged=1, same=1)]
    assert stored(world)[0].values.tolist() == [5.0] * 40 + [9.0] * 8
    assert operations(world) == ["ingest", "import-intent", "import-done", "ingest"]


def test_days_of_several_streams_are_merged_each_with_its_own(world: World):
    beats = attrs.evolve(day_of(0), stream=StreamKind.HEART_RATE, unit=Unit.BEATS_PER_MIN)
    bring(world, [day_of(0), beats])

    changed = [attrs.evolve(one, values=np.full(48, 50.0)) for one in (beats, day_of(0))]
    done = bring(world, changed)

    assert done == [Imported(merged=2)]
    assert {one.stream: one.values[0] for one in stored(world)} == {
        StreamKind.ACTIVITY: 50.0,
        StreamKind.HEART_RATE: 50.0,
    }


def test_a_day_that_comes_twice_is_merged_in_the_next_batch(world: World):
    done = bring(world, [day_of(0), day_of(0, level=2.0), day_of(1)])

    assert done == [Imported(stored=1), Imported(stored=1, merged=1)]
    assert stored(world) == [attrs.evolve(day_of(0), values=np.full(48, 2.0)), day_of(1)]


def test_another_device_on_a_stored_day_is_refused(world: World):
    bring(world, [day_of(0)])

    with pytest.raises(MixedRecordings):
        bring(world, [day_of(0, device="other", level=3.0)])

    assert stored(world) == [day_of(0)]


def test_of_another_tenant_nothing_is_taken(world: World):
    untouched = iter(days(1))

    with pytest.raises(NotAllowed):
        bring(world, untouched, actor=STRANGER)

    assert list(untouched) == days(1)
    assert operations(world) == []


@attrs.define
class Overloaded(BulkDays):
    """A store that takes a third of what it is given, `rounds` times."""

    inner: BulkDays
    rounds: int

    def put(self, chunks: Sequence[DayChunk], *, evidence: Evidence) -> Brought:
        if not self.rounds:
            return self.inner.put(chunks, evidence=evidence)
        self.rounds -= 1
        return Brought(left=tuple(map(key_of, chunks)))


def test_what_a_store_leaves_over_is_put_again(world: World):
    overloaded = Overloaded(world.core.bulk(), 2)

    assert bring(world, days(4), bulk=overloaded) == [Imported(stored=4)]


def test_a_store_that_keeps_leaving_days_over_is_told_and_the_job_fails(world: World):
    with pytest.raises(ImportStalled, match="4 days"):
        bring(world, days(4), bulk=Overloaded(world.core.bulk(), 3))

    assert job(world).job.problem == "import.stalled"


def test_an_import_that_was_left_early_continues(world: World):
    batches = world.app.import_days.run(
        iter(days(3 * MAX_DAYS)), patient=ADA, actor=NURSE, correlation=CORRELATION
    )
    next(batches)
    batches.close()

    done = bring(world, days(3 * MAX_DAYS))

    assert done == [Imported(same=MAX_DAYS), Imported(stored=MAX_DAYS), Imported(stored=MAX_DAYS)]
    assert operations(world) == 3 * ["import-intent", "import-done"]


def test_an_import_is_erased_with_the_person(world: World):
    bring(world, days(3))

    erased = world.app.erase.run(ADA, actor=CLERK, correlation=CORRELATION)

    assert erased.removed == 4
    assert operations(world)[-1] == Operation.ERASE.value


def order(*sources, patient: str | None = None) -> Order:
    return Order(
        sources=sources,
        options=ReadOptions(),
        patient=patient,
        actor=NURSE,
        correlation=CORRELATION,
    )


def test_files_are_read_one_after_the_other_and_refused_in_words(world: World):
    good, bad = source_of(depresjon_table(3_000), "ada.csv"), source_of("no table", "bad.csv")

    (first, refused), (second, imported) = world.app.import_recordings.run(order(bad, good))

    assert (first, second) == (bad, good)
    assert isinstance(refused, Refused)
    assert isinstance(imported, Imported)
    assert imported == Imported(stored=len(stored(world)))
    (recording,) = world.app.ingest.read(good, options=ReadOptions())
    assert {day.source for day in stored(world)} == {recording.digest}


def test_a_recording_in_which_nothing_was_worn_is_refused(world: World):
    unworn = [attrs.evolve(one, series=_unworn(one.series)) for one in _recordings()]
    files = attrs.evolve(world.app.import_recordings, recordings=_Given(unworn))

    ((_, refused),) = files.run(order(source_of("", "ada.csv")))

    assert isinstance(refused, Refused)
    assert refused.code == "ingest.nothing-to-store"


@attrs.frozen
class _Given(Recordings):
    """Gives the same recordings for every source."""

    found: Sequence[Recording]

    def formats(self) -> tuple[Format, ...]:
        return DetectedRecordings().formats()

    def sniff(self, head: bytes) -> Format | None:
        return DetectedRecordings().sniff(head)

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        return tuple(self.found)


def _recordings() -> tuple[Recording, ...]:
    table = source_of(depresjon_table(3_000), "ada.csv")
    return DetectedRecordings().read(table, options=ReadOptions())


def _unworn(series: ActivitySeries) -> ActivitySeries:
    return attrs.evolve(series, worn=np.zeros(series.values.size, dtype=bool))


def test_what_ingest_stored_is_the_same_for_an_import_and_the_other_way_round(world: World):
    good = source_of(depresjon_table(3_000), "ada.csv")
    ((_, imported),) = world.app.import_recordings.run(order(good))
    (recording,) = world.app.ingest.read(good, options=ReadOptions())

    ingested = world.app.ingest.run(recording, patient=ADA, actor=NURSE, correlation=CORRELATION)
    ((_, again),) = world.app.import_recordings.run(order(good))

    assert (ingested.written, ingested.added) == (0, 0)
    assert again == Imported(same=imported.days)
