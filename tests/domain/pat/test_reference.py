"""The plain float64 network against TensorFlow and an independent float64 evaluation."""

import math

import numpy as np
import pytest

from clarity.domain.pat.positions import positions
from clarity.domain.pat.prediction import BatchNotFinite, BatchTypeMismatch
from clarity.domain.pat.reference import reference_prediction, reference_score, trace
from clarity.domain.pat.variants import LengthNotWhole, Variant
from tests.support.pat import (
    GOLDEN_VARIANTS,
    golden,
    random_batch,
    random_encoder,
    random_head,
    relative_error,
)


@pytest.mark.parametrize("variant", GOLDEN_VARIANTS)
def test_the_reference_reproduces_every_recorded_array(variant):
    recorded = golden(variant)
    arrays = recorded.arrays

    traces = [trace(recorded.weights, sample) for sample in recorded.inputs]

    first = traces[0]
    for sample, found in enumerate(traces):
        assert relative_error(found.embedding, arrays["pooled_f64"][sample]) < 1e-14
        tokens = arrays["tokens_every16_f64"][sample]
        assert relative_error(found.layers[-1][::16], tokens) < 1e-14
        assert relative_error(found.attention, arrays["att_profile"][:, sample]) < 1e-5
        score = reference_score(recorded.head, found.embedding)
        assert score == pytest.approx(arrays["prob"][sample, 0], abs=1e-6)
    assert relative_error(first.patches[:32], arrays["patch_embedding_x0_first32"]) < 2e-6
    assert relative_error(first.layers[:, ::16], arrays["layer_out_x0_every16"]) < 2e-5
    assert relative_error(first.layers[-1], arrays["tokens_x0"]) < 2e-5
    assert relative_error(positions(len(first.patches))[::16], arrays["posenc_every16"]) < 1e-5


def test_each_layer_hands_out_as_much_attention_as_there_are_tokens():
    found = trace(random_encoder(Variant.L), random_batch(1, 90)[0])

    assert found.attention.sum(axis=1) == pytest.approx([10.0] * 4)
    assert (found.attention > 0).all()


def test_a_reference_prediction_is_the_trace_and_the_scores_rounded_once():
    weights, heads = random_encoder(Variant.CONV_S), (random_head("mood"),)
    batch = random_batch(2, 36)

    found = reference_prediction(weights, heads, batch)

    for row, sample in enumerate(batch):
        embedding = trace(weights, sample).embedding
        assert np.array_equal(embedding.astype(np.float32), found.embeddings[row])
        score = np.float32(reference_score(heads[0], embedding))
        assert score == found.scores["mood"][row]


def test_a_sample_that_cannot_be_used_is_refused():
    weights = random_encoder(Variant.S)

    with pytest.raises(LengthNotWhole):
        trace(weights, random_batch(1, 35)[0])
    with pytest.raises(BatchTypeMismatch):
        trace(weights, np.zeros(36))
    with pytest.raises(BatchNotFinite):
        trace(weights, np.full(36, np.nan, np.float32))


def test_a_score_is_the_sigmoid_of_two_layers_in_float64():
    head = random_head("mood")
    embedding = np.linspace(-1.0, 1.0, 96)
    hidden = [
        max(0.0, sum(x * float(w) for x, w in zip(embedding, column, strict=True)) + float(bias))
        for column, bias in zip(
            head.tensors["dense_128/kernel"].T, head.tensors["dense_128/bias"], strict=True
        )
    ]
    weights = head.tensors["output/kernel"][:, 0]
    logit = sum(h * float(w) for h, w in zip(hidden, weights, strict=True))
    expected = 1.0 / (1.0 + math.exp(-logit - float(head.tensors["output/bias"][0])))

    assert reference_score(head, embedding) == pytest.approx(expected, rel=1e-12)


def test_attention_to_very_different_tokens_stays_finite():
    weights = random_encoder(Variant.S)

    found = trace(weights, random_batch(1, 90)[0] * np.float32(1e4))

    assert np.isfinite(found.layers).all()
    assert found.attention.sum() == pytest.approx(5.0)
