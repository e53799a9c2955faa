"""Every sentence of `clarity.ports.predictor`, for every adapter and all variants."""

import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clarity.domain.pat.parity import parity, parity_fixture
from clarity.domain.pat.prediction import (
    BatchNotFinite,
    BatchShapeMismatch,
    BatchTypeMismatch,
    Floats,
    Prediction,
    PredictionNotFinite,
    Signature,
)
from clarity.domain.pat.variants import WEEK_MIN, Variant
from clarity.ports.predictor import Predictor
from tests.contracts.predictor.harness import OPENERS, Opener, PredictorHarness, whole_weeks
from tests.support.pat import random_batch, random_encoder, random_head


def test_an_adapter_is_a_predictor(world: PredictorHarness):
    assert isinstance(world.predictor, Predictor)


def test_the_signature_names_variant_length_and_heads(world: PredictorHarness):
    expected = Signature(
        variant=world.weights.architecture.variant, length=world.length, heads=("sleep", "mood")
    )

    assert expected == world.predictor.signature


def test_each_sample_has_an_embedding_and_a_score_per_head(world: PredictorHarness):
    found = world.predictor.predict(random_batch(3, world.length))

    assert found.embeddings.shape == (3, 96)
    assert found.embeddings.dtype == np.float32
    assert list(found.scores) == ["sleep", "mood"]
    assert all(score.shape == (3,) for score in found.scores.values())
    assert all(score.dtype == np.float32 for score in found.scores.values())


def test_answers_agree_with_the_float64_reference(world: PredictorHarness):
    fixture = parity_fixture(world.weights, world.heads, random_batch(3, world.length, seed=5))

    assert parity(world.predictor.predict, fixture, precision=world.precision).holds


def test_an_empty_batch_gives_an_empty_prediction(world: PredictorHarness):
    found = world.predictor.predict(random_batch(0, world.length))

    assert found.embeddings.shape == (0, 96)
    assert all(score.shape == (0,) for score in found.scores.values())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
@given(seed=st.integers(0, 2**32 - 1), samples=st.integers(1, 9), data=st.data())
def test_an_answer_is_bit_equal_whatever_else_is_in_the_batch(
    world: PredictorHarness, seed: int, samples: int, data: st.DataObject
):
    batch = random_batch(samples, world.length, seed) * np.float32(10.0 ** (seed % 5 - 2))
    order = data.draw(st.lists(st.integers(0, samples - 1), min_size=1, max_size=9))
    alone = [world.predictor.predict(batch[row : row + 1]) for row in order]

    together = world.predictor.predict(np.ascontiguousarray(batch[order]))

    assert np.array_equal(np.concatenate([one.embeddings for one in alone]), together.embeddings)
    for name, score in together.scores.items():
        assert np.array_equal(np.concatenate([one.scores[name] for one in alone]), score)


def test_the_same_batch_gives_the_same_bits_again(world: PredictorHarness):
    batch = random_batch(2, world.length)

    assert world.predictor.predict(batch) == world.predictor.predict(batch)


def test_the_batch_is_not_changed(world: PredictorHarness):
    batch = random_batch(2, world.length)
    before = batch.copy()

    world.predictor.predict(batch)

    assert np.array_equal(before, batch)


def test_an_answer_shares_no_memory_with_later_calls(world: PredictorHarness):
    first = world.predictor.predict(random_batch(1, world.length, seed=1))
    kept = first.embeddings.copy()

    world.predictor.predict(random_batch(1, world.length, seed=2))

    assert np.array_equal(kept, first.embeddings)
    assert not first.embeddings.flags.writeable


@pytest.mark.parametrize("memory", ["read-only", "every second row", "fortran order"])
def test_any_memory_layout_gives_the_same_answer(world: PredictorHarness, memory: str):
    batch = random_batch(4, world.length)
    views = {
        "read-only": batch[::2].copy(),
        "every second row": batch[::2],
        "fortran order": np.asfortranarray(batch[::2]),
    }
    view = views[memory]
    view.setflags(write=False)

    assert world.predictor.predict(batch[::2].copy()) == world.predictor.predict(view)


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_a_batch_with_a_value_that_is_not_finite_is_refused_whole(
    world: PredictorHarness, poison: float
):
    batch = random_batch(3, world.length)
    batch[1, 7] = poison

    with pytest.raises(BatchNotFinite) as refusal:
        world.predictor.predict(batch)

    assert refusal.value.samples == (1,)


@pytest.mark.parametrize("change", ["short", "long", "flat", "deep", "nothing"])
def test_another_shape_is_refused(world: PredictorHarness, change: str):
    length = world.length
    shapes = {
        "short": (1, length - 1),
        "long": (2, length + 1),
        "flat": (length,),
        "deep": (1, length, 1),
        "nothing": (1, 0),
    }

    with pytest.raises(BatchShapeMismatch) as refusal:
        world.predictor.predict(np.zeros(shapes[change], np.float32))

    assert str(length) in str(refusal.value)


@pytest.mark.parametrize("kind", ["float64", "float16", "int32", "bool", "O", "complex64"])
def test_another_type_is_refused(world: PredictorHarness, kind: str):
    with pytest.raises(BatchTypeMismatch, match="give float32"):
        world.predictor.predict(np.zeros((1, world.length), kind))


def test_an_input_far_out_of_range_is_refused_instead_of_answered_with_nan(
    world: PredictorHarness,
):
    batch = np.full((1, world.length), 3e38, np.float32)

    with pytest.raises(PredictionNotFinite, match="standardised"):
        world.predictor.predict(batch)


def test_many_threads_at_once_get_the_answers_of_one(world: PredictorHarness):
    batches = [random_batch(2, world.length, seed) for seed in range(4)]
    expected = [world.predictor.predict(batch) for batch in batches]
    found: dict[int, list[Prediction]] = {}

    def call(number: int) -> None:
        found[number] = [world.predictor.predict(batches[number]) for _ in range(5)]

    threads = [threading.Thread(target=call, args=(number,)) for number in range(len(batches))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {number: [expected[number]] * 5 for number in range(len(batches))}


@pytest.mark.slow
@pytest.mark.parametrize("variant", [Variant.S, Variant.L])
@pytest.mark.parametrize(
    "opened",
    [
        pytest.param(OPENERS["onnx-explicit"], id="onnx"),
        pytest.param(whole_weeks(4), id="torch-groups-of-4", marks=pytest.mark.torch),
    ],
)
def test_the_answer_for_a_whole_week_is_bit_equal_in_every_place_of_a_batch(
    variant: Variant, opened: Opener
):
    head = (random_head("mood"),)
    predictor = opened(random_encoder(variant), head, WEEK_MIN)
    batch = random_batch(5, WEEK_MIN)
    alone = [predictor.predict(week[np.newaxis]) for week in batch]

    for order in ((0, 1, 2, 3, 4), (4, 3, 2, 1, 0)):
        together = predictor.predict(batch[list(order)])

        for place, week in enumerate(order):
            assert np.array_equal(together.embeddings[place], alone[week].embeddings[0])
            assert together.scores["mood"][place] == alone[week].scores["mood"][0]


MEMORY = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")


def _peak_kib(predictor: Predictor, batch: Floats) -> int:
    """The most memory of this process while the batch is answered."""
    RESET.write_text("5", "ascii")  # the peak begins again at the present size
    predictor.predict(batch)
    lines = MEMORY.read_text("ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))


@pytest.mark.skipif(not RESET.exists(), reason="only Linux tells the peak of a running process")
@pytest.mark.parametrize(
    "opener",
    [
        pytest.param(name, marks=[pytest.mark.torch] if name.startswith("torch") else [])
        for name in OPENERS
    ],
)
def test_memory_does_not_grow_with_the_batch(opener: str):
    predictor = OPENERS[opener](random_encoder(Variant.S), (), 10_080)
    batch = random_batch(24, 10_080)
    predictor.predict(batch[:8])
    few = _peak_kib(predictor, batch[:8])

    many = _peak_kib(predictor, batch)

    # 24 samples at once would hold 24 queries of 3360 x 96 floats: 20 MiB more than 8.
    assert many - few < 10 * 1024
