"""Graphs as earlier builders made them, out of those that are made now."""

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, numpy_helper

from clarity.adapters.onnx.builder import AttentionForm, build_onnx
from tests.support.models import LENGTH, recipe

__all__ = ["of_builder_1", "of_builder_2"]


def of_builder_1() -> bytes:
    """All heads as one in an operator of ONNX Runtime."""
    right = recipe()
    form = AttentionForm.PORTABLE
    portable = build_onnx(right.encoder, right.heads, length=LENGTH, form=form)
    model = onnx.load_from_string(portable)
    (node,) = [node for node in model.graph.node if node.op_type == "Attention"]
    shape = next(one for one in model.graph.initializer if one.name == "layer1_queries_shape")
    _, tokens, width = numpy_helper.to_array(shape)
    heads = right.encoder.architecture.heads
    one_head = np.array([-1, tokens * heads, width // heads], dtype=np.int64)
    shape.CopyFrom(numpy_helper.from_array(one_head, shape.name))
    node.op_type, node.domain = "MultiHeadAttention", "com.microsoft"
    scale = next(one.f for one in node.attribute if one.name == "scale")
    del node.attribute[:]
    given = {"num_heads": 1, "scale": scale}
    node.attribute.extend(onnx.helper.make_attribute(name, value) for name, value in given.items())
    del model.opset_import[:]
    opsets = {"": 18, "com.microsoft": 1}
    model.opset_import.extend(onnx.helper.make_opsetid(*opset) for opset in opsets.items())
    model.ir_version = 8
    return _content(model)


def of_builder_2() -> bytes:
    """The loop over the heads written out."""
    right = recipe()
    model = onnx.load_from_string(build_onnx(right.encoder, right.heads, length=LENGTH))
    written = [one for node in model.graph.node for one in _written_out(node, model)]
    del model.graph.node[:]
    model.graph.node.extend(written)
    return _content(model)


def _content(model: ModelProto) -> bytes:
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _written_out(node: NodeProto, model: ModelProto) -> Iterator[NodeProto]:
    """The steps of a loop for each head, with kernels of their own; any other node as it is."""
    if node.op_type != "Scan":
        yield node
        return
    constants = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    body = onnx.helper.get_node_attr_value(node, "body")
    before, *names = (one.name for one in body.input)
    last, *stacks = node.input
    for head, kernels in enumerate(zip(*(constants[stack] for stack in stacks), strict=True)):
        own = [f"{name}{head}" for name in names]
        model.graph.initializer.extend(map(numpy_helper.from_array, kernels, own))
        inner = {name: f"{name}{head}" for step in body.node for name in step.output}
        called = {before: last, **dict(zip(names, own, strict=True)), **inner}
        for step in body.node:
            yield _renamed(step, called)
        last = called[body.output[0].name]
    yield onnx.helper.make_node("Identity", [last], node.output)


def _renamed(node: NodeProto, called: dict[str, str]) -> NodeProto:
    copy = NodeProto()
    copy.CopyFrom(node)
    copy.name = called[node.output[0]]
    copy.input[:] = [called.get(name, name) for name in node.input]
    copy.output[:] = [called[name] for name in node.output]
    return copy
