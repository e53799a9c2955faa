"""Where the bytes of models live, under the digest of their manifest."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol, runtime_checkable

import attrs

from clarity.domain.pat.bundle import Bundle

__all__ = ["ModelStore", "StoredBundle"]


@attrs.frozen
class StoredBundle:
    """
    That a bundle is there.

    Attributes:
        digest: its address.
        size_bytes: of all its files.
        since: when it was last put, aware.
    """

    digest: str
    size_bytes: int
    since: datetime


@runtime_checkable
class ModelStore(Protocol):
    """
    Bundles, content-addressed: what is under a digest never changes, but for more signatures.

    The store keeps bytes and does not judge them: whoever gets a bundle verifies it.
    """

    __slots__ = ()

    @abstractmethod
    def put(self, bundle: Bundle) -> None:
        """
        Keep the bundle under its digest; durable and whole before this returns, or not there.

        A bundle that is there already stays as it is and gets the signatures that it lacks; it
        counts as put anew.

        Raises:
            Corrupt: other bytes are there under this digest.
            Denied, Unavailable: the store cannot be written.
        """
        ...

    @abstractmethod
    def get(self, digest: str) -> Bundle:
        """
        The bytes under the digest, as they are, with all signatures.

        Raises:
            NotFound: there are none.
            BundleTooLarge: they are more than any model has; they were not read.
            Corrupt: what is there is no bundle.
            Denied, Unavailable: the store cannot be read.
        """
        ...

    @abstractmethod
    def stored(self) -> tuple[StoredBundle, ...]:
        """
        Everything that is there, by digest.

        Raises:
            Denied, Unavailable: the store cannot be read.
        """
        ...

    @abstractmethod
    def remove(self, digest: str) -> None:
        """
        Forget the bundle; an absent one is no error. A concurrent `get` has it whole or not at all.

        Raises:
            Denied, Unavailable: the store cannot be written.
        """
        ...
