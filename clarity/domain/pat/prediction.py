"""What goes into a PAT network and what comes out of it."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import ClassVar

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.errors import DomainError
from clarity.domain.pat.variants import ARCHITECTURES, WIDTH, Variant
from clarity.domain.pat.weights import HEAD_NAME

__all__ = [
    "BatchNotFinite",
    "BatchShapeMismatch",
    "BatchTypeMismatch",
    "Floats",
    "Prediction",
    "PredictionNotFinite",
    "Signature",
    "checked_batch",
]

Floats = npt.NDArray[np.float32]


@attrs.define(eq=False)
class BatchShapeMismatch(DomainError):
    """A batch is not (samples, minutes) with the network's number of minutes."""

    code: ClassVar[str] = "pat.batch-shape-mismatch"
    found: tuple[int, ...]
    length: int

    def __str__(self) -> str:
        return f"the batch has shape {self.found}; give (samples, {self.length})"


@attrs.define(eq=False)
class BatchTypeMismatch(DomainError):
    """A batch is not float32."""

    code: ClassVar[str] = "pat.batch-type-mismatch"
    found: str

    def __str__(self) -> str:
        return f"the batch is {self.found}; give float32"


@attrs.define(eq=False)
class BatchNotFinite(DomainError):
    """A batch holds NaN or infinity."""

    code: ClassVar[str] = "pat.batch-not-finite"
    samples: tuple[int, ...]

    def __str__(self) -> str:
        return (
            f"{len(self.samples)} samples of the batch hold NaN or infinity "
            f"(the first is sample {self.samples[0]}); fill or refuse gaps before prediction"
        )


@attrs.define(eq=False)
class PredictionNotFinite(DomainError):
    """The network's answer is no number, because the input is far outside its range."""

    code: ClassVar[str] = "pat.prediction-not-finite"

    def __str__(self) -> str:
        return (
            "the input drives the network out of the range of float32; "
            "check that it is standardised (most values within -10 to 10)"
        )


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)


@attrs.frozen(kw_only=True)
class Signature:
    """
    Which network a predictor runs.

    Attributes:
        variant: the published encoder.
        length: minutes per sample.
        heads: names of the scores, in order; may be empty.
    """

    variant: Variant
    length: int
    heads: tuple[str, ...] = attrs.field(
        converter=_names,
        validator=attrs.validators.deep_iterable(
            attrs.validators.matches_re(HEAD_NAME.pattern, re.NOFLAG, re.fullmatch)
        ),
    )

    def __attrs_post_init__(self) -> None:
        """The length is whole and no two heads share a name."""
        ARCHITECTURES[self.variant].tokens(self.length)
        if len(set(self.heads)) != len(self.heads):
            raise ValueError("every head has its own name")


def _embeddings(values: npt.ArrayLike) -> Floats:
    copy = np.array(values, dtype=np.float32, copy=True)
    if copy.ndim != 2 or copy.shape[1] != WIDTH:
        raise ValueError(f"embeddings have shape (samples, {WIDTH})")
    return _finite(copy)


def _finite(values: Floats) -> Floats:
    if not np.isfinite(values).all():
        raise PredictionNotFinite
    values.setflags(write=False)
    return values


def _scores(values: Mapping[str, npt.ArrayLike]) -> Mapping[str, Floats]:
    return MappingProxyType(
        {
            name: _finite(np.array(score, dtype=np.float32, copy=True))
            for name, score in values.items()
        }
    )


def _same(a: Mapping[str, Floats], b: Mapping[str, Floats]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


@attrs.frozen(kw_only=True)
class Prediction:
    """
    What a network says about a batch of b samples.

    Attributes:
        embeddings: (b, 96) float32, finite: the mean over tokens after the last block. Read-only.
        scores: by head, (b,) float32 in [0, 1]. Read-only. NOT probabilities until calibrated:
            reference heads are trained with class weights.

    Raises:
        PredictionNotFinite: a value is NaN or infinite.
    """

    embeddings: Floats = attrs.field(
        converter=_embeddings, eq=attrs.cmp_using(eq=np.array_equal), hash=False, repr=False
    )
    scores: Mapping[str, Floats] = attrs.field(
        converter=_scores, eq=attrs.cmp_using(eq=_same), hash=False, repr=False
    )

    def __attrs_post_init__(self) -> None:
        """Each score is one number between 0 and 1 per sample."""
        samples = self.embeddings.shape[:1]
        for score in self.scores.values():
            if score.shape != samples or ((score < 0.0) | (score > 1.0)).any():
                raise ValueError("a score is one number from 0 to 1 per sample")


def checked_batch(batch: npt.NDArray[np.generic], *, length: int) -> Floats:
    """
    The batch, if a network for `length` minutes can take it.

    Args:
        batch: what should be (b, length) float32, finite, standardised; b may be 0.
        length: minutes per sample.

    Returns:
        (b, length) float32, C-contiguous; the same memory where possible.

    Raises:
        BatchShapeMismatch: it has another shape.
        BatchTypeMismatch: it is not float32.
        BatchNotFinite: a sample holds NaN or infinity.
    """
    if batch.ndim != 2 or batch.shape[1] != length:
        raise BatchShapeMismatch(batch.shape, length)
    if batch.dtype != np.float32:
        raise BatchTypeMismatch(str(batch.dtype))
    checked: Floats = np.ascontiguousarray(batch, dtype=np.float32)
    bad = np.flatnonzero(~np.isfinite(checked).all(axis=1))
    if bad.size:
        raise BatchNotFinite(tuple(int(sample) for sample in bad))
    return checked
