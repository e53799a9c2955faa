"""Weights of others become a registered model."""

from typing import ClassVar

import attrs

from clarity.application.bundles import BuildBundle, LoadedModel, Phase, Recipe, Told, untold
from clarity.application.correlation import correlated
from clarity.application.model_changes import RegisterBundle
from clarity.domain.errors import DomainError
from clarity.domain.identity import Actor, CorrelationId
from clarity.domain.pat.artifact import require_digest, sha256_of
from clarity.domain.pat.card import ModelCard
from clarity.domain.pat.manifest import HeadSpec, Origin
from clarity.domain.pat.preprocessing import Scaler
from clarity.domain.pat.variants import WEEK_MIN
from clarity.domain.versions import SemanticVersion
from clarity.ports.model_files import ImportedWeights, WeightsFiles

__all__ = ["FactsMissing", "HeadUnnamed", "ImportModel", "ImportRequest"]


@attrs.define(eq=False)
class FactsMissing(DomainError):
    """The weights are right, but what nobody can read off them was not said."""

    code: ClassVar[str] = "model.facts-missing"
    variant: str
    parameters: int
    sha256: str
    missing: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"the file holds {self.variant}, {self.parameters:,} encoder parameters, SHA-256 "
            f"{self.sha256}; what it does not say is its {' and its '.join(self.missing)}: give "
            f"{' and '.join(f'--{what}' for what in self.missing)}"
        )


@attrs.define(eq=False)
class HeadUnnamed(DomainError):
    """The file holds a trained head, and nobody said what its score is called."""

    code: ClassVar[str] = "model.head-unnamed"
    layers: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"the file also holds a trained head (layers {' and '.join(self.layers)}) whose score "
            "has no name; give --head NAME=FILE with this same file to keep it, or --encoder-only "
            "to leave it out"
        )


@attrs.frozen(kw_only=True)
class ImportRequest:
    """
    What is to be added.

    Attributes:
        model: name to register under; empty when nobody said.
        version: version to register under; None when nobody said.
        weights: bytes of a Keras or safetensors file.
        sha256: what the file must be, empty when nobody said.
        location: where it comes from.
        heads: bytes of Keras files with a head, by the name of the score.
        encoder_only: a head that the file holds beside its encoder is left out on purpose.
        specs: what the scores mean.
        scaler: of the cohort or the week's own spread; None when nobody said.
        licence: of the weights; empty when nobody said.
        notes: what else the card is to say; title, licence and source are filled in.
        length: minutes per sample.
    """

    model: str = ""
    version: SemanticVersion | None = None
    weights: bytes = attrs.field(repr=False)
    sha256: str = ""
    location: str
    heads: tuple[tuple[str, bytes], ...] = attrs.field(default=(), repr=False)
    encoder_only: bool = False
    specs: tuple[HeadSpec, ...] = ()
    scaler: Scaler | None = None
    licence: str = ""
    notes: ModelCard = attrs.field(factory=lambda: ModelCard(title=""))
    length: int = WEEK_MIN

    @property
    def unsaid(self) -> tuple[str, ...]:
        """The options that must be given and were not."""
        told = {
            "name": self.model,
            "version": self.version,
            "scaler": self.scaler,
            "licence": self.licence,
        }
        return tuple(option for option, value in told.items() if not value)


@attrs.frozen(kw_only=True)
class ImportModel:
    """Reads weights, builds a bundle, proves it and registers it."""

    weights: WeightsFiles
    build: BuildBundle
    register: RegisterBundle

    @correlated
    def run(
        self,
        request: ImportRequest,
        *,
        actor: Actor,
        correlation: CorrelationId,
        told: Told = untold,
    ) -> LoadedModel:
        """
        The registered model.

        Args:
            request: what is to be added.
            actor: who.
            correlation: of the request.
            told: hears what is being done.

        Raises:
            DigestMismatch: the file is not the one that was named; nothing was parsed.
            UnreadableModel, BadWeights, ExtraMissing: the file cannot be read as weights.
            HeadUnnamed: the file holds a head that is neither named nor left out on purpose.
            FactsMissing: name, version, scaler or licence were not said; tells what the file is.
            HeadTwice, HeadUnknown: heads and what is said of them do not fit; nothing was built.
            AlreadyExists: the name has this version.
            ParityBroken: the built network does not compute what the reference does.
            PortError: trail, store or registry cannot be written.
        """
        if request.sha256:
            require_digest(request.weights, sha256=request.sha256)
        told(Phase.READ)
        imported = self.weights.read(request.weights)
        recipe = self._recipe(request, imported)
        _require_no_lost_head(request, imported)
        bundle = self.build.run(recipe, told=told)
        return self.register.run(bundle, actor=actor, correlation=correlation, told=told)

    def _recipe(self, request: ImportRequest, imported: ImportedWeights) -> Recipe:
        digest = sha256_of(request.weights)
        architecture = imported.encoder.architecture
        if not (request.model and request.version and request.scaler and request.licence):
            raise FactsMissing(
                architecture.variant, architecture.parameters, digest, request.unsaid
            )
        heads = tuple(self.weights.read_head(data, name=name) for name, data in request.heads)
        origin = Origin(
            sha256=digest, format=imported.format, location=request.location, builder=""
        )
        card = attrs.evolve(
            request.notes,
            title=f"{request.model} {request.version} ({architecture.variant})",
            licence=request.licence,
            source=f"{request.location}, SHA-256 {digest}",
        )
        return Recipe(
            model=request.model,
            version=request.version,
            encoder=imported.encoder,
            heads=imported.heads + heads,
            specs=request.specs,
            length=request.length,
            scaler=request.scaler,
            origin=origin,
            licence=request.licence,
            card=card,
        )


def _require_no_lost_head(request: ImportRequest, imported: ImportedWeights) -> None:
    named = any(data == request.weights for _, data in request.heads)
    if imported.unnamed and not (named or request.encoder_only):
        raise HeadUnnamed(imported.unnamed)
