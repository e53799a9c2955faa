"""What a page says of a model's answer."""

from datetime import date

import attrs
import numpy as np

from clarity.adapters.report.model import model_json, model_section
from clarity.domain.models import ModelRef
from clarity.domain.pat.answer import (
    Augmentation,
    Embedding,
    HeadScore,
    HeadScores,
    ModelReply,
    PatAnswer,
    PatProvenance,
)
from clarity.domain.pat.runtime import Precision, Runtime
from clarity.domain.pat.variants import Variant
from clarity.domain.streams import Unit
from clarity.domain.versions import SemanticVersion

MADE = PatProvenance(
    model=ModelRef("pat-s", SemanticVersion.parse("1.2.0"), "ab" * 32),
    variant=Variant.S,
    scaler="per_window_zscore",
    unit=Unit.COUNTS,
    validated=True,
    first_date=date(2026, 3, 2),
    valid_days=6,
    imputed_fraction=0.25,
    augmentation=Augmentation.NONE,
    steps=("preprocess", "embed"),
    runtime=Runtime(engine="onnxruntime-1.2.3", device="cpu"),
    clarity_version="0.1.0",
)
CALIBRATED = HeadScore(head="mood", task="", score=0.25, probability=0.125, reason="")


def reply(*scores: HeadScore, **of_provenance: object) -> ModelReply:
    made = attrs.evolve(MADE, **of_provenance)
    answer = PatAnswer(
        embedding=Embedding(values=np.zeros(96, np.float32), provenance=made),
        heads=HeadScores(scores=scores, provenance=made),
    )
    return ModelReply(selector="pat-s@champion", answer=answer)


def cautions(of: ModelReply) -> str:
    section = model_section(of)
    assert section is not None
    return " ".join(section.cautions)


def test_no_model_has_no_section():
    assert model_section(None) is None
    assert model_json(None) is None


def test_calibrated_scores_need_no_caution():
    section = model_section(reply(CALIBRATED))

    assert section is not None
    assert section.cautions == ()
    assert [attrs.astuple(row) for row in section.heads] == [("mood", "unknown", "0.250", "0.125")]
    assert ("Model", "pat-s:1.2.0 (PAT-S)") in section.facts
    assert ("Filled", "25 % of the minutes, for the model alone") in section.facts


def test_scores_without_a_calibration_are_said_to_be_no_probabilities():
    assert "not probabilities" in cautions(reply(CALIBRATED, HeadScore(head="x", task="", score=1)))


def test_what_ran_the_network_is_said_and_a_lower_precision_is_a_caution():
    narrow = Runtime(engine="torch-2.0", device="cuda", precision=Precision.BFLOAT16, group=32)
    of_it = model_section(reply(CALIBRATED, runtime=narrow))

    assert of_it is not None
    assert ("Run by", "torch-2.0 on cuda, bfloat16") in of_it.facts
    assert "less precision" in cautions(reply(CALIBRATED, runtime=narrow))
    told = model_json(reply(CALIBRATED, runtime=narrow))
    assert told is not None
    assert told["provenance"]["runtime"] == "torch-2.0 cuda bfloat16 32"


def test_a_model_without_heads_and_a_unit_it_was_not_trained_on_are_said():
    said = cautions(reply(validated=False, unit=Unit.STEPS_PER_MIN))

    assert "no head" in said
    assert "not trained on this unit" in said
