"""A model's word about a recording, or why it has none."""

from collections.abc import Callable

import attrs

from clarity.application.answers import Answers
from clarity.application.break_glass import AuditedLooks
from clarity.application.correlation import correlated
from clarity.application.predict import PATPredictor
from clarity.domain.access import require_patient
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.actigraphy.week import pat_week
from clarity.domain.audit import AuditEvent, Operation, Touched
from clarity.domain.errors import DomainError
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.domain.models import ModelSelector
from clarity.domain.pat.answer import ModelReply, PatAnswer
from clarity.ports.clock import Clock

__all__ = ["AskModel"]


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
        selector: ModelSelector,
        patient: PatientRef,
        actor: Actor,
        correlation: CorrelationId,
    ) -> ModelReply:
        """
        What the model says about the best week of `series`, or why the week is no input for it.

        Args:
            series: the recording, with its wear.
            selector: which model.
            patient: whose recording.
            actor: who asks.
            correlation: ties the audit records together.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            PortError: the model or the trail failed; then nothing is given.
        """
        require_patient(actor, patient)
        try:
            answer = self._predictor(selector, patient).predict(pat_week(series))
        except DomainError as refusal:
            return ModelReply(selector=str(selector), code=refusal.code, reason=str(refusal))
        self._record(answer, patient, actor, correlation)
        return ModelReply(selector=str(selector), answer=answer)

    def _predictor(self, selector: ModelSelector, patient: PatientRef) -> PATPredictor:
        predictor = self.predictors(selector)
        if self.answers is None:
            return predictor
        return attrs.evolve(predictor, remembering=self.answers.about(patient))

    def _record(
        self, answer: PatAnswer, patient: PatientRef, actor: Actor, correlation: CorrelationId
    ) -> None:
        model = answer.provenance.model
        self.audit.append(
            AuditEvent(
                actor=actor,
                patient=patient,
                operation=Operation.PREDICT,
                touched=(Touched(f"model/{model}", after=model.digest),),
                correlation=correlation,
                at=self.clock.now(),
            )
        )
