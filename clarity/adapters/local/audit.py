"""The audit trail in a store."""

from typing import Final

import attrs

from clarity.adapters.local import _chain
from clarity.adapters.local._sql import Sql, micros, statement
from clarity.adapters.local.clock import SystemClock
from clarity.adapters.local.cursor import place_of, signed
from clarity.adapters.local.store import SqliteStore
from clarity.domain.audit import AuditEvent, AuditRecord, ChainHead
from clarity.domain.identity import PatientRef, TenantId
from clarity.ports.audit import (
    AuditFilter,
    AuditPage,
    AuditSink,
    AuditTrail,
    check_append,
    check_records,
)
from clarity.ports.clock import Clock

__all__ = ["SqliteAuditTrail"]

SELECT: Final = (
    "SELECT owner, audit.seq, body, audit.hash FROM audit JOIN patient ON id = owner WHERE"
)


@attrs.frozen
class SqliteAuditTrail(AuditSink, AuditTrail):
    """
    Appends to the chains that commits of `SqliteRepository` over the same store continue.

    The tables refuse to edit or delete a record; that somebody with the file can do so anyway is
    what the chain is for.

    Attributes:
        store: where the chains are.
        clock: what cursors age by.
    """

    store: SqliteStore
    clock: Clock = attrs.field(factory=SystemClock)

    def append(self, event: AuditEvent) -> AuditRecord:
        """The event as the next record of its patient's chain, on the disk."""
        check_append(event)
        with self.store.writing() as connection:
            owner = _chain.registered(connection, event.patient)
            return _chain.append(connection, owner, event)

    def records(self, wanted: AuditFilter, *, limit: int, cursor: str | None) -> AuditPage:
        """One page of the matching records, by patient and place."""
        check_records(wanted, limit)
        matching = _matching(wanted)
        question = repr((matching.text, matching.values)).encode()
        key, now = self.store.cursor_key, self.clock.now()
        if cursor is not None:
            place = place_of(cursor, question=question, key=key, now=now)
            matching = matching & _after(place)
        page = statement(SELECT, matching, "ORDER BY patient, audit.seq LIMIT", str(limit + 1))
        with self.store.reading() as connection:
            rows = connection.execute(page.text, page.values).fetchall()
        found = tuple(_chain.record_of(*row) for _, *row in rows[:limit])
        if len(rows) <= limit:
            return AuditPage(found, None)
        last = rows[limit - 1][:2]
        return AuditPage(found, signed(last, question=question, key=key, now=now))

    def head(self, patient: PatientRef) -> ChainHead:
        """The head as the store keeps it."""
        with self.store.reading() as connection:
            owner = _chain.owner_of(connection, patient)
        return ChainHead() if owner is None else owner.head

    def patients(self, tenant: TenantId) -> tuple[PatientRef, ...]:
        """Everyone in the tenant who has a chain, in order."""
        with self.store.reading() as connection:
            rows = connection.execute(
                "SELECT patient FROM patient WHERE tenant = ? AND seq > 0 ORDER BY patient",
                (str(tenant),),
            ).fetchall()
        return tuple(_chain.patient_of(str(tenant), patient) for (patient,) in rows)


def _matching(wanted: AuditFilter) -> Sql:
    sql = Sql("tenant = ?", (str(wanted.tenant),))
    if wanted.patient is not None:
        sql &= Sql("patient = ?", (str(wanted.patient.patient),))
    if wanted.actor is not None:
        sql &= Sql("actor = ?", (wanted.actor,))
    if wanted.entity is not None:
        sql &= Sql(
            "EXISTS (SELECT 1 FROM audit_entity e "
            "WHERE e.owner = audit.owner AND e.seq = audit.seq AND e.entity = ?)",
            (wanted.entity,),
        )
    if wanted.since is not None:
        sql &= Sql("at_us >= ?", (micros(wanted.since),))
    if wanted.until is not None:
        sql &= Sql("at_us < ?", (micros(wanted.until),))
    return sql


def _after(place: list[str | int]) -> Sql:
    """Behind the record at `place`: (number of its patient, place in the chain)."""
    owner, seq = place
    return Sql(
        "(patient, audit.seq) > ((SELECT patient FROM patient WHERE id = ?), ?)", (owner, seq)
    )
