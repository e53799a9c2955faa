"""A model's word about a recording, or why it has none."""

from collections.abc import Callable

import attrs

from clarity.application.answers import Answers
from clarity.application.break_glass import AuditedLooks
from clarity.application.correlation import correlated
from clarity.application.predict import PATPredictor
from clarity.domain.access import require_patient
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.actigraphy.week import PatWeek, pat_week
from clarity.domain.audit import AuditEvent, Operation, Touched
from clarity.domain.errors import DomainError
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.domain.models import ModelRef, ModelSelector
from clarity.domain.pat.answer import Augmentation, ModelReply
from clarity.ports.clock import Clock

__all__ = ["AskModel", "ModelQuestion"]


@attrs.frozen(kw_only=True)
class ModelQuestion:
    """
    What is asked about a recording.

    Attributes:
        selector: which model.
        augmentation: which versions of the week are asked about.
        explained: whether to tell, too, which patches the network looked at.
    """

    selector: ModelSelector
    augmentation: Augmentation = Augmentation.NONE
    explained: bool = False


@attrs.frozen
class AskModel:
    """
    Asks a model about the best week of a recording; the answer is recorded before it is given.

    Attributes:
        predictors: gives what asks the model that a selector means.
        audit: takes the record.
        clock: tells when.
        answers: remembers what was said about whom; None to ask each time.
    """

    predictors: Callable[[ModelSelector], PATPredictor]
    audit: AuditedLooks
    clock: Clock
    answers: Answers | None = None

    def require(self, selector: ModelSelector) -> None:
        """
        The model is there, verified, loaded and can be asked about weeks.

        Raises:
            ModelUnknown: there is none; the text says how to add one.
            NotForWeeks: it reads samples of another length.
            ClarityError: it was refused.
        """
        self.predictors(selector).ready()

    @correlated
    def run(
        self,
        series: ActivitySeries,
        *,
        question: ModelQuestion,
        patient: PatientRef,
        actor: Actor,
        correlation: CorrelationId,
    ) -> ModelReply:
        """
        What the model says about the best week of `series`, or why the week is no input for it.

        Args:
            series: the recording, with its wear.
            question: which model, and how.
            patient: whose recording.
            actor: who asks.
            correlation: ties the audit records together.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            PortError: the model or the trail failed; then nothing is given.
        """
        require_patient(actor, patient)
        try:
            reply = self._reply(pat_week(series), question, patient)
        except DomainError as refusal:
            name = str(question.selector)
            return ModelReply(selector=name, code=refusal.code, reason=str(refusal))
        self.audit.append(
            AuditEvent(
                actor=actor,
                patient=patient,
                operation=Operation.PREDICT,
                touched=_touched(reply),
                correlation=correlation,
                at=self.clock.now(),
            )
        )
        return reply

    def _reply(self, week: PatWeek, question: ModelQuestion, patient: PatientRef) -> ModelReply:
        predictor = attrs.evolve(
            self.predictors(question.selector),
            augmentation=question.augmentation,
            remembering=None if self.answers is None else self.answers.about(patient),
        )
        answer = predictor.predict(week)
        same = attrs.evolve(predictor, selector=_exactly(answer.provenance.model))
        return ModelReply(
            selector=str(question.selector),
            answer=answer,
            attention=same.attention(week) if question.explained else None,
        )


def _exactly(model: ModelRef) -> ModelSelector:
    """The version that answered, wherever its alias points by now."""
    return ModelSelector(model.model, model.version)


def _touched(reply: ModelReply) -> tuple[Touched, ...]:
    """The model, and that its attention was told."""
    if reply.answer is None:
        return ()
    model = reply.answer.provenance.model
    told = (Touched(f"model/{model}/attention", after=model.digest),)
    return (Touched(f"model/{model}", after=model.digest), *(told if reply.attention else ()))
