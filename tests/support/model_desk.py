"""A store, a registry, a trail and the use cases over them, in a folder of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from clarity.adapters.local.audit import SqliteAuditTrail
from clarity.adapters.local.model_registry import DirectoryModelRegistry
from clarity.adapters.local.model_store import DirectoryModelStore
from clarity.adapters.local.store import open_store
from clarity.adapters.observability.metrics import MemoryMetrics
from clarity.application.bundles import OpenBundle
from clarity.application.model_aliases import Freshness
from clarity.application.model_changes import (
    AuditedChanges,
    CollectGarbage,
    MoveAlias,
    RegisterBundle,
    RemoveVersion,
    SignVersion,
)
from clarity.application.model_import import ImportModel
from clarity.application.models import LoadingStrategy, PATModelLoader, Residency
from clarity.application.predict import PATPredictor
from clarity.domain.audit import AuditRecord
from clarity.domain.identity import Actor, CorrelationId, PatientRef, Purpose, TenantId
from clarity.domain.models import REGISTRY_SUBJECT, AliasMove, ModelRef, ModelSelector
from clarity.domain.pat.bundle import VerifiedBundle
from clarity.domain.pat.runtime import Runtime
from clarity.ports.audit import AuditFilter
from clarity.ports.engine import Engine
from clarity.ports.predictor import Predictor
from tests.support.clocks import HandClock
from tests.support.models import ANY_WEIGHTS, BUILD, OPEN, tiny_bundle

__all__ = ["ANN", "CASE", "CountingEngine", "Desk", "desk"]

ANN = Actor(id="ann", tenant=TenantId("clinic"), purpose=Purpose.OPERATIONS)
CASE = CorrelationId("case-1")
ALWAYS_ASKED = Freshness(believed_s=0.0, outage_s=0.0)


@attrs.define(eq=False)
class CountingEngine(Engine):
    """Counts what it opens, and can be told what to do before."""

    inner: Engine
    opened: int = 0
    before: object = None

    @property
    def runtime(self) -> Runtime:
        return self.inner.runtime

    @property
    def reads(self) -> frozenset[str]:
        return self.inner.reads

    def open(self, bundle: VerifiedBundle) -> Predictor:
        self.opened += 1
        if callable(self.before):
            self.before()
        return self.inner.open(bundle)


@attrs.frozen(kw_only=True)
class Desk:
    """Everything around one registry."""

    root: Path
    clock: HandClock
    store: DirectoryModelStore
    registry: DirectoryModelRegistry
    trail: SqliteAuditTrail
    metrics: MemoryMetrics
    engine: CountingEngine
    opener: OpenBundle

    @property
    def changes(self) -> AuditedChanges:
        return AuditedChanges(self.trail, self.clock)

    def loader(
        self,
        strategy: LoadingStrategy = LoadingStrategy.LAZY,
        residency: Residency | None = None,
        freshness: Freshness = ALWAYS_ASKED,
    ) -> PATModelLoader:
        return PATModelLoader(
            store=self.store,
            registry=self.registry,
            opener=self.opener,
            clock=self.clock,
            metrics=self.metrics,
            strategy=strategy,
            residency=residency or Residency(),
            freshness=freshness,
        )

    def predictor(self, selector: ModelSelector) -> PATPredictor:
        """What asks the model that the selector means."""
        return PATPredictor(
            loader=self.loader(),
            selector=selector,
            clock=self.clock,
            metrics=self.metrics,
            weights=ANY_WEIGHTS,
            clarity_version="0.0.0",
        )

    @property
    def register(self) -> RegisterBundle:
        return RegisterBundle(
            store=self.store,
            registry=self.registry,
            opener=self.opener,
            changes=self.changes,
            clock=self.clock,
        )

    @property
    def importer(self) -> ImportModel:
        return ImportModel(weights=ANY_WEIGHTS, build=BUILD, register=self.register)

    def mover(self, loader: PATModelLoader | None = None) -> MoveAlias:
        return MoveAlias(
            registry=self.registry,
            loader=loader or self.loader(),
            changes=self.changes,
            clock=self.clock,
        )

    def remover(self, loader: PATModelLoader | None = None) -> RemoveVersion:
        return RemoveVersion(
            registry=self.registry, loader=loader or self.loader(), changes=self.changes
        )

    @property
    def garbage(self) -> CollectGarbage:
        return CollectGarbage(
            store=self.store, registry=self.registry, changes=self.changes, clock=self.clock
        )

    @property
    def sign(self) -> SignVersion:
        return SignVersion(store=self.store, registry=self.registry, changes=self.changes)

    def add(self, *versions: str, model: str = "toy") -> list[ModelRef]:
        """Registers tiny models."""
        bundles = [tiny_bundle(version, model=model) for version in versions]
        return [self.register.run(b, actor=ANN, correlation=CASE).ref for b in bundles]

    def promote(self, text: str, alias: str = "champion", loader=None) -> AliasMove:
        return self.mover(loader).promote(
            ModelSelector.parse(text), alias=alias, actor=ANN, correlation=CASE
        )

    def records(self) -> list[AuditRecord]:
        subject = PatientRef(ANN.tenant, REGISTRY_SUBJECT)
        wanted = AuditFilter(tenant=ANN.tenant, patient=subject)
        return list(self.trail.records(wanted, limit=1_000, cursor=None).records)

    def touched(self) -> list[str]:
        """The entities of all records, in order."""
        return [t.entity for record in self.records() for t in record.event.touched]


@contextmanager
def desk(root: Path) -> Iterator[Desk]:
    clock = HandClock()
    engine = CountingEngine(OPEN.engine())
    with open_store(None, busy_timeout_s=10) as store:
        yield Desk(
            root=root,
            clock=clock,
            store=DirectoryModelStore(root=root, clock=clock),
            registry=DirectoryModelRegistry(root=root),
            trail=SqliteAuditTrail(store),
            metrics=MemoryMetrics(),
            engine=engine,
            opener=attrs.evolve(OPEN, engine=lambda: engine),
        )
