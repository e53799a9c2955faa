"""Entities as rows: reading, inserting and deleting one inside an open transaction."""

import hashlib
import sqlite3
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import attrs

from clarity.adapters.local import _unique
from clarity.adapters.local._query import column, from_column, names
from clarity.adapters.local._sql import Sql, micros, statement
from clarity.adapters.local.items import Item
from clarity.domain.audit import Touched
from clarity.ports.entities import Entity, EntitySpec, Key
from clarity.ports.errors import Corrupt
from clarity.ports.repository import Put, Upsert

__all__ = [
    "Row",
    "alive",
    "checked",
    "count",
    "delete",
    "find",
    "insert",
    "purge",
    "selected",
    "taken",
]

STATE: Final = ("version", "schema", "body", "payload", "digest")
"""What a row says beside its key."""


@attrs.frozen
class Row:
    """A stored entity: which, at which version, and its bytes."""

    key: Key
    version: int
    item: Item


def alive(owner: int, now_us: int) -> Sql:
    """Rows of that owner that have not expired."""
    return Sql("owner = ? AND (expires_us IS NULL OR expires_us > ?)", (owner, now_us))


def selected(connection: sqlite3.Connection, spec: EntitySpec, where: Sql) -> list[Row]:
    """The rows of the table of `spec` that `where` (and what follows it) gives."""
    return [_row(spec, columns) for columns in _found(connection, spec, where)]


def checked(connection: sqlite3.Connection, spec: EntitySpec, where: Sql) -> list[bool]:
    """Whether each of those rows is whole."""
    return [_is_whole(spec, columns) for columns in _found(connection, spec, where)]


def _is_whole(spec: EntitySpec, columns: Sequence[Any]) -> bool:
    try:
        return _row(spec, columns).item.is_whole
    except Corrupt:
        return False


def _found(connection: sqlite3.Connection, spec: EntitySpec, where: Sql) -> sqlite3.Cursor:
    columns = names((*spec.key, *STATE))
    return _run(connection, statement("SELECT", columns, "FROM", spec.kind, "WHERE", where))


def count(connection: sqlite3.Connection, spec: EntitySpec, where: Sql) -> int:
    """How many rows of the table of `spec` there are."""
    (found,) = _run(
        connection, statement("SELECT count(*) FROM", spec.kind, "WHERE", where)
    ).fetchone()
    return int(found)


def find(connection: sqlite3.Connection, spec: EntitySpec, key: Key, rows: Sql) -> Row | None:
    """The row under `key` among `rows`; None when there is none."""
    found = selected(connection, spec, rows & _is(spec, key))
    return found[0] if found else None


def insert(
    connection: sqlite3.Connection, owner: int, spec: EntitySpec, put: Put | Upsert, stored: Row
) -> None:
    """`stored` is in its place, instead of whatever was there."""
    values = _values(owner, spec, put.entity) | _state(stored)
    values["expires_us"] = None if put.expires_at is None else micros(put.expires_at)
    marks = Sql(", ".join("?" for _ in values), tuple(values.values()))
    into = f"{spec.kind} ({names(values)})"
    _run(connection, statement("INSERT OR REPLACE INTO", into, "VALUES (", marks, ")"))


def delete(connection: sqlite3.Connection, owner: int, spec: EntitySpec, key: Key) -> None:
    """Nothing lies under `key`, and what the entity had alone is free."""
    where = Sql("owner = ?", (owner,)) & _is(spec, key)
    _run(connection, statement("DELETE FROM", spec.kind, "WHERE", where))
    _unique.let_go(connection, owner, spec)


def taken(
    connection: sqlite3.Connection, owner: int, spec: EntitySpec, limit: int
) -> list[Touched]:
    """At most `limit` rows of that owner are gone, whatever is in them; others may have theirs."""
    some = statement("SELECT rowid FROM", spec.kind, Sql("WHERE owner = ? LIMIT ?", (owner, limit)))
    what = statement("DELETE FROM", spec.kind, "WHERE rowid IN (", some, ")")
    columns = names((*spec.key, "digest"))
    rows = _run(connection, statement(what, "RETURNING", columns)).fetchall()
    if rows:
        _unique.let_go(connection, owner, spec)
    return [Touched(str(_named(spec, parts)), before=digest.hex()) for *parts, digest in rows]


def _named(spec: EntitySpec, columns: Sequence[str | int]) -> Key:
    """The key in those columns; a digest of them when they hold none."""
    try:
        return _key(spec, columns)
    except Corrupt:
        return Key(spec.kind, (hashlib.sha256(repr(columns).encode()).hexdigest(),))


def purge(connection: sqlite3.Connection, spec: EntitySpec, now_us: int) -> int:
    """What has expired is gone from the table of `spec`; says how many rows that were."""
    expired = Sql("expires_us <= ?", (now_us,))
    return _run(connection, statement("DELETE FROM", spec.kind, "WHERE", expired)).rowcount


def _run(connection: sqlite3.Connection, sql: Sql) -> sqlite3.Cursor:
    return connection.execute(sql.text, sql.values)


def _is(spec: EntitySpec, key: Key) -> Sql:
    text = " AND ".join(f'"{name}" = ?' for name in spec.key) or "1"
    return Sql(text, tuple(column(part) for part in key.parts))


def _values(owner: int, spec: EntitySpec, entity: Entity) -> dict[str, Any]:
    fields = {name: column(field.of(entity)) for name, field in spec.fields.items()}
    return {"owner": owner, **fields}


def _state(row: Row) -> dict[str, Any]:
    item = row.item
    return {
        "version": row.version,
        "schema": item.schema,
        "body": item.body,
        "payload": item.payload,
        "digest": item.digest,
    }


def _row(spec: EntitySpec, row: Sequence[Any]) -> Row:
    count = len(spec.key)
    version, schema, body, payload, digest = row[count:]
    if version < 1:
        raise Corrupt(f"the version of a stored {spec.kind}")
    item = Item(schema=schema, body=body, payload=payload, digest=digest)
    return Row(_key(spec, row[:count]), version, item)


def _key(spec: EntitySpec, columns: Sequence[str | int]) -> Key:
    parts = (_part(spec, name, value) for name, value in zip(spec.key, columns, strict=True))
    return Key(spec.kind, tuple(parts))


def _part(spec: EntitySpec, name: str, value: str | int) -> str | date:
    try:
        return from_column(value, spec.fields[name].type)
    except (ValueError, OverflowError) as error:
        raise Corrupt(f"the key of a stored {spec.kind}") from error
