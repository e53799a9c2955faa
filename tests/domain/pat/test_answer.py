from datetime import date

import attrs
import numpy as np
import pytest

from clarity.domain.models import ModelRef
from clarity.domain.pat.answer import (
    Augmentation,
    Embedding,
    HeadScore,
    HeadScores,
    ModelReply,
    PatAnswer,
    PatProvenance,
    judged,
)
from clarity.domain.pat.calibration import Platt
from clarity.domain.pat.manifest import HeadSpec
from clarity.domain.pat.runtime import Runtime
from clarity.domain.pat.variants import Variant
from clarity.domain.streams import Unit
from clarity.domain.versions import SemanticVersion

RAW = HeadScore(head="mood", task="", score=0.4)
CURVE = Platt(slope=1.0, intercept=5.0)


def test_without_a_calibration_a_score_is_no_probability():
    found = judged(RAW, HeadSpec(name="mood", task="low mood"))

    assert (found.probability, found.positive) == (None, None)
    assert "not calibrated" in found.reason
    assert (found.task, found.score) == ("low mood", 0.4)


def test_with_a_calibration_it_has_a_probability_and_no_excuse():
    found = judged(RAW, HeadSpec(name="mood", calibration=CURVE))

    assert found.probability == pytest.approx(1.0 / (1.0 + 1.5 * np.exp(-5.0)))
    assert found.reason == ""


@pytest.mark.parametrize(("threshold", "positive"), [(0.39, True), (0.4, True), (0.41, False)])
def test_a_threshold_is_reached_at_its_value(threshold: float, positive: bool):
    assert judged(RAW, HeadSpec(name="mood", threshold=threshold)).positive is positive


def test_a_threshold_is_on_the_probability_where_there_is_one():
    found = judged(RAW, HeadSpec(name="mood", threshold=0.9, calibration=CURVE))

    assert found.positive is True


@pytest.mark.parametrize(
    "changes",
    [
        {"score": 1.1},
        {"score": np.nan},
        {"probability": -0.1, "reason": ""},
        {"reason": ""},
        {"probability": 0.5},
    ],
)
def test_a_score_that_makes_no_sense_is_refused(changes: dict[str, object]):
    with pytest.raises(ValueError, match=r"must be|reason"):
        attrs.evolve(RAW, **changes)


@pytest.mark.parametrize("values", [np.zeros(95), np.full(96, np.nan), np.zeros((1, 96))])
def test_an_embedding_is_96_finite_numbers(values):
    with pytest.raises(ValueError, match="96 finite"):
        Embedding(values=values, provenance=None)


MADE = PatProvenance(
    model=ModelRef("pat-mood", SemanticVersion.parse("1.2.0"), "7d" * 32),
    variant=Variant.S,
    scaler="per_window_zscore",
    unit=Unit.COUNTS,
    validated=True,
    first_date=date(2026, 3, 2),
    valid_days=7,
    imputed_fraction=0.25,
    augmentation=Augmentation.NONE,
    runtime=Runtime(engine="onnxruntime-1.2.3", device="cpu"),
    steps=("preprocess", "embed"),
    clarity_version="0.1.0",
)


def test_an_answer_has_the_provenance_of_its_embedding_and_scores_in_order():
    embedding = Embedding(values=np.arange(96), provenance=MADE)
    heads = HeadScores(scores=[RAW], provenance=MADE)

    answer = PatAnswer(embedding=embedding, heads=heads)

    assert answer.provenance is MADE
    assert answer.heads.scores == (RAW,)
    assert embedding.values.dtype == np.float32
    assert embedding == Embedding(values=np.arange(96), provenance=MADE)


def test_a_reply_has_an_answer_or_a_reason():
    answer = PatAnswer(
        embedding=Embedding(values=np.zeros(96), provenance=MADE),
        heads=HeadScores(scores=(), provenance=MADE),
    )

    assert ModelReply(selector="pat-mood", answer=answer).reason == ""
    assert ModelReply(selector="pat-mood", code="x", reason="no week").answer is None
    for wrong in ({"answer": answer, "reason": "no week"}, {}):
        with pytest.raises(ValueError, match="either an answer or a reason"):
            ModelReply(selector="pat-mood", **wrong)
