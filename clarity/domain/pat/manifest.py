"""What a bundle says about itself: its files by digest, its input, its scores, its origin."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from clarity.domain.models import ModelRef
from clarity.domain.pat.calibration import Calibration
from clarity.domain.pat.prediction import Signature
from clarity.domain.pat.variants import Variant
from clarity.domain.streams import Unit
from clarity.domain.versions import SemanticVersion

__all__ = [
    "CARD",
    "EPOCH_S",
    "FIXTURE",
    "GRAPH",
    "SCALER",
    "SCHEMA",
    "WEIGHTS",
    "HeadSpec",
    "InputContract",
    "Manifest",
    "Origin",
]

WEIGHTS: Final = "weights.safetensors"
GRAPH: Final = "model.onnx"
SCALER: Final = "scaler.npz"
FIXTURE: Final = "fixture.npz"
CARD: Final = "card.md"
REQUIRED: Final = frozenset({WEIGHTS, GRAPH, FIXTURE, CARD})
FILES: Final = REQUIRED | {SCALER}

SCHEMA: Final = 1  # of the manifest; goes up when its meaning changes
EPOCH_S: Final = 60  # of one input value


@attrs.frozen(kw_only=True)
class InputContract:
    """
    What a model reads.

    Attributes:
        length: minutes per sample, one value each.
        unit: of the recordings that it was made for; None when unknown.
    """

    length: int = attrs.field(validator=[attrs.validators.instance_of(int), attrs.validators.ge(1)])
    unit: Unit | None


def _text(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{attribute.name} is text")


def _some_text(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    _text(_, attribute, value)
    if not value:
        raise ValueError(f"{attribute.name} is not empty")


@attrs.frozen(kw_only=True)
class HeadSpec:
    """
    What a head's score means, and how that is known.

    Attributes:
        name: of the score.
        task: what it tells apart, in words.
        threshold: at or above which the answer is yes, on the probability when there is a
            calibration, else on the score; None when nobody chose one.
        calibration: how scores become probabilities; None when nobody measured it.
        evidence: where threshold, calibration and quality come from; empty when unknown.
    """

    name: str = attrs.field(validator=_text)
    task: str = attrs.field(default="", validator=_text)
    threshold: float | None = attrs.field(
        default=None,
        validator=attrs.validators.optional([attrs.validators.ge(0.0), attrs.validators.le(1.0)]),
    )
    calibration: Calibration | None = None
    evidence: str = attrs.field(default="", validator=_text)


@attrs.frozen(kw_only=True)
class Origin:
    """
    Where the weights come from.

    Attributes:
        sha256: of the file that was imported.
        format: of that file.
        location: where it was fetched from, or its file name.
        builder: version of the graph builder.
    """

    sha256: str = attrs.field(validator=_text)
    format: str = attrs.field(validator=_text)
    location: str = attrs.field(validator=_text)
    builder: str = attrs.field(validator=_text)


def _frozen(files: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(sorted(files.items())))


@attrs.frozen(kw_only=True)
class Manifest:
    """
    What a bundle says about itself.

    Attributes:
        model: its name.
        version: its version.
        variant: the published encoder.
        input: what it reads.
        scaler: name of the cohort scaler in the bundle, or of the strategy that needs none.
        heads: what its scores mean, in the order of the graph.
        origin: where the weights come from.
        licence: under which terms the weights may be used.
        files: SHA-256 (hex) by name.
    """

    model: str
    version: SemanticVersion
    variant: Variant
    input: InputContract
    scaler: str = attrs.field(validator=_some_text)
    heads: tuple[HeadSpec, ...]
    origin: Origin
    licence: str = attrs.field(validator=_some_text)
    files: Mapping[str, str] = attrs.field(converter=_frozen, hash=False)

    def __attrs_post_init__(self) -> None:
        """The files are those that a bundle has, with digests; name and heads can be used."""
        names = set(self.files)
        if not REQUIRED <= names <= FILES:
            raise ValueError("a bundle has weights, graph, fixture, card, and at most a scaler")
        if not all(re.fullmatch("[0-9a-f]{64}", digest) for digest in self.files.values()):
            raise ValueError("a digest is 64 hexadecimal digits")
        ModelRef(self.model, self.version, self.files[GRAPH])
        Signature(variant=self.variant, length=self.input.length, heads=self._head_names())

    @property
    def signature(self) -> Signature:
        """What a predictor of this model says about itself."""
        return Signature(variant=self.variant, length=self.input.length, heads=self._head_names())

    def _head_names(self) -> tuple[str, ...]:
        return tuple(head.name for head in self.heads)
