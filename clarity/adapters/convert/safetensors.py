"""
Weights as safetensors: the names of the published layout, heads under `heads/<name>/`.

The format is a length, a JSON header and raw values, so it is read here, strictly: every byte
belongs to exactly one tensor, every tensor is float32, no name comes twice. It has no checksum;
verify a digest before reading. Files are those that the `safetensors` package reads and writes.
"""

import json
from collections.abc import Iterable, Mapping
from itertools import chain
from math import prod
from typing import Final

import attrs
import numpy as np

from clarity.domain.pat.artifact import UnreadableModel
from clarity.domain.pat.weights import (
    EncoderWeights,
    HeadWeights,
    Tensor,
    TensorTypeMismatch,
    architecture_of,
)

__all__ = ["read_safetensors", "write_safetensors"]

WHAT: Final = "the safetensors file"
HEADS: Final = "heads/"
METADATA: Final = "__metadata__"
FORMAT: Final = {"format": "clarity-pat-1"}
LENGTH_BYTES: Final = 8  # little-endian length of the header
LARGEST_HEADER: Final = 2**20  # bytes; PAT-L with ten heads needs about 12 KiB
MOST_DIMENSIONS: Final = 4  # an encoder has at most 3
ALIGNMENT: Final = 8  # bytes, of the first value


@attrs.frozen
class _Entry:
    """Where the values of a tensor are."""

    name: str
    kind: str
    shape: tuple[int, ...]
    start: int
    end: int


def write_safetensors(weights: EncoderWeights, heads: tuple[HeadWeights, ...] = ()) -> bytes:
    """
    The bytes of a safetensors file; the same weights give the same bytes.

    Args:
        weights: the encoder.
        heads: heads with different names.
    """
    tensors = dict(
        chain(
            sorted(weights.tensors.items()),
            (
                (f"{HEADS}{head.name}/{name}", tensor)
                for head in heads
                for name, tensor in sorted(head.tensors.items())
            ),
        )
    )
    header: dict[str, object] = {METADATA: FORMAT}
    offset = 0
    for name, tensor in tensors.items():
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + tensor.nbytes],
        }
        offset += tensor.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    values = (tensor.astype("<f4").tobytes() for tensor in tensors.values())
    return len(text).to_bytes(LENGTH_BYTES, "little") + text + b"".join(values)


def read_safetensors(data: bytes) -> tuple[EncoderWeights, tuple[HeadWeights, ...]]:
    """
    The encoder and the heads of a file, with the variant found from the shapes.

    Args:
        data: the file. Verify its digest before.

    Returns:
        The encoder, and the heads in the order of the file.

    Raises:
        UnreadableModel: the file is damaged or no safetensors.
        BadWeights: the tensors are not those of a published encoder and heads, or not finite.
    """
    tensors = _tensors(data)
    encoder = {name: value for name, value in tensors.items() if not name.startswith(HEADS)}
    architecture = architecture_of({name: value.shape for name, value in encoder.items()})
    heads: dict[str, dict[str, Tensor]] = {}
    for name in tensors.keys() - encoder.keys():
        head, _, part = name.removeprefix(HEADS).partition("/")
        heads.setdefault(head, {})[part] = tensors[name]
    order = dict.fromkeys(
        name.removeprefix(HEADS).partition("/")[0] for name in tensors if name not in encoder
    )
    return (
        EncoderWeights(architecture=architecture, tensors=encoder),
        tuple(HeadWeights(name=name, tensors=heads[name]) for name in order),
    )


def _tensors(data: bytes) -> dict[str, Tensor]:
    length = int.from_bytes(data[:LENGTH_BYTES], "little")
    start = LENGTH_BYTES + length
    if len(data) < LENGTH_BYTES or length > LARGEST_HEADER or start > len(data):
        raise UnreadableModel(WHAT, "is cut short or has no header")
    entries = _entries(data[LENGTH_BYTES:start])
    _require_no_gaps(entries, len(data) - start)
    return {
        entry.name: np.frombuffer(
            data, "<f4", count=prod(entry.shape), offset=start + entry.start
        ).reshape(entry.shape)
        for entry in entries
    }


def _entries(header: bytes) -> list[_Entry]:
    try:
        content = json.loads(header.decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as cause:
        raise UnreadableModel(WHAT, "has a header that is not JSON") from cause
    if not isinstance(content, dict):
        raise UnreadableModel(WHAT, "has a header that is no list of tensors")
    return [_entry(name, fields) for name, fields in content.items() if name != METADATA]


def _unique(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    listed = list(pairs)
    unique = dict(listed)
    if len(unique) != len(listed):
        raise UnreadableModel(WHAT, "names something twice")
    return unique


def _entry(name: str, fields: object) -> _Entry:
    if not isinstance(fields, Mapping) or fields.keys() != {"dtype", "shape", "data_offsets"}:
        raise UnreadableModel(WHAT, "describes a tensor in an unknown way")
    shape, offsets = _naturals(fields["shape"]), _naturals(fields["data_offsets"])
    if len(shape) > MOST_DIMENSIONS or len(offsets) != 2:
        raise UnreadableModel(WHAT, "describes a tensor in an unknown way")
    return _Entry(name, str(fields["dtype"]), shape, *offsets)


def _naturals(values: object) -> tuple[int, ...]:
    if not isinstance(values, list):
        raise UnreadableModel(WHAT, "has a shape or place that is no list")
    if not all(type(value) is int and value >= 0 for value in values):
        raise UnreadableModel(WHAT, "has a shape or place that is no list of natural numbers")
    return tuple(values)


def _require_no_gaps(entries: Iterable[_Entry], size: int) -> None:
    position = 0
    for entry in sorted(entries, key=lambda entry: (entry.start, entry.end)):
        if entry.kind != "F32":
            raise TensorTypeMismatch(entry.name, entry.kind)
        if entry.start != position or entry.end - entry.start != 4 * prod(entry.shape):
            raise UnreadableModel(WHAT, "has tensors that overlap, leave gaps or do not fit")
        position = entry.end
    if position != size:
        raise UnreadableModel(WHAT, "is cut short or has bytes that belong to no tensor")
