import pytest

from clarity.adapters.convert.formats import ModelFormat, format_of
from clarity.adapters.convert.safetensors import write_safetensors
from clarity.domain.pat.artifact import UnreadableModel
from clarity.domain.pat.variants import Variant
from tests.support.pat import golden, random_encoder


def test_the_two_formats_are_told_apart():
    keras = golden(Variant.S).encoder_file.read_bytes()
    tensors = write_safetensors(random_encoder(Variant.S))

    assert format_of(keras) is ModelFormat.KERAS
    assert format_of(tensors) is ModelFormat.SAFETENSORS


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_of_any_binary_protocol_is_named_as_such(protocol):
    with pytest.raises(UnreadableModel, match="run code"):
        format_of(bytes([0x80, protocol]) + b"rest of a pickle")
