"""Documents onto the disk, each whole or not at all."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from clarity.ports.errors import Unavailable
from clarity.ports.report import Document

__all__ = ["write"]


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
