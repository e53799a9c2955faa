"""Graphs against the golden networks, and what a graph file looks like."""

import numpy as np
import onnx
import onnxruntime
import pytest

from clarity.adapters.onnx.builder import TOKENS, AttentionForm, build_onnx
from clarity.adapters.onnx.predictor import open_onnx
from clarity.domain.pat.prediction import Signature
from clarity.domain.pat.reference import reference_prediction
from clarity.domain.pat.variants import LengthNotWhole, Variant
from tests.support.pat import (
    GOLDEN_VARIANTS,
    golden,
    random_batch,
    random_encoder,
    random_head,
    relative_error,
    sha256,
)

FORMS = list(AttentionForm)


def _tokens(model: bytes, inputs, count: int):
    exposed = onnx.load_from_string(model)
    exposed.graph.output.append(
        onnx.helper.make_tensor_value_info(TOKENS, onnx.TensorProto.FLOAT, ["batch", count, 96])
    )
    session = onnxruntime.InferenceSession(
        exposed.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return np.concatenate(
        [session.run([TOKENS], {"minutes": inputs[row : row + 1]})[0] for row in (0, 1)]
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("variant", GOLDEN_VARIANTS)
def test_a_graph_passes_every_golden_gate(variant, form):
    recorded = golden(variant)
    arrays = recorded.arrays
    model = build_onnx(recorded.weights, (recorded.head,), form=form)

    found = open_onnx(model, sha256=sha256(model)).predict(recorded.inputs)
    tokens = _tokens(model, recorded.inputs, recorded.weights.architecture.tokens(10_080))

    for row in (0, 1):
        assert relative_error(found.embeddings[row], arrays["pooled_f64"][row]) < 2e-6
        assert relative_error(tokens[row, ::16], arrays["tokens_every16_f64"][row]) < 2e-6
    assert relative_error(found.embeddings, arrays["pooled"]) < 5e-6
    assert relative_error(tokens[0], arrays["tokens_x0"]) < 2e-5
    assert np.abs(found.scores["task"] - arrays["prob"][:, 0]).max() < 1e-5


@pytest.mark.parametrize("form", FORMS)
def test_the_same_weights_give_the_same_bytes(form):
    weights, heads = random_encoder(Variant.S), (random_head("a"), random_head("b"))

    assert build_onnx(weights, heads, length=36, form=form) == build_onnx(
        weights, heads, length=36, form=form
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("variant", list(Variant))
def test_a_graph_is_valid_for_the_checker_of_the_standard(variant, form):
    model = onnx.load_from_string(build_onnx(random_encoder(variant), length=36, form=form))

    onnx.checker.check_model(model, full_check=True)


@pytest.mark.parametrize(
    ("form", "opset"), [(AttentionForm.EXPLICIT, 18), (AttentionForm.PORTABLE, 23)]
)
def test_a_graph_uses_the_standard_operators_alone(form, opset):
    model = onnx.load_from_string(build_onnx(random_encoder(Variant.M), length=36, form=form))

    assert {node.domain for node in model.graph.node} == {""}
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", opset)]


def test_the_explicit_graph_loops_over_the_heads_one_at_a_time():
    model = onnx.load_from_string(build_onnx(random_encoder(Variant.M), length=36))
    loops = [node for node in model.graph.node if node.op_type == "Scan"]
    bodies = [onnx.helper.get_node_attr_value(loop, "body") for loop in loops]
    kernels = {one.name: tuple(one.dims) for one in model.graph.initializer}

    assert [kernels[name] for loop in loops for name in loop.input[1:]] == 2 * [
        (12, 96, 96),
        (12, 96),
        (12, 96, 96),
    ]
    assert [[node.op_type for node in body.node].count("Softmax") for body in bodies] == [1, 1]
    assert "Softmax" not in {node.op_type for node in model.graph.node}


def test_a_graph_of_the_largest_network_has_few_nodes():
    """Each takes a fresh process some 10 KB and 60 microseconds; written out there were 1,020."""
    model = onnx.load_from_string(build_onnx(random_encoder(Variant.L)))
    bodies = [
        onnx.helper.get_node_attr_value(node, "body").node
        for node in model.graph.node
        if node.op_type == "Scan"
    ]

    assert len(model.graph.node) + sum(map(len, bodies)) < 200


def test_scores_that_do_not_fit_the_cache_are_computed_in_parts_and_are_the_same():
    weights, length = random_encoder(Variant.S), 18 * 601
    model = build_onnx(weights, length=length)
    split = [node for node in onnx.load_from_string(model).graph.node if node.op_type == "Split"]
    batch = random_batch(1, length)

    found = open_onnx(model, sha256=sha256(model)).predict(batch)

    right = reference_prediction(weights, (), batch)
    assert [len(node.output) for node in split] == [2, 2]
    assert relative_error(found.embeddings, right.embeddings) < 2e-6


def test_any_whole_length_and_any_number_of_heads_make_a_graph():
    heads = tuple(random_head(f"h{number}", number) for number in range(5))
    model = build_onnx(random_encoder(Variant.L), heads, length=9)

    predictor = open_onnx(model, sha256=sha256(model))

    names = ("h0", "h1", "h2", "h3", "h4")
    assert Signature(variant=Variant.L, length=9, heads=names) == predictor.signature


def test_what_makes_no_graph_is_refused():
    with pytest.raises(LengthNotWhole):
        build_onnx(random_encoder(Variant.S), length=10)
    with pytest.raises(ValueError, match="own name"):
        build_onnx(random_encoder(Variant.S), (random_head("a"), random_head("a")), length=18)
