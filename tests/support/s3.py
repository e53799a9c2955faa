"""Places of their own in S3, on a running engine."""

import functools
import itertools
import os
import time
from datetime import UTC, datetime

import attrs

from clarity.adapters.aws.s3.bucket import Bucket
from clarity.adapters.aws.s3.connection import S3Connection
from clarity.adapters.aws.settings import Endpoint, Limits
from clarity.ports.clock import Clock
from tests.support.dynamodb import LIMITS, Counted, Spans, credentials
from tests.support.engines import REGION, running

BUCKET = "clarity-tests"

_numbers = itertools.count(1)


@attrs.frozen
class Stopwatch(Clock):
    """A stopwatch that runs; the time of day is not asked for."""

    def now(self) -> datetime:
        return datetime.min.replace(tzinfo=UTC)

    def monotonic_s(self) -> float:
        return time.monotonic()


def connection_to(url: str, limits: Limits = LIMITS) -> S3Connection:
    credentials()
    return S3Connection(
        Endpoint(region=REGION, url=url),
        limits,
        clock=Stopwatch(),
        metrics=Counted(),
        tracer=Spans(),
    )


@functools.cache
def bucket_at(url: str, prefix: str) -> Bucket:
    """A bucket that is there, on the engine at that address."""
    bucket = Bucket(_connected(url), BUCKET, prefix)
    bucket.make()
    return bucket


@functools.cache
def _connected(url: str) -> S3Connection:
    return connection_to(url)


def fresh_bucket(engine: str) -> Bucket:
    """A bucket under a prefix that nobody else has."""
    return bucket_at(running(engine).url, f"t{os.getpid()}-{next(_numbers)}/")
