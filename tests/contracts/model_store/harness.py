"""The adapters of port ModelStore."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.aws.s3.model_store import S3ModelStore
from clarity.adapters.local.model_store import DirectoryModelStore
from clarity.ports.model_store import ModelStore
from tests.support.clocks import HandClock
from tests.support.s3 import fresh_bucket

__all__ = ["OPENERS", "ModelStoreHarness", "Opener"]


@attrs.frozen(kw_only=True)
class ModelStoreHarness:
    """A fresh store, the clock that it goes by, and more stores on the same place."""

    store: ModelStore
    clock: HandClock
    another: Callable[[], ModelStore]


Opener = Callable[[], AbstractContextManager[ModelStoreHarness]]


@contextmanager
def _directory() -> Iterator[ModelStoreHarness]:
    clock = HandClock()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "models"

        def another() -> ModelStore:
            return DirectoryModelStore(root=root, clock=clock)

        yield ModelStoreHarness(store=another(), clock=clock, another=another)


@contextmanager
def _s3(engine: str) -> Iterator[ModelStoreHarness]:
    clock, bucket = HandClock(), fresh_bucket(engine)
    with tempfile.TemporaryDirectory() as folder:

        def another() -> ModelStore:
            return S3ModelStore(bucket=bucket, clock=clock, folder=Path(folder) / "fetched")

        yield ModelStoreHarness(store=another(), clock=clock, another=another)


OPENERS: Final[dict[str, Opener]] = {
    "directory": _directory,
    "s3-ministack": lambda: _s3("ministack"),
    "s3-moto": lambda: _s3("moto"),
}
