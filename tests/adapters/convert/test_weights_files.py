import pytest

from clarity.adapters.convert.weights_files import AnyWeights, KerasReader
from clarity.domain.pat.artifact import UnreadableModel
from clarity.domain.pat.variants import Variant
from clarity.ports.model_files import ExtraMissing
from tests.support.models import ANY_WEIGHTS
from tests.support.pat import golden, random_encoder, random_head


def _missing() -> KerasReader:
    raise ExtraMissing("a Keras file", "convert")


def test_safetensors_are_read_without_the_reader_of_keras():
    encoder, heads = random_encoder(Variant.S), (random_head("mood"),)
    files = AnyWeights(_missing)

    found = files.read(files.write(encoder, heads=heads))

    assert (found.encoder, found.heads, found.format) == (encoder, heads, "safetensors")


def test_keras_files_are_read_by_their_reader():
    expected = golden(Variant.S)

    found = ANY_WEIGHTS.read(expected.encoder_file.read_bytes())
    head = ANY_WEIGHTS.read_head(expected.head_file.read_bytes(), name="task")

    assert (found.encoder, found.heads, found.format) == (expected.weights, (), "keras-h5")
    assert head == expected.head


@pytest.mark.parametrize("data", [b"", b"\x80\x04pickle", b"PK\x03\x04", b"text"])
def test_other_files_are_refused_by_their_first_bytes(data: bytes):
    with pytest.raises(UnreadableModel):
        AnyWeights(_missing).read(data)
    with pytest.raises(UnreadableModel):
        AnyWeights(_missing).read_head(data, name="task")
