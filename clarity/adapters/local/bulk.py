"""Days in batches, each in one transaction after its intent is on the disk."""

import itertools
import operator
import sqlite3
from collections.abc import Sequence
from typing import Final

import attrs

from clarity.adapters.local import _chain, _rows
from clarity.adapters.local._rows import Row
from clarity.adapters.local._sql import micros
from clarity.adapters.local.items import EntityCodec, Item
from clarity.adapters.local.store import SqliteStore
from clarity.domain.audit import Operation, Touched
from clarity.domain.streams import DayChunk
from clarity.ports.bulk import BATCH, Brought, BulkDays, check_batch
from clarity.ports.clock import Clock
from clarity.ports.entities import CHUNK, Key, key_of
from clarity.ports.errors import IdempotencyMismatch
from clarity.ports.repository import Evidence, Put

__all__ = ["SqliteBulkDays"]

OPEN: Final = "SELECT request FROM open_batch WHERE owner = ? AND name = ?"
BEGIN: Final = "INSERT INTO open_batch (owner, name, request) VALUES (?, ?, ?)"
END: Final = "DELETE FROM open_batch WHERE owner = ? AND name = ?"


@attrs.frozen
class _Day:
    """A day, ready to be stored."""

    chunk: DayChunk
    key: Key
    item: Item

    @property
    def touched(self) -> Touched:
        return Touched(str(self.key), after=self.item.digest.hex())


@attrs.frozen
class _Batch:
    """Days with what the store holds of them."""

    absent: tuple[_Day, ...]
    same: tuple[_Day, ...]
    taken: tuple[_Day, ...]
    is_open: bool


@attrs.frozen
class SqliteBulkDays(BulkDays):
    """
    The days of a batch and the record that they are there go in at once, or none of them.

    Attributes:
        store: the open store.
        codec: entities as bytes.
        clock: decides what has expired.
    """

    store: SqliteStore
    codec: EntityCodec
    clock: Clock

    def put(self, chunks: Sequence[DayChunk], *, evidence: Evidence) -> Brought:
        """Every day is stored, or told why not."""
        days = self._days(chunks, evidence)
        with self.store.writing() as connection:
            batch = self._begun(connection, days, evidence)
        if not batch.absent and not batch.is_open:
            return Brought(same=_keys(batch.same), taken=_keys(batch.taken))
        with self.store.writing() as connection:
            batch = self._begun(connection, days, evidence)
            if batch.absent or batch.is_open:
                self._finish(connection, batch, evidence)
        return Brought(stored=_keys(batch.absent), same=_keys(batch.same), taken=_keys(batch.taken))

    def _days(self, chunks: Sequence[DayChunk], evidence: Evidence) -> tuple[_Day, ...]:
        check_batch(chunks, evidence)
        keys = [key_of(chunk) for chunk in chunks]
        if len(set(keys)) < len(keys):
            raise ValueError("two days have one key")
        owner = evidence.patient
        return tuple(
            _Day(chunk, key, self.codec.encode(owner, key, CHUNK, chunk))
            for chunk, key in zip(chunks, keys, strict=True)
        )

    def _begun(
        self, connection: sqlite3.Connection, days: Sequence[_Day], evidence: Evidence
    ) -> _Batch:
        """What there is to do; when there is something, the batch is open, if need be anew."""
        batch = self._looked_up(connection, days, evidence)
        if batch.absent and not batch.is_open:
            owner = _chain.registered(connection, evidence.patient)
            name, request = evidence.idempotency_key, evidence.request_digest
            connection.execute(BEGIN, (owner.id, name, request))
            _record(connection, Operation.IMPORT_INTENT, batch.absent, evidence)
        return batch

    def _finish(self, connection: sqlite3.Connection, batch: _Batch, evidence: Evidence) -> None:
        owner = _chain.registered(connection, evidence.patient)
        for day in batch.absent:
            _rows.insert(connection, owner.id, CHUNK, Put(day.chunk, 0), Row(day.key, 1, day.item))
        connection.execute(END, (owner.id, evidence.idempotency_key))
        _record(connection, Operation.IMPORT_DONE, (*batch.same, *batch.absent), evidence)

    def _looked_up(
        self, connection: sqlite3.Connection, days: Sequence[_Day], evidence: Evidence
    ) -> _Batch:
        owner = _chain.owner_of(connection, evidence.patient)
        if owner is None:
            return _Batch(absent=tuple(days), same=(), taken=(), is_open=False)
        alive = _rows.alive(owner.id, micros(self.clock.now()))
        rows = [_rows.find(connection, CHUNK, day.key, alive) for day in days]
        there = [(day, row) for day, row in zip(days, rows, strict=True) if row is not None]
        are_same = [self._is_same(day, row, evidence) for day, row in there]
        return _Batch(
            absent=tuple(d for d, row in zip(days, rows, strict=True) if row is None),
            same=tuple(d for d, _ in itertools.compress(there, are_same)),
            taken=tuple(d for d, _ in itertools.compress(there, map(operator.not_, are_same))),
            is_open=_is_open(connection, owner.id, evidence),
        )

    def _is_same(self, day: _Day, row: Row, evidence: Evidence) -> bool:
        return self.codec.decode(evidence.patient, day.key, CHUNK, row.item) == day.chunk


def _is_open(connection: sqlite3.Connection, owner: int, evidence: Evidence) -> bool:
    row = connection.execute(OPEN, (owner, evidence.idempotency_key)).fetchone()
    if row is not None and row[0] != evidence.request_digest:
        raise IdempotencyMismatch
    return row is not None


def _record(
    connection: sqlite3.Connection,
    operation: Operation,
    days: Sequence[_Day],
    evidence: Evidence,
) -> None:
    batch = Touched(str(Key(BATCH, (evidence.idempotency_key,))))
    told = attrs.evolve(evidence, operation=operation)
    owner = _chain.registered(connection, evidence.patient)
    _chain.append(connection, owner, told.event([batch, *(day.touched for day in days)]))


def _keys(days: Sequence[_Day]) -> tuple[Key, ...]:
    return tuple(day.key for day in days)
