"""A place where bytes from outside become values, and right bytes to begin from."""

from collections.abc import Callable, Sequence

import attrs

__all__ = ["Decoder", "Layer"]


def _nothing(inside: bytes) -> bytes:
    return inside


@attrs.frozen
class Layer:
    """
    Bytes that may be changed, and what is put around them afterwards.

    Attributes:
        samples: right ones.
        wrapped: gives the whole, with the checksums that else hide what is inside from changes.
    """

    samples: Sequence[bytes]
    wrapped: Callable[[bytes], bytes] = _nothing


@attrs.frozen(kw_only=True)
class Decoder:
    """
    One way from bytes to values.

    Attributes:
        decode: gives the values, or raises.
        layers: what may be changed; the first is the whole.
        modules: where the bytes are parsed, below `clarity`.
        formats: ids of the formats of recordings that it reads.
    """

    decode: Callable[[bytes], object]
    layers: tuple[Layer, ...]
    modules: tuple[str, ...] = ()
    formats: frozenset[str] = frozenset()
