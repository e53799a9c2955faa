"""Ed25519 (RFC 8032) over the heads of audit chains; the key lies beside the store."""

import os
import secrets
import stat
from pathlib import Path
from typing import Final

import attrs
from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from clarity.ports.errors import Denied, Unavailable
from clarity.ports.heads import BadHeadKey, HeadSigner, HeadVerifier, NotSigned

__all__ = ["Ed25519HeadVerifier", "FileHeadSigner", "MemoryHeadSigner"]

OWNER_ONLY: Final = 0o600
OWNER_ONLY_FOLDER: Final = 0o700
LARGEST_KEY_FILE: Final = 16_384  # bytes; a PEM key has about 120
KEY_ERRORS: Final = (
    InternalError,
    TypeError,
    UnsupportedAlgorithm,
    ValueError,
)  # what cryptography raises on files that hold no key


@attrs.frozen
class MemoryHeadSigner(HeadSigner):
    """Signs with a key that is gone when the process is."""

    key: Ed25519PrivateKey = attrs.field(factory=Ed25519PrivateKey.generate, repr=False)

    def sign(self, message: bytes) -> bytes:
        """See `HeadSigner.sign`."""
        return self.key.sign(message)

    def public_key(self) -> bytes:
        """See `HeadSigner.public_key`."""
        return _public(self.key)


@attrs.frozen
class FileHeadSigner(HeadSigner):
    """
    Signs with the key in the file `path`, which is made on first use for its owner alone.

    Of several processes that make it at once, one wins and the others use its key.
    """

    path: Path

    def sign(self, message: bytes) -> bytes:
        """See `HeadSigner.sign`."""
        return self._key().sign(message)

    def public_key(self) -> bytes:
        """See `HeadSigner.public_key`."""
        return _public(self._key())

    def _key(self) -> Ed25519PrivateKey:
        try:
            if not self.path.exists():
                self._make()
            return _private(self._content())
        except PermissionError as error:
            raise Denied("using the signing key") from error
        except OSError as error:
            raise Unavailable("the signing key") from error

    def _content(self) -> bytes:
        mode = stat.S_IMODE(self.path.stat().st_mode)
        if mode & ~OWNER_ONLY:
            self.path.chmod(mode & OWNER_ONLY)
        with self.path.open("rb") as file:
            return file.read(LARGEST_KEY_FILE)

    def _make(self) -> None:
        self.path.parent.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
        pem = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        try:
            handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY)
            with os.fdopen(handle, "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
            _link(draft, self.path)
        finally:
            draft.unlink(missing_ok=True)


def _link(draft: Path, path: Path) -> None:
    """The draft is at `path`, unless another process was first."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return


@attrs.frozen
class Ed25519HeadVerifier(HeadVerifier):
    """Checks with the public key that it is given."""

    def require(self, message: bytes, *, signature: bytes, public_key: bytes) -> None:
        """See `HeadVerifier.require`."""
        try:
            key = load_pem_public_key(public_key)
        except KEY_ERRORS as error:
            raise BadHeadKey from error
        if not isinstance(key, Ed25519PublicKey):
            raise BadHeadKey
        try:
            key.verify(signature, message)
        except InvalidSignature as error:
            raise NotSigned from error


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _private(pem: bytes) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except KEY_ERRORS as error:
        raise BadHeadKey from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadHeadKey
    return key
