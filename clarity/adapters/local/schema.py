"""
The tables of a store and how a store of an earlier version becomes one of this version.

A migration is never edited once released: a store names its version (`user_version`), and the
migrations after it are applied in order, in one transaction.
"""

import secrets
import sqlite3
from typing import Final

from clarity.ports.errors import Corrupt, TooNew

__all__ = ["VERSION", "check", "migrate"]

APPLICATION_ID: Final = int.from_bytes(b"clrt")
"""Marks a SQLite file as a store of clarity (`PRAGMA application_id`)."""

CURSOR_KEY_BYTES: Final = 32

FIRST: Final = (
    """
    CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE patient (
        id INTEGER PRIMARY KEY,
        tenant TEXT NOT NULL,
        patient TEXT NOT NULL,
        seq INTEGER NOT NULL,
        hash BLOB NOT NULL,
        UNIQUE (tenant, patient)
    ) STRICT
    """,
    """
    CREATE TABLE chunk (
        owner INTEGER NOT NULL REFERENCES patient (id),
        stream TEXT NOT NULL,
        day TEXT NOT NULL,
        zone TEXT NOT NULL,
        epoch_s INTEGER NOT NULL,
        unit TEXT NOT NULL,
        device TEXT NOT NULL,
        placement TEXT NOT NULL,
        coverage REAL NOT NULL,
        source TEXT NOT NULL,
        version INTEGER NOT NULL,
        expires_us INTEGER,
        schema INTEGER NOT NULL,
        digest BLOB NOT NULL,
        body BLOB NOT NULL,
        payload BLOB NOT NULL,
        PRIMARY KEY (owner, stream, day)
    ) STRICT
    """,
    """
    CREATE TABLE result (
        owner INTEGER NOT NULL REFERENCES patient (id),
        kind TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        window_start INTEGER NOT NULL,
        window_end INTEGER NOT NULL,
        computed_at INTEGER NOT NULL,
        clarity_version TEXT NOT NULL,
        version INTEGER NOT NULL,
        expires_us INTEGER,
        schema INTEGER NOT NULL,
        digest BLOB NOT NULL,
        body BLOB NOT NULL,
        payload BLOB NOT NULL,
        PRIMARY KEY (owner, kind, fingerprint)
    ) STRICT
    """,
    "CREATE INDEX chunk_expiry ON chunk (expires_us) WHERE expires_us IS NOT NULL",
    "CREATE INDEX result_expiry ON result (expires_us) WHERE expires_us IS NOT NULL",
    """
    CREATE TABLE idempotency (
        tenant TEXT NOT NULL,
        key TEXT NOT NULL,
        owner INTEGER NOT NULL REFERENCES patient (id),
        request TEXT NOT NULL,
        versions TEXT NOT NULL,
        seq INTEGER NOT NULL,
        hash BLOB NOT NULL,
        expires_us INTEGER NOT NULL,
        PRIMARY KEY (tenant, key)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX idempotency_expiry ON idempotency (expires_us)",
    """
    CREATE TABLE audit (
        owner INTEGER NOT NULL REFERENCES patient (id),
        seq INTEGER NOT NULL,
        actor TEXT NOT NULL,
        at_us INTEGER NOT NULL,
        body BLOB NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (owner, seq)
    ) STRICT
    """,
    """
    CREATE TABLE audit_entity (
        owner INTEGER NOT NULL,
        entity TEXT NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (owner, entity, seq),
        FOREIGN KEY (owner, seq) REFERENCES audit (owner, seq)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER audit_is_never_edited BEFORE UPDATE ON audit
    BEGIN SELECT raise(ABORT, 'an audit record is never edited'); END
    """,
    """
    CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
    BEGIN SELECT raise(ABORT, 'an audit record is never deleted'); END
    """,
)

JOBS: Final = (
    """
    CREATE TABLE job (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        actor TEXT NOT NULL,
        patient TEXT,
        state TEXT NOT NULL,
        body BLOB NOT NULL,
        UNIQUE (tenant, id)
    ) STRICT
    """,
    "CREATE INDEX job_actor ON job (tenant, actor, number)",
    "CREATE INDEX job_patient ON job (tenant, patient) WHERE patient IS NOT NULL",
    "CREATE INDEX idempotency_owner ON idempotency (owner)",
)

OPEN_BATCHES: Final = (
    """
    CREATE TABLE open_batch (
        owner INTEGER NOT NULL REFERENCES patient (id),
        name TEXT NOT NULL,
        request TEXT NOT NULL,
        PRIMARY KEY (owner, name)
    ) STRICT, WITHOUT ROWID
    """,
)

OUTBOX: Final = (
    "ALTER TABLE patient ADD COLUMN told INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX patient_due ON patient (id) WHERE seq > told",
)
"""How far each chain was told to the log outside the store."""

PROFILES: Final = (
    """
    CREATE TABLE profile (
        owner INTEGER PRIMARY KEY REFERENCES patient (id),
        zone TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        version INTEGER NOT NULL,
        expires_us INTEGER,
        schema INTEGER NOT NULL,
        digest BLOB NOT NULL,
        body BLOB NOT NULL,
        payload BLOB NOT NULL
    ) STRICT
    """,
    "CREATE INDEX profile_expiry ON profile (expires_us) WHERE expires_us IS NOT NULL",
    """
    CREATE TABLE taken (
        beacon TEXT PRIMARY KEY,
        owner INTEGER NOT NULL REFERENCES patient (id),
        field TEXT NOT NULL,
        expires_us INTEGER,
        UNIQUE (owner, field)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX taken_expiry ON taken (expires_us) WHERE expires_us IS NOT NULL",
)
"""What no two patients of a tenant may have alike lies in `taken`, by what stands for its value."""

RESULTS_BY_TIME: Final = (
    "ALTER TABLE result RENAME TO result_by_print",
    """
    CREATE TABLE result (
        owner INTEGER NOT NULL REFERENCES patient (id),
        kind TEXT NOT NULL,
        window_end INTEGER NOT NULL,
        fingerprint TEXT NOT NULL,
        window_start INTEGER NOT NULL,
        computed_at INTEGER NOT NULL,
        clarity_version TEXT NOT NULL,
        version INTEGER NOT NULL,
        expires_us INTEGER,
        schema INTEGER NOT NULL,
        digest BLOB NOT NULL,
        body BLOB NOT NULL,
        payload BLOB NOT NULL,
        PRIMARY KEY (owner, kind, window_end, fingerprint)
    ) STRICT
    """,
    """
    INSERT INTO result
    SELECT owner, kind, window_end, fingerprint, window_start, computed_at, clarity_version,
        version, expires_us, schema, digest, body, payload
    FROM result_by_print
    """,
    "DROP TABLE result_by_print",
    "CREATE INDEX result_expiry ON result (expires_us) WHERE expires_us IS NOT NULL",
)
"""The latest result of a kind is the last of its rows."""

OPEN_JOBS: Final = ("CREATE INDEX job_unfinished ON job (tenant, number) WHERE state = 'running'",)

Migrations = tuple[tuple[str, ...], ...]

MIGRATIONS: Final[Migrations] = (
    FIRST,
    JOBS,
    OPEN_BATCHES,
    OUTBOX,
    PROFILES,
    RESULTS_BY_TIME,
    OPEN_JOBS,
)
"""Migration n makes version n + 1 of version n; a new store goes through all of them."""

VERSION: Final = len(MIGRATIONS)
"""Version of the stores that this code writes."""


def check(connection: sqlite3.Connection) -> int:
    """
    The version of an existing store.

    Raises:
        Corrupt: the file is no store of clarity.
        TooNew: a later clarity made it.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise Corrupt("the file, which is no store of clarity,")
    version = _version(connection)
    if version > VERSION:
        raise TooNew("the store", VERSION, version)
    return version


def migrate(connection: sqlite3.Connection, migrations: Migrations = MIGRATIONS) -> None:
    """
    The store behind `connection` has gone through all of `migrations`.

    Several processes may do this at once; the later ones find it done.
    """
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        version = _version(connection)
        for migration in migrations[version:]:
            for statement in migration:
                connection.execute(statement)
        if version == 0:
            connection.execute(
                "INSERT INTO secret VALUES ('cursor', ?)", [secrets.token_bytes(CURSOR_KEY_BYTES)]
            )
        # A PRAGMA takes no bound values; both are integers of this module.
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
        connection.execute(f"PRAGMA user_version = {len(migrations):d}")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
