"""Names of people for places where nobody may recognize them."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

import attrs

from clarity.domain.identity import PatientRef

__all__ = ["Pseudonyms"]

SHORTEST_SECRET: Final = 16  # bytes
DIGITS: Final = 32
"""Hexadecimal digits of a pseudonym: 128 bits, so that no two are ever the same by chance."""

LABEL: Final = b"clarity pseudonyms 1"
"""Keeps this use of a secret apart from every other one."""


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
        names = (str(patient.tenant), str(patient.patient))
        return self.mark(b"".join(len(name).to_bytes(8) + name.encode() for name in names))

    def mark(self, content: bytes) -> str:
        """What stands for `content`, 32 hexadecimal digits."""
        key = hmac.digest(self.secret(), LABEL, hashlib.sha256)
        return hmac.digest(key, content, hashlib.sha256).hex()[:DIGITS]
