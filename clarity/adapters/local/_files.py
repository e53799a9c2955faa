"""Files that are whole and on the disk, or not there; what the file system says, in port words."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from clarity.ports.errors import Denied, Unavailable

__all__ = ["create", "listed", "make_folder", "on_disk", "sync", "translated", "write"]

OWNER_ONLY: Final = 0o600
OWNER_ONLY_FOLDER: Final = 0o700
STAGING: Final = "staging"
"""Folder of what is being written; whatever is left in it was never finished."""


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Errors of the file system leave the block as errors of the ports about `what`."""
    try:
        yield
    except PermissionError as error:
        raise Denied(f"using {what}") from error
    except OSError as error:
        raise Unavailable(what) from error


def make_folder(path: Path) -> Path:
    """The folder, there for its owner alone."""
    path.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    return path


def listed(folder: Path) -> list[Path]:
    """
    What lies in the folder, in order; nothing where it is not there.

    One that cannot be read is an error: `glob` would take it for an empty one.
    """
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []


def sync(folder: Path) -> None:
    """The entries of the folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(path: Path, data: bytes) -> None:
    """A new file with these bytes, on the disk; its entry in the folder not yet."""
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def on_disk(root: Path) -> Iterator[Path]:
    """A path of one's own in the staging folder of `root`; a file left there is removed."""
    draft = make_folder(root / STAGING) / secrets.token_hex(16)
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def create(root: Path, path: Path, data: bytes) -> None:
    """
    The file `path` with these bytes, whole from its first moment.

    Written beside its place and linked there, which the file system does for one of many at once.

    Raises:
        FileExistsError: the path is taken; nothing was changed.
    """
    make_folder(path.parent)
    with on_disk(root) as draft:
        write(draft, data)
        path.hardlink_to(draft)
    sync(path.parent)
