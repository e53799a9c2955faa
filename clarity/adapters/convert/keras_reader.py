"""The readers of Keras files together; importing it needs `h5py`."""

from clarity.adapters.convert.keras import (
    keras_head_layers,
    read_keras_encoder,
    read_keras_head,
)
from clarity.adapters.convert.weights_files import KerasReader
from clarity.domain.pat.weights import HeadWeights

__all__ = ["keras_reader"]


def keras_reader() -> KerasReader:
    """The readers of Keras files."""
    return KerasReader(encoder=read_keras_encoder, head=_head, layers=keras_head_layers)


def _head(data: bytes, name: str) -> HeadWeights:
    return read_keras_head(data, name=name)
