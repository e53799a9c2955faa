"""The repository in a store."""

import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, TypeVar, cast

import attrs

from clarity.adapters.local import _chain, _idempotency, _query, _rows, _unique
from clarity.adapters.local._rows import Row
from clarity.adapters.local._sql import in_micros, micros
from clarity.adapters.local.cursor import place_of, signed
from clarity.adapters.local.items import EntityCodec, Item
from clarity.adapters.local.store import SqliteStore
from clarity.domain.audit import Touched
from clarity.domain.identity import PatientRef
from clarity.domain.privacy import Beacons
from clarity.ports.clock import Clock
from clarity.ports.entities import (
    ENTITIES,
    Entity,
    EntitySpec,
    Key,
    key_of,
    spec_for,
    spec_of,
    unique_of,
)
from clarity.ports.errors import AlreadyExists, DamagedEntity, NotFound, StaleVersion, TooLarge
from clarity.ports.expiry import Expiring
from clarity.ports.query import Page, Query, Stored
from clarity.ports.repository import (
    Change,
    Committed,
    Delete,
    Evidence,
    Put,
    Repository,
    Upsert,
    check_commit,
    check_get,
    check_query,
)

__all__ = ["SqliteRepository"]

E = TypeVar("E", bound=Entity)

REMEMBERED: Final = timedelta(days=7)
"""How long an idempotency key is remembered (ports/repository.py)."""

MAX_COMMIT_BYTES: Final = 64 << 20
"""Most bytes that one commit stores; keeps a writer from holding the others up."""


@attrs.frozen
class SqliteRepository(Repository, Expiring):
    """
    Entities in a store; safe to use from many threads and processes.

    Attributes:
        store: the open store.
        codec: entities as bytes.
        clock: decides what has expired.
        max_commit_bytes: more than that in one commit is `TooLarge`.
    """

    store: SqliteStore
    codec: EntityCodec
    clock: Clock
    max_commit_bytes: int = MAX_COMMIT_BYTES

    def get(self, owner: PatientRef, key: Key) -> Stored[Entity]:
        """The entity under `key`, as last committed."""
        spec = check_get(owner, key)
        with self.store.reading() as connection:
            known = _chain.owner_of(connection, owner)
            rows = None if known is None else _rows.alive(known.id, self._now_us())
            row = None if rows is None else _rows.find(connection, spec, key, rows)
        if row is None:
            raise NotFound(str(key))
        return self._stored(owner, spec, row)

    def query(self, query: Query[E]) -> Page[E]:
        """One page of the answer, in key order."""
        spec = check_query(query)
        question, key = _query.question(query), self.store.cursor_key
        cursor, now = query.cursor, self.clock.now()
        after = None if cursor is None else place_of(cursor, question=question, key=key, now=now)
        rows = self._page(query, spec, after)
        items = tuple(
            cast("Stored[E]", self._stored(query.owner, spec, row))  # rows of the query's own kind
            for row in rows[: query.page_size]
        )
        if len(rows) <= query.page_size:
            return Page(items, None)
        last = [_query.key_column(part) for part in rows[query.page_size - 1].key.parts]
        return Page(items, signed(last, question=question, key=key, now=now))

    def _page(self, query: Query[E], spec: EntitySpec, after: list[str | int] | None) -> list[Row]:
        with self.store.reading() as connection:
            owner = _chain.owner_of(connection, query.owner)
            if owner is None:
                return []
            rows = _rows.alive(owner.id, self._now_us()) & _query.matching(query, spec, after)
            return _rows.selected(connection, spec, _query.paged(rows, query, spec))

    def _stored(self, owner: PatientRef, spec: EntitySpec, row: Row) -> Stored[Entity]:
        entity = self.codec.decode(owner, row.key, spec, row.item)
        if key_of(entity) != row.key:
            what = f"the stored {spec.kind}, which lies under the key of another,"
            raise DamagedEntity(what, spec.remedy)
        return Stored(entity, row.version)

    def _now_us(self) -> int:
        return micros(self.clock.now())

    def commit(self, changes: Sequence[Change], *, evidence: Evidence) -> Committed:
        """All changes, one audit record and the idempotency record, or none of them."""
        check_commit(changes, evidence)
        prepared = self._prepared(changes, evidence.patient)
        now_us = self._now_us()
        with self.store.writing() as connection:
            owner = _chain.registered(connection, evidence.patient)
            before = _idempotency.answer(connection, owner.id, evidence, now_us)
            if before is not None:
                return before
            done = [_applied(connection, owner.id, change, now_us) for change in prepared]
            record = _chain.append(connection, owner, evidence.event([t for _, t in done]))
            committed = Committed(tuple(version for version, _ in done), record.head)
            until_us = now_us + in_micros(REMEMBERED)
            _idempotency.remember(connection, owner.id, evidence, committed, until_us)
        return committed

    def _prepared(self, changes: Sequence[Change], owner: PatientRef) -> list["_Prepared"]:
        """The changes with everything that can be done before others have to wait."""
        prepared = [self._ready(change, owner) for change in changes]
        if len({change.key for change in prepared}) < len(prepared):
            raise ValueError("two changes name one key")
        size = sum(change.item.size_bytes for change in prepared if change.item)
        if size > self.max_commit_bytes:
            raise TooLarge("one commit, bytes,", self.max_commit_bytes, size)
        return prepared

    def _ready(self, change: Change, owner: PatientRef) -> "_Prepared":
        if isinstance(change, Delete):
            return _Prepared(change, change.key, spec_for(change.key), None)
        key, spec = key_of(change.entity), spec_of(type(change.entity))
        item = self.codec.encode(owner, key, spec, change.entity)
        return _Prepared(change, key, spec, item, self._beacons(owner, change.entity))

    def _beacons(self, owner: PatientRef, entity: Entity) -> dict[str, str]:
        """What stands for the values that the owner alone may have, by field."""
        of = Beacons(self.store.cursor_key).of
        return {
            one.field: of(owner.tenant, field=one.field, value=one.value)
            for one in unique_of(entity)
        }

    def purge_expired(self) -> int:
        """What has expired is removed from the file; says how many entities that were."""
        now_us = self._now_us()
        with self.store.writing() as connection:
            _idempotency.forget(connection, now_us)
            _unique.expire(connection, now_us)
            return sum(_rows.purge(connection, spec, now_us) for spec in ENTITIES)


@attrs.frozen
class _Prepared:
    """A change with its key; its bytes and beacons when it stores something."""

    change: Change
    key: Key
    spec: EntitySpec
    item: Item | None
    beacons: dict[str, str] = attrs.field(factory=dict)


def _applied(
    connection: sqlite3.Connection, owner: int, prepared: _Prepared, now_us: int
) -> tuple[int, Touched]:
    """The new version (0 = deleted) and what the audit record says of the change."""
    key, spec, change = prepared.key, prepared.spec, prepared.change
    alive = _rows.alive(owner, now_us)
    row = _rows.find(connection, spec, key, alive)
    current = 0 if row is None else row.version
    if isinstance(change, Upsert):
        meets = alive & _query.compiled(change.when, spec)
        if row is not None and _rows.find(connection, spec, key, meets) is None:
            raise StaleVersion(str(key), current)
    else:
        _check_version(key, change, current)
    before = "" if row is None else row.item.digest.hex()
    if isinstance(change, Delete) or prepared.item is None:
        _rows.delete(connection, owner, spec, key)
        return 0, Touched(str(key), before=before)
    stored = Row(key, current + 1, prepared.item)
    _unique.take(connection, owner, change, prepared.beacons, now_us)
    _rows.insert(connection, owner, spec, change, stored)
    return stored.version, Touched(str(key), before=before, after=prepared.item.digest.hex())


def _check_version(key: Key, change: Put | Delete, current: int) -> None:
    if current == change.based_on:
        return
    if change.based_on == 0:
        raise AlreadyExists(str(key), current)
    raise StaleVersion(str(key), current)
