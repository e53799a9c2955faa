"""Bundles: built from weights, and opened only after every check."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import attrs

from clarity.domain.models import ModelRef
from clarity.domain.pat.artifact import UnreadableModel, sha256_of
from clarity.domain.pat.bundle import Bundle, VerifiedBundle, verified
from clarity.domain.pat.canonical import encoded
from clarity.domain.pat.card import ModelCard, markdown
from clarity.domain.pat.heads import described
from clarity.domain.pat.manifest import (
    CARD,
    FIXTURE,
    GRAPH,
    SCALER,
    WEIGHTS,
    HeadSpec,
    InputContract,
    Manifest,
    Origin,
)
from clarity.domain.pat.parity import Agreement, parity_fixture, require_parity, synthetic_batch
from clarity.domain.pat.preprocessing import CohortScaler, OwnSpread, Scaler
from clarity.domain.pat.runtime import Runtime
from clarity.domain.pat.weights import EncoderWeights, HeadWeights
from clarity.domain.versions import SemanticVersion
from clarity.ports.engine import Engine, GraphBuilder
from clarity.ports.model_files import BundleArrays, WeightsFiles
from clarity.ports.predictor import Predictor
from clarity.ports.signing import SignatureCheck

__all__ = ["BuildBundle", "LoadedModel", "OpenBundle", "Phase", "Recipe", "Told", "untold"]

SIGNATURE_DIFFERS: Final = "has another signature than its manifest says"
SCALER_DIFFERS: Final = "has another name or unit than the manifest says"
SCALER_MISSING: Final = "is named in the manifest and is not in the bundle"


class Phase(StrEnum):
    """What is being done while weights become a model; for PAT-L it takes some seconds."""

    READ = "reading the weights"
    ANSWERS = "computing what the network must answer"
    GRAPH = "building the graph"
    PROOF = "proving the graph"
    KEEP = "keeping the bundle"


Told = Callable[[Phase], None]
"""Hears that a phase begins."""


def untold(phase: Phase) -> None:
    """Nobody is watching."""
    del phase


@attrs.frozen(kw_only=True)
class LoadedModel:
    """
    A model that passed every check and is ready to predict.

    Attributes:
        ref: exactly which model.
        manifest: what its bundle says about itself; the bytes of the bundle are not kept.
        predictor: its network.
        runtime: what runs the network.
        scaler: what makes a week its input.
        agreement: how its self-test went.
        size_bytes: about what it holds in memory: its graph and its scaler.
        signers: trusted keys that signed it.
    """

    ref: ModelRef
    manifest: Manifest
    predictor: Predictor
    runtime: Runtime
    scaler: Scaler
    agreement: Agreement
    size_bytes: int
    signers: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class OpenBundle:
    """
    Makes a model of a bundle: digests, then the signature, then parsing, then the self-test.

    Attributes:
        engine: gives the engine; asked when the first model is opened, not before.
        arrays: reads fixture and scaler.
        signatures: which keys are trusted.
    """

    engine: Callable[[], Engine]
    arrays: BundleArrays
    signatures: SignatureCheck

    def run(self, bundle: Bundle, *, digest: str) -> LoadedModel:
        """
        The model; whatever is wrong with it, it is refused here.

        Raises:
            BundleTooLarge, DigestMismatch, BundleIncomplete, UnreadableModel: the bytes are not
                those that were recorded, or no model.
            NotTrusted: signatures are required and there is no right one.
            ParityBroken: the network does not compute what was recorded for it.
            Unexpected: the engine failed.
        """
        checked = verified(bundle, digest=digest)
        signers = self.signatures.require(digest, signatures=bundle.signatures)
        fixture = self.arrays.read_fixture(checked.files[FIXTURE])
        scaler = self._scaler(checked)
        size_bytes = sum(len(checked.files.get(name, b"")) for name in (GRAPH, SCALER))
        engine = self.engine()
        checked = checked.only(engine.reads)
        del bundle  # opening a network needs most memory, and then its first run
        predictor = engine.open(checked)
        if predictor.signature != checked.manifest.signature:
            raise UnreadableModel("the network", SIGNATURE_DIFFERS)
        ref, manifest = checked.ref, checked.manifest
        del checked
        precision, filled = engine.runtime.precision, fixture.filling(engine.runtime.group)
        return LoadedModel(
            ref=ref,
            manifest=manifest,
            predictor=predictor,
            runtime=engine.runtime,
            scaler=scaler,
            agreement=require_parity(predictor.predict, filled, precision=precision),
            size_bytes=size_bytes,
            signers=signers,
        )

    def _scaler(self, checked: VerifiedBundle) -> Scaler:
        manifest = checked.manifest
        if SCALER not in checked.files:
            return _own_spread(manifest)
        scaler = self.arrays.read_scaler(checked.files[SCALER])
        if (scaler.name, scaler.unit) != (manifest.scaler, manifest.input.unit):
            raise UnreadableModel("the scaler", SCALER_DIFFERS)
        return scaler


def _own_spread(manifest: Manifest) -> OwnSpread:
    own = OwnSpread()
    if manifest.scaler != own.name:
        raise UnreadableModel("the scaler", SCALER_MISSING)
    return own


@attrs.frozen(kw_only=True)
class Recipe:
    """
    What a bundle is built from.

    Attributes:
        model: name to be registered under.
        version: version to be registered under.
        encoder: the weights.
        heads: trained heads, may be none.
        specs: what the scores mean; heads without one are of unknown meaning, and one that is of
            no head is refused.
        length: minutes per sample.
        scaler: of the cohort, or the week's own spread.
        origin: digest, format and place of the file; the builder is filled in.
        licence: of the weights.
        card: what people should know.
    """

    model: str
    version: SemanticVersion
    encoder: EncoderWeights
    heads: tuple[HeadWeights, ...] = ()
    specs: tuple[HeadSpec, ...] = ()
    length: int
    scaler: Scaler
    origin: Origin
    licence: str
    card: ModelCard


@attrs.frozen(kw_only=True)
class BuildBundle:
    """
    Makes a bundle of weights: graph, fixture from the float64 reference, manifest, card.

    Attributes:
        graphs: gives the builder of graphs; asked when the first bundle is built.
        weights: writes weights.
        arrays: writes fixture and scaler.
    """

    graphs: Callable[[], GraphBuilder]
    weights: WeightsFiles
    arrays: BundleArrays

    def run(self, recipe: Recipe, *, told: Told = untold) -> Bundle:
        """
        The bundle; the same recipe gives the same bytes.

        Args:
            recipe: what it is built from.
            told: hears what is being done.

        Raises:
            LengthNotWhole, LengthTooLong: the length is not one of a whole number of patches, or
                of too many.
            HeadTwice, HeadUnknown: heads and their descriptions do not fit.
            ExtraMissing: building needs packages that are not installed.
        """
        recipe.encoder.architecture.tokens(recipe.length)
        heads = described([head.name for head in recipe.heads], recipe.specs)
        builder = self.graphs()
        told(Phase.ANSWERS)
        batch = synthetic_batch(recipe.length)
        fixture = parity_fixture(recipe.encoder, recipe.heads, batch)
        told(Phase.GRAPH)
        files = {
            WEIGHTS: self.weights.write(recipe.encoder, heads=recipe.heads),
            GRAPH: builder.serving(recipe.encoder, heads=recipe.heads, length=recipe.length),
            FIXTURE: self.arrays.fixture_bytes(fixture),
            CARD: markdown(recipe.card).encode(),
        }
        if isinstance(recipe.scaler, CohortScaler):
            files[SCALER] = self.arrays.scaler_bytes(recipe.scaler)
        manifest = _manifest(attrs.evolve(recipe, specs=heads), builder.version, files)
        return Bundle(manifest=encoded(manifest), files=files)


def _manifest(recipe: Recipe, builder: str, files: dict[str, bytes]) -> Manifest:
    unit = recipe.scaler.unit if isinstance(recipe.scaler, CohortScaler) else None
    return Manifest(
        model=recipe.model,
        version=recipe.version,
        variant=recipe.encoder.architecture.variant,
        input=InputContract(length=recipe.length, unit=unit),
        scaler=recipe.scaler.name,
        heads=recipe.specs,
        origin=attrs.evolve(recipe.origin, builder=builder),
        licence=recipe.licence,
        files={name: sha256_of(data) for name, data in files.items()},
    )
