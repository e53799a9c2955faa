"""Runs a PAT network."""

from abc import abstractmethod
from typing import Protocol, runtime_checkable

from clarity.domain.pat.prediction import Floats, Prediction, Signature

__all__ = ["Predictor"]


@runtime_checkable
class Predictor(Protocol):
    """
    One loaded PAT network: standardised activity in, embeddings and head scores out.

    A predictor is ready when it exists, holds no state between calls and may be called from many
    threads at once.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def signature(self) -> Signature:
        """The variant, the minutes per sample and the names of the heads; never changes."""
        ...

    @abstractmethod
    def predict(self, batch: Floats) -> Prediction:
        """
        Embeddings and scores of every sample, in the order of the batch.

        The answer for a sample never depends on the other samples of the batch, on their number
        or on its place among them: it is bit-equal to the answer for the sample alone. The same
        batch gives the same bits again from the same predictor; two adapters with float32 products
        agree to 4e-6 relative in the 2-norm of an embedding, not bit for bit. The batch is not
        changed. A batch is answered whole or not at all. Memory beyond the answer does not grow
        with the batch.

        Args:
            batch: (b, length) float32, one standardised minute per value, unit 1, finite; b may be
                0, which gives an empty prediction.

        Returns:
            Embeddings (b, 96) float32, and one (b,) float32 score in [0, 1] for each head of the
            signature. Never NaN.

        Raises:
            BatchShapeMismatch: the batch has another shape.
            BatchTypeMismatch: the batch is not float32.
            BatchNotFinite: a sample holds NaN or infinity.
            PredictionNotFinite: a sample is so far out of range that the answer is not finite.
            Unexpected: the engine failed.
        """
        ...
