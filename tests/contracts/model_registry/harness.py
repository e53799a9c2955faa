"""The adapters of port ModelRegistry."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.local.model_registry import DirectoryModelRegistry
from clarity.domain.models import AliasMove, Direction, ModelRef, ModelVersion
from clarity.domain.versions import SemanticVersion
from clarity.ports.model_registry import ModelRegistry
from tests.support.clocks import START

__all__ = ["OPENERS", "ModelRegistryHarness", "Opener", "known", "moved"]


@attrs.frozen(kw_only=True)
class ModelRegistryHarness:
    """
    A fresh registry and more of them on the same place.

    `elsewhere` is a registry that can be sent to another process.
    """

    registry: ModelRegistry
    elsewhere: ModelRegistry


Opener = Callable[[], AbstractContextManager[ModelRegistryHarness]]


@contextmanager
def _directory() -> Iterator[ModelRegistryHarness]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "models"
        yield ModelRegistryHarness(
            registry=DirectoryModelRegistry(root=root), elsewhere=DirectoryModelRegistry(root=root)
        )


OPENERS: Final[dict[str, Opener]] = {"directory": _directory}


def known(version: str, *, model: str = "toy", digest: str = "a" * 64) -> ModelVersion:
    """A version as it is registered."""
    ref = ModelRef(model, SemanticVersion.parse(version), digest)
    return ModelVersion(ref=ref, added_at=START, added_by="ann")


def moved(
    revision: int, version: str = "1.0.0", *, alias: str = "champion", actor: str = "ann"
) -> AliasMove:
    """A move of an alias of `toy`."""
    return AliasMove(
        model="toy",
        alias=alias,
        revision=revision,
        version=SemanticVersion.parse(version),
        direction=Direction.PROMOTE,
        actor=actor,
        at=START,
    )
