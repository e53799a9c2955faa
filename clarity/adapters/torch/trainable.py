"""The network as it is trained: unfolded, every published tensor a parameter."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from clarity.domain.pat.positions import positions
from clarity.domain.pat.variants import EPSILON, WEEK_MIN, WIDTH, PatchEmbedding
from clarity.domain.pat.weights import EncoderWeights, HeadWeights
from clarity.domain.pat.weights import Tensor as WeightTensor

__all__ = ["TrainableEncoder", "TrainableHead"]

DROPOUT: Final = 0.1  # share of values dropped in training (arXiv 2411.15240)


def _parameters(tensors: Mapping[str, WeightTensor]) -> nn.ParameterDict:
    return nn.ParameterDict(
        {name: nn.Parameter(torch.from_numpy(value.copy())) for name, value in tensors.items()}
    )


def _tensors(parameters: nn.ParameterDict) -> dict[str, WeightTensor]:
    return {
        name: np.asarray(value.detach().to("cpu", torch.float32).numpy())
        for name, value in parameters.items()
    }


class TrainableEncoder(nn.Module):
    """
    The encoder for gradient descent; agrees with the folded forms in evaluation mode.

    In training mode a tenth of the output of attention and of the feed-forward part is dropped in
    each block, before the sum that is normalized; the paper states the rate alone.
    """

    positions: Tensor

    def __init__(self, weights: EncoderWeights, *, length: int = WEEK_MIN) -> None:
        """
        Start from `weights`, trained or drawn by the caller.

        Raises:
            LengthNotWhole: `length` is not a positive multiple of the patch.
        """
        super().__init__()
        self.architecture = weights.architecture
        self.values = _parameters(weights.tensors)
        self.dropout = nn.Dropout(DROPOUT)
        placed = positions(self.architecture.tokens(length)).astype(np.float32)
        self.register_buffer("positions", torch.from_numpy(placed), persistent=False)

    def weights(self) -> EncoderWeights:
        """
        The present values as checked weights.

        Raises:
            TensorNotFinite: training has left a value that is no number.
        """
        return EncoderWeights(architecture=self.architecture, tensors=_tensors(self.values))

    def tokens(self, batch: Tensor) -> Tensor:
        """(b, length) standardised minutes -> (b, tokens, 96) after the last block."""
        tokens = self._embedded(batch) + self.positions
        for number in range(1, self.architecture.layers + 1):
            tokens = self._block(f"encoder_layer_{number}", tokens)
        return tokens

    def forward(self, batch: Tensor) -> Tensor:
        """(b, length) standardised minutes -> (b, 96) embeddings."""
        return self.tokens(batch).mean(dim=1)

    def _embedded(self, batch: Tensor) -> Tensor:
        patch_min = self.architecture.patch_min
        patches = batch.reshape(len(batch), -1, patch_min)
        if self.architecture.embedding is PatchEmbedding.DENSE:
            return self._affine("dense", patches)
        layer = "conv1d_patch_embedding"
        kernel = self.values[f"{layer}/kernel"].permute(2, 1, 0)
        minutes = patches.reshape(-1, 1, patch_min)
        convolved = functional.conv1d(minutes, kernel, self.values[f"{layer}/bias"], padding=1)
        return functional.relu(convolved).mean(dim=2).view(len(batch), -1, WIDTH)

    def _block(self, prefix: str, tokens: Tensor) -> Tensor:
        attended = self.dropout(self._attended(f"{prefix}_attention", tokens))
        middle = self._normalized(f"{prefix}_norm1", tokens + attended)
        hidden = functional.relu(self._affine(f"{prefix}_ff1", middle))
        forward = self.dropout(self._affine(f"{prefix}_ff2", hidden))
        return self._normalized(f"{prefix}_norm2", middle + forward)

    def _attended(self, prefix: str, tokens: Tensor) -> Tensor:
        query, key, value = (
            torch.einsum("bni,ihd->bhnd", tokens, self.values[f"{prefix}/{part}/kernel"])
            + self.values[f"{prefix}/{part}/bias"].unsqueeze(1)
            for part in ("query", "key", "value")
        )
        attended = functional.scaled_dot_product_attention(query, key, value)
        kernel = self.values[f"{prefix}/attention_output/kernel"]
        bias = self.values[f"{prefix}/attention_output/bias"]
        output: Tensor = torch.einsum("bhnd,hdj->bnj", attended, kernel) + bias
        return output

    def _affine(self, prefix: str, values: Tensor) -> Tensor:
        result: Tensor = values @ self.values[f"{prefix}/kernel"] + self.values[f"{prefix}/bias"]
        return result

    def _normalized(self, prefix: str, values: Tensor) -> Tensor:
        gamma, beta = self.values[f"{prefix}/gamma"], self.values[f"{prefix}/beta"]
        return functional.layer_norm(values, (WIDTH,), gamma, beta, EPSILON)


class TrainableHead(nn.Module):
    """A task head for gradient descent: 96 -> 128 (relu) -> 1; gives logits."""

    def __init__(self, weights: HeadWeights) -> None:
        """Start from `weights`, trained or drawn by the caller."""
        super().__init__()
        self.name = weights.name
        self.values = _parameters(weights.tensors)

    def weights(self) -> HeadWeights:
        """
        The present values as checked weights.

        Raises:
            TensorNotFinite: training has left a value that is no number.
        """
        return HeadWeights(name=self.name, tensors=_tensors(self.values))

    def forward(self, embedding: Tensor) -> Tensor:
        """(b, 96) embeddings -> (b,) logits; the score is their sigmoid."""
        hidden = functional.relu(
            embedding @ self.values["dense_128/kernel"] + self.values["dense_128/bias"]
        )
        logits: Tensor = hidden @ self.values["output/kernel"] + self.values["output/bias"]
        return logits.squeeze(1)
