"""The file of a store: who may read it, what it refuses to open, how it becomes of this version."""

import json
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import attrs
import pytest

from clarity.adapters.local import schema
from clarity.adapters.local._sql import micros
from clarity.adapters.local.audit import SqliteAuditTrail
from clarity.adapters.local.repository import SqliteRepository
from clarity.adapters.local.store import open_store
from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.streams import DayChunk
from clarity.ports.entities import ENTITIES, key_of
from clarity.ports.errors import (
    Corrupt,
    Denied,
    PortError,
    TimedOut,
    TooLarge,
    TooNew,
    Unavailable,
    Unexpected,
)
from clarity.ports.query import Query, Stored
from clarity.ports.repository import Delete, Put
from tests.adapters.local.stores import opened
from tests.adapters.local.test_wire_form import GOLDEN, GOLDENS, LATER
from tests.contracts.repository.harness import ADA, chunk, digest, everything, evidence

SECOND = ("CREATE TABLE later (a TEXT) STRICT", "INSERT INTO later VALUES ('there')")


def test_a_store_outlives_its_process(tmp_path: Path):
    with opened(tmp_path / "deep" / "store #1?.db") as (repository, _):
        repository.commit([Put(chunk(), 0)], evidence=evidence())

    with opened(tmp_path / "deep" / "store #1?.db") as (repository, trail):
        assert repository.get(ADA, key_of(chunk())) == Stored(chunk(), 1)
        assert trail.head(ADA).seq == 1


def test_cursors_outlive_the_process(tmp_path: Path):
    query = Query(DayChunk, ADA).page(1)
    with opened(tmp_path / "store.db") as (repository, _):
        repository.commit([Put(chunk(0), 0), Put(chunk(1), 0)], evidence=evidence())
        cursor = repository.query(query).cursor

    with opened(tmp_path / "store.db") as (repository, _):
        assert repository.query(query.page(1, cursor)).items == (Stored(chunk(1), 1),)


def test_only_the_owner_can_read_a_store(tmp_path: Path):
    path = tmp_path / "new" / "store.db"
    with opened(path) as (repository, _):
        repository.commit([Put(chunk(), 0)], evidence=evidence())
        modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}

    assert modes == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("shut", ["store.db", "store.db-shm", "store.db-wal"])
def test_a_store_that_may_not_be_written_is_refused_before_anything_lies_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shut: str
):
    """SQLite would leave a -shm file of the store's mode, which shuts the store for good."""
    with opened(tmp_path / "store.db"):
        pass
    (tmp_path / shut).touch()
    before = set(tmp_path.iterdir())
    monkeypatch.setattr(os, "access", lambda path, _: Path(path).name != shut)

    with pytest.raises(Denied, match=f"writing {shut} is"), opened(tmp_path / "store.db"):
        pass
    assert set(tmp_path.iterdir()) == before


def test_a_store_that_others_could_read_is_closed_to_them(tmp_path: Path):
    path = tmp_path / "store.db"
    with opened(path):
        pass
    path.chmod(0o644)

    with opened(path):
        pass

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_no_store_stays_readable_for_whom_it_was(tmp_path: Path):
    table, foreign = tmp_path / "study.csv", tmp_path / "foreign.db"
    table.write_text("time,counts\n" * 100)
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE notes (text)")

    for path in (table, foreign):
        path.chmod(0o644)
        with pytest.raises(Corrupt), opened(path):
            pass
        assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_store_is_durable_at_every_commit(tmp_path: Path):
    with (
        open_store(tmp_path / "store.db", busy_timeout_s=1) as store,
        store.reading() as connection,
    ):
        told = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]

    assert told == ["wal", 2, 1, 1_000]


def _foreign_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE patient (id INTEGER)")
        connection.commit()


def _text(path: Path) -> None:
    path.write_text("date,activity\n" * 100)


@pytest.mark.parametrize("plant", [_foreign_database, _text, Path.touch])
def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path, plant):
    path = tmp_path / "store.db"
    plant(path)
    before = path.read_bytes()

    with pytest.raises(Corrupt), opened(path):
        pass

    assert path.read_bytes() == before


def test_a_folder_is_no_store(tmp_path: Path):
    with pytest.raises(Unavailable), opened(tmp_path):
        pass


def test_a_place_below_a_file_is_no_place_for_a_store(tmp_path: Path):
    (tmp_path / "file").touch()

    with pytest.raises(Unavailable), opened(tmp_path / "file" / "store.db"):
        pass


def test_a_damaged_store_is_found(tmp_path: Path):
    path = tmp_path / "store.db"
    with opened(path) as (repository, _):
        repository.commit([Put(chunk(n), 0) for n in range(60)], evidence=evidence())
    raw = bytearray(path.read_bytes())
    raw[4_096 : len(raw) : 7] = b"\xff" * len(raw[4_096 : len(raw) : 7])
    path.write_bytes(raw)

    with pytest.raises(Corrupt), opened(path) as (repository, _):
        everything(repository, Query(DayChunk, ADA))


def test_a_store_of_a_later_version_is_left_alone(tmp_path: Path):
    path = tmp_path / "store.db"
    with opened(path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")

    with pytest.raises(TooNew) as refused, opened(path):
        pass

    assert (refused.value.known, refused.value.found) == (schema.VERSION, schema.VERSION + 1)


def test_a_store_of_an_earlier_version_keeps_what_it_holds_when_it_is_migrated(tmp_path: Path):
    path = tmp_path / "store.db"
    with opened(path) as (repository, _):
        repository.commit([Put(chunk(), 0)], evidence=evidence())

    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for _ in range(2):
            schema.migrate(connection, (*schema.MIGRATIONS, SECOND))
        later = connection.execute("SELECT a FROM later").fetchall()
        version = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {schema.VERSION}")

    assert later == [("there",)]
    assert version == (schema.VERSION + 1,)
    with opened(path) as (repository, _):
        assert repository.get(ADA, key_of(chunk())) == Stored(chunk(), 1)


RESULT_OF_BEFORE = """
    INSERT INTO result (owner, kind, fingerprint, window_start, window_end, computed_at,
        clarity_version, version, expires_us, schema, digest, body, payload)
    VALUES (1, ?, ?, 0, ?, 0, '0.1.0', 4, NULL, ?, ?, ?, x'')
"""


def _store_of_before(path: Path, entity: AnalysisResult, number: int) -> None:
    """A file in which results lay by their fingerprint, with one of that schema."""
    raw = json.loads((GOLDEN / f"result-{number}.json").read_text("utf-8"))
    of = (entity.kind, entity.provenance.fingerprint, micros(entity.window.end))
    as_written = (number, bytes.fromhex(raw["digest"]), raw["body"].encode())
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.migrate(connection, schema.MIGRATIONS[:5])
        connection.execute("INSERT INTO patient VALUES (1, 'clinic', 'ada', 0, zeroblob(32), 0)")
        connection.execute(RESULT_OF_BEFORE, (*of, *as_written))


@pytest.mark.parametrize("number", [1, 2])
def test_results_of_before_are_found_by_the_end_of_their_window_and_can_go(
    number: int, tmp_path: Path
):
    result = LATER.get(("result", number), GOLDENS["result"])
    _store_of_before(tmp_path / "store.db", result, number)
    key = key_of(result)

    with opened(tmp_path / "store.db") as (repository, _):
        assert repository.get(ADA, key) == Stored(result, 4)
        assert everything(repository, Query(AnalysisResult, ADA)) == [Stored(result, 4)]
        repository.commit([Delete(key, 4)], evidence=evidence())
        assert everything(repository, Query(AnalysisResult, ADA)) == []


def test_a_migration_that_fails_changes_nothing(tmp_path: Path):
    path = tmp_path / "store.db"
    with opened(path):
        pass

    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError):
            schema.migrate(connection, (*schema.MIGRATIONS, (*SECOND, "nonsense")))
        version = connection.execute("PRAGMA user_version").fetchone()
        tables = connection.execute("SELECT name FROM sqlite_schema").fetchall()

    assert version == (schema.VERSION,)
    assert ("later",) not in tables


def test_a_store_of_version_0_is_migrated_when_it_is_opened(tmp_path: Path):
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")

    with opened(path) as (repository, _):
        assert repository.commit([Put(chunk(), 0)], evidence=evidence()).versions == (1,)


def test_every_field_of_every_entity_has_a_column():
    with open_store(None, busy_timeout_s=1) as store, store.reading() as connection:
        for spec in ENTITIES:
            columns = connection.execute(f"PRAGMA table_info({spec.kind})").fetchall()
            assert set(spec.fields) <= {column[1] for column in columns}


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_tables_refuse_to_change_an_audit_record(statement: str):
    with opened(None) as (repository, trail):
        repository.commit([], evidence=evidence())

        with pytest.raises(Unexpected), repository.store.writing() as connection:
            connection.execute(statement)

        assert trail.head(ADA).seq == 1


@pytest.mark.parametrize("versions", ["{", "{}", '["1"]'])
def test_a_remembered_request_that_cannot_be_read_is_told(versions: str):
    asked = evidence(key="monday", request=digest(1))
    with opened(None) as (repository, trail):
        repository.commit([Put(chunk(), 0)], evidence=asked)
        with repository.store.writing() as connection:
            connection.execute("UPDATE idempotency SET versions = ?", [versions])

        with pytest.raises(Corrupt, match="a remembered request"):
            repository.commit([Put(chunk(), 0)], evidence=asked)

        assert trail.head(ADA).seq == 1


def test_a_writer_waits_for_another_no_longer_than_it_was_told(tmp_path: Path):
    path = tmp_path / "store.db"
    with opened(path) as (repository, _), opened(path, busy_timeout_s=0.01) as (hasty, _):
        with repository.store.writing(), pytest.raises(TimedOut) as refused:
            hasty.commit([Put(chunk(), 0)], evidence=evidence())
        hasty.commit([Put(chunk(), 0)], evidence=evidence())

    assert refused.value.limit_s == 0.01


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path):
    with opened(tmp_path / "store.db", busy_timeout_s=0.01) as (repository, _):
        repository.commit([Put(chunk(), 0)], evidence=evidence())
        with repository.store.writing():
            assert repository.get(ADA, key_of(chunk())).version == 1


def _the_only_connection(repository: SqliteRepository) -> sqlite3.Connection:
    """The open connection of a store that has worked once; it opens no further ones."""
    slots = repository.store.slots
    (connection,) = (slot for slot in [slots.get() for _ in range(slots.qsize())] if slot)
    slots.put(connection)
    return connection


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path):
    with opened(tmp_path / "store.db") as (repository, trail):
        repository.commit([Put(chunk(0), 0)], evidence=evidence())
        _the_only_connection(repository).execute("PRAGMA max_page_count = 1")

        with pytest.raises(Unavailable, match="disk is full"):
            repository.commit([Put(chunk(n), 0) for n in range(1, 60)], evidence=evidence())

        assert everything(repository, Query(DayChunk, ADA)) == [Stored(chunk(0), 1)]
        assert trail.head(ADA).seq == 1


def test_more_bytes_than_a_commit_may_hold_are_refused_before_anything_is_written():
    with opened(None) as (repository, trail):
        small = attrs.evolve(repository, max_commit_bytes=400)

        with pytest.raises(TooLarge, match="bytes") as refused:
            small.commit([Put(chunk(0), 0), Put(chunk(1), 0)], evidence=evidence())

        assert refused.value.limit == 400 < refused.value.given
        assert trail.patients(ADA.tenant) == ()


def test_a_store_that_may_only_be_read_can_be_read(tmp_path: Path):
    with opened(tmp_path / "store.db") as (repository, _):
        repository.commit([Put(chunk(0), 0)], evidence=evidence())
        _the_only_connection(repository).execute("PRAGMA query_only = ON")

        with pytest.raises(Denied):
            repository.commit([Put(chunk(1), 0)], evidence=evidence())

        assert everything(repository, Query(DayChunk, ADA)) == [Stored(chunk(0), 1)]


def test_a_store_in_memory_is_gone_when_it_is_closed():
    with opened(None) as (repository, _):
        pass

    with pytest.raises(PortError):
        repository.get(ADA, key_of(chunk()))


def test_a_name_that_nobody_has_is_damage(tmp_path: Path):
    with open_store(tmp_path / "s.db", busy_timeout_s=10) as store:
        trail = SqliteAuditTrail(store)
        trail.append(evidence().event(()))
        with store.writing() as connection:
            connection.execute("UPDATE patient SET patient = ' '")

        with pytest.raises(Corrupt, match="the name of a patient"):
            trail.patients(ADA.tenant)
