"""From a week to an answer in named steps, each of which can be timed, replaced or added to."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import attrs
import numpy as np

from clarity.application.bundles import LoadedModel
from clarity.domain.actigraphy.week import PatWeek
from clarity.domain.errors import ClarityError, DomainError
from clarity.domain.pat.answer import Augmentation, HeadScore, judged
from clarity.domain.pat.manifest import HeadSpec
from clarity.domain.pat.prediction import Floats, Prediction
from clarity.domain.pat.preprocessing import PatInput, Scaler, day_rotations, standardized
from clarity.domain.pat.variants import WEEK_MIN
from clarity.ports.predictor import Predictor

__all__ = ["Draft", "NotForWeeks", "Pipeline", "Step", "each", "require_weeks", "standard_steps"]


@attrs.define(eq=False)
class NotForWeeks(DomainError):
    """A model reads samples of another length than a week."""

    code: ClassVar[str] = "model.not-for-weeks"
    model: str
    length: int

    def __str__(self) -> str:
        return (
            f"{self.model} reads {self.length} minutes and a week has {WEEK_MIN}; ask another "
            "model, or add its weights again without --length"
        )


@attrs.frozen(kw_only=True)
class Draft:
    """
    A week on its way to an answer; what a step has not made yet is None.

    Attributes:
        week: as it was given.
        input: standardised.
        embedding: (96,) float32.
        raw: what each head says, unjudged.
        scores: one for each head.
    """

    week: PatWeek
    input: PatInput | None = None
    embedding: Floats | None = attrs.field(default=None, eq=False, repr=False)
    raw: tuple[tuple[str, float], ...] = attrs.field(default=(), repr=False)
    scores: tuple[HeadScore, ...] = attrs.field(default=(), repr=False)


Drafts = tuple[Draft | ClarityError, ...]
"""What a step makes of drafts: for each the draft with more in it, or why there is none."""


@attrs.frozen
class Step:
    """
    One step.

    Attributes:
        name: of a small, closed vocabulary; a label in metrics.
        run: takes drafts, gives as many.
    """

    name: str
    run: Callable[[Sequence[Draft]], Drafts]


Pipeline = Callable[[LoadedModel, Augmentation], tuple[Step, ...]]
"""The steps for a model."""


def each(name: str, change: Callable[[Draft], Draft]) -> Step:
    """A step that changes drafts one by one; an error of clarity is that draft's alone."""

    def attempted(draft: Draft) -> Draft | ClarityError:
        try:
            return change(draft)
        except ClarityError as error:
            return error

    return Step(name, lambda drafts: tuple(attempted(draft) for draft in drafts))


def standard_steps(model: LoadedModel, augmentation: Augmentation) -> tuple[Step, ...]:
    """
    Preprocess, embed, heads, calibrate.

    Raises:
        NotForWeeks: the model reads samples of another length.
    """
    require_weeks(model)
    specs = {spec.name: spec for spec in model.manifest.heads}
    embedder = _Embedder(model.predictor, augmentation)
    return (
        each("preprocess", lambda draft: _preprocessed(draft, model.scaler)),
        Step("embed", embedder.run),
        each("heads", _with_scores),
        each("calibrate", lambda draft: _calibrated(draft, specs)),
    )


def require_weeks(model: LoadedModel) -> None:
    """
    Nothing, if the model reads weeks.

    Raises:
        NotForWeeks: it reads samples of another length.
    """
    length = model.manifest.input.length
    if length != WEEK_MIN:
        raise NotForWeeks(str(model.ref), length)


def _preprocessed(draft: Draft, scaler: Scaler) -> Draft:
    week = draft.week
    return attrs.evolve(draft, input=standardized(week.values, unit=week.unit, scaler=scaler))


def _with_scores(draft: Draft) -> Draft:
    scores = tuple(HeadScore(head=name, task="", score=score) for name, score in draft.raw)
    return attrs.evolve(draft, scores=scores)


def _calibrated(draft: Draft, specs: Mapping[str, HeadSpec]) -> Draft:
    scores = tuple(judged(score, specs[score.head]) for score in draft.scores)
    return attrs.evolve(draft, scores=scores)


@attrs.frozen
class _Embedder:
    """
    Asks the predictor about all drafts at once, or one by one when that is refused.

    A predictor's answer for a sample does not depend on the others, so neither does a draft's.
    """

    predictor: Predictor
    augmentation: Augmentation

    def run(self, drafts: Sequence[Draft]) -> Drafts:
        samples = [self._samples(draft) for draft in drafts]
        try:
            prediction = self.predictor.predict(np.concatenate(samples))
        except ClarityError as error:
            return (error,) if len(drafts) == 1 else self._one_by_one(drafts)
        rows = len(samples[0])
        return tuple(
            _embedded(draft, prediction, slice(at * rows, (at + 1) * rows))
            for at, draft in enumerate(drafts)
        )

    def _one_by_one(self, drafts: Sequence[Draft]) -> Drafts:
        return tuple(self.run([draft])[0] for draft in drafts)

    def _samples(self, draft: Draft) -> Floats:
        if draft.input is None:
            raise ValueError("a draft is preprocessed before it is embedded")
        if self.augmentation is Augmentation.DAY_ROTATIONS:
            return day_rotations(draft.input.values)
        return draft.input.values[np.newaxis]


def _embedded(draft: Draft, prediction: Prediction, rows: slice) -> Draft:
    """The mean over the versions of the week, which for one version is its answer bit for bit."""
    embedding = prediction.embeddings[rows].mean(axis=0, dtype=np.float64).astype(np.float32)
    raw = tuple(
        (name, float(score[rows].mean(dtype=np.float64)))
        for name, score in prediction.scores.items()
    )
    return attrs.evolve(draft, embedding=embedding, raw=raw)
