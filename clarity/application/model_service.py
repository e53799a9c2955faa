"""Everything around models as one object: adding, proving, promoting, asking."""

from collections.abc import Callable
from pathlib import Path

import attrs

from clarity.application.bundles import BuildBundle, OpenBundle
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
from clarity.application.model_views import ExportGraph, ListModels, ShowModel, VerifyModels
from clarity.application.models import LoadingStrategy, PATModelLoader, Residency
from clarity.application.predict import PATPredictor
from clarity.application.predict_async import AsyncPATPredictor, Lanes
from clarity.domain.models import ModelSelector
from clarity.domain.pat.answer import Augmentation
from clarity.ports.audit import AuditSink
from clarity.ports.clock import Clock
from clarity.ports.downloads import Downloads
from clarity.ports.engine import Engine, GraphBuilder
from clarity.ports.metrics import Metrics
from clarity.ports.model_files import BundleArrays, WeightsFiles
from clarity.ports.model_registry import ModelRegistry
from clarity.ports.model_store import ModelStore
from clarity.ports.signing import SignatureCheck, Signer

__all__ = ["ModelPorts", "Models", "Serving", "models_over"]


@attrs.frozen(kw_only=True)
class ModelPorts:
    """
    What models need from the world.

    Attributes:
        store: keeps bundles.
        registry: knows versions and aliases.
        engine: gives what runs graphs; asked when the first model is loaded.
        graphs: gives what builds graphs; asked when the first model is added.
        runner: gives what runs graphs, whichever engine serves; asked when one is exported.
        weights: reads and writes weights.
        arrays: reads and writes the arrays of bundles.
        signatures: which keys are trusted.
        unsigned: a check that requires nothing, to prove what is not signed yet.
        signer: a signer with the private key in a file.
        downloads: fetches files.
        audit: records changes.
        clock: time.
        metrics: numbers.
    """

    store: ModelStore
    registry: ModelRegistry
    engine: Callable[[], Engine]
    graphs: Callable[[], GraphBuilder]
    runner: Callable[[], Engine]
    weights: WeightsFiles
    arrays: BundleArrays
    signatures: SignatureCheck
    unsigned: SignatureCheck
    signer: Callable[[Path], Signer]
    downloads: Downloads
    audit: AuditSink
    clock: Clock
    metrics: Metrics


@attrs.frozen(kw_only=True)
class Serving:
    """
    How models are held and asked.

    Attributes:
        strategy: when they are loaded.
        residency: how many stay loaded.
        freshness: how long answers of the registry are believed.
        lanes: how awaited requests are worked on.
    """

    strategy: LoadingStrategy = LoadingStrategy.LAZY
    residency: Residency = attrs.field(factory=Residency)
    freshness: Freshness = attrs.field(factory=Freshness)
    lanes: Lanes = attrs.field(factory=lambda: Lanes(workers=1))


@attrs.frozen(kw_only=True)
class Models:
    """
    The use cases around models; made by `models_over`.

    Attributes:
        ports: what they stand on.
        clarity_version: for the provenance of answers.
        serving: how models are held and asked.
        loader: gives ready models.
        register: keeps a bundle as a version.
        importer: weights of others become a version.
        move: promote and roll back.
        remove: takes a version out.
        garbage: removes bundles without a version.
        sign: adds a signature.
        listing: what there is.
        show: what one version is.
        verify: whether versions are still right.
        export: a version for other runtimes.
    """

    ports: ModelPorts
    clarity_version: str
    serving: Serving
    loader: PATModelLoader
    register: RegisterBundle
    importer: ImportModel
    move: MoveAlias
    remove: RemoveVersion
    garbage: CollectGarbage
    sign: SignVersion
    listing: ListModels
    show: ShowModel
    verify: VerifyModels
    export: ExportGraph

    def predictor(
        self, selector: ModelSelector, *, augmentation: Augmentation = Augmentation.NONE
    ) -> PATPredictor:
        """
        What asks the model that the selector means; nothing is loaded before it is asked.

        It remembers no answers, since it does not know about whom it is asked; `AskModel` does.
        """
        return PATPredictor(
            loader=self.loader,
            selector=selector,
            clock=self.ports.clock,
            metrics=self.ports.metrics,
            weights=self.ports.weights,
            clarity_version=self.clarity_version,
            augmentation=augmentation,
        )

    def awaitable(
        self,
        selector: ModelSelector,
        *,
        augmentation: Augmentation = Augmentation.NONE,
        lanes: Lanes | None = None,
    ) -> AsyncPATPredictor:
        """
        The same to be awaited inside `async with`, for one event loop.

        Args:
            selector: which model.
            augmentation: which versions of a week are asked about.
            lanes: how requests are worked on; as `serving` says unless given.
        """
        return AsyncPATPredictor(
            predictor=self.predictor(selector, augmentation=augmentation),
            lanes=lanes or self.serving.lanes,
            metrics=self.ports.metrics,
        )


def models_over(
    ports: ModelPorts,
    *,
    clarity_version: str,
    serving: Serving | None = None,
) -> Models:
    """
    The use cases over these ports.

    What is registered need not be signed yet; what is promoted, loaded or verified must be, where
    keys are trusted.
    """
    how = serving or Serving()
    store, registry, clock = ports.store, ports.registry, ports.clock
    opener = OpenBundle(engine=ports.engine, arrays=ports.arrays, signatures=ports.signatures)
    changes = AuditedChanges(ports.audit, clock)
    loader = _loader(ports, opener, how)
    register = RegisterBundle(
        store=store,
        registry=registry,
        opener=attrs.evolve(opener, signatures=ports.unsigned),
        changes=changes,
        clock=clock,
    )
    build = BuildBundle(graphs=ports.graphs, weights=ports.weights, arrays=ports.arrays)
    show = ShowModel(store=store, registry=registry)
    return Models(
        ports=ports,
        clarity_version=clarity_version,
        serving=how,
        loader=loader,
        register=register,
        importer=ImportModel(weights=ports.weights, build=build, register=register),
        move=MoveAlias(registry=registry, loader=loader, changes=changes, clock=clock),
        remove=RemoveVersion(registry=registry, loader=loader, changes=changes),
        garbage=CollectGarbage(store=store, registry=registry, changes=changes, clock=clock),
        sign=SignVersion(store=store, registry=registry, changes=changes),
        listing=ListModels(registry),
        show=show,
        verify=VerifyModels(store=store, registry=registry, opener=opener, weights=ports.weights),
        export=ExportGraph(
            show=show,
            weights=ports.weights,
            graphs=ports.graphs,
            runner=ports.runner,
            arrays=ports.arrays,
        ),
    )


def _loader(ports: ModelPorts, opener: OpenBundle, how: Serving) -> PATModelLoader:
    return PATModelLoader(
        store=ports.store,
        registry=ports.registry,
        opener=opener,
        clock=ports.clock,
        metrics=ports.metrics,
        strategy=how.strategy,
        residency=how.residency,
        freshness=how.freshness,
    )
