"""
A self-test that a loaded network must pass before it may answer.

Digests prove that bytes are the recorded ones; only running the network proves that it computes the
recorded function. Interleaved positions, another epsilon, random weights or a broken engine all
give plausible numbers, and all are found here.
"""

from collections.abc import Callable
from typing import ClassVar, Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.errors import DomainError
from clarity.domain.pat.prediction import Floats, Prediction
from clarity.domain.pat.reference import reference_prediction
from clarity.domain.pat.weights import EncoderWeights, HeadWeights

__all__ = [
    "EMBEDDING_TOLERANCE",
    "SCORE_TOLERANCE",
    "Agreement",
    "ParityBroken",
    "ParityFixture",
    "parity",
    "parity_fixture",
    "require_parity",
]

# Float32 engines were seen at 4e-7 to 7e-7 from float64; an epsilon of 1e-5 is beyond 2e-6.
EMBEDDING_TOLERANCE: Final = 2e-6  # relative, 2-norm of an embedding
SCORE_TOLERANCE: Final = 1e-5  # absolute


@attrs.define(eq=False)
class ParityBroken(DomainError):
    """The network does not compute what was recorded for it."""

    code: ClassVar[str] = "pat.parity-broken"
    embedding_error: float
    score_error: float

    def __str__(self) -> str:
        return (
            "the network fails its self-test: embeddings differ by "
            f"{self.embedding_error:.1e} (allowed {EMBEDDING_TOLERANCE:.0e}), scores by "
            f"{self.score_error:.1e} (allowed {SCORE_TOLERANCE:.0e}); it must not be used"
        )


def _read_only(values: npt.ArrayLike) -> Floats:
    copy = np.array(values, dtype=np.float32, copy=True)
    copy.setflags(write=False)
    return copy


@attrs.frozen(kw_only=True)
class ParityFixture:
    """
    Inputs and the answers that a right network gives.

    Attributes:
        batch: (b, length) float32, b at least 1. Read-only. Synthetic, never a person's data.
        expected: the answers, from the float64 reference.
    """

    batch: Floats = attrs.field(
        converter=_read_only, eq=attrs.cmp_using(eq=np.array_equal), hash=False, repr=False
    )
    expected: Prediction

    def __attrs_post_init__(self) -> None:
        """There is one answer for each of at least one sample."""
        if not 1 <= len(self.batch) == len(self.expected.embeddings):
            raise ValueError("a fixture has one answer for each of at least one sample")


@attrs.frozen(kw_only=True)
class Agreement:
    """
    How far a network's answers are from the recorded ones.

    Attributes:
        embedding_error: largest relative error of an embedding, 2-norm.
        score_error: largest absolute error of a score; infinite when heads are not the same.
    """

    embedding_error: float
    score_error: float

    @property
    def holds(self) -> bool:
        """Both errors are within their tolerance."""
        return self.embedding_error <= EMBEDDING_TOLERANCE and self.score_error <= SCORE_TOLERANCE


def parity_fixture(
    weights: EncoderWeights, heads: tuple[HeadWeights, ...], batch: Floats
) -> ParityFixture:
    """
    The fixture for these weights: `batch` and what the float64 reference says about it.

    Raises:
        LengthNotWhole, BatchShapeMismatch, BatchTypeMismatch, BatchNotFinite: the batch cannot be
            used.
    """
    return ParityFixture(batch=batch, expected=reference_prediction(weights, heads, batch))


def parity(predict: Callable[[Floats], Prediction], fixture: ParityFixture) -> Agreement:
    """
    Run the network on the fixture and compare.

    Args:
        predict: the `predict` of a predictor.
        fixture: inputs and recorded answers.

    Raises:
        ClarityError: whatever `predict` raises.
    """
    found = predict(fixture.batch)
    expected = fixture.expected
    difference = found.embeddings.astype(np.float64) - expected.embeddings
    scale = np.linalg.norm(expected.embeddings.astype(np.float64), axis=1)
    return Agreement(
        embedding_error=float((np.linalg.norm(difference, axis=1) / scale).max()),
        score_error=_score_error(expected, found),
    )


def _score_error(expected: Prediction, found: Prediction) -> float:
    if expected.scores.keys() != found.scores.keys():
        return float("inf")
    errors = [
        float(np.abs(found.scores[name] - score).max()) for name, score in expected.scores.items()
    ]
    return max(errors, default=0.0)


def require_parity(predict: Callable[[Floats], Prediction], fixture: ParityFixture) -> Agreement:
    """
    The agreement with the fixture, which holds.

    Raises:
        ParityBroken: it does not; the network must not be used.
        ClarityError: whatever `predict` raises.
    """
    agreement = parity(predict, fixture)
    if not agreement.holds:
        raise ParityBroken(agreement.embedding_error, agreement.score_error)
    return agreement
