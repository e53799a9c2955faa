"""
The published Keras 2 HDF5 weights; needs `h5py` (extra `convert`), and no Keras.

Names, shapes and types are compared before any value is read, so a file cannot make the reader
allocate more than a network needs. Links, external storage and virtual datasets are refused: one
file is read and no other. `h5py` parses with a C library; verify a digest first where one is known.
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import h5py
import numpy as np

from clarity.adapters.convert.formats import ModelFormat, format_of
from clarity.domain.pat.artifact import UnreadableModel
from clarity.domain.pat.variants import HEAD_TENSORS
from clarity.domain.pat.weights import (
    EncoderWeights,
    HeadWeights,
    Tensor,
    TensorTypeMismatch,
    architecture_of,
    require_shapes,
)

__all__ = ["keras_head_layers", "read_keras_encoder", "read_keras_head"]

WHAT: Final = "the Keras file"
OTHER_LAYOUT: Final = "has another layout than the published files"
FULL_MODEL: Final = "model_weights"  # where full-model files keep the same tree
LARGEST_BYTES: Final = 256 * 2**20  # PAT-L with its optimizer state is far below
MOST_NAMES: Final = 256  # tensors and groups of a file together; PAT-L has 120
DEEPEST: Final = 5  # groups above a tensor; the published layout has 4
HEAD_LAYERS: Final = frozenset(spec.layer for spec in HEAD_TENSORS)
READ_ERRORS: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)  # what h5py and its C library raise on damaged files


def read_keras_encoder(data: bytes) -> EncoderWeights:
    """
    The encoder in a Keras weights file or full-model file, with its variant found from the shapes.

    Args:
        data: the file, at most 256 MiB. A head in it is left alone; any other layer is refused.

    Raises:
        UnreadableModel: the file is no HDF5, damaged, or reaches outside itself.
        BadWeights: the tensors are not those of a published encoder, or not finite.
    """
    with _tensors(data) as tensors:
        encoder = {
            name: tensor for name, (layer, tensor) in tensors.items() if layer not in HEAD_LAYERS
        }
        architecture = architecture_of({name: value.shape for name, value in encoder.items()})
        return EncoderWeights(architecture=architecture, tensors=_values(encoder))


def read_keras_head(data: bytes, *, name: str) -> HeadWeights:
    """
    The fine-tuning head in a Keras weights file or full-model file.

    Args:
        data: the file, at most 256 MiB. An encoder in it is left alone.
        name: what the head's score is called.

    Raises:
        UnreadableModel: the file is no HDF5, damaged, or reaches outside itself.
        BadWeights: the tensors are not those of a head, or not finite, or the name is bad.
    """
    with _tensors(data) as tensors:
        head = {name: tensor for name, (layer, tensor) in tensors.items() if layer in HEAD_LAYERS}
        require_shapes(HEAD_TENSORS, {name: value.shape for name, value in head.items()})
        return HeadWeights(name=name, tensors=_values(head))


def keras_head_layers(data: bytes) -> tuple[str, ...]:
    """
    The layers of a fine-tuning head that a Keras file holds, in order of name; empty without one.

    Raises:
        UnreadableModel: the file is no HDF5, damaged, or reaches outside itself.
    """
    with _tensors(data) as tensors:
        return tuple(sorted({layer for layer, _ in tensors.values()} & HEAD_LAYERS))


@contextmanager
def _tensors(data: bytes) -> Iterator[Mapping[str, tuple[str, h5py.Dataset]]]:
    if len(data) > LARGEST_BYTES:
        raise UnreadableModel(WHAT, f"is larger than {LARGEST_BYTES} bytes")
    if format_of(data) is not ModelFormat.KERAS:
        raise UnreadableModel(WHAT, "is no HDF5")
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            root = _root(file)
            yield _named(dict(_walk(root, "", {_address(root)})))
    except READ_ERRORS as cause:
        raise UnreadableModel(WHAT, "is damaged or cut short") from cause


def _root(file: h5py.File) -> h5py.Group:
    if file.get(FULL_MODEL, getlink=True) is None:
        return file
    root = _member(file, FULL_MODEL)
    if not isinstance(root, h5py.Group):
        raise UnreadableModel(WHAT, OTHER_LAYOUT)
    return root


def _member(group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset:
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise UnreadableModel(WHAT, "holds links, which are not followed")
    return group[name]


def _walk(group: h5py.Group, path: str, seen: set[int]) -> Iterator[tuple[str, h5py.Dataset]]:
    """Every tensor once; links that lead to one object twice would multiply at every level."""
    if len(seen) + len(group) > MOST_NAMES or path.count("/") >= DEEPEST:
        raise UnreadableModel(WHAT, OTHER_LAYOUT)
    for name in group:
        member = _member(group, name)
        if _address(member) in seen:
            raise UnreadableModel(WHAT, OTHER_LAYOUT)
        seen.add(_address(member))
        if isinstance(member, h5py.Group):
            yield from _walk(member, f"{path}{name}/", seen)
        else:
            yield f"{path}{name}", _plain(member)


def _address(member: h5py.Group | h5py.Dataset) -> int:
    """Where the object lies in the file."""
    return int(h5py.h5o.get_info(member.id).addr)


def _plain(member: h5py.Dataset) -> h5py.Dataset:
    if member.is_virtual or member.external:
        raise UnreadableModel(WHAT, "keeps values outside itself")
    return member


def _named(
    datasets: Mapping[str, h5py.Dataset],
) -> Mapping[str, tuple[str, h5py.Dataset]]:
    layers = {path: path.partition("/") for path in datasets}
    named = {
        name.removesuffix(":0"): (layer, datasets[path])
        for path, (layer, _, name) in layers.items()
    }
    if len(named) < len(datasets):
        raise UnreadableModel(WHAT, "holds two tensors of one name")
    return named


def _values(tensors: Mapping[str, h5py.Dataset]) -> dict[str, Tensor]:
    return {name: _value(name, dataset) for name, dataset in tensors.items()}


def _value(name: str, dataset: h5py.Dataset) -> Tensor:
    if dataset.dtype.kind != "f" or dataset.dtype.itemsize != 4:
        raise TensorTypeMismatch(name, str(dataset.dtype))
    return np.asarray(dataset[()], dtype=np.float32)
