"""
Embedded store: commits, reads and packed days.

Commits are one day with its audit record and idempotency record at synchronous=FULL on a file; the
bare transaction beside them writes as many bytes with one INSERT.
"""

import csv
import gzip
import itertools
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import attrs
import numpy as np

from clarity.adapters.local.clock import SystemClock
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.streams import DayChunk
from clarity.ports.query import Query
from clarity.ports.repository import Put
from tests.adapters.local.stores import opened
from tests.bench.paired import Row, measured, paired
from tests.contracts.repository.harness import ADA, chunk, digest, evidence
from tests.support.shared import shared

__all__ = ["rows"]

CODEC = ShuffleZstdCodec()
COMMITS = 50
"""Commits of one repetition."""


def _real_days() -> list[np.ndarray]:
    """The full days of all Depresjon recordings, trailing days without wear included."""
    found = []
    for path in sorted(shared("data/depresjon").glob("*/*.csv.gz")):
        days = defaultdict(list)
        with gzip.open(path, "rt") as file:
            for row in csv.DictReader(file):
                days[row["date"]].append(float(row["activity"]))
        found += [np.array(day) for day in days.values() if len(day) == 1_440]
    return found


def _days(values: list[np.ndarray]) -> Iterator[DayChunk]:
    """Endlessly many days of minutes, each on a date of its own."""
    for number, day in enumerate(itertools.cycle(values)):
        yield attrs.evolve(chunk(), day=chunk().day + timedelta(number), epoch_s=60, values=day)


@contextmanager
def _plain(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE t (body BLOB)")
        yield connection


def _committing(values: list[np.ndarray], folder: Path) -> Row:
    days, keys, body = _days(values), itertools.count(), bytes(2_500)
    with (
        opened(folder / "store.db", clock=SystemClock()) as (repository, _),
        _plain(folder / "plain.db") as plain,
    ):

        def commits() -> None:
            for _ in range(COMMITS):
                said = evidence(key=str(next(keys)), request=digest())
                repository.commit([Put(next(days), 0)], evidence=said)

        def bare() -> None:
            for _ in range(COMMITS):
                plain.execute("INSERT INTO t VALUES (?)", (body,))

        pair = paired(commits, bare, repeats=9)
    remark = f"{COMMITS / pair.a.median_s:.0f} commits/s; {COMMITS} commits a time"
    return pair.row("commit of a day with its audit record / bare INSERT", remark=remark)


def _reading(values: list[np.ndarray], folder: Path) -> Row:
    with opened(folder / "week.db", clock=SystemClock()) as (repository, _):
        puts = [Put(day, 0) for day in itertools.islice(_days(values), 7)]
        repository.commit(puts, evidence=evidence())
        query = Query(DayChunk, ADA).page(7)

        return measured(lambda: repository.query(query), repeats=50).row(
            "read of a week of minutes"
        )


def rows() -> list[Row]:
    """Measured rows."""
    values = _real_days()
    packed = [CODEC.pack(day, context=b"") for day in values]
    sizes = np.array([len(one) for one in packed])
    worn = [CODEC.pack(day, context=b"") for day in values if np.count_nonzero(day) > 400]
    some = slice(0, 200)
    with tempfile.TemporaryDirectory() as folder:
        stored = [_committing(values, Path(folder)), _reading(values, Path(folder))]
    return [
        *stored,
        measured(lambda: [CODEC.pack(day, context=b"") for day in values[some]], repeats=5).row(
            "pack a day", per=200
        ),
        measured(lambda: [CODEC.unpack(day, context=b"") for day in packed[some]], repeats=5).row(
            "unpack a day", per=200
        ),
        Row(
            what="packed day of Depresjon, bytes",
            figure=f"{np.mean([len(one) for one in worn]):.0f} B",
            spread=f"median {np.median([len(one) for one in worn]):.0f} B",
            remark=f"{len(worn)} days with over 400 active minutes; all {sizes.size}: {sizes.mean():.0f} B",
        ),
    ]


if __name__ == "__main__":
    for row in rows():
        print(f"{row.what}: {row.figure} ({row.spread}) {row.remark}")
