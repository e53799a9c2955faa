"""What selectors mean: asked of the registry now and then, and believed in between."""

import threading

import attrs

from clarity.domain.errors import ClarityError
from clarity.domain.models import ModelRef, ModelSelector
from clarity.ports.clock import Clock
from clarity.ports.errors import Transient
from clarity.ports.metrics import Metrics
from clarity.ports.model_registry import ModelRegistry

__all__ = ["AliasBook", "Freshness"]


@attrs.frozen(kw_only=True)
class Freshness:
    """
    How long an answer of the registry is believed.

    Attributes:
        believed_s: without asking again, s; so long another process's promotion may go unseen.
        outage_s: while the registry cannot be reached, s, counted from its last answer.
    """

    believed_s: float = attrs.field(default=1.0, validator=attrs.validators.ge(0.0))
    outage_s: float = attrs.field(default=3_600.0, validator=attrs.validators.ge(0.0))


@attrs.define(eq=False)
class _Belief:
    """What a selector meant, when the registry said so, and when it was last asked."""

    ref: ModelRef
    said_s: float
    asked_s: float


@attrs.define(eq=False, kw_only=True)
class AliasBook:
    """
    Answers of a registry, believed for a short time; safe for many threads.

    When an answer is older than `believed_s`, one caller asks again and the others go by it until
    then. Where the registry is away (`Transient`), it is asked once per `believed_s` and its last
    answer holds for `outage_s`; after that its error is told. Every other error is told at once.

    Attributes:
        registry: knows versions and aliases.
        clock: measures how old an answer is.
        metrics: told of `model_alias_age_s`, the age of an answer that is used beyond `believed_s`.
        freshness: how long answers are believed.
    """

    registry: ModelRegistry
    clock: Clock
    metrics: Metrics
    freshness: Freshness
    _known: dict[ModelSelector, _Belief] = attrs.field(factory=dict, init=False, repr=False)
    _changes: int = attrs.field(default=0, init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)

    def meaning(self, selector: ModelSelector) -> ModelRef:
        """
        Which model the selector means, by an answer that is not too old.

        Raises:
            ModelUnknown: nothing is registered for it.
            PortError: the registry cannot be read, and nothing is known or what is known is old.
        """
        now_s = self.clock.monotonic_s()
        with self._lock:
            belief, changes = self._known.get(selector), self._changes
            if belief and self._is_believed(belief, now_s):
                return self._told(belief, now_s)
            if belief:
                belief.asked_s = now_s
        try:
            ref = self.registry.shelf(selector.model).wanted(selector).ref
        except Transient:
            if belief is None or not self._outlasts(belief, now_s):
                raise
            return self._told(belief, now_s)
        except ClarityError:
            self.forget(selector.model)
            raise
        self._keep(selector, _Belief(ref, now_s, now_s), changes)
        return ref

    def forget(self, model: str) -> None:
        """The next question about the model is put to the registry."""
        with self._lock:
            self._changes += 1
            for selector in [known for known in self._known if known.model == model]:
                del self._known[selector]

    def _is_believed(self, belief: _Belief, now_s: float) -> bool:
        """Asked a short while ago, and answered then or not so long before."""
        recent = now_s - belief.asked_s < self.freshness.believed_s
        return recent and (belief.asked_s == belief.said_s or self._outlasts(belief, now_s))

    def _outlasts(self, belief: _Belief, now_s: float) -> bool:
        return now_s - belief.said_s < self.freshness.outage_s

    def _told(self, belief: _Belief, now_s: float) -> ModelRef:
        if belief.asked_s > belief.said_s:
            self.metrics.observe("model_alias_age_s", now_s - belief.said_s, labels={})
        return belief.ref

    def _keep(self, selector: ModelSelector, belief: _Belief, changes: int) -> None:
        """Kept, unless something moved since the registry was asked."""
        with self._lock:
            if changes == self._changes:
                self._known[selector] = belief
