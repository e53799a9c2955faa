"""The adapters of port Predictor, opened with given weights."""

from collections.abc import Callable
from typing import Final

import attrs

from clarity.adapters.local.cache import LruCache
from clarity.adapters.onnx.builder import AttentionForm, build_onnx
from clarity.adapters.onnx.predictor import open_onnx
from clarity.application.prediction_cache import CachedPredictor
from clarity.domain.pat.variants import Variant
from clarity.domain.pat.weights import EncoderWeights, HeadWeights
from clarity.ports.predictor import Predictor
from tests.support.clocks import HandClock
from tests.support.pat import random_encoder, random_head, sha256

Opener = Callable[[EncoderWeights, tuple[HeadWeights, ...], int], Predictor]

LENGTHS: Final = {Variant.S: 144, Variant.CONV_S: 144, Variant.M: 90, Variant.L: 63}


def _onnx(form: AttentionForm) -> Opener:
    def opened(weights: EncoderWeights, heads: tuple[HeadWeights, ...], length: int) -> Predictor:
        model = build_onnx(weights, heads, length=length, form=form)
        return open_onnx(model, sha256=sha256(model))

    return opened


def _torch(group: int) -> Opener:
    def opened(weights: EncoderWeights, heads: tuple[HeadWeights, ...], length: int) -> Predictor:
        from clarity.adapters.torch.predictor import open_torch

        return open_torch(weights, heads, length=length, group=group)

    return opened


def _cached(weights: EncoderWeights, heads: tuple[HeadWeights, ...], length: int) -> Predictor:
    inner = _onnx(AttentionForm.CONTRIB)(weights, heads, length)
    return CachedPredictor(inner=inner, digest="a" * 64, cache=LruCache(HandClock()), ttl_s=60.0)


OPENERS: Final[dict[str, Opener]] = {
    "onnx-contrib": _onnx(AttentionForm.CONTRIB),
    "onnx-cached": _cached,
    "onnx-portable": _onnx(AttentionForm.PORTABLE),
    "torch": _torch(1),
    "torch-groups-of-4": _torch(4),
}


@attrs.frozen(kw_only=True)
class PredictorHarness:
    """A predictor and the weights that it was opened with."""

    predictor: Predictor
    weights: EncoderWeights
    heads: tuple[HeadWeights, ...]
    length: int


def harness(opener: str, variant: Variant) -> PredictorHarness:
    weights = random_encoder(variant)
    heads = (random_head("sleep", 1), random_head("mood", 2))
    length = LENGTHS[variant]
    return PredictorHarness(
        predictor=OPENERS[opener](weights, heads, length),
        weights=weights,
        heads=heads,
        length=length,
    )
