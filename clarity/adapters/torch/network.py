"""The folded network as a torch module: scaled-dot-product attention, one head, no training."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from clarity.domain.pat.folding import FoldedEncoder, FoldedLayer, fold
from clarity.domain.pat.variants import EPSILON, WIDTH, PatchEmbedding
from clarity.domain.pat.weights import EncoderWeights, HeadWeights

__all__ = ["FoldedNetwork"]


def _constant(values: npt.ArrayLike) -> Tensor:
    return torch.from_numpy(np.array(values, dtype=np.float32, order="C", copy=True))


class _Affine(nn.Module):
    """`values @ kernel + bias` with constant kernel (inputs, outputs) and bias (outputs,)."""

    kernel: Tensor
    bias: Tensor

    def __init__(self, kernel: npt.ArrayLike, bias: npt.ArrayLike) -> None:
        super().__init__()
        self.register_buffer("kernel", _constant(kernel).T.contiguous())
        self.register_buffer("bias", _constant(bias))

    def forward(self, values: Tensor) -> Tensor:
        return functional.linear(values, self.kernel, self.bias)


class _Normalization(nn.Module):
    """Layer normalization with constant gain and offset."""

    gamma: Tensor
    beta: Tensor

    def __init__(self, gamma: npt.ArrayLike, beta: npt.ArrayLike) -> None:
        super().__init__()
        self.register_buffer("gamma", _constant(gamma))
        self.register_buffer("beta", _constant(beta))

    def forward(self, values: Tensor) -> Tensor:
        return functional.layer_norm(values, (WIDTH,), self.gamma, self.beta, EPSILON)


class _Block(nn.Module):
    """One folded transformer block."""

    def __init__(self, layer: FoldedLayer) -> None:
        super().__init__()
        self.query = _Affine(layer.query_kernel, layer.query_bias)
        self.output = _Affine(layer.output_kernel, layer.output_bias)
        self.norm1 = _Normalization(layer.norm1_gamma, layer.norm1_beta)
        self.ff1 = _Affine(layer.ff1_kernel, layer.ff1_bias)
        self.ff2 = _Affine(layer.ff2_kernel, layer.ff2_bias)
        self.norm2 = _Normalization(layer.norm2_gamma, layer.norm2_beta)

    def forward(self, tokens: Tensor) -> Tensor:
        samples, count, _ = tokens.shape
        queries = self.query(tokens).view(samples, 1, -1, WIDTH)
        keys = tokens.unsqueeze(1)
        attended = functional.scaled_dot_product_attention(queries, keys, keys)
        middle = self.norm1(tokens + self.output(attended.reshape(samples, count, -1)))
        hidden = functional.relu(self.ff1(middle))
        after: Tensor = self.norm2(middle + self.ff2(hidden))
        return after


class _Embedding(nn.Module):
    """Minutes -> tokens with positions."""

    kernel: Tensor
    bias: Tensor
    token_bias: Tensor

    def __init__(self, folded: FoldedEncoder, embedding: PatchEmbedding, patch_min: int) -> None:
        super().__init__()
        self.embedding = embedding
        self.patch_min = patch_min
        self.register_buffer("kernel", _constant(folded.embedding_kernel))
        self.register_buffer("bias", _constant(folded.embedding_bias))
        self.register_buffer("token_bias", _constant(folded.token_bias))

    def forward(self, batch: Tensor) -> Tensor:
        patches = batch.view(len(batch), -1, self.patch_min)
        if self.embedding is PatchEmbedding.DENSE:
            return patches @ self.kernel + self.token_bias
        minutes = patches.reshape(-1, 1, self.patch_min)
        convolved = functional.conv1d(minutes, self.kernel.permute(2, 1, 0), self.bias, padding=1)
        means = functional.relu(convolved).mean(dim=2)
        return means.view(len(batch), -1, WIDTH) + self.token_bias


class _Head(nn.Module):
    """The score of an embedding."""

    def __init__(self, head: HeadWeights) -> None:
        super().__init__()
        tensors = head.tensors
        self.hidden = _Affine(tensors["dense_128/kernel"], tensors["dense_128/bias"])
        self.output = _Affine(tensors["output/kernel"], tensors["output/bias"])

    def forward(self, embedding: Tensor) -> Tensor:
        logit = self.output(functional.relu(self.hidden(embedding)))
        return torch.sigmoid(logit).squeeze(1)


class FoldedNetwork(nn.Module):
    """
    The encoder after folding, for inputs of one length, with its heads; holds no parameters.

    Folding happens in float64, the constants are float32; `.to(device)` and `.to(dtype)` work as
    for any module.
    """

    def __init__(
        self, weights: EncoderWeights, heads: tuple[HeadWeights, ...], *, length: int
    ) -> None:
        """
        Fold the weights.

        Raises:
            LengthNotWhole: `length` is not a positive multiple of the patch.
        """
        super().__init__()
        architecture = weights.architecture
        folded = fold(weights, length=length)
        self.embedding = _Embedding(folded, architecture.embedding, architecture.patch_min)
        self.blocks = nn.ModuleList(_Block(layer) for layer in folded.layers)
        self.heads = nn.ModuleDict({head.name: _Head(head) for head in heads})

    def tokens(self, batch: Tensor) -> Tensor:
        """(b, length) standardised minutes -> (b, tokens, 96) after the last block."""
        tokens: Tensor = self.embedding(batch)
        for block in self.blocks:
            tokens = block(tokens)
        return tokens

    def forward(self, batch: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """(b, length) standardised minutes -> (b, 96) embeddings and (b,) scores by head."""
        embedding = self.tokens(batch).mean(dim=1)
        return embedding, {name: head(embedding) for name, head in self.heads.items()}
