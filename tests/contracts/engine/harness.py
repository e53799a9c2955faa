"""The adapters of port Engine."""

from collections.abc import Callable
from typing import Final

from clarity.adapters.onnx.engine import OnnxEngine
from clarity.domain.pat.runtime import Precision
from clarity.ports.engine import Engine
from tests.support.models import ANY_WEIGHTS


def _torch(**execution: object) -> Callable[[], Engine]:
    def opened() -> Engine:
        from clarity.adapters.torch.engine import TorchEngine
        from clarity.adapters.torch.predictor import Execution

        return TorchEngine(weights=ANY_WEIGHTS, execution=Execution(**execution))

    return opened


OPENERS: Final[dict[str, Callable[[], Engine]]] = {
    "onnx": OnnxEngine,
    "torch": _torch(),
    "torch-bfloat16": _torch(precision=Precision.BFLOAT16),
}

GPU_OPENERS: Final[dict[str, Callable[[], Engine]]] = {
    "torch-cuda": _torch(device="cuda", group=8),
    "torch-cuda-bfloat16": _torch(device="cuda", group=8, precision=Precision.BFLOAT16),
}
