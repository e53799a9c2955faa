"""The adapters of port Predictor, opened with given weights."""

from collections.abc import Callable
from typing import Final

import attrs

from clarity.adapters.local.cache import LruCache
from clarity.adapters.onnx.builder import AttentionForm, build_onnx
from clarity.adapters.onnx.predictor import open_onnx
from clarity.application.prediction_cache import CachedPredictor
from clarity.domain.pat.runtime import Precision, Runtime
from clarity.domain.pat.variants import Variant
from clarity.domain.pat.weights import EncoderWeights, HeadWeights
from clarity.ports.predictor import Predictor
from tests.support.clocks import HandClock
from tests.support.pat import random_encoder, random_head, sha256

HERE: Final = Runtime(engine="toy-1.0", device="cpu")

Opener = Callable[[EncoderWeights, tuple[HeadWeights, ...], int], Predictor]

LENGTHS: Final = {
    Variant.S: 144,
    Variant.CONV_S: 144,
    Variant.M: 90,
    Variant.CONV_M: 90,
    Variant.L: 63,
    Variant.CONV_L: 63,
}


def _onnx(form: AttentionForm) -> Opener:
    def opened(weights: EncoderWeights, heads: tuple[HeadWeights, ...], length: int) -> Predictor:
        model = build_onnx(weights, heads, length=length, form=form)
        return open_onnx(model, sha256=sha256(model))

    return opened


def _torch(**execution: object) -> Opener:
    def opened(weights: EncoderWeights, heads: tuple[HeadWeights, ...], length: int) -> Predictor:
        from clarity.adapters.torch.predictor import Execution, open_torch

        return open_torch(weights, heads, length=length, execution=Execution(**execution))

    return opened


def _cached(weights: EncoderWeights, heads: tuple[HeadWeights, ...], length: int) -> Predictor:
    inner = _onnx(AttentionForm.EXPLICIT)(weights, heads, length)
    return CachedPredictor(
        inner=inner, digest="a" * 64, runtime=HERE, cache=LruCache(HandClock()), ttl_s=60.0
    )


OPENERS: Final[dict[str, Opener]] = {
    "onnx-explicit": _onnx(AttentionForm.EXPLICIT),
    "onnx-cached": _cached,
    "onnx-portable": _onnx(AttentionForm.PORTABLE),
    "torch": _torch(),
    "torch-groups-of-5": _torch(group=5),
    "torch-bfloat16": _torch(precision=Precision.BFLOAT16, group=2),
}


GPU_OPENERS: Final[dict[str, Opener]] = {
    "torch-cuda": _torch(device="cuda", group=8),
    "torch-cuda-bfloat16": _torch(device="cuda", group=8, precision=Precision.BFLOAT16),
}


@attrs.frozen(kw_only=True)
class PredictorHarness:
    """A predictor, the weights that it was opened with, and how precise it says that it is."""

    predictor: Predictor
    weights: EncoderWeights
    heads: tuple[HeadWeights, ...]
    length: int
    precision: Precision


def whole_weeks(group: int) -> Opener:
    """Torch with groups of that size, for weeks rather than for the short samples above."""
    return _torch(group=group)


def harness(opener: str, variant: Variant) -> PredictorHarness:
    weights = random_encoder(variant)
    heads = (random_head("sleep", 1), random_head("mood", 2))
    length = LENGTHS[variant]
    return PredictorHarness(
        predictor=(OPENERS | GPU_OPENERS)[opener](weights, heads, length),
        weights=weights,
        heads=heads,
        length=length,
        precision=Precision.BFLOAT16 if "bfloat16" in opener else Precision.FLOAT32,
    )
