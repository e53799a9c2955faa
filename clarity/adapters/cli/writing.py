"""Documents onto the disk, each whole or not at all."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from clarity.ports.errors import Unavailable
from clarity.ports.report import Document

__all__ = ["stream", "write"]


def write(documents: Iterable[Document], folder: Path) -> None:
    """
    Every document under `folder`, replacing earlier ones.

    A reader never sees half a document, also when the work is interrupted.

    Raises:
        Unavailable: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for document in documents:
            _replace(folder / document.name, document.content)
    except OSError as error:
        raise Unavailable(f"{folder} ({error.strerror})") from error


def _replace(path: Path, content: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def stream(pieces: Iterable[bytes], path: Path) -> int:
    """
    The pieces as the file `path`, for its owner alone; says how many bytes that were.

    Until the last piece is on the disk an earlier file stays as it is.

    Raises:
        Unavailable: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                size_bytes = sum(file.write(piece) for piece in pieces)
                file.flush()
                os.fsync(descriptor)
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(f"{path} ({error.strerror})") from error
    return size_bytes
