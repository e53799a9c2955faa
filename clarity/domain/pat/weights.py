"""Weights of an encoder or a head: complete, of the right shapes, finite, immutable."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import ClassVar, Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.errors import DomainError
from clarity.domain.pat.variants import (
    ARCHITECTURES,
    HEAD_TENSORS,
    Architecture,
    TensorSpec,
)

__all__ = [
    "BadHeadName",
    "BadWeights",
    "EncoderWeights",
    "HeadWeights",
    "MissingTensors",
    "Tensor",
    "TensorNotFinite",
    "TensorShapeMismatch",
    "TensorTypeMismatch",
    "UnexpectedTensors",
    "VariantUnknown",
    "architecture_of",
    "require_shapes",
]

Tensor = npt.NDArray[np.float32]

HEAD_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
SHOWN_NAMES: Final = 3  # names listed in a message
SHOWN_CHARACTERS: Final = 80  # of a name that came from a file


class BadWeights(DomainError):
    """The tensors are not the weights of a PAT network."""

    code: ClassVar[str] = "pat.bad-weights"

    def __str__(self) -> str:
        return "the tensors are not the weights of a PAT network; give the file of an encoder"


def _shown(names: Iterable[str]) -> str:
    listed = sorted(names)
    rest = len(listed) - SHOWN_NAMES
    text = ", ".join(repr(name[:SHOWN_CHARACTERS]) for name in listed[:SHOWN_NAMES])
    return f"{text} and {rest} more" if rest > 0 else text


@attrs.define(eq=False)
class MissingTensors(BadWeights):
    """Tensors of the network are not there."""

    code: ClassVar[str] = "pat.missing-tensors"
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"the weights lack {_shown(self.names)}; give the complete file of the encoder"


@attrs.define(eq=False)
class UnexpectedTensors(BadWeights):
    """There are tensors that the network does not have."""

    code: ClassVar[str] = "pat.unexpected-tensors"
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"the weights hold {_shown(self.names)}, which no such network has"


@attrs.define(eq=False)
class TensorShapeMismatch(BadWeights):
    """A tensor has another shape than the network needs."""

    code: ClassVar[str] = "pat.tensor-shape-mismatch"
    name: str
    expected: tuple[int, ...]
    found: tuple[int, ...]

    def __str__(self) -> str:
        return f"tensor {_shown([self.name])} has shape {self.found}, needed is {self.expected}"


@attrs.define(eq=False)
class TensorTypeMismatch(BadWeights):
    """A tensor is not float32."""

    code: ClassVar[str] = "pat.tensor-type-mismatch"
    name: str
    found: str

    def __str__(self) -> str:
        return f"tensor {_shown([self.name])} is {self.found[:SHOWN_CHARACTERS]}, needed is float32"


@attrs.define(eq=False)
class TensorNotFinite(BadWeights):
    """A tensor holds NaN or infinity."""

    code: ClassVar[str] = "pat.tensor-not-finite"
    name: str
    count: int

    def __str__(self) -> str:
        return f"tensor {_shown([self.name])} holds {self.count} values that are not finite"


@attrs.define(eq=False)
class VariantUnknown(BadWeights):
    """The tensors belong to none of the published encoders."""

    code: ClassVar[str] = "pat.variant-unknown"

    def __str__(self) -> str:
        known = ", ".join(ARCHITECTURES)
        return f"the patch embedding and layers fit none of the published encoders ({known})"


@attrs.define(eq=False)
class BadHeadName(BadWeights):
    """A head's name cannot name an output."""

    code: ClassVar[str] = "pat.bad-head-name"

    def __str__(self) -> str:
        return (
            "a head's name is 1 to 64 lower-case letters, digits and underscores "
            "and starts with a letter"
        )


def _copied(name: str, tensor: npt.NDArray[np.generic]) -> Tensor:
    if tensor.dtype != np.float32:
        raise TensorTypeMismatch(name, str(tensor.dtype))
    copy: Tensor = np.array(tensor, dtype=np.float32, order="C", copy=True)
    bad = int(np.count_nonzero(~np.isfinite(copy)))
    if bad:
        raise TensorNotFinite(name, bad)
    copy.setflags(write=False)
    return copy


def _frozen(tensors: Mapping[str, npt.NDArray[np.generic]]) -> Mapping[str, Tensor]:
    return MappingProxyType({name: _copied(name, tensors[name]) for name in sorted(tensors)})


def require_shapes(specs: Iterable[TensorSpec], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """
    Nothing, if these are the names and shapes of the specified tensors, all and no others.

    Raises:
        MissingTensors, UnexpectedTensors, TensorShapeMismatch: they are not.
    """
    needed = {spec.name: spec.shape for spec in specs}
    missing = needed.keys() - shapes.keys()
    if missing:
        raise MissingTensors(tuple(sorted(missing)))
    unexpected = shapes.keys() - needed.keys()
    if unexpected:
        raise UnexpectedTensors(tuple(sorted(unexpected)))
    for name, shape in needed.items():
        if shapes[name] != shape:
            raise TensorShapeMismatch(name, shape, shapes[name])


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tensor.shape for name, tensor in tensors.items()}


def _same(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


@attrs.frozen(kw_only=True)
class EncoderWeights:
    """
    The trained values of one encoder; an instance is complete, finite and cannot change.

    Attributes:
        architecture: the network that they belong to.
        tensors: by name; float32, read-only copies.

    Raises:
        BadWeights: a tensor is missing, unexpected, of another shape or type, or not finite.
    """

    architecture: Architecture
    tensors: Mapping[str, Tensor] = attrs.field(
        converter=_frozen,
        eq=attrs.cmp_using(eq=_same),
        hash=False,
        repr=False,
    )

    def __attrs_post_init__(self) -> None:
        """The tensors are those of the architecture."""
        require_shapes(self.architecture.tensors, _shapes(self.tensors))


def _head_named(_: object, __: object, name: str) -> None:
    if not HEAD_NAME.fullmatch(name):
        raise BadHeadName


@attrs.frozen(kw_only=True)
class HeadWeights:
    """
    The trained values of one task head: 96 -> 128 (relu) -> 1 (sigmoid).

    Attributes:
        name: names the score, for example `depression`.
        tensors: by name; float32, read-only copies.

    Raises:
        BadWeights: a tensor is missing, unexpected, of another shape or type, or not finite.
    """

    name: str = attrs.field(validator=_head_named)
    tensors: Mapping[str, Tensor] = attrs.field(
        converter=_frozen,
        eq=attrs.cmp_using(eq=_same),
        hash=False,
        repr=False,
    )

    def __attrs_post_init__(self) -> None:
        """The tensors are those of a head."""
        require_shapes(HEAD_TENSORS, _shapes(self.tensors))


def architecture_of(shapes: Mapping[str, tuple[int, ...]]) -> Architecture:
    """
    The published architecture whose tensors are exactly these.

    Args:
        shapes: the shape of every tensor of an encoder by name.

    Returns:
        The only architecture with these names and shapes.

    Raises:
        VariantUnknown: no tensor is of a published encoder.
        MissingTensors, UnexpectedTensors, TensorShapeMismatch: what keeps them from being the
            encoder that they resemble most.
    """
    given = set(shapes.items())

    def common(architecture: Architecture) -> tuple[int, int]:
        specs = {(spec.name, spec.shape) for spec in architecture.tensors}
        return len(specs & given), -len(specs - given)

    closest = max(ARCHITECTURES.values(), key=common)
    if not common(closest)[0]:
        raise VariantUnknown
    require_shapes(closest.tensors, shapes)
    return closest
