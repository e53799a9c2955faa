"""A predictor on PyTorch: accelerators, and a second opinion beside ONNX Runtime."""

from typing import Final

import attrs
import numpy as np
import torch

from clarity.adapters.torch.network import FoldedNetwork
from clarity.domain.pat.prediction import Floats, Prediction, Signature, checked_batch
from clarity.domain.pat.variants import WEEK_MIN, WIDTH
from clarity.domain.pat.weights import EncoderWeights, HeadWeights
from clarity.ports.errors import Unexpected
from clarity.ports.predictor import Predictor

__all__ = ["TorchPredictor", "open_torch"]

ENGINE_ERRORS: Final = (RuntimeError, ValueError)  # torch's own errors derive from RuntimeError


@attrs.frozen(kw_only=True, eq=False)
class TorchPredictor(Predictor):
    """
    Predicts with groups of one fixed size; a last, smaller group is filled up with zeros.

    Every run of the network has the same shape, so the engine picks the same kernels for every
    sample whatever the batch. With groups of one, an answer cannot depend on its batch-mates. With
    larger groups (worthwhile on accelerators) that rests on kernels that treat samples alike; the
    contract suite checks it for groups of four on a CPU.

    The number of torch's CPU threads is set for the calling thread before each run, because bits
    depend on it and torch gives a new thread another number than the one set before it started.

    Attributes:
        network: in evaluation mode, on `device`.
        device: where it runs.
        group: samples per run.
        threads: CPU threads of one call.
    """

    network: FoldedNetwork
    device: torch.device
    group: int = attrs.field(validator=attrs.validators.ge(1))
    threads: int = attrs.field(validator=attrs.validators.ge(1))
    _signature: Signature = attrs.field(alias="signature")

    @property
    def signature(self) -> Signature:
        """The variant, the minutes per sample and the names of the heads."""
        return self._signature

    def predict(self, batch: Floats) -> Prediction:
        """See `Predictor.predict`."""
        samples = checked_batch(batch, length=self._signature.length)
        embeddings = np.empty((len(samples), WIDTH), dtype=np.float32)
        scores = {head: np.empty(len(samples), dtype=np.float32) for head in self._signature.heads}
        for start in range(0, len(samples), self.group):
            rows = slice(start, start + self.group)
            kept = len(samples[rows])
            embedding, values = self._run(self._filled(samples[rows]))
            embeddings[rows] = embedding[:kept]
            for head, score in scores.items():
                score[rows] = values[head][:kept]
        return Prediction(embeddings=embeddings, scores=scores)

    def _filled(self, samples: Floats) -> Floats:
        filled = np.zeros((self.group, samples.shape[1]), dtype=np.float32)
        filled[: len(samples)] = samples
        return filled

    def _run(self, samples: Floats) -> tuple[Floats, dict[str, Floats]]:
        torch.set_num_threads(self.threads)
        try:
            with torch.inference_mode():
                embedding, scores = self.network(torch.from_numpy(samples).to(self.device))
                return embedding.cpu().numpy(), {
                    head: score.cpu().numpy() for head, score in scores.items()
                }
        except ENGINE_ERRORS as cause:
            raise Unexpected(f"PyTorch: {type(cause).__name__}") from cause


def open_torch(
    weights: EncoderWeights,
    heads: tuple[HeadWeights, ...] = (),
    *,
    length: int = WEEK_MIN,
    device: str = "cpu",
    group: int = 1,
    threads: int = 1,
) -> TorchPredictor:
    """
    A predictor for weights that were verified when they were read.

    Args:
        weights: the encoder.
        heads: task heads with different names.
        length: minutes per sample.
        device: as torch names it, for example `cpu` or `cuda`.
        group: samples per run; 1 on a CPU, where larger groups do not pay.
        threads: CPU threads of one call; more than 1 only where there is a single caller, since
            torch's threads spin and starve one another.

    Raises:
        LengthNotWhole: `length` is not a positive multiple of the patch.
        ValueError: two heads share a name.
    """
    signature = Signature(
        variant=weights.architecture.variant,
        length=length,
        heads=tuple(head.name for head in heads),
    )
    network = FoldedNetwork(weights, heads, length=length).eval()
    place = torch.device(device)
    return TorchPredictor(
        network=network.to(place),
        device=place,
        group=group,
        threads=threads,
        signature=signature,
    )
