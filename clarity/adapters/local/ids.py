"""Identifiers from the operating system's randomness."""

import secrets
from typing import Final

import attrs

from clarity.domain.identity import CorrelationId
from clarity.ports.ids import Ids

__all__ = ["RandomIds"]

ID_BYTES: Final = 16
"""128 random bits: two of 2^64 ids coincide with even odds, of fewer practically never."""


@attrs.frozen
class RandomIds(Ids):
    """Ids that nobody can guess and no two processes share."""

    def correlation(self) -> CorrelationId:
        """32 hexadecimal digits."""
        return CorrelationId(secrets.token_hex(ID_BYTES))
