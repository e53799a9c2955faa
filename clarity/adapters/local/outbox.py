"""Which records of a store are still to be told: those behind the marks in its roll of patients."""

from collections.abc import Mapping

import attrs

from clarity.adapters.local import _chain
from clarity.adapters.local.store import SqliteStore
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.ports.audit_log import MAX_DUE, AuditOutbox, Due

__all__ = ["SqliteAuditOutbox"]


@attrs.frozen
class SqliteAuditOutbox(AuditOutbox):
    """
    Reads the chains through a partial index that holds only those with something behind their mark.

    Whoever appends writes nothing for it: the index follows the head of the chain.
    """

    store: SqliteStore

    def due(self, *, limit: int) -> tuple[Due, ...]:
        """See `AuditOutbox.due`."""
        if not 1 <= limit <= MAX_DUE:
            raise ValueError(f"1 to {MAX_DUE} records are given at once, not {limit}")
        with self.store.reading() as connection:
            rows = connection.execute(
                "SELECT tenant, patient, audit.seq, body, audit.hash FROM patient "
                "JOIN audit ON owner = id AND audit.seq > told WHERE patient.seq > told "
                "ORDER BY id, audit.seq LIMIT ?",
                [limit],
            ).fetchall()
        return tuple(
            Due(PatientRef(TenantId(tenant), PatientId(patient)), _chain.record_of(*record))
            for tenant, patient, *record in rows
        )

    def mark(self, told: Mapping[PatientRef, int]) -> None:
        """See `AuditOutbox.mark`."""
        with self.store.writing() as connection:
            connection.executemany(
                "UPDATE patient SET told = ?3 "
                "WHERE tenant = ?1 AND patient = ?2 AND told < ?3 AND seq >= ?3",
                [(str(who.tenant), str(who.patient), seq) for who, seq in told.items()],
            )
