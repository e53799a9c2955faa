"""The adapters of port ChunkCodec."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

import attrs

from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.ports.codec import ChunkCodec


@attrs.frozen(kw_only=True)
class CodecHarness:
    """A codec."""

    codec: ChunkCodec


Opener = Callable[[], AbstractContextManager[CodecHarness]]

OPENERS: Final[dict[str, Opener]] = {
    "shuffle-zstd": lambda: nullcontext(CodecHarness(codec=ShuffleZstdCodec())),
    "shuffle-zstd-hardest": lambda: nullcontext(CodecHarness(codec=ShuffleZstdCodec(level=19))),
}
