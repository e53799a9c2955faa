"""PyTorch as an engine: accelerators, and a second opinion beside ONNX Runtime."""

import attrs
import torch

from clarity.adapters.torch.predictor import Execution, open_torch
from clarity.domain.pat.artifact import require_digest
from clarity.domain.pat.bundle import VerifiedBundle
from clarity.domain.pat.manifest import WEIGHTS
from clarity.domain.pat.runtime import Precision, Runtime
from clarity.ports.engine import Engine
from clarity.ports.model_files import WeightsFiles
from clarity.ports.predictor import Predictor

__all__ = ["TorchEngine", "torch_engine"]


@attrs.frozen(kw_only=True)
class TorchEngine(Engine):
    """
    Folds the weights of a bundle into a network on a device.

    Attributes:
        weights: reads weights.
        execution: how it is run.
    """

    weights: WeightsFiles
    execution: Execution = attrs.field(factory=Execution)

    @property
    def runtime(self) -> Runtime:
        """See `Engine.runtime`."""
        return Runtime(
            engine=f"torch-{torch.__version__}",
            device=self.execution.device,
            precision=self.execution.precision,
            group=self.execution.group,
        )

    @property
    def reads(self) -> frozenset[str]:
        """See `Engine.reads`."""
        return frozenset({WEIGHTS})

    def open(self, bundle: VerifiedBundle) -> Predictor:
        """See `Engine.open`."""
        data = require_digest(bundle.files[WEIGHTS], sha256=bundle.manifest.files[WEIGHTS])
        stored = self.weights.read(data)
        return open_torch(
            stored.encoder,
            stored.heads,
            length=bundle.manifest.input.length,
            execution=self.execution,
        )


def torch_engine(
    weights: WeightsFiles, device: str, precision: Precision, group: int
) -> TorchEngine:
    """The engine as settings describe it."""
    return TorchEngine(
        weights=weights,
        execution=Execution(device=device, precision=precision, group=group),
    )
