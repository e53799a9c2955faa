"""Weeks in, embeddings and head scores out, with everything needed to trust them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Final

import attrs

from clarity.application.bundles import LoadedModel
from clarity.application.models import PATModelLoader
from clarity.application.pipeline import (
    Draft,
    Drafts,
    Pipeline,
    Step,
    require_weeks,
    standard_steps,
)
from clarity.application.prediction_cache import CachedPredictor
from clarity.domain.actigraphy.week import PatWeek
from clarity.domain.errors import ClarityError
from clarity.domain.models import ModelSelector
from clarity.domain.pat.answer import (
    AttentionProfile,
    Augmentation,
    Embedding,
    HeadScores,
    PatAnswer,
    PatProvenance,
)
from clarity.domain.pat.manifest import WEIGHTS
from clarity.domain.pat.preprocessing import PatInput, standardized
from clarity.domain.pat.reference import trace
from clarity.ports.cache import Cache
from clarity.ports.clock import Clock
from clarity.ports.metrics import Metrics
from clarity.ports.model_files import WeightsFiles

__all__ = ["GROUP", "Outcome", "PATPredictor", "Remembering"]

GROUP: Final = 16
"""Weeks that are worked on at once in a batch; bounds memory, changes no answer."""


def _unseen(done: int) -> None:
    """Nobody is watching."""


@attrs.frozen(kw_only=True)
class Remembering:
    """
    Where answers are kept, and how long.

    Attributes:
        cache: the place.
        ttl_s: how long, s.
    """

    cache: Cache
    ttl_s: float = attrs.field(validator=attrs.validators.gt(0.0))


@attrs.frozen(kw_only=True)
class Outcome:
    """
    What became of one week of a batch.

    Attributes:
        index: its place in the batch, from 0.
        answer: what the model says; None when it was refused.
        refusal: why; None when there is an answer.
    """

    index: int
    answer: PatAnswer | None
    refusal: ClarityError | None


@attrs.frozen(kw_only=True)
class PATPredictor:
    """
    Asks a model about weeks, in named steps that are each timed as `pat_step_s`.

    The model is looked up for every call, so a promotion takes effect with the next one (that of
    another process within `Freshness.believed_s`); within a call, a batch included, all answers are
    of one version. An answer never depends on the other
    weeks of a batch.

    Attributes:
        loader: gives models.
        selector: which model.
        clock: times steps.
        metrics: told of them, and of `pat_weeks` by outcome.
        weights: reads the weights of a model, for attention profiles.
        clarity_version: for the provenance.
        augmentation: which versions of a week are asked about.
        pipeline: the steps; add to the standard ones or replace them.
        remembering: keeps answers; None to compute each.
    """

    loader: PATModelLoader
    selector: ModelSelector
    clock: Clock
    metrics: Metrics
    weights: WeightsFiles
    clarity_version: str
    augmentation: Augmentation = Augmentation.NONE
    pipeline: Pipeline = standard_steps
    remembering: Remembering | None = None

    def ready(self) -> None:
        """
        The model is there, verified, loaded and can be asked about weeks.

        Raises:
            ModelUnknown: there is none; the text says how to add one.
            NotForWeeks: it reads samples of another length.
            ClarityError: it was refused.
        """
        self._prepared()

    def predict(self, week: PatWeek) -> PatAnswer:
        """
        What the model says about the week.

        Raises:
            ModelUnknown: there is no model; the text says how to add one.
            NotForWeeks: it reads samples of another length.
            UnitMismatch, UnusableWeek, PredictionNotFinite: it cannot be asked about this week.
            ClarityError: the model was refused or failed.
        """
        (outcome,) = self.batch([week])
        if outcome.answer is None:
            raise outcome.refusal or ValueError("an outcome has an answer or a refusal")
        return outcome.answer

    def batch(
        self,
        weeks: Iterable[PatWeek],
        *,
        group: int = GROUP,
        progress: Callable[[int], None] = _unseen,
    ) -> Iterator[Outcome]:
        """
        An outcome for each week, in order, while they are read: any number in bounded memory.

        Args:
            weeks: read `group` at a time.
            group: weeks worked on at once, at least 1.
            progress: told how many are done.

        Raises:
            ModelUnknown, NotForWeeks, ClarityError: there is no model for weeks or it was refused;
                said before the first week is read.
        """
        if group < 1:
            raise ValueError("a group has at least one week")
        model, steps = self._prepared()
        return self._batch(model, steps, partial(_taken, iter(weeks), group), progress)

    def attention(self, week: PatWeek) -> AttentionProfile:
        """
        Which patches of the week the model looks at, layer by layer.

        Computed by the float64 reference from the verified weights (seconds for PAT-L), about the
        week as it is: nothing is rotated.

        Raises:
            ClarityError: as for `predict`.
        """
        model = self.loader.load(self.selector)
        require_weeks(model)
        given = standardized(week.values, unit=week.unit, scaler=model.scaler)
        encoder = self.weights.read(self.loader.bundle(model.ref).files[WEIGHTS]).encoder
        return AttentionProfile(
            values=trace(encoder, given.values).attention,
            patch_min=encoder.architecture.patch_min,
            provenance=attrs.evolve(
                self._provenance(model, week, given, ("preprocess", "attention")),
                augmentation=Augmentation.NONE,
            ),
        )

    def _prepared(self) -> tuple[LoadedModel, Sequence[Step]]:
        model = self._model()
        return model, self.pipeline(model, self.augmentation)

    def _model(self) -> LoadedModel:
        model = self.loader.load(self.selector)
        if self.remembering is None:
            return model
        cached = CachedPredictor(
            inner=model.predictor,
            digest=model.ref.digest,
            runtime=model.runtime,
            cache=self.remembering.cache,
            ttl_s=self.remembering.ttl_s,
        )
        return attrs.evolve(model, predictor=cached)

    def _batch(
        self,
        model: LoadedModel,
        steps: Sequence[Step],
        more: Callable[[], list[PatWeek]],
        progress: Callable[[int], None],
    ) -> Iterator[Outcome]:
        done = 0
        while taken := more():
            drafts = self._through(steps, tuple(Draft(week=week) for week in taken))
            for index, draft in enumerate(drafts, start=done):
                yield self._outcome(model, steps, index, draft)
            done += len(taken)
            progress(done)

    def _through(self, steps: Sequence[Step], drafts: Drafts) -> Drafts:
        for step in steps:
            started_s = self.clock.monotonic_s()
            drafts = _stepped(step, drafts)
            took_s = self.clock.monotonic_s() - started_s
            self.metrics.observe("pat_step_s", took_s, labels={"step": step.name})
        return drafts

    def _outcome(
        self, model: LoadedModel, steps: Sequence[Step], index: int, draft: Draft | ClarityError
    ) -> Outcome:
        if isinstance(draft, ClarityError):
            self.metrics.count("pat_weeks", 1, labels={"outcome": draft.code})
            return Outcome(index=index, answer=None, refusal=draft)
        self.metrics.count("pat_weeks", 1, labels={"outcome": "ok"})
        if draft.embedding is None:
            raise ValueError("a pipeline makes an embedding")
        names = tuple(step.name for step in steps)
        provenance = self._provenance(model, draft.week, draft.input, names)
        answer = PatAnswer(
            embedding=Embedding(values=draft.embedding, provenance=provenance),
            heads=HeadScores(scores=draft.scores, provenance=provenance),
        )
        return Outcome(index=index, answer=answer, refusal=None)

    def _provenance(
        self, model: LoadedModel, week: PatWeek, given: PatInput | None, steps: tuple[str, ...]
    ) -> PatProvenance:
        return PatProvenance(
            model=model.ref,
            variant=model.manifest.variant,
            scaler=model.scaler.name,
            unit=week.unit,
            validated=given is not None and given.validated,
            first_date=week.first_date,
            valid_days=week.valid_days,
            imputed_fraction=week.imputed_fraction,
            augmentation=self.augmentation,
            steps=steps,
            runtime=model.runtime,
            clarity_version=self.clarity_version,
        )


def _taken(weeks: Iterator[PatWeek], group: int) -> list[PatWeek]:
    return list(islice(weeks, group))


def _stepped(step: Step, drafts: Drafts) -> Drafts:
    """The drafts after the step; what was refused before stays refused."""
    alive = [draft for draft in drafts if isinstance(draft, Draft)]
    made = iter(step.run(alive) if alive else ())
    return tuple(next(made) if isinstance(draft, Draft) else draft for draft in drafts)
