"""
ONNX graphs from weights: folded attention, positions in a bias, pooling and heads inside.

Needs the package `onnx` (extra `convert`); running a graph does not. The same weights give the same
bytes.
"""

from enum import StrEnum
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from clarity.adapters.onnx.signature import (
    EMBEDDING_OUTPUT,
    INPUT,
    score_output,
    signature_metadata,
)
from clarity.domain.pat.folding import FoldedEncoder, FoldedLayer, fold
from clarity.domain.pat.prediction import Signature
from clarity.domain.pat.variants import (
    EPSILON,
    WEEK_MIN,
    WIDTH,
    Architecture,
    PatchEmbedding,
)
from clarity.domain.pat.weights import EncoderWeights, HeadWeights

__all__ = ["BUILDER_VERSION", "TOKENS", "AttentionForm", "build_onnx"]

BUILDER_VERSION: Final = "1"  # goes up whenever the same weights give another graph
TOKENS: Final = "tokens"  # the inner tensor before pooling, (batch, tokens, 96)
CONTRIB_DOMAIN: Final = "com.microsoft"


class AttentionForm(StrEnum):
    """
    How the graph says attention.

    CONTRIB is `com.microsoft.MultiHeadAttention`, the fastest in ONNX Runtime; PORTABLE is
    `Attention` of the ONNX standard, opset 23, for any runtime.
    """

    CONTRIB = "contrib"
    PORTABLE = "portable"


OPSETS: Final = {
    AttentionForm.CONTRIB: (helper.make_opsetid("", 18), helper.make_opsetid(CONTRIB_DOMAIN, 1)),
    AttentionForm.PORTABLE: (helper.make_opsetid("", 23),),
}
IR_VERSIONS: Final = {AttentionForm.CONTRIB: 8, AttentionForm.PORTABLE: 11}


def build_onnx(
    weights: EncoderWeights,
    heads: tuple[HeadWeights, ...] = (),
    *,
    length: int = WEEK_MIN,
    form: AttentionForm = AttentionForm.CONTRIB,
) -> bytes:
    """
    The bytes of an ONNX model: (batch, length) float32 -> `embedding` and one score per head.

    Args:
        weights: the encoder.
        heads: task heads with different names; each gives the output `score_<name>`.
        length: minutes per sample.
        form: which operator says attention.

    Raises:
        LengthNotWhole: `length` is not a positive multiple of the patch.
        ValueError: two heads share a name.
    """
    signature = Signature(
        variant=weights.architecture.variant,
        length=length,
        heads=tuple(head.name for head in heads),
    )
    graph = _Graph(architecture=weights.architecture, length=length, form=form)
    folded = fold(weights, length=length)
    tokens = graph.embedded(folded)
    for number, layer in enumerate(folded.layers, start=1):
        tokens = graph.block(f"layer{number}", tokens, layer)
    embedding = graph.pooled(tokens)
    for head in heads:
        graph.score(embedding, head)
    model: bytes = graph.model(signature).SerializeToString(deterministic=True)
    return model


@attrs.define(kw_only=True)
class _Graph:
    """Nodes and constants on their way to a model; tokens flow as (batch * tokens, 96)."""

    architecture: Architecture
    length: int
    form: AttentionForm
    nodes: list[NodeProto] = attrs.field(factory=list, init=False)
    constants: list[TensorProto] = attrs.field(factory=list, init=False)

    @property
    def count(self) -> int:
        return self.architecture.tokens(self.length)

    def constant(self, name: str, values: npt.NDArray[np.float64]) -> str:
        array = np.ascontiguousarray(values, dtype=np.float32)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def integers(self, name: str, *values: int) -> str:
        self.constants.append(numpy_helper.from_array(np.array(values, dtype=np.int64), name))
        return name

    def node(self, kind: str, name: str, *inputs: str, **attributes: float | list[int]) -> str:
        domain = CONTRIB_DOMAIN if kind == "MultiHeadAttention" else ""
        node = helper.make_node(kind, list(inputs), [name], name=name, domain=domain)
        node.attribute.extend(
            helper.make_attribute(key, value) for key, value in attributes.items()
        )
        self.nodes.append(node)
        return name

    def reshaped(self, name: str, values: str, *shape: int) -> str:
        return self.node("Reshape", name, values, self.integers(f"{name}_shape", *shape))

    def affine(
        self,
        name: str,
        values: str,
        kernel: npt.NDArray[np.float64],
        bias: npt.NDArray[np.float64],
    ) -> str:
        return self.node(
            "Gemm",
            name,
            values,
            self.constant(f"{name}_kernel", kernel),
            self.constant(f"{name}_bias", bias),
        )

    def normalized(self, name: str, values: str, *parameters: npt.NDArray[np.float64]) -> str:
        gamma, beta = (
            self.constant(f"{name}_{part}", parameter)
            for part, parameter in zip(("gamma", "beta"), parameters, strict=True)
        )
        return self.node("LayerNormalization", name, values, gamma, beta, epsilon=EPSILON)

    def embedded(self, folded: FoldedEncoder) -> str:
        """Minutes -> tokens with positions."""
        if self.architecture.embedding is PatchEmbedding.DENSE:
            patches = self.reshaped("patches", INPUT, -1, self.count, self.architecture.patch_min)
            kernel = self.constant("embedding_kernel", folded.embedding_kernel)
            tokens = self.node("MatMul", "patch_tokens", patches, kernel)
        else:
            tokens = self.convolved(folded)
        bias = self.constant("token_bias", folded.token_bias)
        return self.reshaped("embedded", self.node("Add", "placed", tokens, bias), -1, WIDTH)

    def convolved(self, folded: FoldedEncoder) -> str:
        """Convolution within each patch, relu, mean over the minutes of the patch."""
        patches = self.reshaped("patches", INPUT, -1, 1, self.architecture.patch_min)
        convolved = self.node(
            "Conv",
            "convolved",
            patches,
            self.constant("embedding_kernel", folded.embedding_kernel.transpose(2, 1, 0)),
            self.constant("embedding_bias", folded.embedding_bias),
            pads=[1, 1],
        )
        relu = self.node("Relu", "convolved_relu", convolved)
        mean = self.node(
            "ReduceMean", "patch_means", relu, self.integers("minute_axis", 2), keepdims=0
        )
        return self.reshaped("patch_tokens", mean, -1, self.count, WIDTH)

    def block(self, name: str, tokens: str, layer: FoldedLayer) -> str:
        """One transformer block, post-norm."""
        attended = self.attended(name, tokens, layer)
        middle = self.normalized(
            f"{name}_norm1",
            self.node("Add", f"{name}_sum1", tokens, attended),
            layer.norm1_gamma,
            layer.norm1_beta,
        )
        hidden = self.node(
            "Relu",
            f"{name}_relu",
            self.affine(f"{name}_ff1", middle, layer.ff1_kernel, layer.ff1_bias),
        )
        forward = self.affine(f"{name}_ff2", hidden, layer.ff2_kernel, layer.ff2_bias)
        return self.normalized(
            f"{name}_norm2",
            self.node("Add", f"{name}_sum2", middle, forward),
            layer.norm2_gamma,
            layer.norm2_beta,
        )

    def attended(self, name: str, tokens: str, layer: FoldedLayer) -> str:
        """Keys and values are the tokens, shared by all heads."""
        query = self.affine(f"{name}_query", tokens, layer.query_kernel, layer.query_bias)
        keys = self.reshaped(f"{name}_keys", tokens, -1, self.count, WIDTH)
        attention = self.attention(f"{name}_attention", query, keys)
        joined = self.reshaped(f"{name}_joined", attention, -1, self.architecture.heads * WIDTH)
        return self.affine(f"{name}_output", joined, layer.output_kernel, layer.output_bias)

    def attention(self, name: str, query: str, keys: str) -> str:
        """
        The attended tokens of all heads.

        CONTRIB runs all heads as one head over heads * tokens queries. PORTABLE shares one key
        head among the query heads, which the contrib operator cannot; flattened like CONTRIB it
        would be a quarter slower, because the runtime then holds all the scores at once.
        """
        heads, scale = self.architecture.heads, WIDTH**-0.5
        if self.form is AttentionForm.CONTRIB:
            queries = self.reshaped(f"{name}_queries", query, -1, self.count * heads, WIDTH)
            return self.node(
                "MultiHeadAttention", name, queries, keys, keys, num_heads=1, scale=scale
            )
        queries = self.reshaped(f"{name}_queries", query, -1, self.count, heads * WIDTH)
        return self.node(
            "Attention", name, queries, keys, keys, q_num_heads=heads, kv_num_heads=1, scale=scale
        )

    def pooled(self, tokens: str) -> str:
        """Mean over the tokens."""
        shaped = self.reshaped(TOKENS, tokens, -1, self.count, WIDTH)
        axis = self.integers("token_axis", 1)
        return self.node("ReduceMean", EMBEDDING_OUTPUT, shaped, axis, keepdims=0)

    def score(self, embedding: str, head: HeadWeights) -> str:
        """The sigmoid of a head, one number per sample."""
        name = score_output(head.name)
        kernels = {part: np.asarray(value, np.float64) for part, value in head.tensors.items()}
        hidden = self.affine(
            f"{name}_hidden", embedding, kernels["dense_128/kernel"], kernels["dense_128/bias"]
        )
        relu = self.node("Relu", f"{name}_relu", hidden)
        logit = self.affine(f"{name}_logit", relu, kernels["output/kernel"], kernels["output/bias"])
        return self.reshaped(name, self.node("Sigmoid", f"{name}_sigmoid", logit), -1)

    def model(self, signature: Signature) -> ModelProto:
        """The finished model with its signature as metadata."""
        outputs = [
            helper.make_tensor_value_info(EMBEDDING_OUTPUT, TensorProto.FLOAT, ["batch", WIDTH])
        ]
        outputs += [
            helper.make_tensor_value_info(score_output(head), TensorProto.FLOAT, ["batch"])
            for head in signature.heads
        ]
        graph = helper.make_graph(
            self.nodes,
            "pat",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["batch", self.length])],
            outputs,
            self.constants,
        )
        model = helper.make_model(
            graph,
            producer_name="clarity",
            producer_version=BUILDER_VERSION,
            opset_imports=OPSETS[self.form],
            ir_version=IR_VERSIONS[self.form],
        )
        helper.set_model_props(model, signature_metadata(signature))
        return model
