"""Nights of many recordings at once: rest windows, minutes, and their means per recording."""

import math
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.sleep.averages import MIN_COVERAGE, circular_mean_h
from clarity.domain.sleep.blocks import DEFAULT_RULE, WindowRule, blocks
from clarity.domain.sleep.spent import spent

__all__ = ["EveningWindows", "NightMinutes", "evening_windows", "mean_nights", "night_minutes"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

DAY_S: Final = 86_400
NOON_S: Final = 43_200
HOUR_S: Final = 3_600


@attrs.frozen(kw_only=True, eq=False)
class EveningWindows:
    """
    The main rest window of every evening of many recordings.

    Attributes:
        first_evening: the evening of the first column, in days after the date of the first epoch:
            -1 when that lies before noon.
        first: (..., evenings) int64, first epoch of the window; 0 without one, like `last`.
        last: (..., evenings) int64, epoch after its last.
    """

    first_evening: int
    first: IntArray
    last: IntArray


@attrs.frozen(kw_only=True, eq=False)
class NightMinutes:
    """
    How windows in bed were spent; each field (..., windows) float64.

    Attributes:
        in_bed_min: length of the window.
        tst_min: asleep.
        latency_min: awake before the first sleep (SOL); 0 in a window that was found.
        waso_min: awake between the first and the last sleep.
        terminal_wake_min: awake after the last sleep.
        unknown_min: not scored.
        awakenings: runs of wake between the first and the last sleep.
        efficiency_pct: SE, sleep in the time in bed; NaN without a scored epoch.
        maintenance_pct: SME, sleep between onset and offset; NaN without sleep.
        midpoint_h: clock time half way between onset and offset, h in [0, 24); NaN without sleep.
        coverage: scored share of the window, 0 to 1.
    """

    in_bed_min: FloatArray
    tst_min: FloatArray
    latency_min: FloatArray
    waso_min: FloatArray
    terminal_wake_min: FloatArray
    unknown_min: FloatArray
    awakenings: FloatArray
    efficiency_pct: FloatArray
    maintenance_pct: FloatArray
    midpoint_h: FloatArray
    coverage: FloatArray


def evening_windows(
    sleep: npt.ArrayLike, *, start_minute: int, epoch_s: int, rule: WindowRule = DEFAULT_RULE
) -> EveningWindows:
    """
    The main rest window of every evening (noon to noon) of recordings on one clock grid.

    The same windows as `main_windows` finds one by one, on a clock without a change.

    Args:
        sleep: (..., n), 1 = sleep, 0 = wake, NaN = unknown.
        start_minute: clock minute at which the first epoch begins, 0 to 1439.
        epoch_s: length of an epoch, s.
        rule: of the search.
    """
    values = np.asarray(sleep, dtype=np.float64)
    rows, n = math.prod(values.shape[:-1]), values.shape[-1]
    origin_s = start_minute * 60 - NOON_S
    found = blocks(values, epoch_s=epoch_s, rule=rule)
    middle = (2 * origin_s + (found.first + found.last) * epoch_s) // (2 * DAY_S)
    first_evening = origin_s // DAY_S
    evenings = (origin_s + n * epoch_s - 1) // DAY_S - first_evening + 1 if n else 0
    order = np.lexsort((-found.asleep, middle, found.row))
    place = found.row[order] * evenings + middle[order] - first_evening
    best = order[np.diff(place, prepend=-1) != 0]
    windows = np.zeros((2, rows * evenings), dtype=np.int64)
    windows[:, found.row[best] * evenings + middle[best] - first_evening] = [
        found.first[best],
        found.last[best],
    ]
    first, last = windows.reshape(2, *values.shape[:-1], evenings)
    return EveningWindows(first_evening=int(first_evening), first=first, last=last)


def night_minutes(
    sleep: npt.ArrayLike,
    first: npt.ArrayLike,
    last: npt.ArrayLike,
    *,
    start_minute: int,
    epoch_s: int,
) -> NightMinutes:
    """
    How every window of every recording was spent; the same numbers as `night_in` one by one.

    Args:
        sleep: (..., n), 1 = sleep, 0 = wake, NaN = unknown.
        first: (..., windows) first epoch of every window in bed.
        last: (..., windows) epoch after its last; not before `first`.
        start_minute: clock minute at which the first epoch of the recordings begins.
        epoch_s: length of an epoch, s.

    Source:
        Fekedulegn et al. 2020, doi:10.1093/annweh/wxaa007 (definitions of TST, SOL, WASO, SE).
    """
    times, minute = spent(sleep, first, last), np.float64(epoch_s / 60)
    known = times.length - times.unknown
    tst, waso = times.asleep * minute, times.waso * minute
    middle_s = start_minute * 60 + (times.onset + times.offset) / 2 * epoch_s
    in_bed = times.length * minute
    return NightMinutes(
        in_bed_min=in_bed,
        tst_min=tst,
        latency_min=times.latency * minute,
        waso_min=waso,
        terminal_wake_min=times.terminal_wake * minute,
        unknown_min=times.unknown * minute,
        awakenings=times.awakenings.astype(np.float64),
        efficiency_pct=_quotient(100 * tst, np.where(known > 0, in_bed, 0.0)),
        maintenance_pct=_quotient(100 * tst, np.where(times.onset >= 0, tst + waso, 0.0)),
        midpoint_h=np.where(times.onset >= 0, _clock_h(middle_s), np.nan),
        coverage=known / np.maximum(times.length, 1),
    )


def _clock_h(second: FloatArray) -> FloatArray:
    """The hour of the clock, added up as `clock_h` does, to the bit."""
    of_hour = second % DAY_S % HOUR_S
    hour = second % DAY_S // HOUR_S
    return np.asarray(hour + of_hour // 60 / 60 + of_hour % 60 / HOUR_S)


def _quotient(part: FloatArray, whole: FloatArray) -> FloatArray:
    out = np.full(part.shape, np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out


def mean_nights(nights: NightMinutes, *, min_coverage: float = MIN_COVERAGE) -> NightMinutes:
    """
    Every measure averaged over the nights of a recording that define it, as `averages` does.

    Args:
        nights: (..., windows); empty windows and those known for less are left out.
        min_coverage: least scored share of a window.

    Returns:
        fields (...); NaN where no night defines the measure, or where clock times cancel out. Here
        `coverage` is the share of the windows that were used.
    """
    used = (nights.coverage >= min_coverage) & (nights.in_bed_min > 0)
    measures = attrs.asdict(nights, filter=lambda field, _: field.name != "coverage")
    return NightMinutes(
        **{name: _mean_of(name, values, used) for name, values in measures.items()},
        coverage=used.sum(axis=-1) / max(used.shape[-1], 1),
    )


def _mean_of(name: str, values: FloatArray, used: npt.NDArray[np.bool_]) -> FloatArray:
    """Sums are rounded once, as for one recording, so the means are taken row by row."""
    rows = np.where(used, values, np.nan).reshape(math.prod(values.shape[:-1]), values.shape[-1])
    known = (row[~np.isnan(row)].tolist() for row in rows)
    mean = circular_mean_h if name == "midpoint_h" else _mean
    means = [found if (found := mean(row)) is not None else math.nan for row in known]
    return np.array(means, dtype=np.float64).reshape(values.shape[:-1])


def _mean(values: list[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
