"""The adapters of port GraphBuilder."""

from collections.abc import Callable
from typing import Final

from clarity.adapters.onnx.graphs import OnnxGraphs
from clarity.ports.engine import GraphBuilder

__all__ = ["OPENERS"]

OPENERS: Final[dict[str, Callable[[], GraphBuilder]]] = {"onnx": OnnxGraphs}
