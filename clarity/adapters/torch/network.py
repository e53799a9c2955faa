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
    """One folded transformer block; sums and normalizations are float32 in any precision."""

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
        kind = self.query.kernel.dtype
        factors = tokens.to(kind)
        queries = self.query(factors).view(samples, 1, -1, WIDTH)
        keys = factors.unsqueeze(1)
        attended = functional.scaled_dot_product_attention(queries, keys, keys)
        middle = self.norm1(tokens + self.output(attended.reshape(samples, count, -1)))
        hidden = functional.relu(self.ff1(middle.to(kind)))
        after: Tensor = self.norm2(middle + self.ff2(hidden))
        return after

    def narrow(self, kind: torch.dtype) -> None:
        """The factors of the products are of this kind from now on."""
        for product in (self.query, self.output, self.ff1, self.ff2):
            product.to(kind)


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
        windows = functional.pad(patches, (1, 1)).unfold(2, len(self.kernel), 1)
        convolved = windows @ self.kernel[:, 0] + self.bias
        return functional.relu(convolved).mean(dim=2) + self.token_bias


class _AffineEach(nn.Module):
    """
    `values @ kernel + bias`, one product of the same shape for each sample.

    In one product for all samples the last rows are added up in another order where there is a
    single column, so a score would depend on the sample's place.
    """

    kernel: Tensor
    bias: Tensor

    def __init__(self, kernel: npt.ArrayLike, bias: npt.ArrayLike) -> None:
        super().__init__()
        self.register_buffer("kernel", _constant(kernel).unsqueeze(0))
        self.register_buffer("bias", _constant(bias))

    def forward(self, values: Tensor) -> Tensor:
        return torch.baddbmm(self.bias, values, self.kernel.expand(len(values), -1, -1))


class _Head(nn.Module):
    """The score of an embedding."""

    def __init__(self, head: HeadWeights) -> None:
        super().__init__()
        tensors = head.tensors
        self.hidden = _AffineEach(tensors["dense_128/kernel"], tensors["dense_128/bias"])
        self.output = _AffineEach(tensors["output/kernel"], tensors["output/bias"])

    def forward(self, embedding: Tensor) -> Tensor:
        logit = self.output(functional.relu(self.hidden(embedding.unsqueeze(1))))
        return torch.sigmoid(logit).flatten()


class FoldedNetwork(nn.Module):
    """
    The encoder after folding, for inputs of one length, with its heads; holds no parameters.

    Folding happens in float64, the constants are float32. `.to(device)` works as for any module;
    `narrow` makes the products of the blocks less precise, and nothing else.
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
        self.blocks = [_Block(layer) for layer in folded.layers]
        self.layers = nn.ModuleList(self.blocks)
        self.heads = nn.ModuleDict({head.name: _Head(head) for head in heads})

    def narrow(self, kind: torch.dtype) -> None:
        """
        The products inside the blocks have factors of this kind; for bfloat16.

        Patches, positions, sums, normalizations, the mean and the heads stay float32: they are a
        hundredth of the work, and narrowing them too would double the error.
        """
        for block in self.blocks:
            block.narrow(kind)

    def tokens(self, batch: Tensor) -> Tensor:
        """(b, length) float32 standardised minutes -> (b, tokens, 96) after the last block."""
        tokens: Tensor = self.embedding(batch)
        for block in self.blocks:
            tokens = block(tokens)
        return tokens

    def forward(self, batch: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """(b, length) standardised minutes -> (b, 96) embeddings and (b,) scores by head."""
        embedding = self.tokens(batch).mean(dim=1)
        return embedding, {name: head(embedding) for name, head in self.heads.items()}
