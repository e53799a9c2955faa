"""Signed heads of audit chains in a folder, best on a disk or account apart from the store's."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

from clarity.domain.identity import TenantId
from clarity.ports.errors import AlreadyExists, Corrupt, Denied, Unavailable
from clarity.ports.head_ledger import MAX_ENTRY_BYTES, HeadLedger

__all__ = ["FolderHeadLedger", "MemoryHeadLedger"]

OWNER_ONLY: Final = 0o600
OWNER_ONLY_FOLDER: Final = 0o700


@attrs.frozen
class MemoryHeadLedger(HeadLedger):
    """Entries that are gone when the process is, as is the store in memory that they are about."""

    _held: dict[tuple[TenantId, int], tuple[bytes]] = attrs.field(
        factory=dict, init=False, repr=False
    )

    def append(self, tenant: TenantId, *, number: int, entry: bytes) -> None:
        """See `HeadLedger.append`."""
        _check(number, entry)
        kept = (entry,)
        if self._held.setdefault((tenant, number), kept) is not kept:
            raise AlreadyExists(_name(number))

    def entries(self, tenant: TenantId) -> Iterator[bytes]:
        """See `HeadLedger.entries`."""
        numbers = sorted(number for of, number in list(self._held) if of == tenant)
        yield from (self._held[tenant, number][0] for number in numbers)


@attrs.frozen
class FolderHeadLedger(HeadLedger):
    """
    A file per entry, in a folder per tenant that is named by a digest of the tenant.

    An entry appears whole or not at all, and no two processes write the same one.
    """

    folder: Path

    def append(self, tenant: TenantId, *, number: int, entry: bytes) -> None:
        """See `HeadLedger.append`."""
        _check(number, entry)
        try:
            self._written(self._of(tenant), f"{number:012}.json", entry)
        except FileExistsError as error:
            raise AlreadyExists(_name(number)) from error
        except PermissionError as error:
            raise Denied("writing the signed heads") from error
        except OSError as error:
            raise Unavailable("the folder of the signed heads") from error

    def entries(self, tenant: TenantId) -> Iterator[bytes]:
        """See `HeadLedger.entries`."""
        try:
            for path in sorted(self._of(tenant).glob("[0-9]*.json")):
                yield _content(path)
        except PermissionError as error:
            raise Denied("reading the signed heads") from error
        except OSError as error:
            raise Unavailable("the folder of the signed heads") from error

    def _of(self, tenant: TenantId) -> Path:
        return self.folder / hashlib.sha256(str(tenant).encode()).hexdigest()[:32]

    @staticmethod
    def _written(folder: Path, name: str, entry: bytes) -> None:
        folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
        draft = folder / f".{name}.{secrets.token_hex(8)}"
        try:
            handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY)
            with os.fdopen(handle, "wb") as file:
                file.write(entry)
                file.flush()
                os.fsync(file.fileno())
            (folder / name).hardlink_to(draft)
        finally:
            draft.unlink(missing_ok=True)
        _settle(folder)


def _settle(folder: Path) -> None:
    """The names in the folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MAX_ENTRY_BYTES + 1)
    if len(content) > MAX_ENTRY_BYTES:
        raise Corrupt("an entry of the signed heads")
    return content


def _check(number: int, entry: bytes) -> None:
    if number < 1 or len(entry) > MAX_ENTRY_BYTES:
        raise ValueError("an entry has a number from 1 on and at most a mebibyte")


def _name(number: int) -> str:
    return f"entry {number} of the signed heads"
