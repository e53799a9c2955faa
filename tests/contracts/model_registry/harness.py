"""The adapters of port ModelRegistry."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.aws.s3.model_registry import S3ModelRegistry
from clarity.adapters.local.model_registry import DirectoryModelRegistry
from clarity.domain.models import AliasMove, Direction, ModelRef, ModelShelf, ModelVersion
from clarity.domain.versions import SemanticVersion
from clarity.ports.model_registry import ModelRegistry
from tests.support.clocks import START
from tests.support.engines import running
from tests.support.s3 import bucket_at, fresh_bucket

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


@attrs.frozen
class _OverS3(ModelRegistry):
    """The registry at an address; it is connected in whatever process asks it."""

    url: str
    prefix: str

    def register(self, version: ModelVersion) -> None:
        self._there().register(version)

    def unregister(self, ref: ModelRef) -> None:
        self._there().unregister(ref)

    def names(self) -> tuple[str, ...]:
        return self._there().names()

    def shelf(self, model: str) -> ModelShelf:
        return self._there().shelf(model)

    def move(self, move: AliasMove) -> None:
        self._there().move(move)

    def _there(self) -> ModelRegistry:
        return S3ModelRegistry(bucket=bucket_at(self.url, self.prefix))


@contextmanager
def _s3(engine: str) -> Iterator[ModelRegistryHarness]:
    bucket = fresh_bucket(engine)
    yield ModelRegistryHarness(
        registry=S3ModelRegistry(bucket=bucket),
        elsewhere=_OverS3(running(engine).url, bucket.prefix),
    )


OPENERS: Final[dict[str, Opener]] = {
    "directory": _directory,
    "s3-ministack": lambda: _s3("ministack"),
    "s3-moto": lambda: _s3("moto"),
}


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
