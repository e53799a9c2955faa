"""Port StoreCopies over the embedded store, sentence by sentence."""

import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from clarity.domain.streams import DayChunk
from clarity.ports.errors import Corrupt
from clarity.ports.query import Query
from clarity.ports.repository import Put
from tests.support.worlds import ADA, BEN, World, day_of, evidence, opened, store_days


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "s.db") as fresh:
        store_days(fresh, ADA, count=100)
        store_days(fresh, BEN)
        yield fresh


def _days(path: Path, patient=ADA) -> int:
    with opened(path) as world:
        page = world.core.repository().query(Query(DayChunk, patient, page_size=1_000))
        return len(page.items)


def _edit(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_a_store_in_memory_can_be_checked_and_copied(tmp_path: Path):
    with opened() as world:
        store_days(world, count=5)

        assert world.core.copies().check().items == 5
        assert world.core.copies().backup(tmp_path / "b.db").items == 5

    assert _days(tmp_path / "b.db") == 5


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (
            ["UPDATE chunk SET digest = zeroblob(32) WHERE day = '2003-05-01'"],
            "2 of kind chunk damaged",
        ),
        (["UPDATE chunk SET day = 'monday' WHERE day = '2003-05-01'"], "2 of kind chunk damaged"),
        (["UPDATE chunk SET version = 0 WHERE day = '2003-05-01'"], "2 of kind chunk damaged"),
        (["UPDATE chunk SET owner = 77 WHERE owner = 2"], "1 rows without an owner"),
    ],
)
def test_damage_is_found(world: World, tmp_path: Path, statements: list[str], told: str):
    _edit(tmp_path / "s.db", *statements)

    checkup = world.core.copies().check()

    assert not checkup.is_sound
    assert told in checkup.damage[0]
    with pytest.raises(Corrupt):
        world.core.copies().backup(tmp_path / "b.db")
    assert not (tmp_path / "b.db").exists()


TAMPERING = (
    "DROP TRIGGER audit_is_never_edited",
    "UPDATE audit SET hash = zeroblob(32) WHERE owner = 1",
)


def test_tampering_is_found_in_a_store_and_in_a_backup(world: World, tmp_path: Path):
    world.core.copies().backup(tmp_path / "b.db")
    for path in (tmp_path / "s.db", tmp_path / "b.db"):
        _edit(path, *TAMPERING)

    assert world.core.copies().check().tampered == 1
    with pytest.raises(Corrupt, match="1 audit chains"):
        world.core.copies().restore(tmp_path / "b.db", to=tmp_path / "new.db")
    with pytest.raises(Corrupt, match="1 audit chains"):
        world.core.copies().replace(tmp_path / "b.db", to=tmp_path / "s.db")
    assert not (tmp_path / "new.db").exists()


def test_broken_pages_are_found(world: World, tmp_path: Path):
    world.core.copies().backup(tmp_path / "b.db")
    content = bytearray((tmp_path / "b.db").read_bytes())
    content[4_096 * 3 : 4_096 * 5] = b"\xa5" * 8_192
    (tmp_path / "b.db").write_bytes(content)

    with pytest.raises(Corrupt):
        world.core.copies().restore(tmp_path / "b.db", to=tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


def test_a_backup_is_one_file_for_its_owner_alone(world: World, tmp_path: Path):
    (tmp_path / "b").mkdir()
    to = tmp_path / "b" / "b.db"

    world.core.copies().backup(to)

    assert list(to.parent.iterdir()) == [to]
    assert stat.S_IMODE(to.stat().st_mode) == 0o600


def test_an_open_store_sees_what_replaced_its_content(world: World, tmp_path: Path):
    world.core.copies().backup(tmp_path / "b.db")
    world.core.repository().commit([Put(day_of(200), 0)], evidence=evidence(ADA))

    world.core.copies().replace(tmp_path / "b.db", to=tmp_path / "s.db")

    page = world.core.repository().query(Query(DayChunk, ADA, page_size=1_000))
    assert len(page.items) == 100
    assert world.core.copies().check().is_sound


def test_a_backup_under_write_load_is_one_sound_state(world: World, tmp_path: Path):
    stop, written = threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            number = 200 + len(written)
            world.core.repository().commit([Put(day_of(number), 0)], evidence=evidence(BEN))
            written.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = []
        for number in range(5):
            before = len(written)
            checkup = world.core.copies().backup(tmp_path / f"{number}.db")
            copies.append((before, checkup.items - 101, len(written)))
    finally:
        stop.set()
        writer.join()

    assert len(written) > 5
    assert all(before <= held <= after + 1 for before, held, after in copies)
    assert world.core.copies().check().is_sound
