"""Documents onto the disk, each whole or not at all."""

import errno
import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

from clarity.ports.dossier import Piece
from clarity.ports.errors import Unavailable
from clarity.ports.report import Document

__all__ = ["scatter", "stream", "write"]

NEW: Final = os.O_CREAT | os.O_EXCL | os.O_WRONLY
"""How a file is opened that must not be there yet."""


def write(documents: Sequence[Document], folder: Path) -> None:
    """
    Every document under `folder`, replacing earlier ones.

    A reader never sees half a document, also when the work is interrupted. The last document stands
    there only beside those that it was written with.

    Raises:
        Unavailable: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / documents[-1].name).unlink(missing_ok=True)
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
        Unavailable: the file cannot be written, or a device or a pipe is in its place.
    """
    try:
        _refuse_no_file(path)
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


def _refuse_no_file(path: Path) -> None:
    """A pipe or a device that is there would be replaced by a file."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "no regular file")


def scatter(pieces: Iterable[Piece], folder: Path) -> tuple[str, ...]:
    """
    The pieces as files in `folder`, for their owner alone; gives the names, in order.

    Until the last piece is on the disk earlier files stay as they are.

    Raises:
        Unavailable: the folder cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as draft:
            names = _drafted(pieces, Path(draft))
            for name in names:
                (Path(draft) / name).replace(folder / name)
    except OSError as error:
        raise Unavailable(f"{folder} ({error.strerror})") from error
    return names


def _drafted(pieces: Iterable[Piece], folder: Path) -> tuple[str, ...]:
    """The files are in `folder` and on the disk; gives their names, in order."""
    files: dict[str, BinaryIO] = {}
    with ExitStack() as stack:
        for piece in pieces:
            if piece.name not in files:
                handle = os.open(folder / piece.name, NEW, 0o600)
                files[piece.name] = stack.enter_context(os.fdopen(handle, "wb"))
            files[piece.name].write(piece.content)
        for file in files.values():
            file.flush()
            os.fsync(file.fileno())
    return tuple(files)
