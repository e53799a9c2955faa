"""Bundles as folders."""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.local._files import (
    STAGING,
    create,
    listed,
    make_folder,
    sync,
    translated,
    write,
)
from clarity.domain.pat.bundle import (
    LARGEST_BUNDLE,
    MANIFEST,
    SIGNATURE_BYTES,
    SIGNATURE_SUFFIX,
    SIGNATURES,
    Bundle,
    BundleSignature,
    BundleTooLarge,
)
from clarity.ports.clock import Clock
from clarity.ports.errors import Corrupt, NotFound
from clarity.ports.model_store import ModelStore, StoredBundle

__all__ = ["DirectoryModelStore"]

WHAT: Final = "the folder of models"
DIGEST: Final = re.compile(r"[0-9a-f]{64}")
MOST_ENTRIES: Final = 64  # in one bundle; five files are usual


@attrs.frozen(kw_only=True)
class DirectoryModelStore(ModelStore):
    """
    One folder per bundle: `bundles/<digest>/{manifest.json, <files>, signatures/<key>.ed25519}`.

    A bundle is written into `staging`, put on the disk and renamed into its place, so it is whole
    or not there, whatever happens in between.

    Attributes:
        root: the folder; made when something is put.
        clock: says when a bundle was put.
    """

    root: Path
    clock: Clock

    def put(self, bundle: Bundle) -> None:
        """See `ModelStore.put`."""
        with translated(WHAT):
            if not self._place(bundle):
                self._require_same(bundle)
            self._sign(bundle)
            self._touch(bundle.digest)

    def get(self, digest: str) -> Bundle:
        """See `ModelStore.get`."""
        with translated(WHAT):
            try:
                return _read_steadily(self._folder(digest))
            except FileNotFoundError as error:
                raise NotFound("the bundle of this model") from error

    def stored(self) -> tuple[StoredBundle, ...]:
        """See `ModelStore.stored`."""
        with translated(WHAT):
            folders = (
                path for path in listed(self.root / "bundles") if DIGEST.fullmatch(path.name)
            )
            found = (self._described(folder) for folder in folders)
            return tuple(described for described in found if described)

    def remove(self, digest: str) -> None:
        """See `ModelStore.remove`."""
        with translated(WHAT):
            draft = make_folder(self.root / STAGING) / secrets.token_hex(16)
            with suppress(FileNotFoundError):
                self._folder(digest).rename(draft)
                sync(self.root / "bundles")
                shutil.rmtree(draft)

    def _folder(self, digest: str) -> Path:
        if not DIGEST.fullmatch(digest):
            raise NotFound("a bundle under what is no digest")
        return self.root / "bundles" / digest

    def _place(self, bundle: Bundle) -> Path | None:
        """The bundle's folder if it was not there; nothing is changed if it was."""
        folder = self._folder(bundle.digest)
        make_folder(folder.parent)
        if folder.exists():
            return None
        draft = make_folder(make_folder(self.root / STAGING) / secrets.token_hex(16))
        try:
            for name, data in (*bundle.files.items(), (MANIFEST, bundle.manifest)):
                write(draft / name, data)
            sync(draft)
            draft.rename(folder)
        except FileExistsError:
            return None
        except OSError:
            if not folder.exists():
                raise
            return None
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        sync(folder.parent)
        return folder

    def _require_same(self, bundle: Bundle) -> None:
        there = self.get(bundle.digest)
        if (there.manifest, there.files) != (bundle.manifest, bundle.files):
            raise Corrupt("the bundle that is there")

    def _sign(self, bundle: Bundle) -> None:
        for signature in bundle.signatures:
            path = self._folder(bundle.digest) / SIGNATURES / f"{signature.key}{SIGNATURE_SUFFIX}"
            with suppress(FileExistsError):
                create(self.root, path, signature.value)

    def _touch(self, digest: str) -> None:
        now_s = self.clock.now().timestamp()
        os.utime(self._folder(digest) / MANIFEST, (now_s, now_s))

    def _described(self, folder: Path) -> StoredBundle | None:
        try:
            since_s = (folder / MANIFEST).stat().st_mtime
            size_bytes = sum(path.stat().st_size for path in _files(folder))
        except FileNotFoundError:
            return None
        return StoredBundle(folder.name, size_bytes, datetime.fromtimestamp(since_s, UTC))


def _files(folder: Path) -> Iterator[Path]:
    """The files of a bundle, signatures not among them; a link is not followed."""
    with os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            if number >= MOST_ENTRIES:
                raise Corrupt("a bundle of very many files")
            if entry.is_file(follow_symlinks=False):
                yield Path(entry)
            elif entry.name != SIGNATURES:
                raise Corrupt("a bundle that holds more than plain files")


def _read_steadily(folder: Path) -> Bundle:
    """The bundle, unless its folder went away meanwhile, when what was read may be a part."""
    before = folder.stat().st_ino
    try:
        return _read(folder)
    finally:
        if folder.stat().st_ino != before:
            raise FileNotFoundError(folder)


def _read(folder: Path) -> Bundle:
    paths = list(_files(folder))
    size_bytes = sum(path.stat().st_size for path in paths)
    if size_bytes > LARGEST_BUNDLE:
        raise BundleTooLarge(size_bytes)
    files = {path.name: path.read_bytes() for path in paths}
    try:
        return Bundle(
            manifest=files.pop(MANIFEST), files=files, signatures=tuple(_signatures(folder))
        )
    except (KeyError, ValueError) as error:
        raise Corrupt("a bundle with unknown files or without a manifest") from error


def _signatures(folder: Path) -> Iterator[BundleSignature]:
    for path in (folder / SIGNATURES).glob(f"*{SIGNATURE_SUFFIX}"):
        with path.open("rb") as file:
            yield BundleSignature(
                path.name.removesuffix(SIGNATURE_SUFFIX), file.read(SIGNATURE_BYTES)
            )
