"""How much a store holds."""

from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.local.schema import VERSION
from clarity.adapters.local.store import SqliteStore
from clarity.domain.access import RESERVED
from clarity.domain.identity import TenantId
from clarity.ports.clock import Clock
from clarity.ports.health import Pingable
from clarity.ports.inventory import Inventory, Stock, check_tenant

__all__ = ["SqliteInventory"]

MICROSECONDS: Final = 1_000_000

PEOPLE: Final = """
    SELECT count(*) FILTER (WHERE substr(patient, 1, ?) <> ?), coalesce(sum(seq), 0)
    FROM patient WHERE tenant = ?
"""
CHUNKS: Final = """
    SELECT count(*) FROM chunk JOIN patient ON patient.id = chunk.owner
    WHERE tenant = ? AND (expires_us IS NULL OR expires_us > ?)
"""
RESULTS: Final = """
    SELECT count(*) FROM result JOIN patient ON patient.id = result.owner
    WHERE tenant = ? AND (expires_us IS NULL OR expires_us > ?)
"""
PROFILES: Final = """
    SELECT count(*) FROM profile JOIN patient ON patient.id = profile.owner
    WHERE tenant = ? AND (expires_us IS NULL OR expires_us > ?)
"""
COUNTS: Final = (("chunk", CHUNKS), ("result", RESULTS), ("profile", PROFILES))


@attrs.frozen
class SqliteInventory(Inventory, Pingable):
    """
    Counts what a store holds, and says whether it answers.

    Attributes:
        store: the open store.
        clock: decides what has expired.
        path: the store's file, None in memory.
    """

    store: SqliteStore
    clock: Clock
    path: Path | None

    def stock(self, tenant: TenantId) -> Stock:
        """What the store holds for `tenant`."""
        check_tenant(tenant)
        now_us = int(self.clock.now().timestamp() * MICROSECONDS)
        with self.store.reading() as connection:
            patients, records = connection.execute(
                PEOPLE,
                (len(RESERVED), RESERVED, tenant.value),
            ).fetchone()
            entities = tuple(
                (kind, connection.execute(count, (tenant.value, now_us)).fetchone()[0])
                for kind, count in COUNTS
            )
        return Stock(
            location=self._location(),
            schema=VERSION,
            patients=patients,
            entities=entities,
            audit_records=records,
            size_bytes=None if self.path is None else _size_bytes(self.path),
        )

    def ping(self) -> str:
        """Where the store is, after reading from it and checking its structure."""
        with self.store.reading() as connection:
            connection.execute("SELECT count(*) FROM patient").fetchone()
        return f"{self._location()}, layout {VERSION}"

    def _location(self) -> str:
        return "memory" if self.path is None else str(self.path)


def _size_bytes(path: Path) -> int:
    """The file with its write-ahead log."""
    parts = (path, path.with_name(f"{path.name}-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())
