"""Which requests were carried out, and what was answered."""

import sqlite3

import orjson

from clarity.domain.audit import ChainHead
from clarity.ports.errors import Corrupt, IdempotencyMismatch
from clarity.ports.repository import Committed, Evidence

__all__ = ["answer", "forget", "remember"]


def answer(
    connection: sqlite3.Connection, owner: int, evidence: Evidence, now_us: int
) -> Committed | None:
    """
    What was answered when the request came first; None when it did not, or named no key.

    Raises:
        IdempotencyMismatch: the key was used for another request or another patient.
        Corrupt: what was answered cannot be read.
    """
    row = connection.execute(
        "SELECT owner, request, versions, seq, hash FROM idempotency "
        "WHERE tenant = ? AND key = ? AND expires_us > ?",
        (str(evidence.patient.tenant), evidence.idempotency_key, now_us),
    ).fetchone()
    if row is None:
        return None
    first_owner, request, versions, seq, hash_ = row
    if (first_owner, request) != (owner, evidence.request_digest):
        raise IdempotencyMismatch
    return Committed(_versions(versions), ChainHead(seq, hash_))


def _versions(text: str) -> tuple[int, ...]:
    try:
        versions = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Corrupt("a remembered request") from error
    if not isinstance(versions, list) or not all(isinstance(one, int) for one in versions):
        raise Corrupt("a remembered request")
    return tuple(versions)


def remember(
    connection: sqlite3.Connection,
    owner: int,
    evidence: Evidence,
    committed: Committed,
    until_us: int,
) -> None:
    """The answer is kept under the request's key, if it has one."""
    if not evidence.idempotency_key:
        return
    connection.execute(
        "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            str(evidence.patient.tenant),
            evidence.idempotency_key,
            owner,
            evidence.request_digest,
            orjson.dumps(committed.versions).decode(),
            committed.head.seq,
            committed.head.hash,
            until_us,
        ),
    )


def forget(connection: sqlite3.Connection, now_us: int) -> None:
    """Keys whose time is over are gone."""
    connection.execute("DELETE FROM idempotency WHERE expires_us <= ?", (now_us,))
