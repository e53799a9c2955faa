"""Blobs as files."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.local._files import create, sync, translated
from clarity.ports.blobs import LARGEST_BLOB, Blob, BlobKey, BlobStore, StoredBlob
from clarity.ports.errors import AlreadyExists, Corrupt, NotFound, TooLarge

__all__ = ["DirectoryBlobStore"]

WHAT: Final = "the folder of blobs"


@attrs.frozen(kw_only=True)
class DirectoryBlobStore(BlobStore):
    """
    One file per blob: `<folder>/<name>`, written beside its place and linked there.

    Attributes:
        root: the folder; made when something is put.
    """

    root: Path

    def put(self, key: BlobKey, data: bytes) -> Blob:
        """See `BlobStore.put`."""
        if len(data) > LARGEST_BLOB:
            raise TooLarge("one blob, bytes,", LARGEST_BLOB, len(data))
        blob = Blob(key, hashlib.sha256(data).hexdigest(), len(data))
        with translated(WHAT):
            try:
                create(self.root, self._file(key), data)
            except FileExistsError as error:
                if self._file(key).read_bytes() != data:
                    raise AlreadyExists("a blob of this name") from error
        return blob

    def get(self, blob: Blob) -> bytes:
        """See `BlobStore.get`."""
        with translated(WHAT):
            try:
                with self._file(blob.key).open("rb") as file:
                    data = file.read(blob.size_bytes + 1)
            except FileNotFoundError as error:
                raise NotFound("a blob") from error
        if len(data) != blob.size_bytes or hashlib.sha256(data).hexdigest() != blob.sha256:
            raise Corrupt("a blob")
        return data

    def stored(self, folder: str) -> Iterator[StoredBlob]:
        """See `BlobStore.stored`."""
        with translated(WHAT):
            files = sorted(self.root.glob(f"{folder or '*'}/*"))
            for file in files:
                try:
                    key = BlobKey(file.parent.name, file.name)
                    since_s = file.stat().st_mtime
                except (ValueError, FileNotFoundError):  # being written, foreign, or gone by now
                    continue
                yield StoredBlob(key, datetime.fromtimestamp(since_s, UTC))

    def remove(self, keys: Sequence[BlobKey]) -> None:
        """See `BlobStore.remove`."""
        with translated(WHAT):
            folders = {self._file(key).parent for key in keys}
            for key in keys:
                self._file(key).unlink(missing_ok=True)
            for folder in folders:
                if folder.exists():
                    sync(folder)

    def _file(self, key: BlobKey) -> Path:
        return self.root / key.folder / key.name
