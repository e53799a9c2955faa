"""Weights in every format that clarity reads; Keras files only where `h5py` is installed."""

from collections.abc import Callable

import attrs

from clarity.adapters.convert.formats import ModelFormat, format_of
from clarity.adapters.convert.safetensors import read_safetensors, write_safetensors
from clarity.domain.pat.weights import EncoderWeights, HeadWeights
from clarity.ports.model_files import ImportedWeights, WeightsFiles

__all__ = ["AnyWeights", "KerasReader"]


@attrs.frozen(kw_only=True)
class KerasReader:
    """
    The readers of Keras files, handed in because their package is an extra.

    Attributes:
        encoder: reads the encoder of a file.
        head: reads the head of a file, under a name.
        layers: tells the layers of a head in a file.
    """

    encoder: Callable[[bytes], EncoderWeights]
    head: Callable[[bytes, str], HeadWeights]
    layers: Callable[[bytes], tuple[str, ...]]


@attrs.frozen
class AnyWeights(WeightsFiles):
    """
    Tells the format by the first bytes and hands over to its reader.

    Attributes:
        keras: gives the reader of Keras files; raises ExtraMissing where it is not installed.
    """

    keras: Callable[[], KerasReader]

    def read(self, data: bytes) -> ImportedWeights:
        """See `WeightsFiles.read`."""
        found = format_of(data)
        if found is ModelFormat.KERAS:
            return self._keras(data)
        encoder, heads = read_safetensors(data)
        return ImportedWeights(encoder=encoder, heads=heads, format=found.value)

    def _keras(self, data: bytes) -> ImportedWeights:
        reader = self.keras()
        return ImportedWeights(
            encoder=reader.encoder(data),
            heads=(),
            format=ModelFormat.KERAS.value,
            unnamed=reader.layers(data),
        )

    def read_head(self, data: bytes, *, name: str) -> HeadWeights:
        """See `WeightsFiles.read_head`."""
        format_of(data)
        return self.keras().head(data, name)

    def write(self, encoder: EncoderWeights, *, heads: tuple[HeadWeights, ...]) -> bytes:
        """See `WeightsFiles.write`."""
        return write_safetensors(encoder, heads)
