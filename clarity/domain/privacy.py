"""Which fields tell who somebody is, and names for places where nobody may recognize people."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import attrs

from clarity.domain.identity import PatientRef, TenantId

__all__ = ["SENSITIVE", "Beacons", "Pseudonyms", "sensitive_fields"]

SENSITIVE: Final[Mapping[object, object]] = MappingProxyType({"clarity.sensitive": True})
"""Metadata of a field that tells who somebody is; it is left out of reprs."""

SHORTEST_SECRET: Final = 16  # bytes
DIGITS: Final = 32
"""Hexadecimal digits of a pseudonym: 128 bits, so that no two are ever the same by chance."""

LABEL: Final = b"clarity pseudonyms 1"
"""Keeps this use of a secret apart from every other one."""

BEACON_LABEL: Final = b"clarity beacons 1"


def sensitive_fields(of: type[attrs.AttrsInstance]) -> frozenset[str]:
    """The names of the fields of an attrs class that are marked `SENSITIVE`."""
    marked = (field for field in attrs.fields(of) if SENSITIVE.items() <= field.metadata.items())
    return frozenset(field.name for field in marked)


def _framed(*parts: str) -> bytes:
    """The parts with their lengths, so that no two lists of parts give the same bytes."""
    raw = [part.encode() for part in parts]
    return b"".join(len(one).to_bytes(8) + one for one in raw)


def _asked(secret: bytes | Callable[[], bytes]) -> Callable[[], bytes]:
    """A secret that is known, or the way to ask for it."""
    if not isinstance(secret, bytes):
        return secret
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"a secret of {SHORTEST_SECRET} bytes or more is needed")
    return lambda: secret


@attrs.frozen
class Pseudonyms:
    """
    HMAC-SHA256 (RFC 2104) under a key that is derived from a secret of the store.

    Without the secret nobody can tell who is meant, not even by trying all ids; with it everything
    about one person can be found again. Without a key both would be open to whoever can guess ids.

    Attributes:
        secret: asked for with every name, so that whoever holds it may fetch it late; what it
            raises is raised by `of` and `mark`.
    """

    secret: Callable[[], bytes] = attrs.field(repr=False, converter=_asked)

    def of(self, patient: PatientRef) -> str:
        """What stands for the patient, 32 hexadecimal digits."""
        return self.mark(_framed(str(patient.tenant), str(patient.patient)))

    def mark(self, content: bytes) -> str:
        """What stands for `content`, 32 hexadecimal digits."""
        key = hmac.digest(self.secret(), LABEL, hashlib.sha256)
        return hmac.digest(key, content, hashlib.sha256).hex()[:DIGITS]


@attrs.frozen
class Beacons:
    """
    What stands for a value that is looked up by equality alone, in keys that many may read.

    HMAC-SHA256 (RFC 2104) under a key that is derived from a secret of the store: whoever reads a
    key learns neither the value nor, across tenants or fields, that two values are the same.

    Attributes:
        secret: asked for with every beacon; what it raises is raised by `of`.
    """

    secret: Callable[[], bytes] = attrs.field(repr=False, converter=_asked)

    def of(self, tenant: TenantId, *, field: str, value: str) -> str:
        """The beacon of `value` as the `field` of somebody in the tenant, 64 hex digits."""
        key = hmac.digest(self.secret(), BEACON_LABEL, hashlib.sha256)
        return hmac.digest(key, _framed(str(tenant), field, value), hashlib.sha256).hex()
