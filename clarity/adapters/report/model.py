"""What a model says about the recording, for the page and for results.json."""

from typing import Final

import attrs

from clarity.adapters.report.attention import AttentionFigure, attention_figure
from clarity.adapters.report.formats import number, percent
from clarity.domain.pat.answer import (
    AttentionProfile,
    Augmentation,
    HeadScore,
    ModelReply,
    PatAnswer,
)
from clarity.domain.pat.runtime import Precision

__all__ = ["HeadRow", "ModelSection", "model_json", "model_section"]


ASKED: Final = {
    Augmentation.NONE: "the week as it is",
    Augmentation.DAY_ROTATIONS: "the week begun on each of its days, the mean of seven answers",
}


@attrs.frozen(kw_only=True)
class HeadRow:
    """One score of a model, in words."""

    head: str
    task: str
    score: str
    probability: str


@attrs.frozen(kw_only=True)
class ModelSection:
    """
    What the page says of a model.

    Attributes:
        facts: names and texts about the model and the week.
        heads: its scores.
        attention: where it looked; None when nobody asked.
        cautions: what is to be known before a score is read.
        refusal: why there is no answer; empty when there is one.
    """

    facts: tuple[tuple[str, str], ...]
    heads: tuple[HeadRow, ...] = ()
    attention: AttentionFigure | None = None
    cautions: tuple[str, ...] = ()
    refusal: str = ""


def model_section(reply: ModelReply | None) -> ModelSection | None:
    """The section, None when no model was asked."""
    if reply is None:
        return None
    if reply.answer is None:
        return ModelSection(facts=(("Model", reply.selector),), refusal=reply.reason)
    return ModelSection(
        facts=_facts(reply.answer),
        heads=tuple(_row(score) for score in reply.answer.heads.scores),
        attention=None if reply.attention is None else attention_figure(reply.attention),
        cautions=_cautions(reply.answer),
    )


def model_json(reply: ModelReply | None) -> dict[str, object] | None:
    """The object under `model`, None when no model was asked."""
    if reply is None:
        return None
    told: dict[str, object] = {"asked": reply.selector, "code": reply.code, "reason": reply.reason}
    if reply.answer is None:
        return {**told, "provenance": None, "embedding": None, "heads": [], "attention": None}
    made = reply.answer.provenance
    provenance = {
        "model": str(made.model),
        "digest": made.model.digest,
        "variant": made.variant.value,
        "scaler": made.scaler,
        "unit": made.unit.value,
        "validated": made.validated,
        "first_date": made.first_date,
        "valid_days": made.valid_days,
        "imputed_fraction": made.imputed_fraction,
        "augmentation": made.augmentation.value,
        "steps": made.steps,
        "runtime": str(made.runtime),
        "clarity_version": made.clarity_version,
    }
    return {
        **told,
        "provenance": provenance,
        "embedding": reply.answer.embedding.values.tolist(),
        "heads": [attrs.asdict(score) for score in reply.answer.heads.scores],
        "attention": _attention(reply.attention),
    }


def _attention(profile: AttentionProfile | None) -> dict[str, object] | None:
    if profile is None:
        return None
    return {"patch_min": profile.patch_min, "layers": profile.values.tolist()}


def _facts(answer: PatAnswer) -> tuple[tuple[str, str], ...]:
    made = answer.provenance
    return (
        ("Model", f"{made.model} ({made.variant.value})"),
        ("Digest", made.model.digest),
        ("Week", f"from {made.first_date.isoformat()}, {made.valid_days} valid days"),
        ("Asked about", ASKED[made.augmentation]),
        ("Filled", f"{percent(made.imputed_fraction)} of the minutes, for the model alone"),
        ("Scaled by", made.scaler),
        ("Unit", made.unit.value),
        ("Run by", f"{made.runtime.engine} on {made.runtime.device}, {made.runtime.precision}"),
    )


def _cautions(answer: PatAnswer) -> tuple[str, ...]:
    scores = answer.heads.scores
    cautions = []
    if any(score.probability is None for score in scores):
        cautions.append(
            "Scores are not probabilities: without a calibration they order recordings at best."
        )
    if not scores:
        cautions.append("The model has no head, so it gives an embedding and no score.")
    if not answer.provenance.validated:
        cautions.append("The model was not trained on this unit; what it says is untested.")
    if answer.provenance.runtime.precision is not Precision.FLOAT32:
        cautions.append("The network ran with less precision; scores may be off by thousandths.")
    return tuple(cautions)


def _row(score: HeadScore) -> HeadRow:
    known = score.probability
    return HeadRow(
        head=score.head,
        task=score.task or "unknown",
        score=number(score.score, 3),
        probability="none: not calibrated" if known is None else number(known, 3),
    )
