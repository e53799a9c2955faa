"""Several processes on one file, some of them killed in the middle."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clarity.domain.audit import verify_chain
from clarity.domain.streams import DayChunk
from clarity.ports.audit import AuditFilter
from clarity.ports.entities import key_of
from clarity.ports.query import Query
from clarity.ports.repository import Put
from tests.adapters.local.stores import opened
from tests.contracts.repository.harness import ADA, chunk, digest, everything, evidence

ROOT = Path(__file__).resolve().parents[3]
MANY = 100_000
"""More days than a writer gets to before it is killed; the 27th century is far enough."""


def _writer(path: Path, first: int, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.support.store_writer", path, str(first), str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _acknowledged(writer: subprocess.Popen[str]) -> list[int]:
    said, _ = writer.communicate(timeout=60)
    lines = said.split("\n")[:-1]
    return [int(line) for line in lines]


@pytest.mark.slow
def test_processes_that_make_a_store_and_write_to_it_at_once_lose_nothing(tmp_path: Path):
    path = tmp_path / "store.db"
    writers = [_writer(path, 1_000 * n, 25) for n in range(3)]

    acknowledged = [_acknowledged(writer) for writer in writers]

    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert [len(numbers) for numbers in acknowledged] == [25, 25, 25]
    with opened(path) as (repository, trail):
        assert len(everything(repository, Query(DayChunk, ADA))) == 75
        wanted = AuditFilter(tenant=ADA.tenant, patient=ADA)
        records = trail.records(wanted, limit=1_000, cursor=None).records
        assert verify_chain(records, head=trail.head(ADA)).seq == 75


def _kill_in_the_middle(path: Path, first: int, dice: random.Random) -> list[int]:
    """Days whose commit had returned before the writer was killed."""
    writer = _writer(path, first, MANY)
    begun = writer.stdout.readline()
    time.sleep(dice.uniform(0, 0.03))
    writer.kill()
    return [int(begun), *_acknowledged(writer)]


@pytest.mark.slow
@pytest.mark.parametrize("kills", [10, pytest.param(30, marks=pytest.mark.soak)])
def test_rel_04_a_killed_writer_leaves_all_or_nothing_of_each_commit(tmp_path: Path, kills: int):
    path, dice, acknowledged = tmp_path / "store.db", random.Random(4), set()
    for round_ in range(kills):
        acknowledged |= set(_kill_in_the_middle(path, round_ * 2_000, dice))

    with opened(path) as (repository, trail):
        stored = {str(key_of(one.entity)) for one in everything(repository, Query(DayChunk, ADA))}
        wanted, records, cursor = AuditFilter(tenant=ADA.tenant), [], None
        while not records or cursor is not None:
            page = trail.records(wanted, limit=1_000, cursor=cursor)
            records += page.records
            cursor = page.cursor
        said = evidence(key=f"day-{max(acknowledged)}", request=digest(max(acknowledged)))
        again = repository.commit([Put(chunk(max(acknowledged)), 0)], evidence=said)

        assert {str(key_of(chunk(number))) for number in acknowledged} <= stored
        assert {touched.entity for record in records for touched in record.event.touched} == stored
        assert len(records) == len(stored)
        assert verify_chain(records, head=trail.head(ADA)).seq == len(records)
        assert again.versions == (1,)
        assert trail.head(ADA).seq == len(records)
