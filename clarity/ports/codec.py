"""Values as bytes: the one place where a day of measurements is packed."""

from abc import abstractmethod
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

__all__ = ["ChunkCodec"]


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
            values: (n,) float64; NaN = missing; no infinities.
            context: what the bytes belong to (owner, stream, day). A sealing codec binds the bytes
                to it; others leave it unused.

        Raises:
            ValueError: a value is infinite or the array has not one dimension.
        """
        ...

    @abstractmethod
    def unpack(self, packed: bytes, *, context: bytes) -> npt.NDArray[np.float64]:
        """
        The values that were packed.

        Raises:
            Corrupt: the bytes are damaged, cut short, of an unknown format, or (sealed) belong to
                another context.
        """
        ...
