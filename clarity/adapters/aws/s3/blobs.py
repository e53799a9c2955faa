"""Blobs in S3."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import attrs

from clarity.adapters.aws._errors import ConditionFailed
from clarity.adapters.aws.s3.address import place_of
from clarity.adapters.aws.s3.bucket import Bucket
from clarity.adapters.aws.s3.connection import S3Connection
from clarity.ports.blobs import LARGEST_BLOB, Blob, BlobKey, BlobStore, StoredBlob
from clarity.ports.clock import Clock
from clarity.ports.errors import AlreadyExists, Corrupt, NotFound, TooLarge, Transient, Unavailable
from clarity.ports.health import Pingable
from clarity.ports.metrics import Metrics
from clarity.ports.tracing import Tracer

__all__ = ["S3BlobStore", "open_blobs"]


@attrs.frozen
class S3BlobStore(BlobStore, Pingable):
    """
    One object per blob: `<folder>/<name>`, written on the condition that there is none.

    Attributes:
        bucket: where blobs lie, and nothing else.
    """

    bucket: Bucket

    def put(self, key: BlobKey, data: bytes) -> Blob:
        """See `BlobStore.put`."""
        if len(data) > LARGEST_BLOB:
            raise TooLarge("one blob, bytes,", LARGEST_BLOB, len(data))
        blob = Blob(key, hashlib.sha256(data).hexdigest(), len(data))
        try:
            self.bucket.create(str(key), data)
        except ConditionFailed:
            self._require_same(blob)
        return blob

    def get(self, blob: Blob) -> bytes:
        """See `BlobStore.get`."""
        try:
            data = self.bucket.read(str(blob.key), most=blob.size_bytes).data
        except TooLarge as error:
            raise Corrupt("a blob") from error
        if len(data) != blob.size_bytes or hashlib.sha256(data).hexdigest() != blob.sha256:
            raise Corrupt("a blob")
        return data

    def stored(self, folder: str) -> Iterator[StoredBlob]:
        """See `BlobStore.stored`."""
        for listed in self.bucket.listed(f"{folder}/" if folder else ""):
            try:
                key = BlobKey(*listed.key.split("/"))
            except (TypeError, ValueError):  # foreign
                continue
            yield StoredBlob(key, listed.modified)

    def remove(self, keys: Sequence[BlobKey]) -> None:
        """See `BlobStore.remove`."""
        self.bucket.remove_all(map(str, keys))

    def ping(self) -> str:
        """Where the blobs lie, after asking."""
        return self.bucket.reached()

    def _require_same(self, blob: Blob) -> None:
        """What is there is this blob, as when the answer to an earlier attempt was lost."""
        try:
            self.get(blob)
        except Corrupt as error:
            raise AlreadyExists("a blob of this name") from error
        except NotFound as error:
            raise Unavailable("S3 (another writer holds a blob of this name)") from error


@contextmanager
def open_blobs(
    address: str, name: str, *, clock: Clock, metrics: Metrics, tracer: Tracer
) -> Iterator[S3BlobStore]:
    """
    The blobs of the store called `name` at `address`, closed at the end.

    Nothing is asked but for `create=yes`; a service that is down is told by the first call.

    Raises:
        BadBucketAddress: the address cannot be understood.
        PortError: the bucket was to be made and the service refused.
    """
    place = place_of(address)
    connection = S3Connection(
        place.endpoint, place.limits, clock=clock, metrics=metrics, tracer=tracer
    )
    bucket = Bucket(connection, place.bucket, f"{place.prefix}{name}/")
    try:
        if place.create:
            with suppress(Transient):
                bucket.make()
        yield S3BlobStore(bucket)
    finally:
        connection.close()
