"""Bundles in S3."""

import re
import secrets
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.aws._errors import ConditionFailed
from clarity.adapters.aws.s3._bundles import (
    Index,
    PlacedFile,
    index_bytes,
    index_of,
    placed,
    read_index,
)
from clarity.adapters.aws.s3._drafts import on_disk
from clarity.adapters.aws.s3.bucket import Bucket, Listed
from clarity.domain.pat.artifact import sha256_of
from clarity.domain.pat.bundle import LARGEST_BUNDLE, MANIFEST, Bundle, BundleTooLarge
from clarity.ports.clock import Clock
from clarity.ports.errors import Corrupt, NotFound, PortError, TooLarge, Unavailable
from clarity.ports.health import Pingable
from clarity.ports.model_store import ModelStore, StoredBundle

__all__ = ["S3ModelStore"]

DIGEST: Final = re.compile(r"[0-9a-f]{64}")
INDEX: Final = re.compile(r"bundles/([0-9a-f]{64})\.json")
LARGEST_INDEX: Final = 1024 * 1024
ROUNDS: Final = 256
"""How often others may be first before it is given up; one of them succeeds in every round."""

ABANDONED: Final = timedelta(days=1)
"""An upload without an index that is older was never finished."""

NEVER: Final = datetime.min.replace(tzinfo=UTC)

BUSY: Final = "a bundle that others keep changing"
GONE: Final = "the bundle of this model"


@attrs.frozen(kw_only=True)
class S3ModelStore(ModelStore, Pingable):
    """
    `bundles/<digest>.json` says which files make the bundle, `files/<digest>/<upload>/` has them.

    The index is written after all files, on the condition that there is none, and goes before them;
    every upload has a place of its own. So a bundle is whole or not there, whoever puts, gets and
    removes it at once. What an upload that died has left is never read; it goes with the bundle,
    a day later or more.

    Attributes:
        bucket: where models lie.
        clock: says when a bundle was put.
        folder: where files lie while they are fetched; made when it is needed.
    """

    bucket: Bucket
    clock: Clock
    folder: Path

    def put(self, bundle: Bundle) -> None:
        """See `ModelStore.put`."""
        for _ in range(ROUNDS):
            found = self._index(_key(bundle.digest))
            with suppress(ConditionFailed, NotFound):
                if found is None:
                    self._place(bundle)
                else:
                    self._put_again(bundle, *found)
                return
        raise Unavailable(BUSY)

    def get(self, digest: str) -> Bundle:
        """See `ModelStore.get`."""
        if not DIGEST.fullmatch(digest):
            raise NotFound("a bundle under what is no digest")
        for _ in range(ROUNDS):
            index = self._required(digest)
            if index.size_bytes > LARGEST_BUNDLE:
                raise BundleTooLarge(index.size_bytes)
            try:
                return self._fetched(digest, index)
            except NotFound as error:
                if self._required(digest).upload == index.upload:
                    raise Corrupt("a bundle that lacks a file") from error
        raise Unavailable(BUSY)

    def stored(self) -> tuple[StoredBundle, ...]:
        """See `ModelStore.stored`."""
        named = (INDEX.fullmatch(listed.key) for listed in self.bucket.listed("bundles/"))
        found = ((name[1], self._index(name[0])) for name in named if name)
        return tuple(
            StoredBundle(digest, one[0].size_bytes, one[0].since) for digest, one in found if one
        )

    def remove(self, digest: str) -> None:
        """See `ModelStore.remove`."""
        if not DIGEST.fullmatch(digest):
            return
        uploads = set()
        for _ in range(ROUNDS):
            found = self._index(_key(digest))
            with suppress(ConditionFailed, NotFound):
                if found is not None:
                    uploads.add(found[0].upload)
                    self.bucket.remove(_key(digest), etag=found[1])
                self._clear(digest, uploads, before=self.clock.now() - ABANDONED)
                return
        raise Unavailable(BUSY)

    def ping(self) -> str:
        """Where the models lie, after asking."""
        return self.bucket.reached()

    def _place(self, bundle: Bundle) -> None:
        """The files, then the index that makes them count."""
        index = index_of(bundle, upload=secrets.token_hex(16), since=self.clock.now())
        folder = _folder(bundle.digest, index)
        try:
            for name, data in (*bundle.files.items(), (MANIFEST, bundle.manifest)):
                self.bucket.write(folder + name, data)
        except PortError:
            with suppress(PortError):
                self._clear(bundle.digest, {index.upload})
            raise
        self._point_at(bundle.digest, index)

    def _point_at(self, digest: str, index: Index) -> None:
        """The index is there; it may be already, when the answer to its writing was lost."""
        try:
            self.bucket.create(_key(digest), index_bytes(index))
        except ConditionFailed:
            found = self._index(_key(digest))
            if found is not None and found[0].upload == index.upload:
                return
            self._clear(digest, {index.upload})
            raise

    def _put_again(self, bundle: Bundle, index: Index, etag: str) -> None:
        if index.files != placed(bundle):
            raise Corrupt("the bundle that is there")
        again = index.put_again(bundle.signatures, self.clock.now())
        self.bucket.replace(_key(bundle.digest), index_bytes(again), etag=etag)

    def _clear(self, digest: str, uploads: Collection[str], *, before: datetime = NEVER) -> None:
        """The files of the uploads are gone, and whatever was written before that time."""

        def let_go(listed: Listed) -> bool:
            return listed.key.split("/")[2] in uploads or listed.modified < before

        there = self.bucket.listed(f"files/{digest}/")
        self.bucket.remove_all([listed.key for listed in there if let_go(listed)])

    def _required(self, digest: str) -> Index:
        found = self._index(_key(digest))
        if found is None:
            raise NotFound(GONE)
        return found[0]

    def _index(self, key: str) -> tuple[Index, str] | None:
        try:
            held = self.bucket.read(key, most=LARGEST_INDEX)
        except NotFound:
            return None
        except TooLarge as error:
            raise Corrupt("the index of a bundle") from error
        return read_index(held.data), held.etag

    def _fetched(self, digest: str, index: Index) -> Bundle:
        folder = _folder(digest, index)
        files = {file.name: self._file(folder + file.name, file) for file in index.files}
        manifest = files.pop(MANIFEST, b"")
        if sha256_of(manifest) != digest:
            raise Corrupt("a bundle of another manifest")
        return Bundle(manifest=manifest, files=files, signatures=index.signatures)

    def _file(self, key: str, file: PlacedFile) -> bytes:
        """The file, read into memory after all of it has come and is what was recorded."""
        with on_disk(self.folder) as draft:
            if self.bucket.fetch(key, draft, most=file.size_bytes) != file.sha256:
                raise Corrupt("a file of a bundle")
            draft.seek(0)
            return draft.read()


def _key(digest: str) -> str:
    return f"bundles/{digest}.json"


def _folder(digest: str, index: Index) -> str:
    return f"files/{digest}/{index.upload}/"
