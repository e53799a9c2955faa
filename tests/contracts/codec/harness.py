"""The adapters of port ChunkCodec."""

import struct
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

import attrs

from clarity.adapters.packing.shuffle_zstd import CHECKSUM, FORM, ShuffleZstdCodec
from clarity.ports.codec import ChunkCodec


@attrs.frozen(kw_only=True)
class CodecHarness:
    """
    A codec.

    Attributes:
        codec: it.
        later: what it packed under a context, as a later clarity would have packed it.
    """

    codec: ChunkCodec
    later: Callable[[bytes, bytes], bytes]


Opener = Callable[[], AbstractContextManager[CodecHarness]]


def _next_form(packed: bytes, context: bytes) -> bytes:
    """The same frame under the next number of the form, with its checksum."""
    body = packed[:2] + bytes([FORM + 1]) + packed[3 : -CHECKSUM.size]
    return body + struct.pack("<I", zlib.crc32(body, zlib.crc32(context)))


def _shuffling(level: int) -> Opener:
    codec = ShuffleZstdCodec(level=level)
    return lambda: nullcontext(CodecHarness(codec=codec, later=_next_form))


OPENERS: Final[dict[str, Opener]] = {
    "shuffle-zstd": _shuffling(3),
    "shuffle-zstd-hardest": _shuffling(19),
}
