"""ONNX Runtime as an engine."""

import attrs
import onnxruntime

from clarity.adapters.onnx.predictor import open_onnx
from clarity.domain.pat.bundle import VerifiedBundle
from clarity.domain.pat.manifest import GRAPH
from clarity.domain.pat.runtime import Runtime
from clarity.ports.engine import Engine
from clarity.ports.predictor import Predictor

__all__ = ["OnnxEngine"]


@attrs.frozen
class OnnxEngine(Engine):
    """
    Opens the graph of a bundle in ONNX Runtime on the CPU.

    Attributes:
        threads: of one call.
    """

    threads: int = attrs.field(default=1, validator=attrs.validators.ge(1))

    @property
    def runtime(self) -> Runtime:
        """See `Engine.runtime`."""
        return Runtime(engine=f"onnxruntime-{onnxruntime.__version__}", device="cpu")

    @property
    def reads(self) -> frozenset[str]:
        """See `Engine.reads`."""
        return frozenset({GRAPH})

    def open(self, bundle: VerifiedBundle) -> Predictor:
        """See `Engine.open`."""
        sha256 = bundle.manifest.files[GRAPH]
        return open_onnx(bundle.files[GRAPH], sha256=sha256, threads=self.threads)
