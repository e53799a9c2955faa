"""
The log of an ActiGraph .gt3x file: records of a second each, streamed, their samples unpacked.

A record is a separator (0x1E), a kind, the second of the device's clock and the size of the payload
(little-endian, 4 and 2 bytes), the payload, and a checksum: all bytes with it give 0xFF by
exclusive or. Of its kinds three are read: ACTIVITY (0; y, x and z in 12 bits each, the most
significant first), ACTIVITY2 (26; x, y and z in 16 bits each, the least significant byte first) and
PARAMETERS (21; pairs of a key and a number, of which one is the scale). Zeros may stand between
records. A payload of one byte tells that the device was plugged in.

Source: ActiGraph, GT3X-File-Format, https://github.com/actigraph/GT3X-File-Format.
"""

import re
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.ports.unreadable import DamagedFile

__all__ = ["Block", "Log"]

Bytes = npt.NDArray[np.uint8]
Samples = npt.NDArray[np.int16]

_SEPARATOR: Final = 0x1E
_AROUND: Final = 9
"""Bytes of a record beside its payload."""

_AT_ONCE: Final = 1 << 20
_LONGEST: Final = _AROUND + 0xFFFF
_WHOLE: Final = 0xFF
_BETWEEN: Final = (b"\x1e", b"\0", b"")
"""
What may follow a record. After a damaged stretch this is asked for too: one of 256 false beginnings
has a fitting checksum.
"""
_ZEROS: Final = re.compile(rb"\0+")
_PARAMETERS: Final = 21
_PAIR: Final = struct.Struct("<HHI")
_SCALE_KEY: Final = (0, 55)
_LARGEST_SCALE: Final = 32_768.0
_MAX_FALSE: Final = 100_000
"""Separators that begin no record; a log with more of them is no log."""


@attrs.frozen(kw_only=True)
class Block:
    """
    Some seconds with as many samples each.

    Attributes:
        at: (k,) int64, seconds of the device's clock since a naive 1970.
        g: (k, n, 3) float64, x, y and z in g.
    """

    at: npt.NDArray[np.int64]
    g: npt.NDArray[np.float64]


def _activity(payloads: Bytes) -> Samples:
    """(k, n, 3) int16 out of (k, size) with three bytes to each two numbers."""
    size = payloads.shape[1]
    count = 8 * size // 36
    whole = np.pad(payloads, ((0, 0), (0, -size % 3))).reshape(len(payloads), -1, 3)
    first, middle, last = np.moveaxis(whole.astype(np.int16), 2, 0)
    pairs = np.stack((first << 4 | middle >> 4, (middle & 0xF) << 8 | last), axis=2)
    numbers = (pairs.reshape(len(payloads), -1)[:, : 3 * count] ^ 0x800) - 0x800
    return numbers.reshape(len(payloads), count, 3)[:, :, [1, 0, 2]]


def _activity2(payloads: Bytes) -> Samples:
    """(k, n, 3) int16 out of (k, size) with two bytes to each number."""
    count = payloads.shape[1] // 6
    numbers = np.ascontiguousarray(payloads[:, : 6 * count]).view("<i2")
    return np.asarray(numbers.reshape(len(payloads), count, 3), dtype=np.int16)


_UNPACKED: Final[Mapping[int, Callable[[Bytes], Samples]]] = {0: _activity, 26: _activity2}


@attrs.define
class _Found:
    """
    The whole records in some data.

    Attributes:
        until: where a record may still begin.
        done: how much of the data is done with.
        places: where records begin, by kind and size.
    """

    until: int
    done: int = 0
    places: dict[tuple[int, int], list[int]] = attrs.field(factory=dict)

    def add(self, kind: int, size: int, at: int) -> None:
        self.places.setdefault((kind, size), []).append(at)


@attrs.define(kw_only=True)
class Log:
    """
    One pass over a log.

    Attributes:
        file: name for errors.
        scale: numbers per g; the log may know better than who begins.
        lost: stretches in which no record was whole.
    """

    file: str
    scale: float
    lost: int = 0
    _begun: bool = False
    _astray: bool = False
    _false: int = 0

    def blocks(self, pieces: Iterable[bytes]) -> Iterator[Block]:
        """
        The seconds that have samples, those of a piece grouped by kind and size.

        Raises:
            DamagedFile: it is no log, or says two scales.
        """
        rest = b""
        for piece in _gathered(pieces):
            data = rest + piece
            found = _Found(len(data) - _LONGEST)
            self._find(data, found)
            yield from self._unpacked(data, found)
            rest = data[found.done :]
        found = _Found(len(rest))
        self._find(rest, found)
        yield from self._unpacked(rest, found)

    def _find(self, data: bytes, found: "_Found") -> None:
        """Note where the whole records begin."""
        folded = np.bitwise_xor.accumulate(np.frombuffer(data, np.uint8)).tobytes()
        at = self._next(data, 0)
        while at < found.until:
            size = int.from_bytes(data[at + 6 : at + 8], "little")
            last = at + _AROUND - 1 + size
            whole = last < len(data) and folded[last] ^ (folded[at - 1] if at else 0) == _WHOLE
            if not whole or (self._astray and data[last + 1 : last + 2] not in _BETWEEN):
                self._refuse_no_log()
                at = self._next(data, at + 1)
                continue
            self._astray = False
            if data[at + 1] == _PARAMETERS:
                self._parameters(data[at + _AROUND - 1 : last])
            found.add(data[at + 1], size, at)
            at = self._next(data, last + 1)
        found.done = at

    def _next(self, data: bytes, at: int) -> int:
        """Where the next record may begin; the end of the data when there is none."""
        zeros = _ZEROS.match(data, at)
        at = zeros.end() if zeros else at
        if at >= len(data) or data[at] == _SEPARATOR:
            return at
        self._stray()
        found = data.find(_SEPARATOR, at)
        return found if found >= 0 else len(data)

    def _stray(self) -> None:
        self.lost += not self._astray
        self._astray = True

    def _refuse_no_log(self) -> None:
        self._stray()
        self._false += 1
        if self._false > _MAX_FALSE:
            raise DamagedFile(file=self.file, detail="the log")

    def _parameters(self, payload: bytes) -> None:
        pairs = payload[: len(payload) // _PAIR.size * _PAIR.size]
        for space, key, value in _PAIR.iter_unpack(pairs):
            if (space, key) == _SCALE_KEY:
                self._rescale(_number(value))

    def _rescale(self, scale: float) -> None:
        if not 1.0 <= scale <= _LARGEST_SCALE:
            raise DamagedFile(file=self.file, detail="the scale of the acceleration")
        if self._begun and scale != self.scale:
            raise DamagedFile(file=self.file, detail="two scales of the acceleration")
        self.scale = scale

    def _unpacked(self, data: bytes, found: "_Found") -> Iterator[Block]:
        whole = np.frombuffer(data, np.uint8)
        for (kind, size), places in found.places.items():
            if kind not in _UNPACKED or size <= 1:
                continue
            self._begun = True
            records = whole[np.array(places)[:, None] + np.arange(2, _AROUND - 1 + size)]
            samples = _UNPACKED[kind](records[:, _AROUND - 3 :])
            at = np.ascontiguousarray(records[:, :4]).view("<u4")[:, 0].astype(np.int64)
            if samples.shape[1]:
                yield Block(at=at, g=samples / self.scale)


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in larger pieces."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _AT_ONCE:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _number(value: int) -> float:
    """A number of the PARAMETERS: 24 bits of a signed fraction, above them a signed exponent."""
    fraction, exponent = value & 0xFF_FFFF, value >> 24
    fraction -= (fraction & 0x80_0000) << 1
    exponent -= (exponent & 0x80) << 1
    return fraction / 0x80_0000 * 2.0**exponent
