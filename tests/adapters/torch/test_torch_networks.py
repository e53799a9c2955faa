"""Torch against the golden networks, the trainable twin, and agreement with ONNX Runtime."""

import attrs
import numpy as np
import pytest
import torch

from clarity.adapters.onnx.builder import build_onnx
from clarity.adapters.onnx.predictor import open_onnx
from clarity.adapters.torch.network import FoldedNetwork
from clarity.adapters.torch.predictor import Execution, exact_products, open_torch
from clarity.adapters.torch.trainable import TrainableEncoder, TrainableHead
from clarity.domain.pat.reference import reference_prediction
from clarity.domain.pat.runtime import Precision
from clarity.domain.pat.variants import LengthNotWhole, Variant
from clarity.domain.pat.weights import TensorNotFinite
from clarity.ports.engine import DeviceMissing
from clarity.ports.errors import Unexpected
from tests.support.pat import (
    GOLDEN_VARIANTS,
    golden,
    random_batch,
    random_encoder,
    random_head,
    relative_error,
    sha256,
)

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Torch's threads spin and starve one another on a busy machine."""
    torch.set_num_threads(1)


@pytest.mark.parametrize("variant", GOLDEN_VARIANTS)
def test_the_folded_network_passes_every_golden_gate_and_agrees_with_onnx(variant):
    recorded = golden(variant)
    arrays = recorded.arrays
    heads = (recorded.head,)
    model = build_onnx(recorded.weights, heads)

    found = open_torch(recorded.weights, heads).predict(recorded.inputs)
    other = open_onnx(model, sha256=sha256(model)).predict(recorded.inputs)
    network = FoldedNetwork(recorded.weights, (), length=10_080)
    with torch.inference_mode():
        tokens = network.tokens(torch.from_numpy(recorded.inputs)).numpy()

    for row in (0, 1):
        assert relative_error(found.embeddings[row], arrays["pooled_f64"][row]) < 2e-6
        assert relative_error(tokens[row, ::16], arrays["tokens_every16_f64"][row]) < 2e-6
        assert relative_error(found.embeddings[row], other.embeddings[row]) < 4e-6
    assert relative_error(tokens[0], arrays["tokens_x0"]) < 2e-5
    assert relative_error(found.embeddings, arrays["pooled"]) < 5e-6
    assert np.abs(found.scores["task"] - arrays["prob"][:, 0]).max() < 1e-5
    assert np.abs(found.scores["task"] - other.scores["task"]).max() < 1e-5


@pytest.mark.parametrize("variant", GOLDEN_VARIANTS)
def test_bfloat16_moves_the_embedding_of_a_week_by_thousandths_and_its_score_by_less(variant):
    recorded = golden(variant)
    narrow = Execution(precision=Precision.BFLOAT16)

    found = open_torch(recorded.weights, (recorded.head,), execution=narrow).predict(
        recorded.inputs
    )

    for row in (0, 1):
        error = relative_error(found.embeddings[row], recorded.arrays["pooled_f64"][row])
        assert 1e-4 < error < 4e-3
    assert np.abs(found.scores["task"] - recorded.arrays["prob"][:, 0]).max() < 2e-3


@pytest.mark.parametrize("device", ["cuda", "mps", "no device"])
def test_a_device_that_is_not_there_is_told_with_what_to_do(device):
    with pytest.raises(DeviceMissing, match=rf"no device {device} .* choose cpu"):
        open_torch(random_encoder(Variant.S), length=36, execution=Execution(device=device))


def test_products_on_cuda_are_float32_whatever_was_set_before():
    before = torch.backends.cuda.matmul.fp32_precision
    torch.backends.cuda.matmul.fp32_precision = "tf32"
    try:
        exact_products()

        assert torch.backends.cuda.matmul.fp32_precision == "ieee"
    finally:
        torch.backends.cuda.matmul.fp32_precision = before


@pytest.mark.parametrize("variant", GOLDEN_VARIANTS)
def test_the_trainable_twin_passes_the_golden_gates_in_evaluation_mode(variant):
    recorded = golden(variant)
    encoder = TrainableEncoder(recorded.weights).eval()
    head = TrainableHead(recorded.head).eval()

    with torch.inference_mode():
        embeddings = encoder(torch.from_numpy(recorded.inputs))
        scores = torch.sigmoid(head(embeddings)).numpy()

    for row in (0, 1):
        assert relative_error(embeddings[row], recorded.arrays["pooled_f64"][row]) < 2e-6
    assert np.abs(scores - recorded.arrays["prob"][:, 0]).max() < 1e-5


@pytest.mark.parametrize("variant", list(Variant))
def test_all_forms_of_every_variant_say_the_same(variant):
    weights, head, batch = random_encoder(variant), random_head("task"), random_batch(3, 360)
    model = build_onnx(weights, (head,), length=360)
    encoder = TrainableEncoder(weights, length=360).eval()

    right = reference_prediction(weights, (head,), batch)
    runtime = open_onnx(model, sha256=sha256(model)).predict(batch)
    folded = open_torch(weights, (head,), length=360).predict(batch)
    with torch.inference_mode():
        embeddings = encoder(torch.from_numpy(batch))
        score = torch.sigmoid(TrainableHead(head).eval()(embeddings)).numpy()

    for row in range(3):
        for found in (runtime.embeddings, folded.embeddings, embeddings.numpy()):
            assert relative_error(found[row], right.embeddings[row]) < 2e-6
        assert relative_error(folded.embeddings[row], runtime.embeddings[row]) < 4e-6
    for found in (runtime.scores["task"], folded.scores["task"], score):
        assert np.abs(found - right.scores["task"]).max() < 1e-5


@pytest.mark.parametrize("variant", [Variant.S, Variant.CONV_S])
@pytest.mark.slow
def test_a_step_of_training_moves_every_tensor_and_lowers_the_loss(variant):
    torch.manual_seed(0)
    encoder = TrainableEncoder(random_encoder(variant), length=90).eval()
    head = TrainableHead(random_head("mood"))
    parameters = [*encoder.parameters(), *head.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=1e-3)
    batch, truth = torch.from_numpy(random_batch(4, 90)), torch.tensor([0.0, 1.0, 0.0, 1.0])

    def loss() -> torch.Tensor:
        return torch.nn.functional.binary_cross_entropy_with_logits(head(encoder(batch)), truth)

    first = loss()
    first.backward()
    gradients = {name: value.grad for name, value in encoder.values.items()}
    optimizer.step()

    assert loss().item() < first.item()
    still = {name for name, value in gradients.items() if not value.abs().max() > 1e-12}
    # Softmax ignores what is constant over the keys, so the key bias cannot learn.
    assert still <= {"encoder_layer_1_attention/key/bias"}


def test_weights_survive_the_trainable_twin_bit_for_bit():
    weights, head = random_encoder(Variant.M), random_head("mood")

    assert TrainableEncoder(weights, length=36).weights() == weights
    assert TrainableHead(head).weights() == head


def test_training_that_has_lost_its_numbers_is_refused():
    encoder = TrainableEncoder(random_encoder(Variant.S), length=36)
    head = TrainableHead(random_head("mood"))
    with torch.no_grad():
        encoder.values["dense/bias"][3] = float("nan")
        head.values["output/bias"][0] = float("inf")

    with pytest.raises(TensorNotFinite, match="dense/bias"):
        encoder.weights()
    with pytest.raises(TensorNotFinite, match="output/bias"):
        head.weights()


def test_dropout_acts_in_training_mode_alone():
    encoder = TrainableEncoder(random_encoder(Variant.S), length=36)
    batch = torch.from_numpy(random_batch(1, 36))
    torch.manual_seed(0)

    with torch.inference_mode():
        noisy = [encoder.train()(batch) for _ in range(2)]
        still = [encoder.eval()(batch) for _ in range(2)]

    assert not torch.equal(*noisy)
    assert torch.equal(*still)


def test_training_does_not_reach_the_weights_it_started_from():
    weights = random_encoder(Variant.S)
    encoder = TrainableEncoder(weights, length=36)

    with torch.no_grad():
        encoder.values["dense/bias"].add_(1.0)

    assert weights == random_encoder(Variant.S)


def test_the_folded_network_has_nothing_to_train():
    network = FoldedNetwork(random_encoder(Variant.S), (random_head("a"),), length=36)

    assert list(network.parameters()) == []


def test_a_length_that_is_not_whole_patches_is_refused():
    with pytest.raises(LengthNotWhole):
        open_torch(random_encoder(Variant.S), length=100)
    with pytest.raises(LengthNotWhole):
        TrainableEncoder(random_encoder(Variant.S), length=100)


def test_groups_have_at_least_one_sample():
    with pytest.raises(ValueError, match="group"):
        Execution(group=0)


def test_a_number_of_threads_set_elsewhere_does_not_change_an_answer():
    predictor = open_torch(random_encoder(Variant.M), length=1_440)
    batch = random_batch(1, 1_440)
    torch.set_num_threads(1)
    expected = predictor.predict(batch)
    torch.set_num_threads(2)

    assert expected == predictor.predict(batch)


def test_a_failing_engine_is_an_unexpected_answer():
    good = open_torch(random_encoder(Variant.S), length=36)
    broken = attrs.evolve(good, network=good.network.to(torch.float64))

    with pytest.raises(Unexpected, match="PyTorch: RuntimeError"):
        broken.predict(random_batch(1, 36))
