"""Models for tests: tiny networks with random weights and a seed, as bundles and opened."""

from collections.abc import Mapping
from functools import cache
from typing import Final

import attrs

from clarity.adapters.convert.keras_reader import keras_reader
from clarity.adapters.convert.npz import NpzArrays
from clarity.adapters.convert.weights_files import AnyWeights
from clarity.adapters.onnx.engine import OnnxEngine
from clarity.adapters.onnx.graphs import OnnxGraphs
from clarity.adapters.signing.ed25519 import Ed25519Check
from clarity.application.bundles import BuildBundle, OpenBundle, Recipe
from clarity.domain.pat.artifact import sha256_of
from clarity.domain.pat.bundle import Bundle
from clarity.domain.pat.calibration import Platt
from clarity.domain.pat.canonical import encoded, read_manifest
from clarity.domain.pat.card import ModelCard
from clarity.domain.pat.manifest import HeadSpec, Origin
from clarity.domain.pat.preprocessing import OwnSpread
from clarity.domain.pat.variants import Variant
from clarity.domain.versions import SemanticVersion
from tests.support.pat import random_encoder, random_head

__all__ = [
    "ANY_WEIGHTS",
    "BUILD",
    "LENGTH",
    "OPEN",
    "recipe",
    "resealed",
    "tiny_bundle",
]

LENGTH: Final = 144
NO_KEYS: Final = Ed25519Check({})


ANY_WEIGHTS: Final = AnyWeights(keras_reader)
OPEN: Final = OpenBundle(engine=OnnxEngine, arrays=NpzArrays(), signatures=NO_KEYS)
BUILD: Final = BuildBundle(graphs=OnnxGraphs, weights=ANY_WEIGHTS, arrays=NpzArrays())


def recipe(version: str = "1.0.0", *, model: str = "toy", length: int = LENGTH) -> Recipe:
    """A tiny PAT-S with two heads; versions differ in their weights."""
    seed = sum(version.encode()) + sum(model.encode())
    return Recipe(
        model=model,
        version=SemanticVersion.parse(version),
        encoder=random_encoder(Variant.S, seed),
        heads=(random_head("sleep", seed), random_head("mood", seed + 1)),
        specs=(
            HeadSpec(
                name="mood",
                task="made up for tests",
                threshold=0.5,
                calibration=Platt(slope=2.0, intercept=-0.5),
                evidence="none, random weights",
            ),
        ),
        length=length,
        scaler=OwnSpread(),
        origin=Origin(sha256="0" * 64, format="none", location="made up", builder=""),
        licence="made up",
        card=ModelCard(title=f"{model} {version}"),
    )


@cache
def tiny_bundle(version: str = "1.0.0", *, model: str = "toy", length: int = LENGTH) -> Bundle:
    return BUILD.run(recipe(version, model=model, length=length))


def resealed(bundle: Bundle, files: Mapping[str, bytes]) -> Bundle:
    """The bundle with files exchanged and a manifest that says so."""
    manifest = read_manifest(bundle.manifest)
    contents = {**bundle.files, **files}
    digests = {name: sha256_of(content) for name, content in contents.items()}
    return Bundle(manifest=encoded(attrs.evolve(manifest, files=digests)), files=contents)
