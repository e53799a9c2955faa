"""
ONNX graphs from weights: folded attention, positions in a bias, pooling and heads inside.

Needs the package `onnx` (extra `convert`); running a graph does not. The same weights give the same
bytes.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

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

BUILDER_VERSION: Final = "3"  # goes up whenever the same weights give another graph
TOKENS: Final = "tokens"  # the inner tensor before pooling, (batch, tokens, 96)
LARGEST_SCORES: Final = 320_000  # float32 values of one product, which stay in a second-level cache

Attribute = float | list[int] | GraphProto


class AttentionForm(StrEnum):
    """
    How the graph says attention.

    EXPLICIT says it in products and softmax of opset 18, in a loop over the heads, for one sample:
    the fastest in ONNX Runtime on a CPU. PORTABLE is `Attention` of the ONNX standard, opset 23,
    for any number of samples and any runtime that knows it.
    """

    EXPLICIT = "explicit"
    PORTABLE = "portable"


OPSETS: Final = {AttentionForm.EXPLICIT: 18, AttentionForm.PORTABLE: 23}
IR_VERSIONS: Final = {AttentionForm.EXPLICIT: 8, AttentionForm.PORTABLE: 11}
SAMPLES: Final[dict[AttentionForm, int | str]] = {
    AttentionForm.EXPLICIT: 1,
    AttentionForm.PORTABLE: "batch",
}


def build_onnx(
    weights: EncoderWeights,
    heads: tuple[HeadWeights, ...] = (),
    *,
    length: int = WEEK_MIN,
    form: AttentionForm = AttentionForm.EXPLICIT,
) -> bytes:
    """
    The bytes of an ONNX model: (samples, length) float32 -> `embedding` and one score per head.

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
    """Nodes and constants on their way to a model; tokens flow as (samples * tokens, 96)."""

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

    def node(self, kind: str, name: str, *inputs: str, **attributes: Attribute) -> str:
        (output,) = self.nodes_of(kind, (name,), *inputs, **attributes)
        return output

    def nodes_of(
        self, kind: str, outputs: Sequence[str], *inputs: str, **attributes: Attribute
    ) -> Sequence[str]:
        node = helper.make_node(kind, list(inputs), list(outputs), name=outputs[0])
        node.attribute.extend(
            helper.make_attribute(key, value) for key, value in attributes.items()
        )
        self.nodes.append(node)
        return outputs

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
        explicit = self.form is AttentionForm.EXPLICIT
        attended = (self.explicit if explicit else self.portable)(name, tokens, layer)
        middle = self.normalized(f"{name}_norm1", attended, layer.norm1_gamma, layer.norm1_beta)
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

    def explicit(self, name: str, tokens: str, layer: FoldedLayer) -> str:
        """
        The tokens and what attention adds; keys and values are the tokens, shared by all heads.

        A loop runs over the heads: each has products of its own and adds its share to what those
        before it left, so nothing of all heads ever lies in memory at once.
        """
        heads, scale = self.architecture.heads, WIDTH**-0.5
        query = layer.query_kernel.reshape(WIDTH, heads, WIDTH).swapaxes(0, 1) * scale
        kernels = (
            self.constant(f"{name}_query_kernels", query),
            self.constant(f"{name}_query_biases", layer.query_bias.reshape(heads, WIDTH) * scale),
            self.constant(f"{name}_output_kernels", layer.output_kernel.reshape(-1, WIDTH, WIDTH)),
        )
        bias = self.constant(f"{name}_output_bias", layer.output_bias)
        biased = self.node("Add", f"{name}_biased", tokens, bias)
        starts, rows = self.parts(f"{name}_start", biased), self.parts(f"{name}_rows", tokens)
        done = [
            self.over_heads(f"{name}_part{place}", start, kernels, part, tokens)
            for place, (start, part) in enumerate(zip(starts, rows, strict=True))
        ]
        return done[0] if len(done) == 1 else self.node("Concat", f"{name}_joined", *done, axis=0)

    def parts(self, name: str, tokens: str) -> Sequence[str]:
        """The tokens in parts of rows, so many that the scores of a part stay in the cache."""
        number = -(-(self.count**2) // LARGEST_SCORES)
        if number == 1:
            return (tokens,)
        sizes = (len(part) for part in np.array_split(np.arange(self.count), number))
        names = [f"{name}{place}" for place in range(number)]
        return self.nodes_of("Split", names, tokens, self.integers(f"{name}_sizes", *sizes), axis=0)

    def over_heads(
        self, name: str, start: str, kernels: Sequence[str], rows: str, keys: str
    ) -> str:
        """What some rows take from all tokens, head after head, added to where they start."""
        return self.node(
            "Scan",
            f"{name}_attended",
            start,
            *kernels,
            body=_one_head(name, rows, keys),
            num_scan_inputs=len(kernels),
        )

    def portable(self, name: str, tokens: str, layer: FoldedLayer) -> str:
        """The same in the standard's operator, one key head shared among the query heads."""
        heads, scale = self.architecture.heads, WIDTH**-0.5
        query = self.affine(f"{name}_query", tokens, layer.query_kernel, layer.query_bias)
        queries = self.reshaped(f"{name}_queries", query, -1, self.count, heads * WIDTH)
        keys = self.reshaped(f"{name}_keys", tokens, -1, self.count, WIDTH)
        attention = self.node(
            "Attention",
            f"{name}_attention",
            queries,
            keys,
            keys,
            q_num_heads=heads,
            kv_num_heads=1,
            scale=scale,
        )
        joined = self.reshaped(f"{name}_joined", attention, -1, heads * WIDTH)
        output = self.affine(f"{name}_output", joined, layer.output_kernel, layer.output_bias)
        return self.node("Add", f"{name}_sum1", tokens, output)

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
        samples = SAMPLES[self.form]
        outputs = [
            helper.make_tensor_value_info(EMBEDDING_OUTPUT, TensorProto.FLOAT, [samples, WIDTH])
        ]
        outputs += [
            helper.make_tensor_value_info(score_output(head), TensorProto.FLOAT, [samples])
            for head in signature.heads
        ]
        graph = helper.make_graph(
            self.nodes,
            "pat",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [samples, self.length])],
            outputs,
            self.constants,
        )
        model = helper.make_model(
            graph,
            producer_name="clarity",
            producer_version=BUILDER_VERSION,
            opset_imports=(helper.make_opsetid("", OPSETS[self.form]),),
            ir_version=IR_VERSIONS[self.form],
        )
        helper.set_model_props(model, signature_metadata(signature))
        return model


HEAD_INPUTS: Final[Mapping[str, Sequence[int | str]]] = {
    "before": ("rows", WIDTH),
    "query_kernel": (WIDTH, WIDTH),
    "query_bias": (WIDTH,),
    "output_kernel": (WIDTH, WIDTH),
}
"""What the loop over the heads hands to each: what those before it left, then what is its own."""


def _one_head(name: str, rows: str, keys: str) -> GraphProto:
    """What the loop does for a head: its share is added to what those before it left."""
    before, *kernels, output_kernel = (f"{name}_{part}" for part in HEAD_INPUTS)
    steps = ("query", "scores", "weights", "values", "after")
    query, scores, weights, values, after = (f"{name}_{step}" for step in steps)
    nodes = [
        helper.make_node("Gemm", [rows, *kernels], [query], name=query),
        helper.make_node("Gemm", [query, keys], [scores], name=scores, transB=1),
        helper.make_node("Softmax", [scores], [weights], name=weights, axis=-1),
        helper.make_node("MatMul", [weights, keys], [values], name=values),
        helper.make_node("Gemm", [values, output_kernel, before], [after], name=after),
    ]
    inputs = [
        helper.make_tensor_value_info(f"{name}_{part}", TensorProto.FLOAT, shape)
        for part, shape in HEAD_INPUTS.items()
    ]
    output = helper.make_tensor_value_info(after, TensorProto.FLOAT, HEAD_INPUTS["before"])
    return helper.make_graph(nodes, f"{name}_head", inputs, [output])
