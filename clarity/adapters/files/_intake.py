"""
Bytes of a source as lines of text: unpacked, bounded, digested, or refused with the line.

Limits hold before memory is used: the unpacked size, the growth of packed files, and the length of
a line.
"""

import codecs
import gzip
import hashlib
import io
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias, cast

import attrs

from clarity.adapters.files.limits import Limits
from clarity.ports.recordings import Source
from clarity.ports.unreadable import (
    DamagedArchive,
    EmptyRecording,
    MisencodedText,
    NotText,
    PackedFile,
    TooBig,
    UnopenableFile,
)

__all__ = ["HEAD_BYTES", "ZIP", "Intake", "head_text", "label_of", "lines_of", "no_text"]

HEAD_BYTES: Final = 65_536
"""How much of the content tells its format, bytes."""

ZIP: Final = b"PK\x03\x04"
"""How a zip file begins."""

_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_GZIP: Final = b"\x1f\x8b"
_FEW: Final = 1_000
_MOSTLY: Final = 0.8
"""Share of characters below 256 by which UTF-16 without a mark is known: a table is digits."""

_Check: TypeAlias = Callable[[int], None]
_ENDINGS: Final = (".gz", ".csv", ".txt", ".tsv", ".agd", ".awd", ".json", ".xml", ".zip", ".gt3x")


class _Digested(io.RawIOBase):
    """The packed bytes on their way in, counted and digested."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._sha = hashlib.sha256()
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        piece = self._stream.read(len(view))
        view[: len(piece)] = piece
        self._sha.update(piece)
        self.taken += len(piece)
        return len(piece)

    def hexdigest(self) -> str:
        return self._sha.hexdigest()


class _Bounded(io.RawIOBase):
    """The unpacked bytes, counted and refused beyond the limits."""

    def __init__(self, inner: BinaryIO, check: _Check) -> None:
        self._inner = inner
        self._check = check
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        piece = self._inner.read(len(view))
        view[: len(piece)] = piece
        self._given += len(piece)
        self._check(self._given)
        return len(piece)


@attrs.define
class Intake:
    """
    One source, read from the first byte each time it is asked.

    `digest` is known after `lines` came to its end.
    """

    source: Source
    limits: Limits = attrs.field(factory=Limits)
    digest: str = ""

    def head(self) -> bytes:
        """
        The first unpacked bytes.

        Raises:
            EmptyRecording: there is none.
            UnreadableRecording: the source cannot be opened or unpacked.
        """
        with self._translated(), self._opened() as (stream, _):
            head = stream.read(HEAD_BYTES)
        if not head:
            raise EmptyRecording(file=self.source.name)
        return head

    def head_text(self) -> str:
        """
        The whole lines of the head as text.

        Raises:
            NotText, PackedFile: it is binary.
            UnreadableRecording: the source is empty, or cannot be opened or unpacked.
        """
        head = self.head()
        if not _encoding(head):
            raise no_text(head, self.source.name)
        return head_text(head)

    def head_lines(self) -> list[str]:
        """The lines of `head_text`, divided as those of `lines`, without their ends."""
        return lines_of(self.head_text())

    def lines(self) -> Iterator[str]:
        """
        The text, line by line with its line ends.

        Raises:
            UnreadableRecording: no text, misencoded, damaged, or beyond a limit.
        """
        head = self.head()
        encoding = _encoding(head)
        if not encoding:
            raise no_text(head, self.source.name)
        with self._translated(), self._opened() as (stream, raw):
            text = io.TextIOWrapper(stream, encoding=encoding, newline="")
            number = 0
            while line := text.readline(self.limits.max_line + 1):
                number += 1
                if len(line) > self.limits.max_line:
                    raise TooBig(
                        file=self.source.name,
                        line=number,
                        detail=f"a line of more than {self.limits.max_line:,} characters",
                    )
                yield line
            self.digest = raw.hexdigest()

    def pieces(self) -> Iterator[bytes]:
        """
        The unpacked bytes, 64 KiB at a time.

        Raises:
            UnreadableRecording: it cannot be opened or unpacked, or is beyond a limit.
        """
        with self._translated(), self._opened() as (stream, raw):
            while piece := stream.read(HEAD_BYTES):
                yield piece
            self.digest = raw.hexdigest()

    def run_through(self) -> None:
        """
        Read to the end and keep nothing.

        Raises:
            UnreadableRecording: it cannot be unpacked, or is beyond a limit.
        """
        for _ in self.pieces():
            continue

    def look_ahead(self, mark: bytes, most: int, what: str) -> None:
        """
        Read to the end and keep nothing, so that what is too big is refused before memory is used.

        Args:
            mark: what to count.
            most: how often it may come.
            what: which limit that is, for the refusal.

        Raises:
            TooBig: it comes more often.
            UnreadableRecording: it cannot be unpacked, or is beyond another limit.
        """
        found = 0
        for piece in self.pieces():
            found += piece.count(mark)
            if found > most:
                raise TooBig(file=self.source.name, detail=what)

    @contextmanager
    def spooled(self, *, ending: str) -> Iterator[Path]:
        """
        The unpacked bytes as a file of their own with this ending, gone after the block.

        Raises:
            UnreadableRecording: it cannot be opened or unpacked, or is beyond a limit.
        """
        with tempfile.NamedTemporaryFile(prefix="clarity-", suffix=ending) as file:
            for piece in self.pieces():
                file.write(piece)
            file.flush()
            yield Path(file.name)

    def _first_bad_line(self) -> int:
        """The line with the first byte that is no UTF-8; 0 when it is not known."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        line = 1
        with suppress(EOFError, OSError, zlib.error, TooBig), self._opened() as (stream, _):
            if stream.peek(2)[:2] in _MARKS:
                return 0
            while piece := stream.read(HEAD_BYTES):
                try:
                    decoder.decode(piece)
                except UnicodeDecodeError as error:
                    return line + error.object[: error.start].count(b"\n")
                line += piece.count(b"\n")
        return 0

    def _check_size(self, given: int, taken: int) -> None:
        """Refuse what unpacks beyond the limits."""
        if given > self.limits.max_bytes:
            raise TooBig(file=self.source.name, detail=f"more than {self.limits.max_bytes:,} bytes")
        if given > self.limits.growth_from_bytes and given > self.limits.max_growth * taken:
            raise TooBig(
                file=self.source.name,
                detail=f"it unpacks to more than {self.limits.max_growth} times its size",
            )

    @contextmanager
    def _opened(self) -> Iterator[tuple[io.BufferedReader, _Digested]]:
        with self.source.open() as stream:
            start = stream.read(len(_GZIP))
        with self.source.open() as stream:
            raw = _Digested(stream)
            packed = cast("BinaryIO", io.BufferedReader(raw, HEAD_BYTES))
            inner = packed
            if start == _GZIP:
                inner = cast("BinaryIO", gzip.GzipFile(fileobj=packed, mode="rb"))
            bounded = _Bounded(inner, lambda given: self._check_size(given, raw.taken))
            yield io.BufferedReader(bounded, HEAD_BYTES), raw

    @contextmanager
    def _translated(self) -> Iterator[None]:
        name = self.source.name
        try:
            yield
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DamagedArchive(file=name) from error
        except UnicodeError as error:
            raise MisencodedText(file=name, line=self._first_bad_line()) from error
        except OSError as error:
            raise UnopenableFile(file=name, detail=error.strerror or "") from error


def _encoding(head: bytes) -> str:
    """How the text is encoded, "" when it is none."""
    if head[:2] in _MARKS:
        return "utf-16"
    if b"\0" not in head:
        return "utf-8-sig"
    even, odd = (head[at:_FEW:2].count(0) for at in (0, 1))
    most = len(head[:_FEW]) // 2 * _MOSTLY
    if even == 0 and odd > most:
        return "utf-16-le"
    return "utf-16-be" if odd == 0 and even > most else ""


def no_text(head: bytes, file: str) -> NotText | PackedFile:
    """The refusal of bytes that are no text."""
    return PackedFile(file=file) if head.startswith(ZIP) else NotText(file=file)


def head_text(head: bytes) -> str:
    """
    The whole lines of a head as text; "" when it is no text.

    The last line is left out when the head ends inside it.
    """
    encoding = _encoding(head)
    if not encoding:
        return ""
    text = head.decode(encoding, errors="replace")
    if len(head) < HEAD_BYTES:
        return text
    return text[: max(text.rfind("\n"), text.rfind("\r")) + 1]


def lines_of(text: str) -> list[str]:
    """The lines without their ends; divided where `Intake.lines` divides, and nowhere else."""
    return [line.rstrip("\r\n") for line in io.StringIO(text, newline="")]


def label_of(name: str) -> str:
    """The label that a file name gives: its last part without `.csv.gz` and the like."""
    label = name.replace("\\", "/").rsplit("/", 1)[-1]
    while label.lower().endswith(_ENDINGS) and label.rsplit(".", 1)[0]:
        label = label.rsplit(".", 1)[0]
    return label or "recording"
