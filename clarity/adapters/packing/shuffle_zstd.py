"""
Day chunks as shuffled, compressed bytes.

Form 1: header (magic `cK`, form, layout, decimals, count), one zstandard frame, and the CRC-32 of
the context and all that.
The layout says which numbers the frame holds: whole numbers (values x 10^decimals) when that is
exact, else floats; plain or as differences; the bytes of one significance side by side.
"""

import struct
import zlib
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt
import zstandard

from clarity.adapters.packing import _layouts
from clarity.ports.codec import MAX_VALUES, ChunkCodec
from clarity.ports.errors import Corrupt, TooNew

__all__ = ["ShuffleZstdCodec"]

MAGIC: Final = b"cK"
FORM: Final = 1
HEADER: Final = struct.Struct("<2sBBBI")
CHECKSUM: Final = struct.Struct("<I")
WHAT: Final = "a packed day"

Floats = npt.NDArray[np.float64]


@attrs.frozen
class ShuffleZstdCodec(ChunkCodec):
    """
    Packs with byte shuffle and zstandard; finds every accidental damage by its checksum.

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
        head = HEADER.pack(MAGIC, FORM, layout.code, layout.decimals, values.size)
        body = head + (steps if layout.differences else plain)
        return body + CHECKSUM.pack(_checksum(body, context))

    def _compressed(self, numbers: _layouts.Numbers) -> bytes:
        compressor = zstandard.ZstdCompressor(level=self.level, write_content_size=False)
        return compressor.compress(_layouts.shuffled(numbers))

    def unpack(self, packed: bytes, *, context: bytes) -> Floats:
        """The values that were packed."""
        layout, count = _header(packed, context)
        raw = _decompressed(packed[HEADER.size : -CHECKSUM.size], count * layout.size_bytes)
        return layout.values(raw, count)


def _check(values: Floats) -> None:
    if values.ndim != 1:
        raise ValueError("a chunk has one dimension")
    if values.size > MAX_VALUES:
        raise ValueError(f"a chunk holds at most {MAX_VALUES} values")
    if np.isinf(values).any():
        raise ValueError("a value is infinite")


def _checksum(body: bytes, context: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(context))


def _header(packed: bytes, context: bytes) -> tuple[_layouts.Layout, int]:
    if len(packed) < HEADER.size + CHECKSUM.size:
        raise Corrupt(WHAT)
    magic, form, code, decimals, count = HEADER.unpack_from(packed)
    (checksum,) = CHECKSUM.unpack_from(packed, len(packed) - CHECKSUM.size)
    if magic != MAGIC or _checksum(packed[: -CHECKSUM.size], context) != checksum:
        raise Corrupt(WHAT)
    if form > FORM:
        raise TooNew(WHAT, FORM, form)
    layout = _layouts.of_code(code, decimals)
    if form != FORM or layout is None or count > MAX_VALUES:
        raise Corrupt(WHAT)
    return layout, count


def _decompressed(frame: bytes, size: int) -> bytes:
    """The frame's content, which must have `size` bytes; never reads further than one more."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 23)
    try:
        with decompressor.stream_reader(frame) as reader:
            raw = reader.read(size + 1)
    except zstandard.ZstdError as error:
        raise Corrupt(WHAT) from error
    if len(raw) != size:
        raise Corrupt(WHAT)
    return raw
