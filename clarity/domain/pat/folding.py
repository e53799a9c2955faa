"""
Folded attention: the same network with fewer products.

Each head is as wide as the tokens, so Wq Wk' and Wv Wo are 96 x 96: keys and values become the
tokens themselves, shared by all heads. Softmax ignores terms that are constant over the keys, which
removes the key bias; attention rows sum to 1, which moves the value bias into the output bias. The
attention weights are unchanged.
"""

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.pat.positions import positions
from clarity.domain.pat.variants import WIDTH, PatchEmbedding
from clarity.domain.pat.weights import EncoderWeights

__all__ = ["FoldedEncoder", "FoldedLayer", "fold"]

Matrix = npt.NDArray[np.float64]


@attrs.frozen(kw_only=True, eq=False)
class FoldedLayer:
    """
    One transformer block after folding; all float64, H = heads.

    Attributes:
        query_kernel: (96, H * 96), tokens -> queries; the keys are the tokens.
        query_bias: (H * 96,).
        output_kernel: (H * 96, 96), attended tokens of all heads -> output.
        output_bias: (96,).
        norm1_gamma, norm1_beta: (96,).
        ff1_kernel, ff1_bias: (96, 256), (256,).
        ff2_kernel, ff2_bias: (256, 96), (96,).
        norm2_gamma, norm2_beta: (96,).
    """

    query_kernel: Matrix
    query_bias: Matrix
    output_kernel: Matrix
    output_bias: Matrix
    norm1_gamma: Matrix
    norm1_beta: Matrix
    ff1_kernel: Matrix
    ff1_bias: Matrix
    ff2_kernel: Matrix
    ff2_bias: Matrix
    norm2_gamma: Matrix
    norm2_beta: Matrix


@attrs.frozen(kw_only=True, eq=False)
class FoldedEncoder:
    """
    An encoder after folding, for inputs of one length; all float64.

    Attributes:
        embedding_kernel: (patch, 96), or (3, 1, 96) for the convolutional embedding.
        embedding_bias: (96,), added before the relu of the convolutional embedding; zero for the
            dense one, whose bias is part of `token_bias`.
        token_bias: (tokens, 96), positions and, for the dense embedding, its bias.
        layers: the blocks in order.
    """

    embedding_kernel: Matrix
    embedding_bias: Matrix
    token_bias: Matrix
    layers: tuple[FoldedLayer, ...]


def fold(weights: EncoderWeights, *, length: int) -> FoldedEncoder:
    """
    The folded form of an encoder for inputs of `length` minutes.

    Returns:
        Float64 arrays; the products are formed in float64 from the float32 weights.

    Raises:
        LengthNotWhole: `length` is not a positive multiple of the patch.
    """
    architecture = weights.architecture
    tensors = {name: np.asarray(value, np.float64) for name, value in weights.tensors.items()}
    token_bias = positions(architecture.tokens(length))
    dense = architecture.embedding is PatchEmbedding.DENSE
    layer = "dense" if dense else "conv1d_patch_embedding"
    bias = tensors[f"{layer}/bias"]
    return FoldedEncoder(
        embedding_kernel=tensors[f"{layer}/kernel"],
        embedding_bias=np.zeros(WIDTH) if dense else bias,
        token_bias=token_bias + bias if dense else token_bias,
        layers=tuple(_layer(tensors, number) for number in range(1, architecture.layers + 1)),
    )


def _layer(tensors: dict[str, Matrix], number: int) -> FoldedLayer:
    prefix = f"encoder_layer_{number}"
    attention = f"{prefix}_attention"
    query, query_bias = (tensors[f"{attention}/query/{part}"] for part in ("kernel", "bias"))
    key = tensors[f"{attention}/key/kernel"]
    value, value_bias = (tensors[f"{attention}/value/{part}"] for part in ("kernel", "bias"))
    output = tensors[f"{attention}/attention_output/kernel"]
    return FoldedLayer(
        query_kernel=np.einsum("ihd,jhd->ihj", query, key).reshape(WIDTH, -1),
        query_bias=np.einsum("hd,jhd->hj", query_bias, key).reshape(-1),
        output_kernel=np.einsum("ihd,hdj->hij", value, output).reshape(-1, WIDTH),
        output_bias=tensors[f"{attention}/attention_output/bias"]
        + np.einsum("hd,hdj->j", value_bias, output),
        norm1_gamma=tensors[f"{prefix}_norm1/gamma"],
        norm1_beta=tensors[f"{prefix}_norm1/beta"],
        ff1_kernel=tensors[f"{prefix}_ff1/kernel"],
        ff1_bias=tensors[f"{prefix}_ff1/bias"],
        ff2_kernel=tensors[f"{prefix}_ff2/kernel"],
        ff2_bias=tensors[f"{prefix}_ff2/bias"],
        norm2_gamma=tensors[f"{prefix}_norm2/gamma"],
        norm2_beta=tensors[f"{prefix}_norm2/beta"],
    )
