"""Folding is exact: with both forms in float64 they differ by rounding alone."""

import numpy as np
import pytest

from clarity.domain.pat.folding import FoldedEncoder, fold
from clarity.domain.pat.reference import trace
from clarity.domain.pat.variants import LengthNotWhole, Variant
from tests.support.pat import random_batch, random_encoder, relative_error

TOKENS = 7


def _normalized(values, gamma, beta):
    centred = values - values.mean(axis=1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-6) * gamma + beta


def _embedded(folded: FoldedEncoder, patches):
    if folded.embedding_kernel.ndim == 2:
        return patches @ folded.embedding_kernel + folded.token_bias
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(patches, ((0, 0), (1, 1))), 3, axis=1)
    convolved = windows @ folded.embedding_kernel[:, 0] + folded.embedding_bias
    return np.maximum(convolved, 0).mean(axis=1) + folded.token_bias


def _folded_tokens(folded: FoldedEncoder, patches, heads: int):
    tokens = _embedded(folded, patches)
    for layer in folded.layers:
        queries = (tokens @ layer.query_kernel + layer.query_bias).reshape(-1, 96)
        scores = np.exp(queries @ tokens.T / np.sqrt(96))
        weights = scores / scores.sum(axis=1, keepdims=True)
        attended = (weights @ tokens).reshape(-1, heads * 96)
        middle = _normalized(
            tokens + attended @ layer.output_kernel + layer.output_bias,
            layer.norm1_gamma,
            layer.norm1_beta,
        )
        hidden = np.maximum(middle @ layer.ff1_kernel + layer.ff1_bias, 0)
        tokens = _normalized(
            middle + hidden @ layer.ff2_kernel + layer.ff2_bias,
            layer.norm2_gamma,
            layer.norm2_beta,
        )
    return tokens


@pytest.mark.parametrize("variant", list(Variant))
def test_the_folded_network_is_the_network(variant):
    weights = random_encoder(variant)
    patch = weights.architecture.patch_min
    sample = random_batch(1, TOKENS * patch)[0]

    folded = fold(weights, length=TOKENS * patch)
    found = _folded_tokens(
        folded, sample.astype(np.float64).reshape(TOKENS, patch), weights.architecture.heads
    )

    assert relative_error(found, trace(weights, sample).layers[-1]) < 1e-13


def test_a_length_that_is_not_whole_patches_is_refused():
    with pytest.raises(LengthNotWhole):
        fold(random_encoder(Variant.S), length=100)
