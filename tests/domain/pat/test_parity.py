"""The self-test finds wrong networks that give plausible numbers."""

from collections.abc import Callable
from functools import partial

import attrs
import numpy as np
import pytest

from clarity.domain.pat.parity import (
    TOLERANCES,
    ParityBroken,
    ParityFixture,
    parity,
    parity_fixture,
    require_parity,
    synthetic_batch,
)
from clarity.domain.pat.prediction import Floats, Prediction
from clarity.domain.pat.reference import reference_prediction, trace
from clarity.domain.pat.runtime import Precision
from clarity.domain.pat.variants import Variant
from clarity.domain.pat.weights import EncoderWeights, Tensor
from tests.support.pat import random_batch, random_encoder, random_head

WEIGHTS = random_encoder(Variant.S)
HEADS = (random_head("mood"),)
QUERY = "encoder_layer_1_attention/query/kernel"
QUERY_BIAS = "encoder_layer_1_attention/query/bias"
OUTPUT = "encoder_layer_1_attention/attention_output/kernel"

Network = Callable[[Floats], Prediction]


@pytest.fixture(scope="module")
def fixture() -> ParityFixture:
    return parity_fixture(WEIGHTS, HEADS, random_batch(2, 180))


def _answers(prediction: Prediction):
    return lambda _batch: prediction


def test_the_reference_agrees_with_itself(fixture: ParityFixture):
    agreement = require_parity(lambda batch: reference_prediction(WEIGHTS, HEADS, batch), fixture)

    assert (agreement.embedding_error, agreement.score_error) == (0.0, 0.0)
    assert agreement.epsilon_lean == pytest.approx(0.0, abs=1e-12)


def test_random_weights_are_found(fixture: ParityFixture):
    other = random_encoder(Variant.S, seed=1)

    with pytest.raises(ParityBroken, match="must not be used") as refusal:
        require_parity(lambda batch: reference_prediction(other, HEADS, batch), fixture)

    assert refusal.value.agreement.embedding_error > 0.1


def test_another_head_is_found(fixture: ParityFixture):
    other = (random_head("mood", seed=1),)

    agreement = parity(lambda batch: reference_prediction(WEIGHTS, other, batch), fixture)

    assert agreement.embedding_error == 0.0
    assert not agreement.holds


def _leaning(fixture: ParityFixture, share: float) -> Prediction:
    right = fixture.expected.embeddings.astype(np.float64)
    return attrs.evolve(fixture.expected, embeddings=right + share * (fixture.twin - right))


def test_an_epsilon_of_1e_5_is_found_although_its_answers_are_within_the_tolerance(
    fixture: ParityFixture,
):
    with pytest.raises(ParityBroken, match=r"epsilon of 1e-5 rather than 1e-6 by 1\.0") as refusal:
        require_parity(_answers(_leaning(fixture, 1.0)), fixture)

    assert refusal.value.agreement.embedding_error < TOLERANCES[Precision.FLOAT32].embedding


def test_a_network_nearer_to_the_right_one_than_to_its_twin_passes(fixture: ParityFixture):
    assert parity(_answers(_leaning(fixture, 0.4)), fixture).holds
    assert not parity(_answers(_leaning(fixture, 0.6)), fixture).holds


def test_where_the_twin_does_no_harm_nothing_leans(fixture: ParityFixture):
    same = attrs.evolve(fixture, twin=fixture.expected.embeddings)
    other = attrs.evolve(fixture.expected, embeddings=2 * fixture.expected.embeddings)

    assert parity(_answers(fixture.expected), same).epsilon_lean is None
    assert parity(_answers(fixture.expected), same).holds
    with pytest.raises(ParityBroken, match=r"allowed 1e-05\); it must not"):
        require_parity(_answers(other), same)


def test_the_synthetic_sample_is_irregular_by_day_and_quiet_by_night_and_always_the_same():
    found = synthetic_batch(10_080)
    nights, days = np.split(found.reshape(7, 1440), [480], axis=1)

    assert (found.dtype, found.shape) == (np.float32, (1, 10_080))
    assert np.array_equal(found, synthetic_batch(10_080))
    assert set(nights.ravel()) == {np.float32(-0.5)}
    assert days.mean() == pytest.approx(0.0, abs=1e-3)
    assert days.std() == pytest.approx(1.0, abs=1e-3)
    assert len(set(days.ravel())) > 6_700


def test_a_synthetic_sample_of_less_than_a_day_is_not_all_night():
    (found,) = synthetic_batch(144)

    assert set(found[:48]) == {np.float32(-0.5)}
    assert len(set(found[48:])) == 96


def _epsilon(weights: EncoderWeights) -> Network:
    return lambda batch: Prediction(
        embeddings=np.stack([trace(weights, one, epsilon=1e-5).embedding for one in batch]),
        scores={},
    )


def _weights(name: str, change: Callable[[Tensor], Tensor]) -> Callable[[EncoderWeights], Network]:
    def planted(weights: EncoderWeights) -> Network:
        tensors = {**weights.tensors, name: change(weights.tensors[name]).astype(np.float32)}
        return partial(reference_prediction, attrs.evolve(weights, tensors=tensors), ())

    return planted


PLANTED = {
    "epsilon": _epsilon,
    "two heads mixed up": _weights(QUERY, lambda one: one[:, [1, 0, 2, 3, 4, 5]]),
    "one head lost": _weights(OUTPUT, lambda one: one * (np.arange(6) != 5)[:, None, None]),
    "query bias lost": _weights(QUERY_BIAS, np.zeros_like),
    "minutes of a patch reversed": _weights("dense/kernel", lambda one: one[::-1]),
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
@pytest.mark.parametrize("seed", range(4))
def test_one_synthetic_sample_finds_what_is_planted(
    plant: Callable[[EncoderWeights], Network], seed: int
):
    weights = random_encoder(Variant.S, seed)
    one = parity_fixture(weights, (), synthetic_batch(1_440))

    with pytest.raises(ParityBroken):
        require_parity(plant(weights), one)


def test_a_fixture_fills_the_group_of_an_engine_by_its_samples_again(fixture: ParityFixture):
    filled = fixture.filling(5)

    assert fixture.filling(1) == fixture.filling(2) == fixture
    assert filled.batch.shape == (6, 180)
    assert require_parity(partial(reference_prediction, WEIGHTS, HEADS), filled).holds


def test_every_place_of_a_group_is_proved(fixture: ParityFixture):
    def wrong_in_the_last(batch: Floats) -> Prediction:
        right = reference_prediction(WEIGHTS, HEADS, batch)
        embeddings = np.array(right.embeddings)
        embeddings[-1] = 0.0
        return attrs.evolve(right, embeddings=embeddings)

    with pytest.raises(ParityBroken):
        require_parity(wrong_in_the_last, fixture.filling(4))


def test_a_missing_head_is_found(fixture: ParityFixture):
    agreement = parity(lambda batch: reference_prediction(WEIGHTS, (), batch), fixture)

    assert agreement.score_error == float("inf")


def test_an_encoder_without_heads_has_a_fixture_too():
    bare = parity_fixture(WEIGHTS, (), random_batch(1, 18))

    assert require_parity(lambda batch: reference_prediction(WEIGHTS, (), batch), bare).holds


def test_the_tolerance_is_two_millionths_of_an_embedding(fixture: ParityFixture):
    expected = fixture.expected

    def scaled(factor: float) -> Prediction:
        return Prediction(embeddings=expected.embeddings * factor, scores=expected.scores)

    assert parity(_answers(scaled(1.0 + 1.5e-6)), fixture).holds
    assert not parity(_answers(scaled(1.0 + 2.5e-6)), fixture).holds


def test_bfloat16_is_accepted_by_its_own_tolerance_which_no_other_network_passes(
    fixture: ParityFixture,
):
    expected = fixture.expected
    narrow = Prediction(
        embeddings=expected.embeddings * 1.009,
        scores={name: score - 0.004 for name, score in expected.scores.items()},
    )
    other = reference_prediction(random_encoder(Variant.S, seed=1), HEADS, fixture.batch)

    agreement = require_parity(_answers(narrow), fixture, precision=Precision.BFLOAT16)

    assert (agreement.precision, agreement.epsilon_lean) == (Precision.BFLOAT16, None)
    assert not parity(_answers(narrow), fixture).holds
    with pytest.raises(ParityBroken, match=r"allowed 1e-02.*allowed 5e-03"):
        require_parity(_answers(other), fixture, precision=Precision.BFLOAT16)


def test_a_score_that_moves_by_more_than_bfloat16_explains_is_refused(fixture: ParityFixture):
    moved = {name: score - 0.006 for name, score in fixture.expected.scores.items()}
    found = attrs.evolve(fixture.expected, scores=moved)

    assert not parity(_answers(found), fixture, precision=Precision.BFLOAT16).holds


def test_a_fixture_has_one_answer_per_sample(fixture: ParityFixture):
    with pytest.raises(ValueError, match="one answer"):
        attrs.evolve(fixture, batch=random_batch(3, 180))
    with pytest.raises(ValueError, match="one answer"):
        attrs.evolve(fixture, twin=fixture.twin[:1])
    with pytest.raises(ValueError, match="one answer"):
        ParityFixture(
            batch=random_batch(0, 180),
            expected=Prediction(embeddings=np.zeros((0, 96)), scores={}),
            twin=np.zeros((0, 96)),
        )


def test_a_fixture_is_a_copy(fixture: ParityFixture):
    batch = random_batch(2, 180)
    copy = attrs.evolve(fixture, batch=batch)

    batch[0, 0] += 1.0

    assert copy == fixture


def test_a_fixture_is_a_read_only_value(fixture: ParityFixture):
    assert fixture == parity_fixture(WEIGHTS, HEADS, random_batch(2, 180))
    assert not fixture.batch.flags.writeable
