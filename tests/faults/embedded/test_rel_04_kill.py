"""
REL-04: a process that is killed at any boundary of a commit leaves all of it or nothing.

Kills at random moments, in the middle of a write to the disk, are in
tests/adapters/local/test_processes.py.
"""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import attrs
import pytest

from clarity.domain.audit import verify_chain
from clarity.domain.streams import DayChunk
from clarity.ports.entities import key_of
from clarity.ports.query import Query
from tests.contracts.repository.harness import ADA, everything
from tests.faults.embedded.crashing import POINTS, changes_of, request_of
from tests.faults.embedded.disks import opened, records_about
from tests.support.runs import runs

ROOT = Path(__file__).resolve().parents[3]
USABLE_WITHIN_S = 2.0
"""The goal's own bound for a first commit after a kill."""

ROUNDS = runs(ci=5, soak=50)
"""Kills per crash point: 30 in CI."""


@attrs.frozen
class Aftermath:
    """What the killed writers said, the file that they left, and a copy of it as it was left."""

    path: Path
    left: Path
    acknowledged: frozenset[int]
    ends: tuple[str, ...]


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    path = tmp_path_factory.mktemp("killed") / "store.db"
    command = [sys.executable, "-m", "tests.faults.embedded.crashing", path, str(ROUNDS)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    words = [line.split(" ") for line in said.stdout.splitlines()]
    numbers = frozenset(int(word) for _, word in words if word.isdigit())
    ends = tuple(f"{point} {word}" for point, word in words if not word.isdigit())
    left = _copied(path, tmp_path_factory.mktemp("left"))
    return Aftermath(path, left, numbers, ends)


def _copied(store: Path, folder: Path) -> Path:
    """The store with its log as a killed writer leaves them."""
    for file in store.parent.iterdir():
        shutil.copy(file, folder)
    assert (folder / f"{store.name}-wal").stat().st_size > 0
    return folder / store.name


def _entities(number: int) -> set[str]:
    return {str(key_of(change.entity)) for change in changes_of(number)}


@pytest.mark.slow
def test_rel_04_every_writer_was_killed_where_it_should(aftermath: Aftermath):
    assert aftermath.ends == tuple(f"{point} killed" for point in POINTS) * ROUNDS
    assert aftermath.acknowledged


@pytest.mark.slow
def test_rel_04_nothing_acknowledged_is_gone(aftermath: Aftermath):
    with opened(aftermath.path) as world:
        stored = {
            str(key_of(one.entity)) for one in everything(world.repository, Query(DayChunk, ADA))
        }

    assert set().union(*map(_entities, aftermath.acknowledged)) <= stored


@pytest.mark.slow
def test_rel_04_no_data_without_audit_and_no_audit_without_data(aftermath: Aftermath):
    with opened(aftermath.path) as world:
        stored = [
            str(key_of(one.entity)) for one in everything(world.repository, Query(DayChunk, ADA))
        ]
        records = records_about(world.trail)

    told = [touched.entity for record in records for touched in record.event.touched]
    assert sorted(told) == sorted(stored)
    assert len(stored) == len(records) * len(changes_of(0))


@pytest.mark.slow
def test_rel_04_the_chain_verifies_and_the_file_is_sound(aftermath: Aftermath):
    with opened(aftermath.path) as world:
        records, head = records_about(world.trail), world.trail.head(ADA)
    with closing(sqlite3.connect(aftermath.path)) as connection:
        sound = connection.execute("PRAGMA integrity_check").fetchall()

    assert verify_chain(records, head=head).seq == len(records)
    assert sound == [("ok",)]


@pytest.mark.slow
def test_rel_04_nothing_that_a_killed_writer_held_is_waited_for_beyond_two_seconds(
    aftermath: Aftermath,
):
    with opened(aftermath.left, busy_timeout_s=USABLE_WITHIN_S) as world:
        told = world.repository.commit(changes_of(10**6), evidence=request_of(10**6))

    assert told.versions == (1, 1)


@pytest.mark.slow
def test_rel_04_a_commit_that_was_not_answered_is_safe_to_repeat(aftermath: Aftermath):
    with opened(aftermath.path) as world:
        before = world.trail.head(ADA).seq
        again = {
            number: world.repository.commit(changes_of(number), evidence=request_of(number))
            for number in sorted(aftermath.acknowledged)
        }
        after = world.trail.head(ADA).seq

    assert {answer.versions for answer in again.values()} == {(1, 1)}
    assert after == before


@pytest.mark.slow
def test_rel_04_only_what_was_killed_behind_the_commit_is_stored_without_an_answer(
    aftermath: Aftermath,
):
    with opened(aftermath.path) as world:
        stored = len(records_about(world.trail))

    assert stored - len(aftermath.acknowledged) == ROUNDS
