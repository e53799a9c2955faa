"""REL-09: whatever was done to a model file, it is refused before a parser runs or is served."""

import io
import pickle
import random
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import attrs
import numpy as np
import onnx
import pytest
from onnx import ModelProto, numpy_helper

from clarity.adapters.convert.keras_reader import keras_reader
from clarity.adapters.convert.weights_files import AnyWeights, KerasReader
from clarity.adapters.onnx.builder import build_onnx
from clarity.application.model_import import ImportRequest
from clarity.domain.pat.artifact import DigestMismatch, UnreadableModel
from clarity.domain.pat.bundle import MANIFEST, Bundle
from clarity.domain.pat.manifest import FIXTURE, GRAPH, WEIGHTS
from clarity.domain.pat.parity import TWIN_EPSILON, ParityBroken
from clarity.domain.pat.positions import positions
from clarity.domain.pat.preprocessing import OwnSpread
from clarity.domain.pat.variants import ARCHITECTURES, Variant
from clarity.domain.pat.weights import BadWeights, EncoderWeights
from clarity.domain.versions import SemanticVersion
from tests.support.model_desk import ANN, CASE, Desk, desk
from tests.support.models import ANY_WEIGHTS, BUILD, OPEN, recipe, resealed, tiny_bundle
from tests.support.parsers import NoParser, ParserReached
from tests.support.pat import golden, random_encoder, random_head, sha256

FLIPS = 500
CUTS = 200
LENGTH = 180
RIGHT = tiny_bundle()

Damage = Callable[[random.Random, bytes], bytes]


def flipped(chance: random.Random, data: bytes) -> bytes:
    """The bytes with one bit turned over."""
    changed = bytearray(data)
    changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(chance: random.Random, data: bytes) -> bytes:
    """The beginning of the bytes."""
    return data[: chance.randrange(len(data))]


def bomb() -> bytes:
    """Some KiB that unpack to 64 MiB."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("batch.npy", bytes(2**26))
    return packed.getvalue()


HOSTILE = {
    "pickle": pickle.dumps({"a": 1}),
    "zip bomb": bomb(),
    "empty": b"",
    "text": b"{}",
    "another layout": RIGHT.files[WEIGHTS],
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Desk]:
    """A store with one model, and a loader whose parsers must not be reached."""
    unparsed = attrs.evolve(OPEN, engine=NoParser, arrays=NoParser())
    with desk(tmp_path / "models") as opened:
        opened.add("1.0.0")
        yield attrs.evolve(opened, opener=unparsed)


@attrs.frozen
class Stored:
    """The files of the model in the store, and what reads them."""

    world: Desk

    @property
    def folder(self) -> Path:
        return self.world.root / "bundles" / RIGHT.digest

    def assert_refused(self, name: str, data: bytes) -> None:
        """Whoever loads the model with this file in it is refused unparsed."""
        path = self.folder / name
        right = path.read_bytes()
        path.write_bytes(data)
        (known,) = self.world.registry.shelf("toy").versions
        try:
            with pytest.raises(DigestMismatch):
                self.world.loader().load_ref(known.ref)
        finally:
            path.write_bytes(right)


@pytest.mark.slow
@pytest.mark.parametrize(("damage", "times"), [(flipped, FLIPS), (cut, CUTS)])
def test_rel_09_damage_in_the_store_is_refused_before_a_parser_runs(
    world: Desk, damage: Damage, times: int
):
    chance = random.Random(9)
    parts = {**RIGHT.files, MANIFEST: RIGHT.manifest}

    for name in chance.choices(sorted(parts), k=times):
        Stored(world).assert_refused(name, damage(chance, parts[name]))


@pytest.mark.parametrize("name", [GRAPH, FIXTURE, WEIGHTS, MANIFEST])
def test_rel_09_what_is_no_model_is_refused_from_the_store_before_a_parser_runs(
    world: Desk, name: str
):
    for data in set(HOSTILE.values()) - {RIGHT.files.get(name)}:
        Stored(world).assert_refused(name, data)


def test_rel_09_the_parsers_of_these_tests_are_those_that_a_right_model_reaches(world: Desk):
    (known,) = world.registry.shelf("toy").versions

    with pytest.raises(ParserReached):
        world.loader().load_ref(known.ref)
    with pytest.raises(ParserReached):
        imported(world, safetensors(), sha256(safetensors()))


def h5() -> bytes:
    """The file of an encoder as it is published."""
    return golden(Variant.S).encoder_file.read_bytes()


def safetensors() -> bytes:
    """An encoder and a head as clarity keeps them."""
    return ANY_WEIGHTS.write(random_encoder(Variant.S), heads=(random_head("mood"),))


SOURCES = {"h5": h5, "safetensors": safetensors}


def imported(world: Desk, weights: bytes, digest: str, reader: AnyWeights | None = None) -> None:
    """Import of a file; its reader must not be reached unless another one is given."""
    request = ImportRequest(
        model="other",
        version=SemanticVersion(1),
        weights=weights,
        sha256=digest,
        location="made up",
        scaler=OwnSpread(),
        licence="made up",
        length=LENGTH,
    )
    importer = attrs.evolve(world.importer, weights=reader or NoParser())
    importer.run(request, actor=ANN, correlation=CASE)


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(("damage", "times"), [(flipped, FLIPS), (cut, CUTS)])
def test_rel_09_a_damaged_file_is_not_imported_and_not_parsed(
    world: Desk, source: str, damage: Damage, times: int
):
    chance, right = random.Random(source), SOURCES[source]()
    digest = sha256(right)

    for _ in range(times):
        with pytest.raises(DigestMismatch):
            imported(world, damage(chance, right), digest)
    assert world.registry.names() == ("toy",)


@pytest.mark.parametrize("kind", HOSTILE)
def test_rel_09_what_is_no_weights_is_not_imported_and_not_parsed(world: Desk, kind: str):
    with pytest.raises(DigestMismatch):
        imported(world, HOSTILE[kind], sha256(safetensors()))


@pytest.mark.parametrize("kind", ["pickle", "zip bomb", "empty", "text"])
def test_rel_09_without_a_digest_too_archives_and_pickles_reach_no_parser(world: Desk, kind: str):
    def never() -> KerasReader:
        raise ParserReached

    with pytest.raises(UnreadableModel):
        imported(world, HOSTILE[kind], "", AnyWeights(never))


def test_rel_09_weights_of_another_layout_are_refused_by_names_and_shapes(world: Desk):
    head_alone = golden(Variant.S).head_file.read_bytes()

    with pytest.raises(BadWeights):
        imported(world, head_alone, sha256(head_alone), AnyWeights(keras_reader))
    assert world.registry.names() == ("toy",)


def wrong_epsilon(graph: ModelProto, _: EncoderWeights) -> None:
    """The epsilon that other frameworks take by default."""
    for node in graph.graph.node:
        if node.op_type == "LayerNormalization":
            node.attribute[0].f = TWIN_EPSILON


def interleaved_positions(graph: ModelProto, weights: EncoderWeights) -> None:
    """Sines and cosines in turns, as most transformers have them."""
    halves = positions(weights.architecture.tokens(LENGTH))
    turns = np.empty_like(halves)
    turns[:, ::2], turns[:, 1::2] = np.split(halves, 2, axis=1)
    (place,) = [one for one in graph.graph.initializer if one.name == "token_bias"]
    moved = numpy_helper.to_array(place) - halves + turns
    place.CopyFrom(numpy_helper.from_array(moved.astype(np.float32), "token_bias"))


def random_weights(graph: ModelProto, weights: EncoderWeights) -> None:
    """Another network of the same shape."""
    other = build_onnx(
        random_encoder(weights.architecture.variant, seed=77), recipe().heads, length=LENGTH
    )
    graph.CopyFrom(onnx.load_from_string(other))


@cache
def bundle_of(variant: Variant) -> Bundle:
    right = recipe(length=LENGTH)
    return BUILD.run(attrs.evolve(right, encoder=random_encoder(variant)))


@pytest.mark.parametrize("variant", list(Variant))
@pytest.mark.parametrize("wrong", [wrong_epsilon, interleaved_positions, random_weights])
def test_rel_09_a_wrong_network_under_right_digests_is_never_served(
    tmp_path: Path, variant: Variant, wrong: Callable[[ModelProto, EncoderWeights], None]
):
    right = bundle_of(variant)
    graph = onnx.load_from_string(right.files[GRAPH])
    wrong(graph, random_encoder(variant))
    bundle = resealed(right, {GRAPH: graph.SerializeToString()})

    with desk(tmp_path / "models") as world:
        with pytest.raises(ParityBroken):
            world.register.run(bundle, actor=ANN, correlation=CASE)
        assert world.registry.names() == ()
        assert world.store.stored() == ()


def test_rel_09_every_variant_is_tried_and_passes_unchanged():
    for variant in ARCHITECTURES:
        bundle = bundle_of(variant)
        assert OPEN.run(bundle, digest=bundle.digest).agreement.epsilon_lean is not None
