"""The main rest window of every night, found in a sleep mask without a diary."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from clarity.domain.sleep.blocks import DEFAULT_RULE, WindowRule, blocks
from clarity.domain.sleep.nights import Night, SleepMask, WindowSource, evening_of, night_in
from clarity.domain.timeline import TimeWindow

__all__ = [
    "LONGEST_REST_MIN",
    "besides",
    "main_windows",
    "nights_found",
    "nights_in",
    "within",
]

LONGEST_REST_MIN: Final = 14 * 60
"""A rest longer than this is none, min: it may be a device on a shelf (our choice)."""


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
    found = blocks(mask.values, epoch_s=mask.epoch_s, rule=rule)
    for first, last, asleep in found.in_order():
        window = TimeWindow(start=mask.instant(first), end=mask.instant(last))
        evening = evening_of(window, mask.start)
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
