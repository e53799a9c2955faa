"""
Stores that versions 1 to 4 made open, read, verify and go on under today's.

The files hold, as SQL, what the code of those versions wrote; they are never made anew. A change of
the layout adds the store of the version that it ends.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import attrs
import numpy as np
import pytest

from clarity.adapters.local import schema
from clarity.adapters.local.items import EntityCodec
from clarity.adapters.local.repository import SqliteRepository
from clarity.adapters.local.store import open_store
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.application.read import Days
from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.audit import Operation
from clarity.domain.jobs import JobState
from clarity.domain.streams import DayChunk, StreamKind
from clarity.ports.errors import IdempotencyMismatch
from clarity.ports.query import Query
from clarity.ports.repository import Evidence, Put
from tests.support.clocks import HandClock
from tests.support.worlds import (
    ADA,
    BEN,
    CLERK,
    CLINIC,
    CORRELATION,
    NURSE,
    OPERATOR,
    World,
    day_of,
    evidence,
    opened,
    records_of,
)

FOLDER = Path(__file__).parent / "earlier_versions"
VERSIONS = (1, 2, 3, 4)
MADE_AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
WHO = {"actor": NURSE, "correlation": CORRELATION}


def store_of(version: int, path: Path) -> Path:
    """The store that this version made, as a file of the test."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((FOLDER / f"version-{version}.sql").read_text("utf-8"))
        assert connection.execute("PRAGMA user_version").fetchone() == (version,)
    return path


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture
def world(version: int, tmp_path: Path) -> Iterator[World]:
    with opened(store_of(version, tmp_path / "store.db")) as fresh:
        yield fresh


def test_every_store_that_is_kept_is_tried():
    kept = {int(path.stem.removeprefix("version-")) for path in FOLDER.iterdir()}

    assert kept == set(VERSIONS)
    assert max(kept) <= schema.VERSION


def test_it_is_of_this_version_when_it_is_open(world: World):
    assert world.app.status.run(CLINIC, **WHO).schema == schema.VERSION


def test_days_come_back_with_their_versions(world: World):
    activity = Days(patient=ADA, stream=StreamKind.ACTIVITY)

    first, second = world.app.read.run(activity, **WHO).items

    assert [(one.entity.day, one.version) for one in (first, second)] == [
        (date(2003, 10, 26), 1),
        (date(2003, 10, 27), 2),
    ]
    hours = [[0.0, np.nan, *range(2, 25)], [7.5, np.nan, *range(2, 24)]]
    for stored, expected in zip((first, second), hours, strict=True):
        assert np.array_equal(stored.entity.values, expected, equal_nan=True)
        assert (stored.entity.zone.key, stored.entity.device) == ("Europe/Oslo", "Actiwatch")


def test_results_come_back(world: World):
    (stored,) = world.core.repository().query(Query(AnalysisResult, ADA)).items

    assert stored.entity.finding("IS").value == 0.625
    assert stored.entity.finding("SRI").reason == "no pairs"
    assert stored.entity.provenance.computed_at == MADE_AT


def test_the_chains_are_whole_and_go_on(world: World, version: int):
    before = [record.event.operation.value for record in records_of(world)]
    world.core.repository().commit([Put(day_of(), 0)], evidence=evidence(ADA))

    verdicts = world.app.verify_trail.run(CLINIC, **WHO)

    assert before == ["ingest", "ingest", "analyze", "read"]
    assert {record.event.correlation.value for record in records_of(world)[:-1]} == {
        f"made-by-{version}"
    }
    assert [verdict.broken for verdict in verdicts] == [None] * len(verdicts)
    assert next(one.records for one in verdicts if one.patient == ADA) == 5


def _first_request(digest: str) -> Evidence:
    said = evidence(ADA, operation=Operation.INGEST, key="first")
    return attrs.evolve(said, request_digest=digest)


def test_a_request_that_was_answered_is_remembered(version: int, tmp_path: Path):
    with open_store(store_of(version, tmp_path / "store.db"), busy_timeout_s=5) as store:
        repository = SqliteRepository(store, EntityCodec(ShuffleZstdCodec()), HandClock(MADE_AT))

        answer = repository.commit([], evidence=_first_request("3" * 64))

        assert (answer.versions, answer.head.seq) == ((1, 1), 1)
        with pytest.raises(IdempotencyMismatch):
            repository.commit([], evidence=_first_request("9" * 64))


def test_structure_items_and_chains_are_sound(world: World):
    checkup = world.app.keep.check(actor=OPERATOR, correlation=CORRELATION)

    assert checkup.is_sound
    assert checkup.tampered == 0
    assert checkup.chains == 2


def test_what_is_there_can_be_erased_to_nothing(world: World):
    erased = world.app.erase.run(ADA, actor=CLERK, correlation=CORRELATION)

    assert erased.removed >= 3
    assert world.core.repository().query(Query(DayChunk, ADA)).items == ()
    assert len(world.core.repository().query(Query(DayChunk, BEN)).items) >= 1


@pytest.mark.parametrize("version", [2, 3, 4], indirect=True)
def test_jobs_of_then_are_told(world: World):
    ((listed,), _) = world.app.jobs.run(actor=NURSE, limit=10, cursor=None)

    assert (listed.job.id, listed.state, listed.job.total) == ("job-1", JobState.DONE, 0)


@pytest.mark.parametrize("version", [3, 4], indirect=True)
def test_days_that_were_imported_in_bulk_come_back(world: World):
    days = Days(patient=BEN, stream=StreamKind.ACTIVITY)

    found = [one.entity.day.day for one in world.app.read.run(days, **WHO).items]

    assert found == [26, 28]
