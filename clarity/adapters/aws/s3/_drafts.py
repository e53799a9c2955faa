"""Files of this machine that hold what is on its way, and are gone when it has come."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

from clarity.ports.errors import Denied, Unavailable

__all__ = ["on_disk"]

OWNER_ONLY_FOLDER: Final = 0o700
WHAT: Final = "the folder for what is being fetched"


@contextmanager
def on_disk(folder: Path) -> Iterator[IO[bytes]]:
    """
    An empty file in the folder that has no name and vanishes at the end, also when we die.

    Raises:
        Denied, Unavailable: the file system refuses.
    """
    try:
        folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
        with TemporaryFile(dir=folder) as draft:
            yield draft
    except PermissionError as error:
        raise Denied(f"using {WHAT}") from error
    except OSError as error:
        raise Unavailable(WHAT) from error
