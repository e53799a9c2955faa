"""Where the services are, and what a call may use at most."""

import math
from typing import Final

import attrs

__all__ = ["THREADS", "Endpoint", "Limits"]

THREADS: Final = 8
"""How many threads are expected to call at once where nobody says."""


def _positive(_: object, attribute: "attrs.Attribute[float]", value: float) -> None:
    if not 0 < value < math.inf:
        raise ValueError(f"{attribute.name} is more than 0 and has an end")


@attrs.frozen(kw_only=True)
class Endpoint:
    """
    Where the service is.

    Attributes:
        region: its name, for example `eu-west-1`.
        url: another address than the region's own, for engines on this machine; empty for none.
    """

    region: str = attrs.field(validator=attrs.validators.matches_re(r"[a-z0-9-]{1,40}"))
    url: str = attrs.field(default="", validator=attrs.validators.matches_re(r"(https?://.+)?"))


@attrs.frozen(kw_only=True)
class Limits:
    """
    What a call may use at most.

    Attributes:
        connect_timeout_s: to open a connection.
        read_timeout_s: between two parts of an answer.
        deadline_s: for a whole call with all its attempts and pauses, or work of several calls that
            are one step; with S3, whose bodies take as long as they are large, until the last
            attempt begins.
        attempts: tries of one call, the first included.
        pool_size: connections kept open; of DynamoDB as many calls are under way at once, and
            further ones wait within their deadline.
    """

    connect_timeout_s: float = attrs.field(default=1.0, validator=_positive)
    read_timeout_s: float = attrs.field(default=2.0, validator=_positive)
    deadline_s: float = attrs.field(default=5.0, validator=_positive)
    attempts: int = attrs.field(default=6, validator=attrs.validators.ge(1))
    pool_size: int = attrs.field(default=16, validator=attrs.validators.ge(1))
