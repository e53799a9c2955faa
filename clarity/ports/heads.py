"""Signatures over the heads of audit chains, checked with the public half of the key alone."""

from abc import abstractmethod
from typing import ClassVar, Protocol, runtime_checkable

import attrs

from clarity.ports.errors import PortError

__all__ = ["BadHeadKey", "HeadSigner", "HeadVerifier", "NotSigned"]


@attrs.define(eq=False)
class NotSigned(PortError):
    """The signature is not one by that key over those bytes."""

    code: ClassVar[str] = "audit.not-signed"

    def __str__(self) -> str:
        return (
            "the signature is not by this key; "
            "check that the key is that of the store, else do not rely on the file"
        )


@attrs.define(eq=False)
class BadHeadKey(PortError):
    """What was given as a key is none."""

    code: ClassVar[str] = "audit.bad-key"

    def __str__(self) -> str:
        return "that is no Ed25519 key in PEM form; `clarity audit key` writes the right one"


@runtime_checkable
class HeadSigner(Protocol):
    """Signs with one private key, which is made when it is first needed and stays the same."""

    __slots__ = ()

    @abstractmethod
    def sign(self, message: bytes) -> bytes:
        """
        The signature over `message`.

        Raises:
            BadHeadKey: what is kept as the key is none.
            Denied, Unavailable: the key cannot be used.
        """
        ...

    @abstractmethod
    def public_key(self) -> bytes:
        """
        The public half in PEM form, for those who verify.

        Raises:
            BadHeadKey, Denied, Unavailable: as for `sign`.
        """
        ...


@runtime_checkable
class HeadVerifier(Protocol):
    """Checks signatures with nothing but a public key."""

    __slots__ = ()

    @abstractmethod
    def require(self, message: bytes, *, signature: bytes, public_key: bytes) -> None:
        """
        Hold when `signature` was made over exactly `message` by the private half of `public_key`.

        Args:
            message: what was signed.
            signature: what `HeadSigner.sign` gave.
            public_key: in PEM form.

        Raises:
            NotSigned: it was not.
            BadHeadKey: `public_key` is none.
        """
        ...
