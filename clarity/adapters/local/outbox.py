"""Which records of a store are still to be told: those behind the marks in its roll of patients."""

import sqlite3
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

import attrs

from clarity.adapters.local import _chain
from clarity.adapters.local.store import SqliteStore
from clarity.domain.identity import PatientRef
from clarity.ports.audit_log import MAX_DUE, AuditOutbox, Due
from clarity.ports.errors import Corrupt

__all__ = ["SqliteAuditOutbox"]


DUE: Final = """
    SELECT tenant, patient, audit.seq, body, audit.hash FROM patient
    JOIN audit ON owner = id AND audit.seq > told WHERE patient.seq > told
    ORDER BY id, audit.seq
"""
ANY: Final = "SELECT 1 FROM patient WHERE seq > told LIMIT 1"


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
            given = tuple(islice(_due(connection), limit))
            if not given and connection.execute(ANY).fetchone():
                raise Corrupt("the head of an audit chain")
        return given

    def mark(self, told: Mapping[PatientRef, int]) -> None:
        """See `AuditOutbox.mark`."""
        with self.store.writing() as connection:
            connection.executemany(
                "UPDATE patient SET told = ?3 "
                "WHERE tenant = ?1 AND patient = ?2 AND told < ?3 AND seq >= ?3",
                [(str(who.tenant), str(who.patient), seq) for who, seq in told.items()],
            )


def _due(connection: sqlite3.Connection) -> Iterator[Due]:
    """Records behind their marks; what lies under names that nobody has is passed over."""
    for tenant, patient, *record in connection.execute(DUE):
        try:
            who = _chain.patient_of(tenant, patient)
        except Corrupt:
            continue
        yield Due(who, _chain.record_of(*record))
