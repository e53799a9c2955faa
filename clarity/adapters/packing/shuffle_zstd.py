"""
Day chunks as shuffled, compressed bytes.

A header (magic `cK`, form, layout, decimals, count), one compressed frame, and the CRC-32 of the
context and all that. The frame is zstandard's in form 1, a raw LZMA stream in form 2, which takes
an eighth less for real days; whichever is smaller.
The layout says which numbers the frame holds: whole numbers (values x 10^decimals) when that is
exact, else floats; plain or as differences; the bytes of one significance side by side.
"""

import lzma
import struct
import zlib
from typing import Any, Final

import attrs
import numpy as np
import numpy.typing as npt
import zstandard

from clarity.adapters.packing import _layouts
from clarity.ports.codec import MAX_VALUES, ChunkCodec
from clarity.ports.errors import Corrupt, TooNew

__all__ = ["LZMA", "ShuffleZstdCodec"]

MAGIC: Final = b"cK"
ZSTD_FORM: Final = 1
LZMA_FORM: Final = 2
FORM: Final = LZMA_FORM
"""The latest form."""

LZMA: Final[list[dict[str, Any]]] = [
    {
        "id": lzma.FILTER_LZMA1,
        "dict_size": 1 << 16,
        "lc": 0,
        "lp": 0,
        "pb": 0,
        "mf": lzma.MF_BT2,
        "nice_len": 64,
    }
]
"""Part of form 2: another dictionary or other bits would be another form."""

HEADER: Final = struct.Struct("<2sBBBI")
CHECKSUM: Final = struct.Struct("<I")
WHAT: Final = "a packed day"

Floats = npt.NDArray[np.float64]


@attrs.frozen
class ShuffleZstdCodec(ChunkCodec):
    """
    Packs with byte shuffle and zstandard or LZMA; finds every accidental damage by its checksum.

    Attributes:
        level: effort of zstandard, 1 to 22; any level reads any other.
    """

    level: int = attrs.field(default=3, validator=[attrs.validators.ge(1), attrs.validators.le(22)])

    def pack(self, values: Floats, *, context: bytes) -> bytes:
        """The values as bytes; the smaller of plain and differences."""
        _check(values)
        layout, numbers = _layouts.fitting(values)
        plain = self._compressed(numbers)
        steps = self._compressed(_layouts.differences(numbers)) if numbers.size else plain
        layout = attrs.evolve(layout, differences=len(steps) < len(plain))
        words = _layouts.differences(numbers) if layout.differences else numbers
        form, frame = _smaller(steps if layout.differences else plain, words)
        head = HEADER.pack(MAGIC, form, layout.code, layout.decimals, values.size)
        body = head + frame
        return body + CHECKSUM.pack(_checksum(body, context))

    def _compressed(self, numbers: _layouts.Numbers) -> bytes:
        compressor = zstandard.ZstdCompressor(level=self.level, write_content_size=False)
        return compressor.compress(_layouts.shuffled(numbers))

    def unpack(self, packed: bytes, *, context: bytes) -> Floats:
        """The values that were packed."""
        form, layout, count = _header(packed, context)
        unpacked = _from_zstd if form == ZSTD_FORM else _from_lzma
        size = count * layout.size_bytes
        raw = unpacked(packed[HEADER.size : -CHECKSUM.size], size)
        if len(raw) != size:
            raise Corrupt(WHAT)
        return layout.values(raw, count)


def _smaller(zstd: bytes, words: _layouts.Numbers) -> tuple[int, bytes]:
    """The form of the smaller frame, and that frame."""
    dense = lzma.compress(_layouts.shuffled(words), format=lzma.FORMAT_RAW, filters=LZMA)
    return (LZMA_FORM, dense) if len(dense) < len(zstd) else (ZSTD_FORM, zstd)


def _check(values: Floats) -> None:
    if values.ndim != 1:
        raise ValueError("a chunk has one dimension")
    if values.size > MAX_VALUES:
        raise ValueError(f"a chunk holds at most {MAX_VALUES} values")
    if np.isinf(values).any():
        raise ValueError("a value is infinite")


def _checksum(body: bytes, context: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(context))


def _header(packed: bytes, context: bytes) -> tuple[int, _layouts.Layout, int]:
    if len(packed) < HEADER.size + CHECKSUM.size:
        raise Corrupt(WHAT)
    magic, form, code, decimals, count = HEADER.unpack_from(packed)
    (checksum,) = CHECKSUM.unpack_from(packed, len(packed) - CHECKSUM.size)
    if magic != MAGIC or _checksum(packed[: -CHECKSUM.size], context) != checksum:
        raise Corrupt(WHAT)
    if form > FORM:
        raise TooNew(WHAT, FORM, form)
    layout = _layouts.of_code(code, decimals)
    if form < ZSTD_FORM or layout is None or count > MAX_VALUES:
        raise Corrupt(WHAT)
    return form, layout, count


def _from_zstd(frame: bytes, size: int) -> bytes:
    """At most one byte more than `size` of the frame's content."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 23)
    try:
        with decompressor.stream_reader(frame) as reader:
            return reader.read(size + 1)
    except zstandard.ZstdError as error:
        raise Corrupt(WHAT) from error


def _from_lzma(frame: bytes, size: int) -> bytes:
    """At most one byte more than `size` of the frame's content."""
    decompressor = lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=LZMA)
    try:
        return decompressor.decompress(frame, size + 1)
    except lzma.LZMAError as error:
        raise Corrupt(WHAT) from error
