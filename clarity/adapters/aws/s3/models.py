"""The models behind an address in S3."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from clarity.adapters.aws.s3.address import place_of
from clarity.adapters.aws.s3.bucket import Bucket
from clarity.adapters.aws.s3.connection import S3Connection
from clarity.adapters.aws.s3.model_registry import S3ModelRegistry
from clarity.adapters.aws.s3.model_store import S3ModelStore
from clarity.ports.clock import Clock
from clarity.ports.metrics import Metrics
from clarity.ports.tracing import Tracer

__all__ = ["S3Models", "open_models"]


@attrs.frozen(kw_only=True)
class S3Models:
    """
    What lies there, by the ports it stands behind.

    Attributes:
        store: bundles.
        registry: versions and aliases.
    """

    store: S3ModelStore
    registry: S3ModelRegistry


@contextmanager
def open_models(
    address: str, folder: Path, *, clock: Clock, metrics: Metrics, tracer: Tracer
) -> Iterator[S3Models]:
    """
    The models at `address`, closed at the end; nothing is asked but for `create=yes`.

    Args:
        address: as `place_of` reads it.
        folder: of this machine, where files lie while they are fetched.
        clock: tells when a bundle was put, and measures.
        metrics: told of calls.
        tracer: told of calls.

    Raises:
        BadBucketAddress: the address cannot be understood.
        PortError: the bucket was to be made and could not.
    """
    place = place_of(address)
    connection = S3Connection(
        place.endpoint, place.limits, clock=clock, metrics=metrics, tracer=tracer
    )
    bucket = Bucket(connection, place.bucket, place.prefix)
    try:
        if place.create:
            bucket.make()
        yield S3Models(
            store=S3ModelStore(bucket=bucket, clock=clock, folder=folder),
            registry=S3ModelRegistry(bucket=bucket),
        )
    finally:
        connection.close()
