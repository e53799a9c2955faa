"""The parts of a zip file, one after the other and within the limits."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.files._intake import HEAD_BYTES
from clarity.adapters.files.limits import Limits
from clarity.ports.unreadable import DamagedFile, TooBig

__all__ = ["Zipped"]

_MAX_DIRECTORY: Final = 16 << 20
_TAIL: Final = 65_557
"""The end record of a zip file and the longest comment behind it, bytes."""

_END: Final = b"PK\x05\x06"
_READ_ERRORS: Final = (
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)  # what zipfile raises on damaged files


@attrs.frozen(kw_only=True)
class Zipped:
    """
    A zip file on the disk.

    Attributes:
        path: where it lies.
        file: name for errors.
        limits: how much of it is taken.
    """

    path: Path
    file: str
    limits: Limits

    def parts(self) -> tuple[zipfile.ZipInfo, ...]:
        """
        What is in it.

        Raises:
            TooBig: its table of contents has no end.
            DamagedFile: it is no whole zip file.
        """
        self._refuse_directory()
        with self._translated(), closing(zipfile.ZipFile(self.path)) as archive:
            return tuple(archive.infolist())

    def content(self, part: zipfile.ZipInfo) -> Iterator[bytes]:
        """
        The bytes of a part, 64 KiB at a time.

        Raises:
            TooBig: it has too many, or grows too much when it is unpacked.
            DamagedFile: they are not those that were packed.
        """
        self._refuse_growth(part.file_size, part.compress_size)
        given = 0
        with (
            self._translated(),
            closing(zipfile.ZipFile(self.path)) as archive,
            archive.open(part) as stream,
        ):
            while piece := stream.read(HEAD_BYTES):
                given += len(piece)
                self._refuse_growth(given, part.compress_size)
                yield piece

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except _READ_ERRORS as error:
            raise DamagedFile(file=self.file, detail="the zip file") from error

    def _refuse_directory(self) -> None:
        """A table of contents without end is refused before it is read."""
        with self.path.open("rb") as stream:
            stream.seek(max(0, self.path.stat().st_size - _TAIL))
            tail = stream.read(_TAIL)
        at = tail.rfind(_END)
        if at >= 0 and int.from_bytes(tail[at + 12 : at + 16], "little") > _MAX_DIRECTORY:
            raise TooBig(file=self.file, detail="a zip file with too many parts")

    def _refuse_growth(self, given: int, packed: int) -> None:
        limits = self.limits
        if given > limits.max_bytes:
            raise TooBig(file=self.file, detail=f"more than {limits.max_bytes:,} bytes")
        if given > limits.growth_from_bytes and given > limits.max_growth * packed:
            raise TooBig(
                file=self.file,
                detail=f"it unpacks to more than {limits.max_growth} times its size",
            )
