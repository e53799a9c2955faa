"""The published PAT networks as configuration: sizes, tensor names and shapes."""

from collections.abc import Mapping
from enum import StrEnum
from math import prod
from types import MappingProxyType
from typing import ClassVar, Final

import attrs

from clarity.domain.errors import DomainError

__all__ = [
    "ARCHITECTURES",
    "EPSILON",
    "FEED_FORWARD",
    "HEAD_HIDDEN",
    "HEAD_TENSORS",
    "MOST_TOKENS",
    "WEEK_MIN",
    "WIDTH",
    "Architecture",
    "LengthNotWhole",
    "LengthTooLong",
    "PatchEmbedding",
    "TensorSpec",
    "Variant",
]

# Source of all sizes: arXiv 2411.15240 and the published notebooks (CC BY 4.0).
WIDTH: Final = 96  # channels per token; also the width of ONE attention head
FEED_FORWARD: Final = 256  # hidden units of the feed-forward part
HEAD_HIDDEN: Final = 128  # hidden units of a task head
WEEK_MIN: Final = 10_080  # minutes of the input the networks were trained on
KERNEL_MIN: Final = 3  # minutes seen by one step of the convolutional embedding
MOST_TOKENS: Final = 8_192  # 7 weeks of PAT-L; time and memory grow with their square
EPSILON: Final = 1e-6  # added to the variance in every layer normalization


class Variant(StrEnum):
    """The six published encoders."""

    S = "PAT-S"
    M = "PAT-M"
    L = "PAT-L"
    CONV_S = "PAT-Conv-S"
    CONV_M = "PAT-Conv-M"
    CONV_L = "PAT-Conv-L"


class PatchEmbedding(StrEnum):
    """How the minutes of a patch become one token."""

    DENSE = "dense"
    CONVOLUTION = "convolution"


@attrs.define(eq=False)
class LengthNotWhole(DomainError):
    """An input length cannot be cut into patches."""

    code: ClassVar[str] = "pat.length-not-whole"
    length: int
    patch_min: int

    def __str__(self) -> str:
        return (
            f"an input of {self.length} minutes is not a whole number of patches; "
            f"give a positive multiple of {self.patch_min}"
        )


@attrs.define(eq=False)
class LengthTooLong(DomainError):
    """An input has more patches than any network is built, proved or run for."""

    code: ClassVar[str] = "pat.length-too-long"
    length: int
    longest: int

    def __str__(self) -> str:
        return f"an input of {self.length} minutes is too long; give at most {self.longest} minutes"


@attrs.frozen
class TensorSpec:
    """
    One tensor of the published layout.

    Attributes:
        layer: the Keras layer (root group of the file) that holds it.
        name: its name inside the layer without the `:0` suffix; unique in a network.
        shape: its shape; all tensors are float32.
    """

    layer: str
    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of values."""
        return prod(self.shape)


def _affine(
    layer: str, prefix: str, kernel: tuple[int, ...], bias: tuple[int, ...]
) -> list[TensorSpec]:
    return [
        TensorSpec(layer, f"{prefix}/kernel", kernel),
        TensorSpec(layer, f"{prefix}/bias", bias),
    ]


def _normalization(layer: str, prefix: str) -> list[TensorSpec]:
    return [TensorSpec(layer, f"{prefix}/{part}", (WIDTH,)) for part in ("gamma", "beta")]


HEAD_TENSORS: Final = (
    *_affine("dense_128", "dense_128", (WIDTH, HEAD_HIDDEN), (HEAD_HIDDEN,)),
    *_affine("output", "output", (HEAD_HIDDEN, 1), (1,)),
)


@attrs.frozen(kw_only=True)
class Architecture:
    """
    The sizes of one encoder, and what follows from them.

    Attributes:
        variant: which published encoder.
        embedding: dense or convolutional patch embedding.
        patch_min: minutes per patch; one patch is one token.
        heads: attention heads per layer, each `WIDTH` wide.
        layers: transformer blocks.
    """

    variant: Variant
    embedding: PatchEmbedding
    patch_min: int = attrs.field(validator=attrs.validators.ge(1))
    heads: int = attrs.field(validator=attrs.validators.ge(1))
    layers: int = attrs.field(validator=attrs.validators.ge(1))

    @property
    def tensors(self) -> tuple[TensorSpec, ...]:
        """Every tensor of the encoder in file order."""
        blocks = [spec for number in range(1, self.layers + 1) for spec in self._block(number)]
        return (*self._embedding(), *blocks)

    @property
    def parameters(self) -> int:
        """Trained values in the encoder; positions are computed, not trained."""
        return sum(spec.size for spec in self.tensors)

    def tokens(self, length: int) -> int:
        """
        Tokens that an input of `length` minutes is cut into.

        Raises:
            LengthNotWhole: `length` is not a positive multiple of the patch.
            LengthTooLong: it is one of more than `MOST_TOKENS`.
        """
        if length < 1 or length % self.patch_min:
            raise LengthNotWhole(length, self.patch_min)
        if length > MOST_TOKENS * self.patch_min:
            raise LengthTooLong(length, MOST_TOKENS * self.patch_min)
        return length // self.patch_min

    def folded_flops(self, length: int = WEEK_MIN) -> int:
        """
        Floating-point operations of one folded forward pass without heads, 2 per multiply-add.

        Counts matrix products only: the embedding, the folded query and output products, the two
        attention products, the feed-forward part.

        Raises:
            LengthNotWhole: `length` is not a positive multiple of the patch.
        """
        tokens = self.tokens(length)
        taps = (
            self.patch_min
            if self.embedding is PatchEmbedding.DENSE
            else KERNEL_MIN * self.patch_min
        )
        projections = 2 * tokens * self.heads * WIDTH**2
        attention = 2 * self.heads * tokens**2 * WIDTH
        feed_forward = 2 * tokens * WIDTH * FEED_FORWARD
        return 2 * (tokens * taps * WIDTH + self.layers * (projections + attention + feed_forward))

    def _embedding(self) -> list[TensorSpec]:
        if self.embedding is PatchEmbedding.DENSE:
            return _affine("dense", "dense", (self.patch_min, WIDTH), (WIDTH,))
        layer = "conv1d_patch_embedding"
        return _affine(layer, layer, (KERNEL_MIN, 1, WIDTH), (WIDTH,))

    def _block(self, number: int) -> list[TensorSpec]:
        prefix = f"encoder_layer_{number}"
        layer = f"{prefix}_transformer"
        attention = f"{prefix}_attention"
        projections = [
            spec
            for part in ("query", "key", "value")
            for spec in _affine(
                layer, f"{attention}/{part}", (WIDTH, self.heads, WIDTH), (self.heads, WIDTH)
            )
        ]
        return [
            *projections,
            *_affine(layer, f"{attention}/attention_output", (self.heads, WIDTH, WIDTH), (WIDTH,)),
            *_normalization(layer, f"{prefix}_norm1"),
            *_affine(layer, f"{prefix}_ff1", (WIDTH, FEED_FORWARD), (FEED_FORWARD,)),
            *_affine(layer, f"{prefix}_ff2", (FEED_FORWARD, WIDTH), (WIDTH,)),
            *_normalization(layer, f"{prefix}_norm2"),
        ]


def _architecture(variant: Variant, patch_min: int, heads: int, layers: int) -> Architecture:
    convolutional = variant in {Variant.CONV_S, Variant.CONV_M, Variant.CONV_L}
    return Architecture(
        variant=variant,
        embedding=PatchEmbedding.CONVOLUTION if convolutional else PatchEmbedding.DENSE,
        patch_min=patch_min,
        heads=heads,
        layers=layers,
    )


ARCHITECTURES: Final[Mapping[Variant, Architecture]] = MappingProxyType(
    {
        Variant.S: _architecture(Variant.S, patch_min=18, heads=6, layers=1),
        Variant.M: _architecture(Variant.M, patch_min=18, heads=12, layers=2),
        Variant.L: _architecture(Variant.L, patch_min=9, heads=12, layers=4),
        Variant.CONV_S: _architecture(Variant.CONV_S, patch_min=18, heads=6, layers=1),
        Variant.CONV_M: _architecture(Variant.CONV_M, patch_min=18, heads=12, layers=2),
        Variant.CONV_L: _architecture(Variant.CONV_L, patch_min=9, heads=12, layers=4),
    }
)
