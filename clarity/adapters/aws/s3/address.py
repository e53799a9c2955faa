"""Addresses of places in S3: `s3://BUCKET/PREFIX?region=REGION`."""

import re
from typing import ClassVar, Final
from urllib.parse import parse_qsl, urlsplit

import attrs

from clarity.adapters.aws.settings import Endpoint, Limits
from clarity.domain.errors import ClarityError

__all__ = ["BadBucketAddress", "Place", "place_of"]

SCHEME: Final = "s3"
OPTIONS: Final = frozenset({"create", "deadline_s", "endpoint", "region"})
BUCKET: Final = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
PREFIX: Final = r"([A-Za-z0-9!_.'()-]+/)*"

READ_TIMEOUT_S: Final = 10.0
"""S3 answers a write when it has all of it."""

DEADLINE_S: Final = 30.0
"""From the start of a call until its last attempt begins."""


@attrs.define(eq=False)
class BadBucketAddress(ClarityError):
    """An address in S3 cannot be understood; nothing was opened."""

    code: ClassVar[str] = "aws.bad-bucket-address"
    address: str
    problem: str

    def __str__(self) -> str:
        return (
            f"{self.address!r} is no address in S3 ({self.problem}); write "
            f"s3://BUCKET/PREFIX?region=REGION, for an engine on this machine with "
            f"&endpoint=http://127.0.0.1:9000&create=yes"
        )


@attrs.frozen(kw_only=True)
class Place:
    """
    Where things lie in S3.

    Attributes:
        endpoint: of the service.
        limits: of a call.
        bucket: its name.
        prefix: of all keys; empty, or ends in a slash.
        create: the bucket is made if it is missing.
    """

    endpoint: Endpoint
    limits: Limits
    bucket: str = attrs.field(validator=attrs.validators.matches_re(BUCKET, re.NOFLAG))
    prefix: str = attrs.field(default="", validator=attrs.validators.matches_re(PREFIX, re.NOFLAG))
    create: bool = False


def place_of(address: str) -> Place:
    """
    What `s3://BUCKET/PREFIX?region=REGION&endpoint=URL&deadline_s=30&create=yes` names.

    Raises:
        BadBucketAddress: a part is missing, unknown or out of range.
    """
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme != SCHEME or not parts.netloc:
        raise BadBucketAddress(address, "the bucket is missing")
    if not options.get("region"):
        raise BadBucketAddress(address, "the region is missing")
    if not options.keys() <= OPTIONS or options.get("create", "yes") != "yes":
        raise BadBucketAddress(address, f"the options are {', '.join(sorted(OPTIONS))}")
    prefix = parts.path.strip("/")
    try:
        return Place(
            endpoint=Endpoint(region=options["region"], url=options.get("endpoint", "")),
            limits=Limits(
                read_timeout_s=READ_TIMEOUT_S,
                deadline_s=float(options.get("deadline_s", DEADLINE_S)),
            ),
            bucket=parts.netloc,
            prefix=f"{prefix}/" if prefix else "",
            create="create" in options,
        )
    except ValueError as error:
        raise BadBucketAddress(address, "a value is out of range") from error
