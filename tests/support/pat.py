"""PAT networks for tests: random weights with a seed, and the golden ones."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt
import pytest

from clarity.adapters.convert.keras import read_keras_encoder, read_keras_head
from clarity.domain.pat.variants import ARCHITECTURES, HEAD_TENSORS, TensorSpec, Variant
from clarity.domain.pat.weights import EncoderWeights, HeadWeights
from tests.support.shared import shared

GOLDEN_VARIANTS = (
    Variant.S,
    Variant.CONV_S,
    pytest.param(Variant.M, marks=pytest.mark.slow),
    pytest.param(Variant.L, marks=pytest.mark.slow),
)


def random_tensors(specs: Iterable[TensorSpec], seed: int) -> dict[str, npt.NDArray[np.float32]]:
    """Every kernel, bias, gain and offset non-trivial, at the scale of trained networks."""
    rng = np.random.default_rng(seed)
    tensors = {}
    for spec in specs:
        centre = 1.0 if spec.name.endswith("gamma") else 0.0
        values = centre + rng.normal(size=spec.shape) * 0.1
        tensors[spec.name] = values.astype(np.float32)
    return tensors


def random_encoder(variant: Variant, seed: int = 0) -> EncoderWeights:
    architecture = ARCHITECTURES[variant]
    return EncoderWeights(
        architecture=architecture, tensors=random_tensors(architecture.tensors, seed)
    )


def random_head(name: str, seed: int = 0) -> HeadWeights:
    return HeadWeights(name=name, tensors=random_tensors(HEAD_TENSORS, seed))


def random_batch(samples: int, length: int, seed: int = 0) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(samples, length)).astype(np.float32)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def relative_error(found: npt.ArrayLike, expected: npt.ArrayLike) -> float:
    """Relative error in the 2-norm over all values."""
    right = np.asarray(expected, np.float64)
    return float(np.linalg.norm(np.asarray(found, np.float64) - right) / np.linalg.norm(right))


@attrs.frozen(kw_only=True)
class Golden:
    """One golden network: its files, weights, inputs (2, 10080) and the recorded arrays."""

    encoder_file: Path
    head_file: Path
    weights: EncoderWeights
    head: HeadWeights
    inputs: npt.NDArray[np.float32]
    arrays: dict[str, npt.NDArray[np.float64]]


def golden(variant: Variant) -> Golden:
    folder = shared("goldens/pat")
    encoder_file = folder / f"{variant}_random_weights.h5"
    head_file = folder / f"{variant}_random_head.h5"
    with np.load(folder / f"{variant}_golden.npz") as arrays:
        recorded = {name: arrays[name] for name in arrays.files}
    with np.load(folder / "inputs.npz") as arrays:
        inputs = arrays["x"]
    return Golden(
        encoder_file=encoder_file,
        head_file=head_file,
        weights=read_keras_encoder(encoder_file.read_bytes()),
        head=read_keras_head(head_file.read_bytes(), name="task"),
        inputs=inputs,
        arrays=recorded,
    )
