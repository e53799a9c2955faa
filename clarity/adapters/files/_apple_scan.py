"""
The records of an Apple Health export, streamed: kept ones as compact arrays, the rest passed over.

Hostile XML is refused before it costs memory: entities, deep nesting, endless elements, and names
without number.
"""

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final
from xml.parsers import expat

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._apple_grid import Records
from clarity.adapters.files._apple_streams import STREAMS, Stream
from clarity.adapters.files._apple_times import seconds_of
from clarity.adapters.files._table import Values
from clarity.ports.unreadable import (
    DamagedFile,
    HostileFile,
    TooBig,
    UnreadableRecording,
)

__all__ = ["Kept", "Scan", "without_doctype"]

Numbers = npt.NDArray[np.generic]

_LAST: Final = True
_BATCH: Final = 1_024
_MAX_DEPTH: Final = 32
_MAX_ELEMENT: Final = 4 << 20
_MAX_NAMES: Final = 2_000
_MAX_SOURCES: Final = 250
_MAX_NAME: Final = 1_000
_MAX_NAMED: Final = 100_000
_MAX_TEXTS: Final = 1_000
_MAX_ZONE: Final = 64
_OFFSET: Final = len("+0100")
_LOOK_AHEAD: Final = 1_000_000
_MAX_DOCTYPE: Final = 1 << 18
_DOCTYPE: Final = re.compile(rb"<!DOCTYPE[^>\[]*\[.*?\]\s*>", re.DOTALL)


def without_doctype(pieces: Iterable[bytes], file: str) -> Iterator[bytes]:
    """
    The bytes without the document type at their beginning, which some exports have in error.

    Raises:
        HostileFile: it declares an entity.
    """
    begun = b""
    stream = iter(pieces)
    for piece in stream:
        begun += piece
        if b"<HealthData " in begun or b"<HealthData>" in begun or len(begun) > _MAX_DOCTYPE:
            break
    at = begun.find(b"<!DOCTYPE", 0, _MAX_DOCTYPE)
    found = _DOCTYPE.match(begun, at, _MAX_DOCTYPE) if at >= 0 else None
    if found:
        if b"<!ENTITY" in found[0]:
            raise HostileFile(file=file, detail="it declares entities")
        blank = b"\n" * found[0].count(b"\n")
        begun = begun[: found.start()] + blank + begun[found.end() :]
    yield begun
    yield from stream


@attrs.define
class _Packed:
    """Records in arrays that grow in place and leave nothing behind when they go."""

    starts: "array[int]" = attrs.field(factory=lambda: array("I"))
    lengths: "array[int]" = attrs.field(factory=lambda: array("I"))
    values: "array[float]" = attrs.field(factory=lambda: array("d"))
    sources: "array[int]" = attrs.field(factory=lambda: array("B"))

    def extend(self, starts: Numbers, lengths: Numbers, values: Numbers, sources: Numbers) -> None:
        """The next records."""
        self.starts.frombytes(starts.astype(np.uint32).tobytes())
        self.lengths.frombytes(lengths.astype(np.uint32).tobytes())
        self.values.frombytes(values.astype(np.float64).tobytes())
        self.sources.frombytes(sources.astype(np.uint8).tobytes())

    def records(self) -> Records:
        """Views of the arrays."""
        return Records(
            starts=np.frombuffer(self.starts, dtype=np.uint32),
            lengths=np.frombuffer(self.lengths, dtype=np.uint32),
            values=np.frombuffer(self.values, dtype=np.float64),
            sources=np.frombuffer(self.sources, dtype=np.uint8),
        )


@attrs.define(kw_only=True)
class Kept:
    """
    The records of one stream.

    Attributes:
        stream: which one.
        left_out: records in another unit, of another category, or without times.
        offsets: some of the offsets from UTC at which the records were written.
    """

    stream: Stream
    left_out: int = 0
    offsets: set[str] = attrs.field(factory=set)
    _taken: int = 0
    _starts: list[str] = attrs.field(factory=list)
    _ends: list[str] = attrs.field(factory=list)
    _texts: list[str] = attrs.field(factory=list)
    _scales: list[float] = attrs.field(factory=list)
    _sources: list[int] = attrs.field(factory=list)
    _packed: _Packed = attrs.field(factory=_Packed)

    def add(self, attributes: dict[str, str], source: int, file: str) -> int:
        """
        Take a record; how many wait to be packed.

        Raises:
            HostileFile: its times or its value are longer than any.
        """
        try:
            start, end, text = attributes["startDate"], attributes["endDate"], attributes["value"]
        except KeyError:
            self.left_out += 1
            return 0
        scale = self.stream.units.get(attributes.get("unit"))
        if scale is None:
            self.left_out += 1
            return 0
        if len(start) + len(end) + len(text) > _MAX_TEXTS:
            raise HostileFile(file=file, detail="times or values without end")
        self._starts.append(start)
        self._ends.append(end)
        self._texts.append(text)
        self._scales.append(scale)
        self._sources.append(source)
        return len(self._starts)

    def pack(self, file: str) -> None:
        """
        Turn the waiting records into arrays.

        Raises:
            UnreadableRecording: a time or value is none; names the record.
        """
        if not self._starts:
            return
        count = len(self._starts)
        try:
            starts = seconds_of(self._starts, file)
            ends = seconds_of(self._ends, file)
            values = self._values(file)
        except UnreadableRecording as error:
            at = f"{self.stream.name} record {self._taken + error.line:,}"
            what = f"{at}: {error.detail}" if error.detail else at
            raise attrs.evolve(error, line=0, detail=what) from error
        self.offsets.add(self._starts[0][-_OFFSET:])
        length = ends - starts
        good = (length >= 0) & (length <= self.stream.longest_s) & ~np.isnan(values)
        self.left_out += count - int(np.count_nonzero(good))
        self._packed.extend(starts[good], length[good], values[good], np.array(self._sources)[good])
        self._taken += count
        for waiting in (self._starts, self._ends, self._texts, self._scales, self._sources):
            waiting.clear()

    def _values(self, file: str) -> npt.NDArray[np.float64]:
        codes = self.stream.codes
        if codes is not None:
            return np.array([codes.get(text, np.nan) for text in self._texts], dtype=np.float64)
        return Values(file=file).of(self._texts, range(1, len(self._texts) + 1)) * self._scales

    def records(self) -> Records:
        """All records, in the order of the export; they are let go."""
        packed, self._packed = self._packed, _Packed()
        return packed.records()

    @property
    def empty(self) -> bool:
        """Whether no record was packed."""
        return not self._packed.starts


@attrs.define(kw_only=True)
class Scan:
    """
    One pass over an export.

    Attributes:
        file: name for errors.
        kept: the streams by the type of their records.
        sources: number of every source by name.
        zones: how often each time zone is named.
        look_ahead: called once, after a million records: refuses what goes beyond the limits.
    """

    file: str
    max_records: int
    look_ahead: Callable[[], None] = attrs.field(default=lambda: None)
    kept: dict[str, Kept] = attrs.field(
        factory=lambda: {stream.type: Kept(stream=stream) for stream in STREAMS}
    )
    sources: dict[str, int] = attrs.field(factory=dict)
    zones: Counter[str] = attrs.field(factory=Counter)
    _names: set[str] = attrs.field(factory=set)
    _known: int = 0
    _depth: int = 0
    _records: int = 0
    _root: str = ""

    def run(self, pieces: Iterable[bytes]) -> None:
        """
        Read it all.

        Raises:
            DamagedFile: it is no whole XML.
            HostileFile: it has entities, is nested too deep, or has too many names.
            TooBig: an element has no end, or there are too many records or sources.
            UnreadableRecording: a record has a bad time or value.
        """
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.EntityDeclHandler = self._entity
        fed = 0
        try:
            for piece in pieces:
                fed += len(piece)
                parser.Parse(piece)
                if fed - parser.CurrentByteIndex > _MAX_ELEMENT:
                    raise TooBig(file=self.file, detail=f"an element of {_MAX_ELEMENT:,} bytes")
            parser.Parse(b"", _LAST)
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise DamagedFile(file=self.file, line=parser.CurrentLineNumber) from error
        if self._root != "HealthData":
            raise DamagedFile(file=self.file, line=1, detail="no HealthData in it")
        for kept in self.kept.values():
            kept.pack(self.file)

    def _entity(self, *_: object) -> None:
        raise HostileFile(file=self.file, detail="it declares entities")

    def _end(self, _: str) -> None:
        self._depth -= 1

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._names.update(attributes)
        self._names.add(name)
        if self._depth > _MAX_DEPTH or len(self._names) > self._known:
            self._refuse_endless()
        if name != "Record":
            self._other(name, attributes)
            return
        kept = self.kept.get(attributes.get("type", ""))
        if kept is None:
            return
        self._records += 1
        source = self._source(attributes.get("sourceName", ""))
        if kept.add(attributes, source, self.file) >= _BATCH:
            if self._records > self.max_records:
                raise TooBig(file=self.file, detail=f"more than {self.max_records:,} values")
            kept.pack(self.file)
        if self._records == _LOOK_AHEAD:
            self.look_ahead()

    def _refuse_endless(self) -> None:
        self._known = len(self._names)
        letters = sum(map(len, self._names))
        if self._depth > _MAX_DEPTH or self._known > _MAX_NAMES or letters > _MAX_NAMED:
            raise HostileFile(file=self.file, detail="elements or names without end")

    def _source(self, name: str) -> int:
        if len(name) > _MAX_NAME:
            raise HostileFile(file=self.file, detail="the name of a source without end")
        number = self.sources.setdefault(name, len(self.sources))
        if number > _MAX_SOURCES:
            raise TooBig(file=self.file, detail=f"more than {_MAX_SOURCES} sources")
        return number

    def _other(self, name: str, attributes: dict[str, str]) -> None:
        self._root = self._root or name
        names_zone = name == "MetadataEntry" and attributes.get("key") == "HKTimeZone"
        if names_zone and len(self.zones) < _MAX_SOURCES:
            self.zones[attributes.get("value", "")[:_MAX_ZONE]] += 1
