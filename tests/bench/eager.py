"""
The predecessor's network as it is described: eager torch, a separate projection for every head, an
explicit softmax.
"""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from clarity.domain.pat.positions import positions
from clarity.domain.pat.variants import EPSILON, WEEK_MIN, WIDTH
from clarity.domain.pat.weights import EncoderWeights

__all__ = ["Eager", "head_after_head", "heads_together"]


class Eager:
    """
    The predecessor's network: eagerly, a projection of its own for every head.

    What is told of it leaves open whether the heads meet before the softmax: `attend` says how.
    """

    def __init__(self, weights: EncoderWeights, attend: "Attend") -> None:
        self.architecture, self.attend = weights.architecture, attend
        self.values = {
            name: torch.from_numpy(value.copy()) for name, value in weights.tensors.items()
        }
        placed = positions(self.architecture.tokens(WEEK_MIN)).astype(np.float32)
        self.positions = torch.from_numpy(placed)
        self.projections = {
            f"{name}/{head}": value.select(-2, head).contiguous()
            for name, value in self.values.items()
            if "_attention/" in name and "output" not in name
            for head in range(self.architecture.heads)
        }

    def __call__(self, batch: Tensor) -> Tensor:
        patches = batch.view(len(batch), -1, self.architecture.patch_min)
        tokens = patches @ self.values["dense/kernel"] + self.values["dense/bias"] + self.positions
        for number in range(1, self.architecture.layers + 1):
            tokens = self.block(f"encoder_layer_{number}", tokens)
        return tokens.mean(dim=1)

    def block(self, prefix: str, tokens: Tensor) -> Tensor:
        heads = range(self.architecture.heads)
        joined = self.attend(self.projected(f"{prefix}_attention", tokens, head) for head in heads)
        kernel = self.values[f"{prefix}_attention/attention_output/kernel"].reshape(-1, WIDTH)
        bias = self.values[f"{prefix}_attention/attention_output/bias"]
        attended = joined @ kernel + bias
        middle = self.normalized(f"{prefix}_norm1", tokens + attended)
        hidden = functional.relu(self.affine(f"{prefix}_ff1", middle))
        return self.normalized(f"{prefix}_norm2", middle + self.affine(f"{prefix}_ff2", hidden))

    def projected(self, prefix: str, tokens: Tensor, head: int) -> tuple[Tensor, Tensor, Tensor]:
        query, key, value = (
            tokens @ self.projections[f"{prefix}/{part}/kernel/{head}"]
            + self.projections[f"{prefix}/{part}/bias/{head}"]
            for part in ("query", "key", "value")
        )
        return query, key, value

    def affine(self, prefix: str, tokens: Tensor) -> Tensor:
        return tokens @ self.values[f"{prefix}/kernel"] + self.values[f"{prefix}/bias"]

    def normalized(self, prefix: str, tokens: Tensor) -> Tensor:
        gamma, beta = self.values[f"{prefix}/gamma"], self.values[f"{prefix}/beta"]
        return functional.layer_norm(tokens, (WIDTH,), gamma, beta, EPSILON)


Attend = Callable[[Iterable[tuple[Tensor, Tensor, Tensor]]], Tensor]


def weighted(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention with an explicit softmax."""
    scores = query @ key.transpose(-2, -1) / WIDTH**0.5
    return torch.softmax(scores, dim=-1) @ value


def head_after_head(heads: Iterable[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
    """The scores of one head in memory at a time."""
    return torch.cat([weighted(*head) for head in heads], dim=-1)


def heads_together(heads: Iterable[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
    """The scores of all heads in one tensor."""
    query, key, value = (torch.stack(parts, dim=1) for parts in zip(*heads, strict=True))
    return weighted(query, key, value).transpose(1, 2).flatten(2)
