"""The 24 h clock grid: epochs of a recording laid out as days by clock slots, missing as NaN."""

from enum import StrEnum
from typing import ClassVar, Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.errors import DomainError
from clarity.domain.timeline import DAY_S

__all__ = [
    "DAY_MIN",
    "FLAT_REL",
    "Floats",
    "Quirk",
    "UnevenGrid",
    "day_matrix",
    "in_rows",
    "is_flat",
    "periods",
    "slots_per_day",
]

Floats = npt.NDArray[np.float64]

DAY_MIN: Final = 1440
"""Minutes in a clock day."""

HOUR_S: Final = 3600

FLAT_REL: Final = 1e-12
"""Differences below this share of the largest magnitude are rounding, not activity."""


class Quirk(StrEnum):
    """Deviations from the papers that are reproduced on request, by the tool that has them."""

    PYACTIGRAPHY_1_2_2 = "pyactigraphy-1.2.2"


@attrs.define(eq=False)
class UnevenGrid(DomainError):
    """Epochs, bins and the day do not divide each other."""

    code: ClassVar[str] = "rhythm.uneven-grid"
    span_s: int
    epoch_s: int

    def __str__(self) -> str:
        return (
            f"{self.span_s} s do not hold a whole number of epochs of {self.epoch_s} s; "
            f"regrid the recording to an epoch that divides them, for example 60 s"
        )


def slots_per_day(epoch_s: int) -> int:
    """
    How many epochs of `epoch_s` seconds a clock day has.

    Raises:
        UnevenGrid: the epoch does not divide an hour.
    """
    if epoch_s < 1 or HOUR_S % epoch_s:
        raise UnevenGrid(HOUR_S, epoch_s)
    return DAY_S // epoch_s


def day_matrix(values: npt.ArrayLike, *, start_minute: float, epoch_s: int) -> Floats:
    """
    The recording as local days by clock slots.

    Args:
        values: (..., n) per epoch; NaN = missing.
        start_minute: clock minute at which the first epoch begins; a start between two slots
            belongs to the slot it falls into.
        epoch_s: length of an epoch, s; divides an hour.

    Returns:
        (..., days, slots) float64; slots outside the recording are NaN. No days when n is 0.

    Raises:
        UnevenGrid: the epoch does not divide an hour.
    """
    slots = slots_per_day(epoch_s)
    first = int(round(start_minute * 60.0, 3) // epoch_s) % slots
    return in_rows(np.asarray(values, dtype=np.float64), front=first, width=slots)


def in_rows(values: Floats, *, front: int, width: int) -> Floats:
    """(..., n) cut into (..., rows, width) after `front` missing entries; the end is filled up."""
    n = values.shape[-1]
    front = front if n else 0
    rows = -(-(front + n) // width)
    if rows * width == n:
        return np.ascontiguousarray(values).reshape(*values.shape[:-1], rows, width)
    full = np.full((*values.shape[:-1], rows * width), np.nan)
    full[..., front : front + n] = values
    return full.reshape(*values.shape[:-1], rows, width)


def is_flat(values: Floats) -> npt.NDArray[np.bool_]:
    """
    Where the last axis holds fewer than two different observed values, rounding aside.

    Args:
        values: (..., n) float64; NaN = missing.
    """
    if values.shape[-1] == 0:
        return np.ones(values.shape[:-1], dtype=np.bool_)
    highest = np.fmax.reduce(values, axis=-1)
    lowest = np.fmin.reduce(values, axis=-1)
    size = np.fmax(np.abs(highest), np.abs(lowest))
    return np.asarray(~(highest - lowest > FLAT_REL * size))


def periods(values: npt.ArrayLike, *, epoch_s: int, days: int = 7) -> Floats:
    """
    The recording cut into consecutive whole periods that all start at the same clock minute.

    Any rhythm metric applied to the result is that metric per period (ISp, IVp, L5p, M10p, RAp).

    Args:
        values: (..., n) per epoch; NaN = missing.
        epoch_s: length of an epoch, s; divides an hour.
        days: length of a period, days; a shorter remainder is left out.

    Returns:
        (..., periods, days * slots) float64.

    Raises:
        UnevenGrid: the epoch does not divide an hour.
    """
    array = np.asarray(values, dtype=np.float64)
    width = days * slots_per_day(epoch_s)
    whole = array.shape[-1] // width
    return in_rows(array[..., : whole * width], front=0, width=width)
