"""The objects of a JSON list one after the other, in bounded memory and without long steps."""

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from clarity.adapters.files._intake import HEAD_BYTES, Intake
from clarity.ports.unreadable import DamagedFile, MisencodedText, NoSuchColumn, TooBig

__all__ = ["Item", "json_items"]

Item = Mapping[str, object]
"""An object; its numbers are the texts of the file."""

_MAX_ITEM: Final = 4 << 20
"""Most characters of an object; a night of Fitbit has some 100,000."""

_BLANK: Final = re.compile(r"[ \t\r\n]*")
_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str)


@attrs.define
class _Window:
    """The part of the text that is looked at."""

    file: str
    _pieces: Iterator[bytes]
    _decoder: codecs.IncrementalDecoder = attrs.field(
        factory=codecs.getincrementaldecoder("utf-8-sig")
    )
    _text: str = ""
    _at: int = 0

    def mark(self) -> str:
        """The next character that is not blank, "" at the end."""
        while True:
            blank = _BLANK.match(self._text, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def step(self) -> str:
        """The next character that is not blank, which is then behind."""
        mark = self.mark()
        self._at += 1
        return mark

    def value(self) -> object:
        """The next value, which is then behind."""
        while True:
            try:
                value, self._at = _DECODER.raw_decode(self._text, self._at)
            except RecursionError as error:
                raise DamagedFile(file=self.file, detail="lists without end") from error
            except ValueError as error:
                if len(self._text) - self._at > _MAX_ITEM:
                    detail = f"an object of more than {_MAX_ITEM:,} characters"
                    raise TooBig(file=self.file, detail=detail) from error
                if not self._more():
                    raise DamagedFile(file=self.file, detail="no JSON") from error
            else:
                return value

    def _more(self) -> bool:
        """Whether there was more; what is left at least doubles, so that few values are tried."""
        parts = [self._text[self._at :]]
        wanted = max(HEAD_BYTES, len(parts[0]))
        while wanted > 0 and (piece := next(self._pieces, b"")):
            parts.append(self._decoded(piece))
            wanted -= len(piece)
        if wanted > 0:
            self._decoded(b"")
        self._text, self._at = "".join(parts), 0
        return len(parts) > 1

    def _decoded(self, piece: bytes) -> str:
        try:
            return self._decoder.decode(piece, not piece)
        except UnicodeDecodeError as error:
            raise MisencodedText(file=self.file) from error


def json_items(intake: Intake) -> Iterator[Item]:
    """
    The objects of the list that the source is.

    Raises:
        NoSuchColumn: it is no list of objects.
        UnreadableRecording: no JSON, misencoded, damaged, or beyond a limit.
    """
    file = intake.source.name
    intake.head()
    window = _Window(file, intake.pieces())
    begin = window.step()
    if begin != "[":
        raise NoSuchColumn(file=file, detail="a list of objects with dateTime and value")
    mark = window.step() if window.mark() == "]" else ","
    while mark == ",":
        item = window.value() if window.mark() else None
        if not isinstance(item, dict):
            raise _no_object(file, item)
        yield item
        mark = window.step()
    if mark != "]" or window.mark():
        raise DamagedFile(file=file, detail="no JSON")


def _no_object(file: str, item: object) -> DamagedFile | NoSuchColumn:
    if item is None:
        return DamagedFile(file=file, detail="no JSON")
    return NoSuchColumn(file=file, detail="a list of objects with dateTime and value")
