"""Signatures over bundles: made with a private key, checked against trusted ones."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Protocol, runtime_checkable

import attrs

from clarity.domain.pat.bundle import BundleSignature
from clarity.ports.errors import PortError

__all__ = ["BadKey", "NotTrusted", "SignatureCheck", "Signer"]


@attrs.define(eq=False)
class NotTrusted(PortError):
    """No trusted key signed the bundle."""

    code: ClassVar[str] = "model.not-trusted"
    signatures: int

    def __str__(self) -> str:
        return (
            f"of {self.signatures} signatures none is a right one by a trusted key; the model was "
            "not opened: sign it with `clarity models sign` or trust the key of who signed it"
        )


@attrs.define(eq=False)
class BadKey(PortError):
    """A file is no Ed25519 key."""

    code: ClassVar[str] = "model.bad-key"
    what: str

    def __str__(self) -> str:
        return f"{self.what} is no Ed25519 key in PEM form; make one with `openssl genpkey`"


@runtime_checkable
class Signer(Protocol):
    """Signs with one private key."""

    __slots__ = ()

    @abstractmethod
    def sign(self, digest: str) -> BundleSignature:
        """The signature over the digest of a bundle; the same digest gives the same signature."""
        ...


@runtime_checkable
class SignatureCheck(Protocol):
    """Knows which keys are trusted."""

    __slots__ = ()

    @abstractmethod
    def require(self, digest: str, *, signatures: Sequence[BundleSignature]) -> tuple[str, ...]:
        """
        The trusted keys that signed the digest, at least one where signatures are required.

        Where no key is trusted, none is required and the answer is empty.

        Raises:
            NotTrusted: signatures are required and none is a right one by a trusted key.
        """
        ...
