"""The decoders of models: files of weights, graphs, bundles and what registries note of them."""

import io
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import h5py
import numpy as np

from clarity.adapters.aws.s3._bundles import index_bytes, index_of, read_index
from clarity.adapters.aws.s3._records import (
    moves_bytes,
    read_moves,
    read_version,
    version_bytes,
)
from clarity.adapters.convert.keras import read_keras_encoder, read_keras_head
from clarity.adapters.convert.npz import NpzArrays
from clarity.adapters.convert.safetensors import read_safetensors
from clarity.adapters.local.model_registry import DirectoryModelRegistry
from clarity.adapters.onnx.predictor import open_onnx
from clarity.domain.pat.canonical import read_heads, read_manifest
from clarity.domain.pat.manifest import FIXTURE, GRAPH, WEIGHTS
from clarity.domain.pat.preprocessing import CohortScaler
from clarity.domain.pat.variants import HEAD_TENSORS, Variant
from clarity.domain.streams import Unit
from tests.contracts.model_registry.harness import known, moved
from tests.support.clocks import START
from tests.support.decoder import Decoder, Layer
from tests.support.models import tiny_bundle
from tests.support.pat import random_encoder, random_head, sha256

__all__ = ["MODEL_DECODERS"]

HEADS: Final = (
    b'[{"name": "mood", "task": "told apart", "threshold": 0.5, "evidence": "none",'
    b'"calibration": {"kind": "platt", "slope": 1.1, "intercept": -0.2}},'
    b'{"name": "b", "calibration": {"kind": "isotonic", "scores": [0.1, 0.5], "probabilities":'
    b"[0.2, 0.7]}}]"
)
BUNDLE: Final = tiny_bundle()


@cache
def _keras() -> bytes:
    encoder, head = random_encoder(Variant.S), random_head("x")
    file = io.BytesIO()
    with h5py.File(file, "w") as tree:
        for spec in (*encoder.architecture.tensors, *HEAD_TENSORS):
            tensors = head.tensors if spec in HEAD_TENSORS else encoder.tensors
            tree[f"{spec.layer}/{spec.name}:0"] = tensors[spec.name]
    return file.getvalue()


def _scaler() -> bytes:
    numbers = np.linspace(1.0, 2.0, 10_080)
    scaler = CohortScaler(name="made-up/1", unit=Unit.COUNTS, mean=numbers, sd=numbers)
    return NpzArrays().scaler_bytes(scaler)


def _around(whole: bytes, name: str) -> Callable[[bytes], bytes]:
    """Puts an array into the archive instead of the one of that name."""

    def wrapped(member: bytes) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(whole)) as right, zipfile.ZipFile(packed, "w") as archive:
            for entry in right.infolist():
                content = member if entry.filename == name else right.read(entry)
                archive.writestr(zipfile.ZipInfo(entry.filename), content)
        return packed.getvalue()

    return wrapped


def _npz(decode: Callable[[bytes], object], whole: bytes, name: str) -> Decoder:
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        member = archive.read(name)
    return Decoder(
        decode=decode,
        layers=(Layer((whole,)), Layer((member,), _around(whole, name))),
        modules=("adapters.convert.npz",),
    )


def _with_header(header: bytes) -> bytes:
    """A safetensors file with this header and the values of the right one."""
    right = BUNDLE.files[WEIGHTS]
    values = right[8 + int.from_bytes(right[:8], "little") :]
    return len(header).to_bytes(8, "little") + header + values


def _header() -> bytes:
    right = BUNDLE.files[WEIGHTS]
    return right[8 : 8 + int.from_bytes(right[:8], "little")]


VERSION: Final = "versions/toy/1.0.0.json"
ALIAS: Final = "aliases/toy/champion/00000001.json"


def _registered(place: str) -> Decoder:
    """What a registry in a folder says when a file of it holds the bytes."""

    def decoded(content: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / place
            path.parent.mkdir(parents=True)
            path.write_bytes(content)
            return DirectoryModelRegistry(root=Path(folder)).shelf("toy")

    with tempfile.TemporaryDirectory() as folder:
        registry = DirectoryModelRegistry(root=Path(folder))
        registry.register(known("1.0.0"))
        registry.move(moved(1))
        sample = (Path(folder) / place).read_bytes()
    return Decoder(
        decode=decoded,
        layers=(Layer((sample,)),),
        modules=("adapters.local.model_registry",),
    )


MODEL_DECODERS: Final[dict[str, Callable[[], Decoder]]] = {
    "keras": lambda: Decoder(
        decode=read_keras_encoder,
        layers=(Layer((_keras(),)),),
        modules=("adapters.convert.keras",),
    ),
    "keras-head": lambda: Decoder(
        decode=lambda data: read_keras_head(data, name="x"),
        layers=(Layer((_keras(),)),),
        modules=("adapters.convert.keras",),
    ),
    "safetensors": lambda: Decoder(
        decode=read_safetensors,
        layers=(Layer((BUNDLE.files[WEIGHTS],)), Layer((_header(),), _with_header)),
        modules=("adapters.convert.safetensors",),
    ),
    "onnx": lambda: Decoder(
        decode=lambda data: open_onnx(data, sha256=sha256(data)),
        layers=(Layer((BUNDLE.files[GRAPH],)),),
        modules=("adapters.onnx.predictor",),
    ),
    "fixture": lambda: _npz(NpzArrays().read_fixture, BUNDLE.files[FIXTURE], "batch.npy"),
    "scaler": lambda: _npz(NpzArrays().read_scaler, _scaler(), "mean.npy"),
    "manifest": lambda: Decoder(
        decode=read_manifest,
        layers=(Layer((BUNDLE.manifest,)),),
        modules=("domain.pat.canonical",),
    ),
    "heads-of-a-model": lambda: Decoder(
        decode=read_heads, layers=(Layer((HEADS,)),), modules=("domain.pat.canonical",)
    ),
    "bundle-in-s3": lambda: Decoder(
        decode=read_index,
        layers=(Layer((index_bytes(index_of(BUNDLE, upload="a" * 32, since=START)),)),),
        modules=("adapters.aws.s3._bundles",),
    ),
    "version-in-s3": lambda: Decoder(
        decode=read_version,
        layers=(Layer((version_bytes(known("1.0.0"), nonce="n"),)),),
        modules=("adapters.aws.s3._records",),
    ),
    "alias-in-s3": lambda: Decoder(
        decode=read_moves,
        layers=(Layer((moves_bytes([(moved(1), "n"), (moved(2), "m")]),)),),
        modules=("adapters.aws.s3._records",),
    ),
    "version-in-a-folder": lambda: _registered(VERSION),
    "alias-in-a-folder": lambda: _registered(ALIAS),
}
"""How each is made; some of the samples take their time."""
