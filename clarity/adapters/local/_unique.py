"""What no two patients of a tenant may have alike, inside an open transaction."""

import sqlite3
from collections.abc import Mapping
from typing import Final

from clarity.adapters.local._sql import micros
from clarity.ports.entities import EntitySpec, spec_of
from clarity.ports.errors import AlreadyExists
from clarity.ports.repository import Put, Upsert

__all__ = ["expire", "let_go", "take"]

LET_GO: Final = "DELETE FROM taken WHERE owner = ? AND field = ?"
EXPIRED: Final = "DELETE FROM taken WHERE beacon = ? AND expires_us <= ?"
ALL_EXPIRED: Final = "DELETE FROM taken WHERE expires_us <= ?"
TAKE: Final = """
    INSERT INTO taken (beacon, owner, field, expires_us) VALUES (?, ?, ?, ?)
    ON CONFLICT (beacon) DO NOTHING
"""


def take(
    connection: sqlite3.Connection,
    owner: int,
    put: Put | Upsert,
    beacons: Mapping[str, str],
    now_us: int,
) -> None:
    """
    The owner alone has what `beacons` stand for, by field, and nothing else in those fields.

    Raises:
        AlreadyExists: somebody else has one of them; names the field.
    """
    until_us = None if put.expires_at is None else micros(put.expires_at)
    for field, beacon in beacons.items():
        connection.execute(LET_GO, (owner, field))
        connection.execute(EXPIRED, (beacon, now_us))
        if not connection.execute(TAKE, (beacon, owner, field, until_us)).rowcount:
            raise AlreadyExists(spec_of(type(put.entity)).kind, field=field)


def let_go(connection: sqlite3.Connection, number: int, spec: EntitySpec) -> None:
    """Others may have what the owner's entity of that kind had alone."""
    connection.executemany(LET_GO, [(number, field) for field in spec.unique])


def expire(connection: sqlite3.Connection, now_us: int) -> None:
    """Others may have what had been taken until now."""
    connection.execute(ALL_EXPIRED, [now_us])
