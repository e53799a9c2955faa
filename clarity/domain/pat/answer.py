"""What a model says about a week, and everything needed to trust it or compute it again."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.arrays import kept_float32, kept_float64
from clarity.domain.models import ModelRef
from clarity.domain.pat.calibration import calibrated
from clarity.domain.pat.manifest import HeadSpec
from clarity.domain.pat.prediction import Floats
from clarity.domain.pat.runtime import Runtime
from clarity.domain.pat.variants import WIDTH, Variant
from clarity.domain.streams import Unit

__all__ = [
    "AttentionProfile",
    "Augmentation",
    "Embedding",
    "HeadScore",
    "HeadScores",
    "ModelReply",
    "PatAnswer",
    "PatProvenance",
    "judged",
]

UNCALIBRATED = "the head is not calibrated, so its score is no probability"


class Augmentation(StrEnum):
    """
    Which versions of a week are asked about; their answers are averaged.

    DAY_ROTATIONS asks seven times, the week begun on each of its days.
    """

    NONE = "none"
    DAY_ROTATIONS = "day-rotations"


@attrs.frozen(kw_only=True)
class PatProvenance:
    """
    Where an answer comes from.

    Attributes:
        model: exactly which.
        variant: its encoder.
        scaler: what made the week the model's input.
        unit: of the recording.
        validated: the model's input is specified for this unit; where False, say so with it.
        first_date: local date of the week's first day.
        valid_days: days of the week with enough wear.
        imputed_fraction: share of minutes that were filled, 0 to 1.
        augmentation: which versions of the week were asked about.
        steps: names of the steps that made it, in order.
        runtime: what ran the network, and how precisely.
        clarity_version: of the software.
    """

    model: ModelRef
    variant: Variant
    scaler: str
    unit: Unit
    validated: bool
    first_date: date
    valid_days: int
    imputed_fraction: float
    augmentation: Augmentation
    steps: tuple[str, ...]
    runtime: Runtime
    clarity_version: str


_SHARE = (attrs.validators.ge(0.0), attrs.validators.le(1.0))


@attrs.frozen(kw_only=True)
class HeadScore:
    """
    What one head says.

    Attributes:
        head: its name.
        task: what it tells apart; empty when unknown.
        score: raw, 0 to 1; NOT a probability.
        probability: calibrated, 0 to 1; None where nobody measured how.
        positive: whether the threshold is reached; None where nobody chose one.
        reason: why there is no probability; empty where there is one.
    """

    head: str
    task: str
    score: float = attrs.field(validator=_SHARE)
    probability: float | None = attrs.field(
        default=None, validator=attrs.validators.optional(_SHARE)
    )
    positive: bool | None = None
    reason: str = UNCALIBRATED

    def __attrs_post_init__(self) -> None:
        """A probability needs no excuse and its absence needs one."""
        if (self.probability is None) == (not self.reason):
            raise ValueError("a score has either a probability or a reason for its absence")


def judged(raw: HeadScore, spec: HeadSpec) -> HeadScore:
    """The score with its probability and verdict, as far as the head's description allows."""
    if spec.calibration is None:
        probability, reason = None, UNCALIBRATED
    else:
        probability, reason = calibrated(raw.score, spec.calibration), ""
    decisive = raw.score if probability is None else probability
    positive = None if spec.threshold is None else decisive >= spec.threshold
    return attrs.evolve(
        raw, task=spec.task, probability=probability, positive=positive, reason=reason
    )


@attrs.frozen(kw_only=True)
class Embedding:
    """
    A week as a point in the model's space.

    Attributes:
        values: (96,) float32, unit 1, finite. Read-only.
        provenance: where it comes from.
    """

    values: Floats = attrs.field(
        converter=kept_float32, eq=attrs.cmp_using(eq=np.array_equal), hash=False, repr=False
    )
    provenance: PatProvenance

    def __attrs_post_init__(self) -> None:
        """There are 96 numbers."""
        if self.values.shape != (WIDTH,) or not np.isfinite(self.values).all():
            raise ValueError(f"an embedding is {WIDTH} finite numbers")


def _scores(scores: Iterable[HeadScore]) -> tuple[HeadScore, ...]:
    return tuple(scores)


@attrs.frozen(kw_only=True)
class HeadScores:
    """
    What the heads of a model say, in the order of the model; empty for one without heads.

    Attributes:
        scores: one for each head.
        provenance: where they come from.
    """

    scores: tuple[HeadScore, ...] = attrs.field(converter=_scores, repr=False)
    provenance: PatProvenance


@attrs.frozen(kw_only=True)
class PatAnswer:
    """Everything that a model says about one week; both parts have one provenance."""

    embedding: Embedding
    heads: HeadScores

    @property
    def provenance(self) -> PatProvenance:
        """Where the answer comes from."""
        return self.embedding.provenance


@attrs.frozen(kw_only=True)
class ModelReply:
    """
    What became of a question to a model about a recording.

    Attributes:
        selector: which model was asked, as the caller said it.
        answer: what it says; None when the recording is no input for it.
        attention: which patches it looked at; None when nobody asked.
        code: of the refusal; empty with an answer.
        reason: the refusal in words; empty with an answer.
    """

    selector: str
    answer: PatAnswer | None = attrs.field(default=None, repr=False)
    attention: "AttentionProfile | None" = attrs.field(default=None, repr=False)
    code: str = ""
    reason: str = ""

    def __attrs_post_init__(self) -> None:
        """An answer needs no excuse and its absence needs one."""
        if (self.answer is None) == (not self.reason):
            raise ValueError("a reply has either an answer or a reason for its absence")


@attrs.frozen(kw_only=True)
class AttentionProfile:
    """
    Which patches of a week a model looked at; explains an embedding, not a cause.

    Attributes:
        values: (layers, tokens) float64: attention summed over queries, mean over heads; 1 is the
            share of a patch that is looked at like every other. Read-only.
        patch_min: minutes per patch; patch k covers minutes k * patch_min onwards.
        provenance: where it comes from.
    """

    values: npt.NDArray[np.float64] = attrs.field(
        converter=kept_float64, eq=attrs.cmp_using(eq=np.array_equal), hash=False, repr=False
    )
    patch_min: int
    provenance: PatProvenance
