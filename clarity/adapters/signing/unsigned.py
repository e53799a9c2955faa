"""No signature is required; needs no cryptography."""

from collections.abc import Sequence

import attrs

from clarity.domain.pat.bundle import BundleSignature
from clarity.ports.signing import SignatureCheck

__all__ = ["NothingRequired"]


@attrs.frozen
class NothingRequired(SignatureCheck):
    """Trusts no key, so it asks for no signature and knows none."""

    def require(self, digest: str, *, signatures: Sequence[BundleSignature]) -> tuple[str, ...]:
        """See `SignatureCheck.require`."""
        del digest, signatures
        return ()
