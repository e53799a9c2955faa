"""Opening a graph: what is refused before and after it is parsed, and what serving loads."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clarity.adapters.onnx.builder import build_onnx
from clarity.adapters.onnx.predictor import OnnxPredictor, open_onnx
from clarity.domain.errors import ClarityError
from clarity.domain.pat.artifact import DigestMismatch, UnreadableModel
from clarity.domain.pat.parity import ParityBroken, parity_fixture, require_parity
from clarity.domain.pat.prediction import Prediction, Signature
from clarity.domain.pat.variants import WEEK_MIN, Variant
from clarity.ports.errors import Unexpected
from tests.support.pat import random_batch, random_encoder, random_head, sha256

LENGTH = 180
WEIGHTS = random_encoder(Variant.S)
HEADS = (random_head("mood"),)
MODEL = build_onnx(WEIGHTS, HEADS, length=LENGTH)
DIGEST = sha256(MODEL)


def _open(model: bytes) -> OnnxPredictor:
    return open_onnx(model, sha256=sha256(model))


def _outcome(model: bytes) -> Prediction | ClarityError:
    """What the network says of a sample, or why it is refused."""
    try:
        predictor = _open(model)
        return predictor.predict(random_batch(1, predictor.signature.length))
    except ClarityError as refused:
        return refused


def _changed(change) -> bytes:
    model = onnx.load_from_string(MODEL)
    change(model)
    return model.SerializeToString()


def test_500_flipped_bits_are_all_refused_before_a_parser_runs():
    rng = np.random.default_rng(9)
    for place in rng.integers(0, 8 * len(MODEL), 500):
        damaged = bytearray(MODEL)
        damaged[place // 8] ^= 1 << (place % 8)
        with pytest.raises(DigestMismatch):
            open_onnx(bytes(damaged), sha256=DIGEST)


def test_200_truncations_are_all_refused_before_a_parser_runs():
    for size in np.random.default_rng(9).integers(0, len(MODEL), 200):
        with pytest.raises(DigestMismatch):
            open_onnx(MODEL[:size], sha256=DIGEST)


@given(garbage=st.binary(max_size=300))
def test_bytes_that_are_no_graph_are_refused_even_with_the_right_digest(garbage):
    with pytest.raises(UnreadableModel):
        _open(garbage)


@settings(max_examples=40)
@given(data=st.data())
def test_whatever_is_damaged_only_a_refusal_comes_out_even_with_the_right_digest(data):
    damaged = bytearray(MODEL)
    for place in data.draw(st.lists(st.integers(0, 4_000), min_size=1, max_size=4)):
        damaged[place] = data.draw(st.integers(0, 255))

    answered = _outcome(bytes(damaged))

    if isinstance(answered, Prediction):
        assert answered.embeddings.shape == (1, 96)
    else:
        assert answered.code.count(".") == 1
        assert "; " in str(answered)


def test_an_error_of_the_engine_that_is_no_text_is_a_refusal_too(capfd):
    def change(model):
        model.graph.node[0].op_type = "Rexhape"

    damaged = _changed(change).replace(b"Rexhape", b"Re\xf3hape")

    with pytest.raises(UnreadableModel, match="refused by ONNX Runtime"):
        _open(damaged)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("size", [1, 100, 10_000, len(MODEL) // 2])
def test_half_a_graph_is_refused_even_with_the_right_digest(size):
    with pytest.raises(UnreadableModel, match="refused by ONNX Runtime"):
        _open(MODEL[:size])


def test_a_graph_that_does_not_say_which_network_it_is_is_refused():
    with pytest.raises(UnreadableModel, match="which network"):
        _open(_changed(lambda model: model.ClearField("metadata_props")))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("clarity.variant", "PAT-XL"),
        ("clarity.length", "many"),
        ("clarity.length", "181"),
        ("clarity.heads", "mood,mood"),
        ("clarity.heads", ","),
    ],
)
def test_a_graph_that_says_nonsense_of_itself_is_refused(key, value):
    def change(model):
        next(entry for entry in model.metadata_props if entry.key == key).value = value

    with pytest.raises(UnreadableModel, match="which network"):
        _open(_changed(change))


@pytest.mark.parametrize(
    ("key", "value"),
    [("clarity.length", "198"), ("clarity.heads", ""), ("clarity.heads", "mood,sleep")],
)
def test_a_graph_that_is_not_what_it_says_is_refused(key, value):
    def change(model):
        next(entry for entry in model.metadata_props if entry.key == key).value = value

    with pytest.raises(UnreadableModel, match="other inputs or outputs"):
        _open(_changed(change))


def test_an_encoder_without_heads_is_served():
    predictor = _open(build_onnx(WEIGHTS, length=LENGTH))

    assert Signature(variant=Variant.S, length=LENGTH, heads=()) == predictor.signature
    assert dict(predictor.predict(random_batch(2, LENGTH)).scores) == {}


def test_more_threads_give_a_network_that_passes_its_self_test():
    fixture = parity_fixture(WEIGHTS, HEADS, random_batch(1, LENGTH))

    predictor = open_onnx(MODEL, sha256=DIGEST, threads=2)

    assert require_parity(predictor.predict, fixture).holds


def test_a_failing_engine_is_an_unexpected_answer_without_details_of_the_input():
    good = _open(MODEL)
    wrong = Signature(variant=Variant.S, length=LENGTH, heads=("absent",))
    broken = OnnxPredictor(session=good.session, signature=wrong)

    with pytest.raises(Unexpected, match=r"ONNX Runtime: \w+"):
        broken.predict(random_batch(1, LENGTH))


def _constant(model, name):
    return next(value for value in model.graph.initializer if value.name == name)


def _interleaved_positions(model):
    bias = _constant(model, "token_bias")
    values = onnx.numpy_helper.to_array(bias)
    mixed = np.empty_like(values)
    mixed[:, 0::2], mixed[:, 1::2] = values[:, :48], values[:, 48:]
    bias.CopyFrom(onnx.numpy_helper.from_array(mixed, "token_bias"))


def _larger_epsilon(model):
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "epsilon":
                attribute.f = 1e-5


def _random_weights(model):
    rng = np.random.default_rng(3)
    for value in model.graph.initializer:
        if value.data_type == onnx.TensorProto.FLOAT:
            noise = rng.normal(size=tuple(value.dims)).astype(np.float32) * 0.1
            value.CopyFrom(onnx.numpy_helper.from_array(noise, value.name))


def _wrong_scale(model):
    """Scores without the division by the root of the width of a head."""
    (loop,) = [node for node in model.graph.node if node.op_type == "Scan"]
    for node in onnx.helper.get_node_attr_value(loop, "body").node:
        if node.name.endswith("_scores"):
            node.attribute.append(onnx.helper.make_attribute("alpha", 96.0**0.5))


def _later_kernels(name):
    """The kernels of each attention head are those of the one after it."""

    def planted(model):
        kernels = _constant(model, name)
        moved = np.roll(onnx.numpy_helper.to_array(kernels), 1, axis=0)
        kernels.CopyFrom(onnx.numpy_helper.from_array(moved, name))

    return pytest.param(planted, id=f"later_{name}")


def _one_head_less(model):
    kernels = _constant(model, "layer1_output_kernels")
    values = onnx.numpy_helper.to_array(kernels).copy()
    values[-1] = 0.0
    kernels.CopyFrom(onnx.numpy_helper.from_array(values, kernels.name))


def _no_relu(model):
    for node in model.graph.node:
        if node.op_type == "Relu":
            node.op_type = "Identity"


def _one_weight(model):
    bias = _constant(model, "layer1_ff1_kernel")
    values = onnx.numpy_helper.to_array(bias).copy()
    values[5, 7] = -4.0 * values[5, 7] + 0.1
    bias.CopyFrom(onnx.numpy_helper.from_array(values, bias.name))


@pytest.mark.parametrize(
    "bug",
    [
        _interleaved_positions,
        _larger_epsilon,
        _random_weights,
        _wrong_scale,
        _later_kernels("layer1_query_kernels"),
        _later_kernels("layer1_query_biases"),
        _later_kernels("layer1_output_kernels"),
        _one_head_less,
        _no_relu,
        _one_weight,
    ],
)
def test_a_planted_bug_in_the_network_is_found_by_the_self_test(bug):
    fixture = parity_fixture(WEIGHTS, HEADS, random_batch(2, LENGTH))
    require_parity(_open(MODEL).predict, fixture)
    wrong = _open(_changed(bug))

    with pytest.raises(ParityBroken):
        require_parity(wrong.predict, fixture)


def test_serving_a_graph_loads_neither_torch_nor_the_package_onnx(tmp_path):
    (tmp_path / "model.onnx").write_bytes(MODEL)
    program = (
        "import sys, pathlib, numpy\n"
        "from clarity.adapters.onnx.predictor import open_onnx\n"
        "model = pathlib.Path(sys.argv[1]).read_bytes()\n"
        "predictor = open_onnx(model, sha256=sys.argv[2])\n"
        "predictor.predict(numpy.zeros((1, 180), numpy.float32))\n"
        "print(sorted({'torch', 'onnx', 'h5py', 'safetensors', 'tensorflow'} & set(sys.modules)))\n"
    )

    found = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "model.onnx"), DIGEST],
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout.strip() == "[]"


RESIDENT = Path("/proc/self/status")


@pytest.mark.skipif(not RESIDENT.exists(), reason="the kernel does not tell a process's memory")
def test_a_second_run_needs_no_more_memory_than_the_first(tmp_path):
    model = build_onnx(WEIGHTS, length=WEEK_MIN)
    (tmp_path / "model.onnx").write_bytes(model)
    program = (
        "import sys, pathlib, numpy\n"
        "from clarity.adapters.onnx.predictor import open_onnx\n"
        "def resident_kib():\n"
        "    lines = pathlib.Path(sys.argv[3]).read_text().splitlines()\n"
        "    return int(next(line.split()[1] for line in lines if line.startswith('VmRSS')))\n"
        "model = pathlib.Path(sys.argv[1]).read_bytes()\n"
        "predictor = open_onnx(model, sha256=sys.argv[2])\n"
        "week = numpy.zeros((1, predictor.signature.length), numpy.float32)\n"
        "resident = [(predictor.predict(week), resident_kib())[1] for _ in range(3)]\n"
        "print(resident[-1] - resident[0])\n"
    )

    found = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "model.onnx", sha256(model), RESIDENT],
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(found.stdout) < 1_024
