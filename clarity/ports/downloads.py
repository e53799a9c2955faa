"""Files from elsewhere, only when somebody names both the address and the digest."""

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, Protocol, runtime_checkable

import attrs

from clarity.domain.errors import DomainError

__all__ = ["BadAddress", "Downloads", "Progress", "Wanted"]

Progress = Callable[[int, int], None]
"""Told the bytes that are there and the bytes in all (0 when unknown)."""


@attrs.define(eq=False)
class BadAddress(DomainError):
    """An address from which nothing is fetched."""

    code: ClassVar[str] = "download.bad-address"

    def __str__(self) -> str:
        return "files are fetched from https:// addresses only (http:// on this machine)"


def _lower(text: str) -> str:
    return text.lower()


@attrs.frozen(kw_only=True)
class Wanted:
    """
    A file to fetch.

    Attributes:
        url: where from.
        sha256: what it must be, 64 hexadecimal digits.
        limit_bytes: most bytes that are taken.
    """

    url: str
    sha256: str = attrs.field(
        converter=_lower, validator=attrs.validators.matches_re("[0-9a-f]{64}")
    )
    limit_bytes: int = attrs.field(validator=attrs.validators.ge(1))


@runtime_checkable
class Downloads(Protocol):
    """Fetches files."""

    __slots__ = ()

    @abstractmethod
    def fetch(self, wanted: Wanted, *, progress: Progress) -> bytes:
        """
        The bytes of the file, which have the digest.

        What an interrupted call got is continued by the next one with the same digest.

        Raises:
            BadAddress: the address is not one to fetch from.
            TooLarge: there are more bytes than the limit.
            DigestMismatch: it is another file; nothing of it is kept.
            NotFound, Denied, Unavailable, TimedOut: the other side said so, or nothing.
        """
        ...
