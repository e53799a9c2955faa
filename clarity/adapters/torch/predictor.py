"""A predictor on PyTorch: accelerators, and a second opinion beside ONNX Runtime."""

from typing import Final

import attrs
import numpy as np
import torch

from clarity.adapters.torch._errors import translated_device, translated_run
from clarity.adapters.torch.network import FoldedNetwork
from clarity.domain.pat.prediction import Floats, Prediction, Signature, checked_batch
from clarity.domain.pat.runtime import Precision
from clarity.domain.pat.variants import WEEK_MIN, WIDTH
from clarity.domain.pat.weights import EncoderWeights, HeadWeights
from clarity.ports.predictor import Predictor

__all__ = ["Execution", "TorchPredictor", "exact_products", "open_torch"]

KINDS: Final = {Precision.FLOAT32: torch.float32, Precision.BFLOAT16: torch.bfloat16}
CUDA: Final = "cuda"
EXACT: Final = "ieee"  # float32 products as they are, not the 10 bits of TF32


@attrs.frozen(kw_only=True)
class Execution:
    """
    How a network is run.

    Attributes:
        device: as torch names it, for example `cpu` or `cuda`.
        precision: of the products; whoever wants less than float32 says so.
        group: samples per run; 1 on a CPU, where larger groups do not pay.
        threads: CPU threads of one call; more than 1 only where there is a single caller, since
            torch's threads spin and starve one another.
    """

    device: str = "cpu"
    precision: Precision = Precision.FLOAT32
    group: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    threads: int = attrs.field(default=1, validator=attrs.validators.ge(1))


@attrs.frozen(kw_only=True, eq=False)
class TorchPredictor(Predictor):
    """
    Predicts with groups of one fixed size; a last, smaller group is filled up with zeros.

    Every run of the network has the same shape, so the engine picks the same kernels for every
    sample whatever the batch. With groups of one, an answer cannot depend on its batch-mates. With
    larger groups (worthwhile on accelerators) that rests on kernels that treat samples alike; the
    contract suite checks it for odd groups on a CPU.

    Two settings of torch are made before each run, because bits depend on them and anybody may
    change them: the number of CPU threads (a new thread gets another one than was set before it
    started), and on CUDA that a float32 product is one, where TF32 is torch's default.

    Attributes:
        network: in evaluation mode, on the device of `execution`.
        execution: how it is run.
    """

    network: FoldedNetwork
    execution: Execution
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
        group = self.execution.group
        for start in range(0, len(samples), group):
            rows = slice(start, start + group)
            kept = len(samples[rows])
            embedding, values = self._run(self._filled(samples[rows]))
            embeddings[rows] = embedding[:kept]
            for head, score in scores.items():
                score[rows] = values[head][:kept]
        return Prediction(embeddings=embeddings, scores=scores)

    def _filled(self, samples: Floats) -> Floats:
        filled = np.zeros((self.execution.group, samples.shape[1]), dtype=np.float32)
        filled[: len(samples)] = samples
        return filled

    def _run(self, samples: Floats) -> tuple[Floats, dict[str, Floats]]:
        torch.set_num_threads(self.execution.threads)
        if self.execution.device.startswith(CUDA):
            exact_products()
        with translated_run(), torch.inference_mode():
            embedding, scores = self.network(torch.from_numpy(samples).to(self.execution.device))
            return embedding.cpu().numpy(), {
                head: score.cpu().numpy() for head, score in scores.items()
            }


def exact_products() -> None:
    """Float32 products on CUDA are exact to float32 from now on, in the whole process."""
    torch.backends.cuda.matmul.fp32_precision = EXACT


def open_torch(
    weights: EncoderWeights,
    heads: tuple[HeadWeights, ...] = (),
    *,
    length: int = WEEK_MIN,
    execution: Execution | None = None,
) -> TorchPredictor:
    """
    A predictor for weights that were verified when they were read.

    Args:
        weights: the encoder.
        heads: task heads with different names.
        length: minutes per sample.
        execution: how it is run; on one thread of the CPU unless given.

    Raises:
        LengthNotWhole: `length` is not a positive multiple of the patch.
        DeviceMissing: the device is not there.
        ValueError: two heads share a name.
    """
    signature = Signature(
        variant=weights.architecture.variant,
        length=length,
        heads=tuple(head.name for head in heads),
    )
    network = FoldedNetwork(weights, heads, length=length).eval()
    how = execution or Execution()
    network.narrow(KINDS[how.precision])
    with translated_device(how.device):
        network.to(torch.device(how.device))
    return TorchPredictor(network=network, execution=how, signature=signature)
