"""The self-test finds wrong networks that give plausible numbers."""

import numpy as np
import pytest

from clarity.domain.pat.parity import (
    ParityBroken,
    ParityFixture,
    parity,
    parity_fixture,
    require_parity,
)
from clarity.domain.pat.prediction import Prediction
from clarity.domain.pat.reference import reference_prediction
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


def test_random_weights_are_found(fixture: ParityFixture):
    other = random_encoder(Variant.S, seed=1)

    with pytest.raises(ParityBroken, match="must not be used") as refusal:
        require_parity(lambda batch: reference_prediction(other, HEADS, batch), fixture)

    assert refusal.value.embedding_error > 0.1


def test_another_head_is_found(fixture: ParityFixture):
    other = (random_head("mood", seed=1),)

    agreement = parity(lambda batch: reference_prediction(WEIGHTS, other, batch), fixture)

    assert agreement.embedding_error == 0.0
    assert not agreement.holds


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


def test_a_fixture_has_one_answer_per_sample(fixture: ParityFixture):
    with pytest.raises(ValueError, match="one answer"):
        ParityFixture(batch=random_batch(3, 180), expected=fixture.expected)
    with pytest.raises(ValueError, match="one answer"):
        ParityFixture(
            batch=random_batch(0, 180),
            expected=Prediction(embeddings=np.zeros((0, 96)), scores={}),
        )


def test_a_fixture_is_a_read_only_value(fixture: ParityFixture):
    assert fixture == parity_fixture(WEIGHTS, HEADS, random_batch(2, 180))
    assert not fixture.batch.flags.writeable
