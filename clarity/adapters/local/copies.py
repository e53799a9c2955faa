"""Copies of a store by SQLite's online backup, and the check of a store."""

import os
import secrets
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.local import _rows, schema
from clarity.adapters.local._chain import record_of
from clarity.adapters.local._errors import translated
from clarity.adapters.local._sql import Sql
from clarity.adapters.local.store import SqliteStore
from clarity.domain.audit import BrokenChain, ChainHead, verify_chain
from clarity.ports.copies import Checkup, StoreCopies
from clarity.ports.entities import ENTITIES, EntitySpec
from clarity.ports.errors import AlreadyExists, Corrupt, Denied, NotFound, Unavailable

__all__ = ["SqliteCopies"]

OWNER_ONLY: Final = 0o600
TAKEN: Final = (
    "it was left as it is: say another place, or with `store restore --force` that the content of "
    "that store shall go"
)
ALL_AT_ONCE: Final = -1
"""Pages per step: with all in one step the copy is one state, however busy the store is."""

CHAINS: Final = "SELECT id, seq, hash FROM patient WHERE seq > 0 ORDER BY id"
RECORDS: Final = "SELECT seq, body, hash FROM audit WHERE owner = ? ORDER BY seq"


@attrs.frozen
class SqliteCopies(StoreCopies):
    """Copies the open `store`; waits up to `busy_timeout_s` for whoever writes to a file."""

    store: SqliteStore
    busy_timeout_s: float

    def check(self) -> Checkup:
        """See `StoreCopies.check`."""
        with self.store.reading() as connection:
            return _checked(connection)

    def backup(self, to: Path) -> Checkup:
        """See `StoreCopies.backup`."""
        with (
            self._made(to) as draft,
            self.store.reading() as source,
            closing(self._opened(draft)) as copy,
        ):
            source.backup(copy, pages=ALL_AT_ONCE)
            copy.execute("PRAGMA journal_mode = DELETE")
            return _require_sound(_checked(copy), "the store")

    def restore(self, backup: Path, *, to: Path) -> Checkup:
        """See `StoreCopies.restore`."""
        with self._sound(backup) as (source, checkup), self._made(to) as draft:
            with closing(self._opened(draft)) as copy:
                source.backup(copy, pages=ALL_AT_ONCE)
                copy.execute("PRAGMA journal_mode = WAL")
            return checkup

    def replace(self, backup: Path, *, to: Path) -> Checkup:
        """See `StoreCopies.replace`."""
        with self._sound(backup) as (source, checkup), self._existing(to) as target:
            schema.check(target)
            source.backup(target, pages=ALL_AT_ONCE)
            return checkup

    @contextmanager
    def _made(self, path: Path) -> Iterator[Path]:
        """A draft that is at `path` when the block ends, and nowhere if it raises."""
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with placed(path):
            if path.exists():
                raise AlreadyExists(str(path), advice=TAKEN)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, OWNER_ONLY))
        try:
            with translated(self.busy_timeout_s):
                yield draft
            with placed(path):
                _link(draft, path)
        finally:
            draft.unlink(missing_ok=True)

    @contextmanager
    def _sound(self, backup: Path) -> Iterator[tuple[sqlite3.Connection, Checkup]]:
        with self._existing(backup) as source:
            schema.check(source)
            yield source, _require_sound(_checked(source), "the backup")

    @contextmanager
    def _existing(self, path: Path) -> Iterator[sqlite3.Connection]:
        with placed(path):
            if not path.is_file():
                raise NotFound(str(path))
        with translated(self.busy_timeout_s), closing(self._opened(path)) as connection:
            yield connection

    def _opened(self, path: Path) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            timeout=self.busy_timeout_s,
        )


def _link(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError as error:
        raise AlreadyExists(str(path), advice=TAKEN) from error


@contextmanager
def placed(path: Path) -> Iterator[None]:
    """What the file system says of the place of a copy leaves the block as an error about it."""
    try:
        yield
    except PermissionError as error:
        raise Denied(f"the use of {path}") from error
    except OSError as error:
        raise Unavailable(f"{path} ({error.strerror})") from error


def _require_sound(checkup: Checkup, what: str) -> Checkup:
    if checkup.is_sound:
        return checkup
    tampered = (f"{checkup.tampered} audit chains tampered with",) if checkup.tampered else ()
    raise Corrupt(f"{what} ({'; '.join((*checkup.damage, *tampered))})")


def _checked(connection: sqlite3.Connection) -> Checkup:
    structure = [text for (text,) in connection.execute("PRAGMA integrity_check")]
    if structure != ["ok"]:
        damage = (f"structure: {len(structure)} faults",)
        return Checkup(items=0, chains=0, records=0, damage=damage, tampered=0)
    strangers = connection.execute("PRAGMA foreign_key_check").fetchall()
    whole = list(_items(connection))
    broken = Counter(spec for spec, is_whole in whole if not is_whole)
    reached = [_chain(connection, *chain) for chain in connection.execute(CHAINS).fetchall()]
    said = {"rows without an owner damaged": len(strangers)} | {
        f"of kind {spec.kind} damaged; {spec.remedy}": count for spec, count in broken.items()
    }
    return Checkup(
        items=len(whole),
        chains=len(reached),
        records=sum(reached_ for reached_ in reached if reached_ is not None),
        damage=tuple(f"{count} {what}" for what, count in said.items() if count),
        tampered=reached.count(None),
    )


def _items(connection: sqlite3.Connection) -> Iterator[tuple[EntitySpec, bool]]:
    """Every entity by its kind, and whether it is whole."""
    owners = [id_ for (id_,) in connection.execute("SELECT id FROM patient").fetchall()]
    for owner in owners:
        for spec in ENTITIES:
            for is_whole in _rows.checked(connection, spec, Sql("owner = ?", (owner,))):
                yield spec, is_whole


def _chain(connection: sqlite3.Connection, owner: int, seq: int, hash_: bytes) -> int | None:
    """How many records the chain has; None when they do not lead to its head."""
    records = (record_of(*row) for row in connection.execute(RECORDS, [owner]))
    try:
        return verify_chain(records, head=ChainHead(seq, hash_)).seq
    except BrokenChain:
        return None
