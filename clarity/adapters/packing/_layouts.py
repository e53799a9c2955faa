"""How an array of floats becomes an array of small numbers, and back without losing a bit."""

from typing import Any, Final

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["Layout", "Numbers", "differences", "fitting", "of_code", "shuffled"]

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.unsignedinteger[Any]]
"""The numbers of a chunk as unsigned words of 2, 4 or 8 bytes."""

MAX_DECIMALS: Final = 4
"""Finest grid tried: device exports carry at most 4 decimals."""

KINDS: Final = (np.uint16, np.int16, np.int32, np.float32, np.float64)
"""Numbers that a frame may hold, smallest first; a kind's place is its code."""

DIFFERENCES: Final = 0x80
"""Flag beside the code of the kind."""


@attrs.frozen(kw_only=True)
class Layout:
    """
    What the numbers of a frame mean.

    Attributes:
        kind: place in `KINDS`.
        decimals: whole numbers are values x 10^decimals.
        differences: every number but the first is the step from the one before, modulo the word.
    """

    kind: int
    decimals: int = 0
    differences: bool = False

    @property
    def code(self) -> int:
        """The byte that stands for kind and differences."""
        return self.kind | (DIFFERENCES if self.differences else 0)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The little-endian type of the numbers."""
        return np.dtype(KINDS[self.kind]).newbyteorder("<")

    @property
    def size_bytes(self) -> int:
        """Bytes of one number."""
        return self.dtype.itemsize

    def values(self, raw: bytes, count: int) -> Floats:
        """The floats that `raw`, the shuffled bytes of `count` numbers, stand for."""
        planes = np.frombuffer(raw, np.uint8).reshape(self.size_bytes, count)
        words = np.ascontiguousarray(planes.T).view(f"<u{self.size_bytes}")[:, 0]
        if self.differences:
            words = np.cumsum(words, dtype=words.dtype)
        return _floats(words.view(self.dtype), self.decimals)


def of_code(code: int, decimals: int) -> Layout | None:
    """The layout that the two bytes of a header name; None when there is none such."""
    kind = code & ~DIFFERENCES
    if kind >= len(KINDS) or decimals > MAX_DECIMALS:
        return None
    return Layout(kind=kind, decimals=decimals, differences=bool(code & DIFFERENCES))


def fitting(values: Floats) -> tuple[Layout, Numbers]:
    """
    The smallest layout that holds `values` exactly, and the values in it.

    Exactness is not assumed: every candidate is turned back and compared bit for bit.
    """
    for kind, type_ in enumerate(KINDS[:-1]):
        whole = np.dtype(type_).kind in "iu"
        for decimals in range(MAX_DECIMALS + 1 if whole else 1):
            layout = Layout(kind=kind, decimals=decimals)
            numbers = _numbers(values, layout)
            if numbers is not None and _same(_floats(numbers, decimals), values):
                return layout, numbers.view(f"<u{layout.size_bytes}")
    exact = Layout(kind=len(KINDS) - 1)
    return exact, values.astype(exact.dtype).view(f"<u{exact.size_bytes}")


def differences(words: Numbers) -> Numbers:
    """(n,) the first word, then the steps, modulo the word."""
    return np.diff(words, prepend=words.dtype.type(0))


def shuffled(words: Numbers) -> bytes:
    """All lowest bytes, then all second bytes, and so on."""
    return words.view(np.uint8).reshape(words.size, words.dtype.itemsize).T.tobytes()


def _missing(dtype: np.dtype[Any]) -> int:
    """The whole number that stands for a missing value."""
    limits = np.iinfo(dtype)
    return limits.max if dtype.kind == "u" else limits.min


def _numbers(values: Floats, layout: Layout) -> npt.NDArray[Any] | None:
    """The values in `layout`, or None when one lies outside."""
    dtype = layout.dtype
    if dtype.kind == "f":
        with np.errstate(over="ignore", under="ignore"):
            return np.where(np.isnan(values), np.nan, values).astype(dtype)
    absent = np.isnan(values)
    with np.errstate(over="ignore"):
        scaled = np.rint(np.where(absent, 0.0, values) * 10.0**layout.decimals)
    limits, missing = np.iinfo(dtype), _missing(dtype)
    if scaled.size and not (limits.min <= scaled.min() and scaled.max() <= limits.max):
        return None
    if (scaled[~absent] == missing).any():
        return None
    return np.where(absent, missing, scaled).astype(dtype)


def _floats(numbers: npt.NDArray[Any], decimals: int) -> Floats:
    if numbers.dtype.kind == "f":
        return numbers.astype(np.float64)
    values = numbers / 10.0**decimals
    return np.where(numbers == _missing(numbers.dtype), np.nan, values)


def _same(a: Floats, b: Floats) -> bool:
    """Whether both hold the same bits, any NaN counting as the one NaN."""
    agree = (a.view(np.uint64) == b.view(np.uint64)) | (np.isnan(a) & np.isnan(b))
    return bool(agree.all())
