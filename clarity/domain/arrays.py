"""
Arrays as parts of frozen values: copied on the way in, read-only afterwards, compared whole.

Without the copy a value would share memory with its maker; without the flag anybody could edit it.
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["distinct", "kept_bool", "kept_float32", "kept_float64", "kept_int64", "same_values"]

T = TypeVar("T", bound=np.generic)


def _kept(values: npt.ArrayLike, dtype: type[T]) -> npt.NDArray[T]:
    """A read-only copy of `values` as `dtype`."""
    copy = np.array(values, dtype=dtype, copy=True)
    copy.setflags(write=False)
    return copy


def kept_float64(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """A read-only float64 copy."""
    return _kept(values, np.float64)


def kept_float32(values: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """A read-only float32 copy."""
    return _kept(values, np.float32)


def kept_int64(values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """A read-only int64 copy."""
    return _kept(values, np.int64)


def kept_bool(values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """A read-only copy of a mask."""
    return _kept(values, np.bool_)


def distinct(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """
    The values of (n,) once each, ascending.

    By sorting, during which other threads run: `np.unique` hashes whole numbers since numpy 2.3 and
    holds all threads up meanwhile (60 ms for a year of minutes).
    """
    ordered = np.sort(values)
    first = np.ones(ordered.size, dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return np.asarray(ordered[first], dtype=np.int64)


def same_values(a: npt.ArrayLike, b: npt.ArrayLike) -> bool:
    """Whether shapes and values agree; NaN equals NaN."""
    one, other = np.asarray(a), np.asarray(b)
    return bool(np.array_equal(one, other, equal_nan=one.dtype.kind == other.dtype.kind == "f"))
