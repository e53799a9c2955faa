"""Looks at the registry: what there is, what it is, whether it is still right."""

from collections.abc import Callable, Iterable
from functools import partial

import attrs

from clarity.application.bundles import LoadedModel, OpenBundle
from clarity.domain.errors import ClarityError
from clarity.domain.models import ModelRef, ModelSelector, ModelVersion, Stage
from clarity.domain.pat.artifact import sha256_of
from clarity.domain.pat.bundle import VerifiedBundle, verified
from clarity.domain.pat.manifest import CARD, FIXTURE, GRAPH, WEIGHTS
from clarity.domain.pat.parity import Agreement, require_parity
from clarity.domain.pat.reference import reference_prediction
from clarity.ports.engine import Engine, GraphBuilder
from clarity.ports.model_files import BundleArrays, WeightsFiles
from clarity.ports.model_registry import ModelRegistry
from clarity.ports.model_store import ModelStore

__all__ = [
    "ExportGraph",
    "ListModels",
    "ListedVersion",
    "ModelVerdict",
    "ShowModel",
    "VerifyModels",
]


@attrs.frozen(kw_only=True)
class ListedVersion:
    """A version with its stage and the aliases that point at it."""

    version: ModelVersion
    stage: Stage
    aliases: tuple[str, ...]


@attrs.frozen
class ListModels:
    """Everything that is registered."""

    registry: ModelRegistry

    def run(self) -> tuple[ListedVersion, ...]:
        """
        All versions, by name and in semantic order.

        Raises:
            PortError: the registry cannot be read.
        """
        shelves = (self.registry.shelf(name) for name in self.registry.names())
        return tuple(
            ListedVersion(
                version=known,
                stage=shelf.stage_of(known.ref.version),
                aliases=shelf.aliases_of(known.ref.version),
            )
            for shelf in shelves
            for known in shelf.versions
        )


@attrs.frozen(kw_only=True)
class ShowModel:
    """What a model is, by its verified manifest."""

    store: ModelStore
    registry: ModelRegistry

    def run(self, selector: ModelSelector) -> VerifiedBundle:
        """
        The bundle, every digest compared; nothing but its manifest is parsed.

        Raises:
            ModelUnknown: it is not registered.
            DigestMismatch, BundleIncomplete, UnreadableModel: it is damaged.
            PortError: store or registry cannot be read.
        """
        ref = self.registry.shelf(selector.model).wanted(selector).ref
        return verified(self.store.get(ref.digest), digest=ref.digest)

    def card(self, selector: ModelSelector) -> str:
        """
        The model card as Markdown.

        Raises:
            ClarityError: as for `run`.
        """
        return self.run(selector).files[CARD].decode("utf-8", "replace")


@attrs.frozen(kw_only=True)
class ModelVerdict:
    """
    What verifying a version gave.

    Attributes:
        ref: which version.
        model: the model when it passed every check.
        weights: how near its weights are to what its graph was recorded to answer.
        signatures: how many its bundle has, whether a trusted key made them or not; None when it
            was refused.
        refusal: why it was refused, None when it passed.
    """

    ref: ModelRef
    model: LoadedModel | None
    weights: Agreement | None
    signatures: int | None
    refusal: ClarityError | None


@attrs.frozen(kw_only=True)
class VerifyModels:
    """
    Opens versions anew, from the bytes as they are now, with every check.

    The weights of a bundle, which may serve on another engine and explain an answer, are proved
    like its graph: the float64 reference runs the fixture with them (PAT-L: seconds).
    """

    store: ModelStore
    registry: ModelRegistry
    opener: OpenBundle
    weights: WeightsFiles

    def run(self, selectors: Iterable[ModelSelector]) -> tuple[ModelVerdict, ...]:
        """
        A verdict for each selector, or for every version when there is none.

        Raises:
            ModelUnknown: a selector means nothing.
            PortError: the registry cannot be read.
        """
        wanted = [self.registry.shelf(s.model).wanted(s).ref for s in selectors]
        everything = (listed.version.ref for listed in ListModels(self.registry).run())
        return tuple(self._verdict(ref) for ref in wanted or everything)

    def _verdict(self, ref: ModelRef) -> ModelVerdict:
        try:
            bundle = self.store.get(ref.digest)
            model = self.opener.run(bundle, digest=ref.digest)
            checked = verified(bundle, digest=ref.digest)
            weights = self._proved(checked)
        except ClarityError as refusal:
            return ModelVerdict(ref=ref, model=None, weights=None, signatures=None, refusal=refusal)
        return ModelVerdict(
            ref=ref, model=model, weights=weights, signatures=checked.signatures, refusal=None
        )

    def _proved(self, bundle: VerifiedBundle) -> Agreement:
        stored = self.weights.read(bundle.files[WEIGHTS])
        fixture = self.opener.arrays.read_fixture(bundle.files[FIXTURE])
        predict = partial(reference_prediction, stored.encoder, stored.heads)
        return require_parity(predict, fixture)


@attrs.frozen(kw_only=True)
class ExportGraph:
    """A model as one file for other runtimes."""

    show: ShowModel
    weights: WeightsFiles
    graphs: Callable[[], GraphBuilder]
    runner: Callable[[], Engine]
    arrays: BundleArrays

    def run(self, selector: ModelSelector) -> bytes:
        """
        The ONNX graph of the model in standard operators only, after it passed the self-test.

        Raises:
            ClarityError: the model is not known or damaged.
            ParityBroken: the graph does not compute what was recorded for the model.
            ExtraMissing: building needs packages that are not installed.
        """
        bundle = self.show.run(selector)
        stored = self.weights.read(bundle.files[WEIGHTS])
        length = bundle.manifest.input.length
        graph = self.graphs().portable(stored.encoder, heads=stored.heads, length=length)
        fixture = self.arrays.read_fixture(bundle.files[FIXTURE])
        require_parity(self.runner().open(_with_graph(bundle, graph)).predict, fixture)
        return graph


def _with_graph(bundle: VerifiedBundle, graph: bytes) -> VerifiedBundle:
    """The bundle as it would be with this graph."""
    digests = {**bundle.manifest.files, GRAPH: sha256_of(graph)}
    return attrs.evolve(
        bundle,
        manifest=attrs.evolve(bundle.manifest, files=digests),
        files={**bundle.files, GRAPH: graph},
    )
