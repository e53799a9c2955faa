"""ONNX Runtime as an engine."""

import attrs

from clarity.adapters.onnx.predictor import open_onnx
from clarity.ports.engine import Engine
from clarity.ports.predictor import Predictor

__all__ = ["OnnxEngine"]


@attrs.frozen
class OnnxEngine(Engine):
    """
    Opens graphs in ONNX Runtime on the CPU.

    Attributes:
        threads: of one call.
    """

    threads: int = attrs.field(default=1, validator=attrs.validators.ge(1))

    def open(self, graph: bytes, *, sha256: str) -> Predictor:
        """See `Engine.open`."""
        return open_onnx(graph, sha256=sha256, threads=self.threads)
