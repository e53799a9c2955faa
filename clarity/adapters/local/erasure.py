"""What a store holds about a person, counted and removed page by page."""

import sqlite3
from collections.abc import Iterator
from typing import Final

import attrs

from clarity.adapters.local import _chain, _rows
from clarity.adapters.local._sql import Sql
from clarity.adapters.local.store import SqliteStore
from clarity.domain.audit import Touched
from clarity.domain.identity import PatientRef
from clarity.ports.bulk import BATCH
from clarity.ports.entities import ENTITIES, Key
from clarity.ports.erasure import Erasable, Holding, Trace
from clarity.ports.repository import Evidence

__all__ = ["SqliteErasure"]


@attrs.frozen
class _Other:
    """
    A kind of things that are no entities.

    Attributes:
        kind: what it is called.
        count: how many an owner has.
        page: the names of some of them after a name, in order.
        take: removes some of them and gives their names.
    """

    kind: str
    count: str
    page: str
    take: str


PAGE: Final = 500
"""Names read at once."""

OTHERS: Final = (
    _Other(
        "idempotency",
        "SELECT count(*) FROM idempotency WHERE owner = ?",
        "SELECT key FROM idempotency WHERE owner = ? AND key > ? ORDER BY key LIMIT ?",
        """
        DELETE FROM idempotency WHERE (tenant, key) IN
        (SELECT tenant, key FROM idempotency WHERE owner = ? LIMIT ?) RETURNING key
        """,
    ),
    _Other(
        BATCH,
        "SELECT count(*) FROM open_batch WHERE owner = ?",
        "SELECT name FROM open_batch WHERE owner = ? AND name > ? ORDER BY name LIMIT ?",
        """
        DELETE FROM open_batch WHERE (owner, name) IN
        (SELECT owner, name FROM open_batch WHERE owner = ? LIMIT ?) RETURNING name
        """,
    ),
)


@attrs.frozen
class SqliteErasure(Erasable):
    """
    Entities, expired ones too, remembered requests and open batches of a person.

    Deleted content is overwritten in the file; the write-ahead log, which still has it, is emptied
    when nothing is left.
    """

    store: SqliteStore

    def holdings(self, owner: PatientRef) -> tuple[Holding, ...]:
        """What is held about `owner`, by kind."""
        with self.store.reading() as connection:
            known = _chain.owner_of(connection, owner)
            if known is None:
                return ()
            entities = [
                Holding(spec.kind, _rows.count(connection, spec, _all_of(known.id)))
                for spec in ENTITIES
            ]
            others = [
                Holding(other.kind, connection.execute(other.count, [known.id]).fetchone()[0])
                for other in OTHERS
            ]
        return (*entities, *others)

    def traces(self, owner: PatientRef) -> Iterator[Trace]:
        """The remembered requests and open batches of `owner`, by name."""
        for other in OTHERS:
            names = self._page(owner, other, "")
            while names:
                yield from (Trace(other.kind, name) for name in names)
                names = self._page(owner, other, names[-1])

    def _page(self, owner: PatientRef, other: _Other, after: str) -> list[str]:
        with self.store.reading() as connection:
            known = _chain.owner_of(connection, owner)
            if known is None:
                return []
            return [name for (name,) in connection.execute(other.page, (known.id, after, PAGE))]

    def erase(self, owner: PatientRef, *, limit: int, evidence: Evidence) -> int:
        """Remove at most `limit` things held about `owner`; says how many went."""
        with self.store.writing() as connection:
            known = _chain.owner_of(connection, owner)
            gone = [] if known is None else _taken(connection, known.id, limit)
            if known is not None and gone:
                _chain.append(connection, known, evidence.event(gone))
        if not gone:
            self.store.empty_log()
        return len(gone)


def _all_of(owner: int) -> Sql:
    """Rows of that owner, expired or not."""
    return Sql("owner = ?", (owner,))


def _taken(connection: sqlite3.Connection, owner: int, limit: int) -> list[Touched]:
    """At most `limit` things are gone, whatever their kind."""
    gone: list[Touched] = []
    for spec in ENTITIES:
        gone += _rows.taken(connection, owner, spec, limit - len(gone))
    for other in OTHERS:
        rows = connection.execute(other.take, (owner, limit - len(gone))).fetchall()
        gone += [Touched(str(Key(other.kind, (key,)))) for (key,) in rows]
    return gone
