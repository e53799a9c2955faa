import numpy as np
import pytest

from clarity.domain.pat.prediction import (
    BatchNotFinite,
    BatchShapeMismatch,
    BatchTypeMismatch,
    Prediction,
    PredictionNotFinite,
    Signature,
    checked_batch,
)
from clarity.domain.pat.variants import LengthNotWhole, Variant


def _prediction(score: float = 0.5) -> Prediction:
    return Prediction(embeddings=np.ones((1, 96)), scores={"mood": np.array([score])})


def test_a_prediction_is_a_read_only_copy_in_float32():
    values, scores = np.ones((1, 96), np.float32), np.full(1, 0.5, np.float32)

    found = Prediction(embeddings=values, scores={"mood": scores})
    values[0, 0] = 7.0
    scores[0] = 0.75

    assert found.embeddings[0, 0] == 1.0
    assert found.scores["mood"][0] == 0.5
    assert found.embeddings.dtype == np.float32
    assert not found.embeddings.flags.writeable


def test_predictions_are_equal_by_value():
    assert _prediction() == _prediction()
    assert _prediction() != _prediction(0.25)
    assert _prediction() != Prediction(embeddings=np.ones((1, 96)), scores={})


def test_the_text_of_a_prediction_holds_no_values():
    assert repr(_prediction()) == "Prediction()"


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_a_prediction_is_finite(poison):
    with pytest.raises(PredictionNotFinite, match="standardised"):
        Prediction(embeddings=np.full((1, 96), poison), scores={})
    with pytest.raises(PredictionNotFinite):
        _prediction(poison)


@pytest.mark.parametrize("shape", [(96,), (1, 95), (1, 1, 96)])
def test_embeddings_have_96_channels(shape):
    with pytest.raises(ValueError, match="96"):
        Prediction(embeddings=np.zeros(shape), scores={})


@pytest.mark.parametrize("score", [[0.1, 0.2], [[0.1]], [-0.01], [1.01]])
def test_a_score_is_one_number_from_0_to_1_per_sample(score):
    with pytest.raises(ValueError, match="from 0 to 1"):
        Prediction(embeddings=np.ones((1, 96)), scores={"mood": np.array(score)})


def test_a_signature_is_whole():
    with pytest.raises(LengthNotWhole):
        Signature(variant=Variant.S, length=100, heads=())
    with pytest.raises(ValueError, match="own name"):
        Signature(variant=Variant.S, length=18, heads=("a", "a"))
    with pytest.raises(ValueError, match="heads"):
        Signature(variant=Variant.S, length=18, heads=("a,b",))


def test_a_good_batch_is_passed_on_without_a_copy():
    batch = np.zeros((2, 18), np.float32)

    assert checked_batch(batch, length=18) is batch


def test_all_samples_that_are_not_finite_are_listed():
    batch = np.zeros((4, 3), np.float32)
    batch[1, 0] = np.nan
    batch[3, 2] = np.inf

    with pytest.raises(BatchNotFinite, match=r"2 samples .* first is sample 1") as refusal:
        checked_batch(batch, length=3)

    assert refusal.value.samples == (1, 3)


def test_another_shape_or_type_is_refused_with_what_is_needed():
    with pytest.raises(BatchShapeMismatch, match=r"\(2, 3\); give \(samples, 4\)"):
        checked_batch(np.zeros((2, 3), np.float32), length=4)
    with pytest.raises(BatchTypeMismatch, match="float64; give float32"):
        checked_batch(np.zeros((2, 3)), length=3)


def test_certainty_is_a_score():
    found = Prediction(embeddings=np.ones((2, 96)), scores={"mood": np.array([0.0, 1.0])})

    assert found.scores["mood"].tolist() == [0.0, 1.0]
