"""What the values say of the sensor: where it rests, where it is full, until when it was worn."""

from typing import Final

import numpy as np
import numpy.typing as npt

from clarity.domain.timeline import DAY_S

__all__ = ["ACTIVE_SHARE", "FLOOR_SHARE", "floors_of", "saturated_shares", "valid_lengths"]

FLOOR_SHARE: Final = 0.001
"""A value below which fewer than this share of the epochs lie counts as the sensor's floor."""

ACTIVE_SHARE: Final = 0.1
"""Share of a day's epochs above the floor from which the device was still in use."""


def floors_of(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """
    The smallest values that sensors really report.

    It is the 0.1 % quantile (the lower observed value), so that a stray zero does not hide a
    sensor that never rests at zero; rules that look for zeros fail on a floor above 0.

    Args:
        values: (..., n) per epoch; NaN = missing.

    Returns:
        (...) float64, in the unit of the values; NaN without any.

    Source: clarity, data quality; no published definition.
    """
    data = np.asarray(values, dtype=np.float64)
    if not data.shape[-1]:
        return np.full(data.shape[:-1], np.nan)
    known = np.count_nonzero(~np.isnan(data), axis=-1)
    place = np.floor(np.maximum(known - 1, 0) * FLOOR_SHARE).astype(np.int64)
    rising = np.sort(data, axis=-1)
    return np.asarray(np.take_along_axis(rising, place[..., None], axis=-1)[..., 0])


def saturated_shares(values: npt.ArrayLike, *, ceiling: float) -> npt.NDArray[np.float64]:
    """
    Shares of the values at the ceiling of the device or above.

    Args:
        values: (..., n) per epoch; NaN = missing.
        ceiling: largest value that the device can report, in the unit of the values.

    Returns:
        (...) float64, 0 to 1; NaN without any value.

    Source: clarity, data quality; no published definition.
    """
    data = np.asarray(values, dtype=np.float64)
    known = np.count_nonzero(~np.isnan(data), axis=-1)
    full = np.count_nonzero(data >= ceiling, axis=-1)
    shares = np.divide(full, known, out=np.full(np.shape(known), np.nan), where=known > 0)
    return np.asarray(shares)


def valid_lengths(values: npt.ArrayLike, *, epoch_s: int) -> npt.NDArray[np.int64]:
    """
    How many epochs pass before the trailing stretch without wear.

    A recording is cut into 24 h from its start; it ends, in effect, with the last of them in
    which at least a tenth of the epochs lie above the sensor's floor.

    Args:
        values: (..., n) per epoch; NaN = missing.
        epoch_s: length of an epoch, s.

    Returns:
        (...) int64; 0 when there are no such 24 h.

    Source: clarity, data quality; no published definition.
    """
    data = np.asarray(values, dtype=np.float64)
    n, per_day = data.shape[-1], max(1, DAY_S // epoch_s)
    days = -(-n // per_day)
    if not n:
        return np.zeros(data.shape[:-1], dtype=np.int64)
    active = np.zeros((*data.shape[:-1], days * per_day), dtype=np.bool_)
    active[..., :n] = data > floors_of(data)[..., None]
    used = active.reshape(*data.shape[:-1], days, per_day).mean(axis=-1) >= ACTIVE_SHARE
    last = days - np.argmax(used[..., ::-1], axis=-1)
    return np.where(used.any(axis=-1), np.minimum(n, last * per_day), 0)
