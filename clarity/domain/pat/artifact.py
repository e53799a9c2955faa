"""Bytes that claim to be a model: their digest comes before every parser."""

import hashlib
import hmac
from typing import ClassVar, Final

import attrs

from clarity.domain.errors import DomainError

__all__ = ["DigestMismatch", "UnreadableModel", "require_digest", "sha256_of"]

SHOWN_DIGITS: Final = 12  # of a digest, in messages


@attrs.define(eq=False)
class DigestMismatch(DomainError):
    """The bytes are not those that were recorded."""

    code: ClassVar[str] = "pat.digest-mismatch"
    expected: str
    found: str

    def __str__(self) -> str:
        return (
            f"the model has SHA-256 {self.found[:SHOWN_DIGITS]}..., recorded is "
            f"{self.expected[:SHOWN_DIGITS]}...; it was not opened: fetch it again from its source"
        )


@attrs.define(eq=False)
class UnreadableModel(DomainError):
    """The bytes are no model that clarity reads."""

    code: ClassVar[str] = "pat.unreadable-model"
    what: str
    problem: str

    def __str__(self) -> str:
        return f"{self.what} {self.problem}; fetch or convert it again from its source"


def sha256_of(data: bytes) -> str:
    """The SHA-256 of the bytes, 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def require_digest(data: bytes, *, sha256: str) -> bytes:
    """
    The same bytes, once their SHA-256 is the recorded one.

    Args:
        data: the model file.
        sha256: the recorded digest, hexadecimal in either case.

    Raises:
        DigestMismatch: it is another one; nothing was parsed.
    """
    found = sha256_of(data)
    if not hmac.compare_digest(found.encode(), sha256.lower().encode()):
        raise DigestMismatch(sha256, found)
    return data
