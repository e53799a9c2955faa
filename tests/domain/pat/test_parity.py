"""The self-test finds wrong networks that give plausible numbers."""

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
from clarity.domain.pat.prediction import Prediction
from clarity.domain.pat.reference import reference_prediction
from clarity.domain.pat.runtime import Precision
from clarity.domain.pat.variants import Variant
from tests.support.pat import random_batch, random_encoder, random_head

WEIGHTS = random_encoder(Variant.S)
HEADS = (random_head("mood"),)


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


def test_the_synthetic_batch_is_standardised_and_always_the_same():
    found = synthetic_batch(10_080)

    assert found.dtype == np.float32
    assert np.array_equal(found, synthetic_batch(10_080))
    assert found[0].mean() == pytest.approx(0.0, abs=1e-3)
    assert found[0].std() == pytest.approx(1.0, abs=1e-3)
    assert set(found[1].reshape(7, 1440)[:, :480].ravel()) == {np.float32(-0.5)}
    assert np.array_equal(found[0, 480:1440], found[1, 480:1440])


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
