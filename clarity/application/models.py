"""Loads models: at most once at a time, only what passes every check, within bounds."""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import Future
from enum import StrEnum

import attrs

from clarity.application.bundles import LoadedModel, OpenBundle
from clarity.application.model_aliases import AliasBook, Freshness
from clarity.domain.errors import ClarityError
from clarity.domain.models import CHAMPION, ModelRef, ModelSelector
from clarity.domain.pat.bundle import VerifiedBundle, verified
from clarity.ports.clock import Clock
from clarity.ports.errors import Corrupt
from clarity.ports.metrics import Metrics
from clarity.ports.model_registry import ModelRegistry
from clarity.ports.model_store import ModelStore

__all__ = ["LoadingStrategy", "PATModelLoader", "Residency"]


class LoadingStrategy(StrEnum):
    """
    When a model is loaded.

    EAGER loads every champion when it starts, LAZY each model at its first use, ON_DEMAND each
    model for one use, after which it is let go.
    """

    EAGER = "eager"
    LAZY = "lazy"
    ON_DEMAND = "on-demand"


@attrs.frozen(kw_only=True)
class Residency:
    """
    How much stays loaded; what was used last stays longest.

    Attributes:
        max_models: most models.
        max_bytes: most bytes of graphs; a model beyond it serves and is let go.
    """

    max_models: int = attrs.field(default=4, validator=attrs.validators.ge(1))
    max_bytes: int = attrs.field(default=2**28, validator=attrs.validators.ge(1))


Flight = Future[LoadedModel]


@attrs.define(eq=False, kw_only=True)
class PATModelLoader:
    """
    Gives ready models for names, aliases and versions; safe for many threads.

    What an alias means is believed for a stated short time (`AliasBook`), and asked at once after a
    change that was made through this loader; so the version that was promoted last answers from
    then on, while requests that hold the one before finish with it: a swap drops nothing. A loaded
    model keeps serving while the registry is away. However many ask for a model that is not loaded,
    it is loaded once, and a failure is told to all of them and not remembered. A model is given out
    only after its self-test; there is no other one instead.

    Attributes:
        store: keeps bundles.
        registry: knows versions and aliases.
        opener: makes models of bundles.
        clock: measures how long a load takes.
        metrics: told of `model_loads` (by outcome), `model_load_s` and `model_evictions`.
        strategy: when models are loaded.
        residency: how much stays loaded.
        freshness: how long answers of the registry are believed.
    """

    store: ModelStore
    registry: ModelRegistry
    opener: OpenBundle
    clock: Clock
    metrics: Metrics
    strategy: LoadingStrategy = LoadingStrategy.LAZY
    residency: Residency = attrs.field(factory=Residency)
    freshness: Freshness = attrs.field(factory=Freshness)
    _book: AliasBook = attrs.field(init=False, repr=False)
    _flights: OrderedDict[str, Flight] = attrs.field(factory=OrderedDict, init=False, repr=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)

    @_book.default
    def _empty_book(self) -> AliasBook:
        return AliasBook(
            registry=self.registry,
            clock=self.clock,
            metrics=self.metrics,
            freshness=self.freshness,
        )

    def load(self, selector: ModelSelector) -> LoadedModel:
        """
        The model that the selector means, ready to predict.

        Raises:
            ModelUnknown: nothing is registered for it; the text says how to add it.
            DomainError: the bundle is refused, as `OpenBundle.run` says.
            PortError: store or registry cannot be read.
        """
        return self.load_ref(self._book.meaning(selector))

    def load_ref(self, ref: ModelRef) -> LoadedModel:
        """
        Exactly this model, ready to predict.

        Raises:
            DomainError, PortError: as for `load`.
        """
        with self._lock:
            flight = self._flights.get(ref.digest)
            first = flight is None
            if flight is None:
                flight = self._flights[ref.digest] = Future()
            self._flights.move_to_end(ref.digest)
        if first:
            self._fly(ref, flight)
        return flight.result()

    def bundle(self, ref: ModelRef) -> VerifiedBundle:
        """
        The files of this model, read anew, every digest compared; a loaded model keeps none.

        Raises:
            DomainError: they are damaged.
            PortError: the store cannot be read.
        """
        return verified(self.store.get(ref.digest), digest=ref.digest)

    def start(self) -> tuple[ModelRef, ...]:
        """
        What the strategy loads in advance: every champion for EAGER, else nothing.

        Raises:
            DomainError, PortError: a champion is refused; nothing serves in its place.
        """
        if self.strategy is not LoadingStrategy.EAGER:
            return ()
        shelves = [self.registry.shelf(name) for name in self.registry.names()]
        serving = [shelf for shelf in shelves if shelf.history(CHAMPION).current is not None]
        return self.warm(ModelSelector(shelf.model) for shelf in serving)

    def warm(self, selectors: Iterable[ModelSelector]) -> tuple[ModelRef, ...]:
        """
        What the selectors mean is loaded, so that the first request opens nothing.

        Raises:
            DomainError, PortError: one of them is refused; those before it are loaded.
        """
        return tuple(self.load(selector).ref for selector in selectors)

    def forget(self, model: str) -> None:
        """Aliases of the model were changed: the registry is asked before they are used again."""
        self._book.forget(model)

    def is_loaded(self, ref: ModelRef) -> bool:
        """Whether the model is in memory and passed its self-test."""
        return ref in self.loaded()

    def loaded(self) -> tuple[ModelRef, ...]:
        """The models in memory that passed their self-test, the last used one last."""
        with self._lock:
            return tuple(model.ref for model in self._resident())

    def release(self, ref: ModelRef) -> None:
        """The model is let go; who holds it keeps it, an absent one is no error."""
        self.forget(ref.model)
        with self._lock:
            flight = self._flights.get(ref.digest)
            if flight is not None and flight.done():
                del self._flights[ref.digest]

    def _fly(self, ref: ModelRef, flight: Flight) -> None:
        started_s = self.clock.monotonic_s()
        outcome = "failed"
        try:
            model = self._opened(ref)
            outcome = "ok"
        except ClarityError as error:
            outcome = error.code
            self._crash(ref, flight, error)
        except BaseException as error:
            self._crash(ref, flight, error)
            raise
        else:
            self._land(ref, flight, model)
        finally:
            took_s = self.clock.monotonic_s() - started_s
            self.metrics.count("model_loads", 1, labels={"outcome": outcome})
            self.metrics.observe("model_load_s", took_s, labels={})

    def _opened(self, ref: ModelRef) -> LoadedModel:
        model = self.opener.run(self.store.get(ref.digest), digest=ref.digest)
        if model.ref != ref:
            raise Corrupt(f"the registry's record of {ref}")
        return model

    def _crash(self, ref: ModelRef, flight: Flight, error: BaseException) -> None:
        with self._lock:
            del self._flights[ref.digest]
        flight.set_exception(error)

    def _land(self, ref: ModelRef, flight: Flight, model: LoadedModel) -> None:
        with self._lock:
            flight.set_result(model)
            if self.strategy is LoadingStrategy.ON_DEMAND:
                del self._flights[ref.digest]
            evicted = self._evict()
        self.metrics.count("model_evictions", evicted, labels={})

    def _evict(self) -> int:
        """Let go what was used longest ago until the rest is within bounds; gives how many."""
        resident = self._resident()
        kept = list(resident)
        while len(kept) > self.residency.max_models or _size(kept) > self.residency.max_bytes:
            del self._flights[kept.pop(0).ref.digest]
        return len(resident) - len(kept)

    def _resident(self) -> list[LoadedModel]:
        return [flight.result() for flight in self._flights.values() if flight.done()]


def _size(models: list[LoadedModel]) -> int:
    return sum(model.size_bytes for model in models)
