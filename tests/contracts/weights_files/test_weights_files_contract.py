"""Every sentence of `clarity.ports.model_files.WeightsFiles`, for every adapter."""

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.pat.artifact import UnreadableModel
from clarity.domain.pat.variants import Variant
from clarity.domain.pat.weights import BadWeights
from clarity.ports.model_files import ExtraMissing, WeightsFiles
from tests.contracts.weights_files.harness import OPENERS, WeightsHarness
from tests.support.pat import golden, random_encoder, random_head

HEADS = (random_head("sleep", 1), random_head("mood", 2))
NONE_OF_THEM = (b"", b"text", b"\x80\x04pickle", b"PK\x03\x04", b"\x1f\x8bpacked")


def test_an_adapter_is_the_port(world: WeightsHarness):
    assert isinstance(world.files, WeightsFiles)


@pytest.mark.parametrize("heads", [(), HEADS])
@pytest.mark.parametrize("variant", list(Variant))
def test_what_is_written_is_read_with_its_heads_in_order(
    world: WeightsHarness, variant: Variant, heads: tuple
):
    encoder = random_encoder(variant)

    found = world.bare.read(world.files.write(encoder, heads=heads))

    assert (found.encoder, found.heads, found.format) == (encoder, heads, "safetensors")


def test_the_same_weights_give_the_same_bytes(world: WeightsHarness):
    assert world.files.write(random_encoder(Variant.S), heads=HEADS) == world.files.write(
        random_encoder(Variant.S), heads=HEADS
    )


def test_a_published_keras_file_is_read_and_its_head_has_the_name_that_is_given(
    world: WeightsHarness,
):
    published = golden(Variant.S)

    found = world.files.read(published.encoder_file.read_bytes())
    head = world.files.read_head(published.head_file.read_bytes(), name="mood")

    assert (found.encoder, found.heads, found.format) == (published.weights, (), "keras-h5")
    assert head == attrs.evolve(published.head, name="mood")


def test_a_file_that_needs_a_package_says_which_to_install(world: WeightsHarness):
    data = golden(Variant.S).encoder_file.read_bytes()

    with pytest.raises(ExtraMissing, match=r"clarity\[convert\]"):
        world.bare.read(data)
    with pytest.raises(ExtraMissing, match=r"clarity\[convert\]"):
        world.bare.read_head(data, name="task")


@pytest.mark.parametrize("data", NONE_OF_THEM)
def test_what_is_none_of_these_files_is_refused(world: WeightsHarness, data: bytes):
    with pytest.raises(UnreadableModel):
        world.files.read(data)
    with pytest.raises(UnreadableModel):
        world.files.read_head(data, name="task")


@given(share=st.floats(0.0, 0.999))
def test_what_is_cut_short_is_refused(share: float):
    for opener in OPENERS.values():
        with opener() as world:
            data = world.files.write(random_encoder(Variant.S), heads=())

            with pytest.raises((UnreadableModel, BadWeights)):
                world.files.read(data[: int(share * len(data))])


def test_weights_that_are_not_finite_are_refused(world: WeightsHarness):
    data = bytearray(world.files.write(random_encoder(Variant.S), heads=()))
    data[-4:] = np.float32(np.nan).tobytes()

    with pytest.raises(BadWeights):
        world.files.read(bytes(data))
