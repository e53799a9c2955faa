"""Patients and their audit chains inside an open transaction."""

import sqlite3

import attrs

from clarity.adapters.local._sql import micros
from clarity.domain.audit import GENESIS, AuditEvent, AuditRecord, ChainHead, chained
from clarity.domain.identity import BadIdentifier, PatientId, PatientRef, TenantId
from clarity.ports.errors import Corrupt

__all__ = ["Owner", "append", "owner_of", "patient_of", "record_of", "registered"]


@attrs.frozen
class Owner:
    """A patient as the store numbers them, and the head of their chain."""

    id: int
    head: ChainHead


def owner_of(connection: sqlite3.Connection, patient: PatientRef) -> Owner | None:
    """
    The patient's number and head; None for one of whom the store knows nothing.

    Raises:
        Corrupt: the row is of another form, which only a changed schema lets in.
    """
    row = connection.execute(
        "SELECT id, seq, hash FROM patient WHERE tenant = ? AND patient = ?",
        (str(patient.tenant), str(patient.patient)),
    ).fetchone()
    if row is None:
        return None
    id_, seq, hash_ = row
    if not isinstance(seq, int) or not isinstance(hash_, bytes):
        raise Corrupt("the head of an audit chain")
    return Owner(id_, ChainHead(seq, hash_))


def patient_of(tenant: str, patient: str) -> PatientRef:
    """
    Whom a row is about.

    Raises:
        Corrupt: nobody is named so.
    """
    try:
        return PatientRef(TenantId(tenant), PatientId(patient))
    except BadIdentifier as error:
        raise Corrupt("the name of a patient") from error


def record_of(seq: int, body: object, hash_: object) -> AuditRecord:
    """The record of a row; empty when the row is of another form, which ends every chain."""
    if not isinstance(body, bytes) or not isinstance(hash_, bytes):
        return AuditRecord(seq, b"", b"")
    return AuditRecord(seq, body, hash_)


def registered(connection: sqlite3.Connection, patient: PatientRef) -> Owner:
    """The patient's number and head; one who is new gets a number and an empty chain."""
    known = owner_of(connection, patient)
    if known is not None:
        return known
    inserted = connection.execute(
        "INSERT INTO patient (tenant, patient, seq, hash) VALUES (?, ?, 0, ?) RETURNING id",
        (str(patient.tenant), str(patient.patient), GENESIS),
    )
    return Owner(inserted.fetchone()[0], ChainHead())


def append(connection: sqlite3.Connection, owner: Owner, event: AuditEvent) -> AuditRecord:
    """`event` continues the owner's chain and the head follows it."""
    record = chained(event, owner.head)
    connection.execute(
        "INSERT INTO audit (owner, seq, actor, at_us, body, hash) VALUES (?, ?, ?, ?, ?, ?)",
        (owner.id, record.seq, event.actor.id, micros(event.at), record.body, record.hash),
    )
    connection.executemany(
        "INSERT INTO audit_entity (owner, entity, seq) VALUES (?, ?, ?)",
        {(owner.id, touched.entity, record.seq) for touched in event.touched},
    )
    connection.execute(
        "UPDATE patient SET seq = ?, hash = ? WHERE id = ?", (record.seq, record.hash, owner.id)
    )
    return record
