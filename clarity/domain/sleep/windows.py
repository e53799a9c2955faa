"""The main rest window of every night, found in a sleep mask without a diary."""

from collections.abc import Iterable
from datetime import date
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.runs import run_length
from clarity.domain.sleep.nights import Night, SleepMask, WindowSource, night_in
from clarity.domain.timeline import TimeWindow

__all__ = [
    "DEFAULT_RULE",
    "LONGEST_REST_MIN",
    "WindowRule",
    "besides",
    "main_windows",
    "nights_found",
    "nights_in",
    "within",
]

BoolArray = npt.NDArray[np.bool_]

LONGEST_REST_MIN: Final = 14 * 60
"""A rest longer than this is none, min: it may be a device on a shelf (our choice)."""


@attrs.frozen(kw_only=True)
class WindowRule:
    """
    How a main rest window is found; our own rule, stated so that a report can show it.

    Runs of sleep of at least `seed_min` are joined across whatever lies between them when that is
    no longer than `bridge_min`. Of the joined blocks that hold at least `sleep_min` of sleep, the
    one with the most sleep is the night's window; a block belongs to the night (noon to noon, local
    time) of its midpoint.

    Attributes:
        seed_min: shorter runs of sleep are dozing or sitting still, min.
        bridge_min: longer interruptions end the night, min.
        sleep_min: less sleep is a nap, min.
    """

    seed_min: float = attrs.field(default=15.0, validator=attrs.validators.gt(0.0))
    bridge_min: float = attrs.field(default=60.0, validator=attrs.validators.ge(0.0))
    sleep_min: float = attrs.field(default=120.0, validator=attrs.validators.ge(0.0))


DEFAULT_RULE: Final = WindowRule()


def _edges(mask: BoolArray) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    steps = np.diff(np.concatenate(([False], mask, [False])).astype(np.int8))
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)


def _blocks(mask: SleepMask, rule: WindowRule) -> list[tuple[int, int, int]]:
    """First epoch, epoch after the last, and epochs asleep of every block that may be a night."""
    per_minute = 60 / mask.epoch_s
    asleep = mask.values == 1.0
    seeds = run_length(asleep) >= rule.seed_min * per_minute
    gaps = (run_length(~seeds) <= rule.bridge_min * per_minute) & ~seeds
    starts, ends = _edges(seeds)
    if not starts.size:
        return []
    gaps[: starts[0]] = gaps[ends[-1] :] = False
    starts, ends = _edges(seeds | gaps)
    total = np.concatenate(([0], np.cumsum(asleep)))
    blocks = zip(
        starts.tolist(), ends.tolist(), (total[ends] - total[starts]).tolist(), strict=True
    )
    return [block for block in blocks if block[2] >= rule.sleep_min * per_minute]


def main_windows(mask: SleepMask, *, rule: WindowRule = DEFAULT_RULE) -> tuple[TimeWindow, ...]:
    """
    The main rest window of every night that has one, in order of time.

    Args:
        mask: the recording's sleep mask; unknown epochs are bridged like wake.
        rule: of the search.

    Returns:
        windows that begin and end asleep; nights without one are left out.
    """
    best: dict[date, tuple[int, TimeWindow]] = {}
    for first, last, asleep in _blocks(mask, rule):
        window = TimeWindow(start=mask.instant(first), end=mask.instant(last))
        evening = night_in(mask, window, source=WindowSource.DETECTED).date
        if evening not in best or asleep > best[evening][0]:
            best[evening] = (asleep, window)
    return tuple(best[evening][1] for evening in sorted(best))


def nights_found(mask: SleepMask, *, rule: WindowRule = DEFAULT_RULE) -> tuple[Night, ...]:
    """
    The nights of a recording without a diary.

    Args:
        mask: the recording's sleep mask.
        rule: of the search.

    Returns:
        one night per main rest window, in order; latency and efficiency are undefined for them.
    """
    windows = main_windows(mask, rule=rule)
    return tuple(night_in(mask, window, source=WindowSource.DETECTED) for window in windows)


def nights_in(mask: SleepMask, diary: tuple[TimeWindow, ...]) -> tuple[Night, ...]:
    """
    The nights of a diary, in its order; windows without any recorded epoch have coverage 0.

    Args:
        mask: the recording's sleep mask.
        diary: windows in bed, aware.
    """
    return tuple(night_in(mask, window, source=WindowSource.DIARY) for window in diary)


def within(mask: SleepMask, diary: tuple[TimeWindow, ...]) -> tuple[TimeWindow, ...]:
    """The windows that share time with the recording."""
    end = mask.instant(mask.values.size)
    return tuple(one for one in diary if one.start < end and one.end > mask.start)


def besides(found: Iterable[Night], diary: Iterable[Night]) -> tuple[Night, ...]:
    """The nights that were found and that no night of the diary is about, by evening or overlap."""
    given = tuple(diary)
    evenings = {night.date for night in given}
    return tuple(
        night
        for night in found
        if night.date not in evenings
        and not any(night.start < one.end and one.start < night.end for one in given)
    )
