"""Ed25519 signatures (RFC 8032) over the digest of a bundle."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs
from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)

from clarity.domain.pat.bundle import BundleSignature
from clarity.ports.errors import NotFound
from clarity.ports.signing import BadKey, NotTrusted, SignatureCheck, Signer

__all__ = ["Ed25519Check", "Ed25519Signer", "trusted_folder", "trusted_keys"]

CONTEXT: Final = b"clarity model bundle v1\n"
"""What a signature is about, so that one made for something else is never a right one here."""

LARGEST_KEY_FILE: Final = 16_384  # bytes; a PEM key has about 120
KEY_ERRORS: Final = (
    InternalError,
    TypeError,
    UnsupportedAlgorithm,
    ValueError,
)  # what cryptography raises on files that hold no key


def _message(digest: str) -> bytes:
    return CONTEXT + digest.encode("ascii")


def _key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()


@attrs.frozen
class Ed25519Signer(Signer):
    """Signs with the private key of a PEM file; there is no default key."""

    key: Ed25519PrivateKey = attrs.field(repr=False)

    @classmethod
    def from_file(cls, path: Path) -> "Ed25519Signer":
        """
        A signer with the unencrypted key in the file.

        Raises:
            NotFound: there is no such file.
            BadKey: it holds no Ed25519 private key.
        """
        try:
            key = load_pem_private_key(_content(path), password=None)
        except KEY_ERRORS as error:
            raise BadKey("the private key") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise BadKey("the private key")
        return cls(key)

    def sign(self, digest: str) -> BundleSignature:
        """See `Signer.sign`."""
        return BundleSignature(_key_id(self.key.public_key()), self.key.sign(_message(digest)))


@attrs.frozen
class Ed25519Check(SignatureCheck):
    """
    Trusts the keys that it was given; given none, it requires no signatures.

    Attributes:
        keys: public keys by their id.
    """

    keys: Mapping[str, Ed25519PublicKey] = attrs.field(repr=False)

    def require(self, digest: str, *, signatures: Sequence[BundleSignature]) -> tuple[str, ...]:
        """See `SignatureCheck.require`."""
        right = tuple(s.key for s in signatures if self._is_right(digest, s))
        if self.keys and not right:
            raise NotTrusted(len(signatures))
        return right

    def _is_right(self, digest: str, signature: BundleSignature) -> bool:
        key = self.keys.get(signature.key)
        if key is None:
            return False
        try:
            key.verify(signature.value, _message(digest))
        except InvalidSignature:
            return False
        return True


def trusted_keys(paths: Sequence[Path]) -> Ed25519Check:
    """
    A check that trusts the public keys in these PEM files.

    Raises:
        NotFound: a file is not there; trust is never dropped silently.
        BadKey: a file holds no Ed25519 public key.
    """
    keys = [_public_key(path) for path in paths]
    return Ed25519Check({_key_id(key): key for key in keys})


def trusted_folder(folder: str) -> Ed25519Check:
    """
    A check that trusts the keys in the `.pem` files of a folder; the empty name requires nothing.

    Raises:
        NotFound: the folder holds no keys; trust is never dropped silently.
        BadKey: a file holds no Ed25519 public key.
    """
    paths = sorted(Path(folder).glob("*.pem")) if folder else []
    if folder and not paths:
        raise NotFound("a .pem file in the folder of trusted keys")
    return trusted_keys(paths)


def _public_key(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(_content(path))
    except KEY_ERRORS as error:
        raise BadKey("the trusted key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadKey("the trusted key")
    return key


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_KEY_FILE)
    except OSError as error:
        raise NotFound(f"the key file {path.name}") from error
