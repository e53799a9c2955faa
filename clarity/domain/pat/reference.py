"""
The network written out plainly in float64: what every fast form is measured against.

Unfolded, one head at a time, after the published notebooks of arXiv 2411.15240. It also gives the
attention profile that explains an embedding. Slow (S about 0.1 s, L about 2 s a sample).
"""

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.pat.positions import positions
from clarity.domain.pat.prediction import Floats, Prediction, checked_batch
from clarity.domain.pat.variants import EPSILON, WIDTH, Architecture, PatchEmbedding
from clarity.domain.pat.weights import EncoderWeights, HeadWeights

__all__ = ["Trace", "reference_prediction", "reference_score", "trace"]

Matrix = npt.NDArray[np.float64]
Tensors = dict[str, Matrix]


@attrs.frozen(kw_only=True, eq=False)
class Trace:
    """
    Everything the network does with one sample; all float64, N = tokens.

    Attributes:
        patches: (N, 96), tokens before positions are added.
        layers: (layers, N, 96), tokens after each block.
        attention: (layers, N), what each patch receives: attention summed over queries, mean over
            heads; every row sums to N.
        embedding: (96,), mean over the tokens of the last block.
    """

    patches: Matrix
    layers: Matrix
    attention: Matrix
    embedding: Matrix


def trace(weights: EncoderWeights, sample: Floats, *, epsilon: float = EPSILON) -> Trace:
    """
    The forward pass of one sample, with the attention that each patch received.

    Args:
        weights: the encoder.
        sample: (n,) float32, standardised, finite; n a multiple of the patch.
        epsilon: added to the variance in every normalization; another value than the default is
            another network.

    Returns:
        Float64 throughout; NaN never, infinity never for standardised input.

    Raises:
        LengthNotWhole: n is not a positive multiple of the patch.
        BatchShapeMismatch, BatchTypeMismatch, BatchNotFinite: the sample cannot be used.

    Source: arXiv 2411.15240 and its published notebooks.
    """
    architecture = weights.architecture
    count = architecture.tokens(sample.size)
    minutes = checked_batch(sample[np.newaxis], length=sample.size)[0].astype(np.float64)
    tensors = {name: np.asarray(value, np.float64) for name, value in weights.tensors.items()}
    patches = _embedded(architecture, tensors, minutes.reshape(count, architecture.patch_min))
    tokens = patches + positions(count)
    layers: list[Matrix] = []
    attention: list[Matrix] = []
    for number in range(1, architecture.layers + 1):
        tokens, received = _block(tensors, f"encoder_layer_{number}", tokens, epsilon)
        layers.append(tokens)
        attention.append(received)
    return Trace(
        patches=patches,
        layers=np.stack(layers),
        attention=np.stack(attention),
        embedding=tokens.mean(axis=0),
    )


def reference_score(head: HeadWeights, embedding: Matrix) -> float:
    """
    The score of one embedding (96,), in [0, 1]; not a probability until calibrated.

    Source: published notebooks of arXiv 2411.15240, fine-tuning head.
    """
    tensors = {name: np.asarray(value, np.float64) for name, value in head.tensors.items()}
    hidden = np.maximum(embedding @ tensors["dense_128/kernel"] + tensors["dense_128/bias"], 0.0)
    logit = (hidden @ tensors["output/kernel"] + tensors["output/bias"]).item()
    return float(0.5 * (1.0 + np.tanh(0.5 * logit)))


def reference_prediction(
    weights: EncoderWeights, heads: tuple[HeadWeights, ...], batch: Floats
) -> Prediction:
    """
    What a perfect predictor answers, rounded once to float32.

    Args:
        weights: the encoder.
        heads: the task heads.
        batch: (b, n) float32, standardised, finite; b at least 1.

    Raises:
        LengthNotWhole: n is not a positive multiple of the patch.
        BatchShapeMismatch, BatchTypeMismatch, BatchNotFinite: the batch cannot be used.
    """
    embeddings = np.stack([trace(weights, sample).embedding for sample in batch])
    scores = {
        head.name: np.array([reference_score(head, row) for row in embeddings]) for head in heads
    }
    return Prediction(embeddings=embeddings, scores=scores)


def _embedded(architecture: Architecture, tensors: Tensors, patches: Matrix) -> Matrix:
    if architecture.embedding is PatchEmbedding.DENSE:
        return np.asarray(patches @ tensors["dense/kernel"] + tensors["dense/bias"])
    layer = "conv1d_patch_embedding"
    padded = np.pad(patches, ((0, 0), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 3, axis=1)
    convolved = windows @ tensors[f"{layer}/kernel"][:, 0] + tensors[f"{layer}/bias"]
    return np.asarray(np.maximum(convolved, 0.0).mean(axis=1))


def _block(tensors: Tensors, prefix: str, tokens: Matrix, epsilon: float) -> tuple[Matrix, Matrix]:
    attended, received = _attention(tensors, f"{prefix}_attention", tokens)
    middle = _normalized(tensors, f"{prefix}_norm1", tokens + attended, epsilon)
    hidden = np.maximum(_affine(tensors, f"{prefix}_ff1", middle), 0.0)
    forward = _affine(tensors, f"{prefix}_ff2", hidden)
    return _normalized(tensors, f"{prefix}_norm2", middle + forward, epsilon), received


def _attention(tensors: Tensors, prefix: str, tokens: Matrix) -> tuple[Matrix, Matrix]:
    output = tensors[f"{prefix}/attention_output/kernel"]
    attended = np.tile(tensors[f"{prefix}/attention_output/bias"], (len(tokens), 1))
    received = np.zeros(len(tokens))
    for head, kernel in enumerate(output):
        query, key, value = (
            tokens @ tensors[f"{prefix}/{part}/kernel"][:, head]
            + tensors[f"{prefix}/{part}/bias"][head]
            for part in ("query", "key", "value")
        )
        weights = _softmax(query @ key.T / np.sqrt(WIDTH))
        attended += weights @ value @ kernel
        received += weights.sum(axis=0)
    return attended, received / len(output)


def _softmax(scores: Matrix) -> Matrix:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _affine(tensors: Tensors, prefix: str, tokens: Matrix) -> Matrix:
    return np.asarray(tokens @ tensors[f"{prefix}/kernel"] + tensors[f"{prefix}/bias"])


def _normalized(tensors: Tensors, prefix: str, tokens: Matrix, epsilon: float) -> Matrix:
    centred = tokens - tokens.mean(axis=1, keepdims=True)
    variance = np.square(centred).mean(axis=1, keepdims=True)
    return np.asarray(
        centred / np.sqrt(variance + epsilon) * tensors[f"{prefix}/gamma"]
        + tensors[f"{prefix}/beta"]
    )
