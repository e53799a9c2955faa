"""The adapters of port BlobStore."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.aws.s3.blobs import S3BlobStore
from clarity.adapters.local.blobs import DirectoryBlobStore
from clarity.ports.blobs import BlobKey, BlobStore
from tests.support.s3 import fresh_bucket

__all__ = ["OPENERS", "BlobsHarness", "Opener"]


@attrs.frozen(kw_only=True)
class BlobsHarness:
    """
    A fresh store, and another one on the same place.

    `overwrite` changes what lies under a key, which nobody does who goes through the port; `litter`
    leaves something there that is no blob.
    """

    blobs: BlobStore
    elsewhere: BlobStore
    overwrite: Callable[[BlobKey, bytes], object]
    litter: Callable[[str], object]


Opener = Callable[[], AbstractContextManager[BlobsHarness]]


@contextmanager
def _directory() -> Iterator[BlobsHarness]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "blobs"

        def litter(name: str) -> None:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

        yield BlobsHarness(
            blobs=DirectoryBlobStore(root=root),
            elsewhere=DirectoryBlobStore(root=root),
            overwrite=lambda key, data: (root / str(key)).write_bytes(data),
            litter=litter,
        )


@contextmanager
def _s3(engine: str) -> Iterator[BlobsHarness]:
    bucket = fresh_bucket(engine)
    yield BlobsHarness(
        blobs=S3BlobStore(bucket),
        elsewhere=S3BlobStore(bucket),
        overwrite=lambda key, data: bucket.write(str(key), data),
        litter=lambda name: bucket.write(name, b""),
    )


OPENERS: Final[dict[str, Opener]] = {
    "directory": _directory,
    "s3-ministack": lambda: _s3("ministack"),
    "s3-moto": lambda: _s3("moto"),
}
