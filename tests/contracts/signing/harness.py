"""The adapters of ports Signer and SignatureCheck."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.signing.ed25519 import Ed25519Check, Ed25519Signer, trusted_keys
from clarity.adapters.signing.unsigned import NothingRequired
from clarity.ports.signing import SignatureCheck, Signer
from tests.support.signing import key_files

__all__ = ["OPENERS", "Opener", "SigningHarness"]


@attrs.frozen(kw_only=True)
class SigningHarness:
    """A signer whose key is trusted, one whose key is not, and checks with and without a key."""

    signer: Signer
    stranger: Signer
    check: SignatureCheck
    lenient: SignatureCheck


Opener = Callable[[], AbstractContextManager[SigningHarness]]


@contextmanager
def _ed25519(lenient: SignatureCheck) -> Iterator[SigningHarness]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        private, public = key_files(folder, "trusted")
        other, _ = key_files(folder, "other")
        yield SigningHarness(
            signer=Ed25519Signer.from_file(private),
            stranger=Ed25519Signer.from_file(other),
            check=trusted_keys([public]),
            lenient=lenient,
        )


OPENERS: Final[dict[str, Opener]] = {
    "ed25519": lambda: _ed25519(Ed25519Check({})),
    "ed25519-nothing-required": lambda: _ed25519(NothingRequired()),
}
