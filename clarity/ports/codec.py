"""Values as bytes: the one place where a day of measurements is packed."""

from abc import abstractmethod
from typing import Final, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

__all__ = ["MAX_VALUES", "ChunkCodec"]

MAX_VALUES: Final = 1 << 20
"""Most values of one chunk; a day of 25 h has 90,000 at one per second."""


@runtime_checkable
class ChunkCodec(Protocol):
    """
    Packs the values of a day chunk and gives exactly the same values back.

    Exact means: every finite float64 and every NaN (missing) returns bit for bit, except that all
    NaN payloads are one; -0.0 stays -0.0. The bytes name their own format, so a codec reads
    everything that any earlier version of it wrote.
    """

    __slots__ = ()

    @abstractmethod
    def pack(self, values: npt.NDArray[np.float64], *, context: bytes) -> bytes:
        """
        The values as bytes.

        Args:
            values: (n,) float64, n <= `MAX_VALUES`; NaN = missing; no infinities. Not changed.
            context: what the bytes belong to (owner, stream, day); they open under the same alone.

        Raises:
            ValueError: a value is infinite, there are too many, or the array has not one
                dimension.
        """
        ...

    @abstractmethod
    def unpack(self, packed: bytes, *, context: bytes) -> npt.NDArray[np.float64]:
        """
        The values that were packed, in an array of the caller's own.

        Takes memory for at most `MAX_VALUES` values, whatever the bytes claim.

        Raises:
            Corrupt: the bytes are damaged, cut short, of an unknown format, or belong to another
                context. What was changed on purpose is found by a sealing codec only.
            TooNew: a later clarity packed them.
        """
        ...
