"""Graphs built with the package `onnx` (extra `convert`)."""

import attrs

from clarity.adapters.onnx.builder import BUILDER_VERSION, AttentionForm, build_onnx
from clarity.domain.pat.weights import EncoderWeights, HeadWeights
from clarity.ports.engine import GraphBuilder

__all__ = ["OnnxGraphs"]


@attrs.frozen
class OnnxGraphs(GraphBuilder):
    """The explicit form to serve, the operator of the standard to take elsewhere."""

    @property
    def version(self) -> str:
        """See `GraphBuilder.version`."""
        return BUILDER_VERSION

    def serving(
        self, encoder: EncoderWeights, *, heads: tuple[HeadWeights, ...], length: int
    ) -> bytes:
        """See `GraphBuilder.serving`."""
        return build_onnx(encoder, heads, length=length, form=AttentionForm.EXPLICIT)

    def portable(
        self, encoder: EncoderWeights, *, heads: tuple[HeadWeights, ...], length: int
    ) -> bytes:
        """See `GraphBuilder.portable`."""
        return build_onnx(encoder, heads, length=length, form=AttentionForm.PORTABLE)
