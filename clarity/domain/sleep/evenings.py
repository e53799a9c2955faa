"""The evenings of a recording: which there are, and why one of them has no night."""

import math
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

import attrs
import numpy as np

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.exact import exactly_typed
from clarity.domain.sleep.blocks import DEFAULT_RULE, WindowRule
from clarity.domain.sleep.nights import Night, SleepMask

__all__ = ["NoNight", "all_without", "wear_mask", "without_night"]

NOON: Final = time(12)
HOUR_S: Final = 3_600
LEAST_TOLD_H: Final = 0.05
"""Less time than that is not worth a word, h."""

NO_REST: Final = "no stretch with {least:g} min of sleep or rest was found"
NOTHING: Final = "nothing could be scored"
TOO_LONG: Final = (
    "the rest window that was found is {hours:.1f} h long; the device may have been laid aside"
)
GAVE_WAY: Final = "the sleep that was found lies in a night that the diary gives another evening"


@attrs.frozen(kw_only=True, field_transformer=exactly_typed)
class NoNight:
    """
    An evening of a recording without a night.

    Attributes:
        date: local date of the noon at which it begins.
        reason: why there is none, in words.
    """

    date: date
    reason: str = attrs.field(validator=attrs.validators.min_len(1), repr=False)


def wear_mask(series: ActivitySeries) -> SleepMask:
    """Where a recording holds worn values (1), values that were not worn (0) and none (NaN)."""
    worn = np.ones(series.values.shape) if series.worn is None else series.worn.astype(np.float64)
    values = np.where(series.missing, np.nan, worn)
    return SleepMask(values=values, start=series.start, epoch_s=series.epoch_s)


def without_night(
    mask: SleepMask,
    nights: Iterable[Night],
    *,
    wear: SleepMask,
    left_out: Iterable[Night] = (),
    gave_way: Iterable[Night] = (),
) -> tuple[NoNight, ...]:
    """
    The evenings of a recording that have no night, in order, each with the reason.

    An evening lasts from noon to noon. It is one of the recording's when that holds as much of it
    as the least sleep of a night takes; no night could be found in less.

    Args:
        mask: sleep or rest of the recording, searched by the default rule.
        nights: those that there are.
        wear: of the recording, see `wear_mask`.
        left_out: rest windows that were found and are too long to be nights.
        gave_way: nights that were found and gave way to one of a diary.
    """
    taken = {night.date for night in nights}
    told = {night.date: GAVE_WAY for night in gave_way}
    told |= {night.date: TOO_LONG.format(hours=night.in_bed_min / 60) for night in left_out}
    return tuple(
        NoNight(date=one.date, reason=told.get(one.date) or _why_empty(one, mask, wear))
        for one in _evenings(wear, DEFAULT_RULE)
        if one.date not in taken
    )


def all_without(wear: SleepMask, reason: str) -> tuple[NoNight, ...]:
    """Every evening of a recording of which nothing can be scored, for the one reason."""
    return tuple(NoNight(date=one.date, reason=reason) for one in _evenings(wear, DEFAULT_RULE))


@attrs.frozen
class _Evening:
    noon: datetime
    end: datetime

    @property
    def date(self) -> date:
        return self.noon.date()

    def held(self, mask: SleepMask) -> int:
        """How many epochs of the evening the mask has."""
        return min(mask.epoch_at(self.end), mask.values.size) - max(mask.epoch_at(self.noon), 0)

    def hours(self, mask: SleepMask, state: float) -> float:
        """How long the mask has that state; NaN is its own, and that of what it has not."""
        values = mask.between(mask.epoch_at(self.noon), mask.epoch_at(self.end))
        same = np.isnan(values) if math.isnan(state) else values == state
        return int(np.count_nonzero(same)) * mask.epoch_s / HOUR_S


def _why_empty(evening: _Evening, mask: SleepMask, wear: SleepMask) -> str:
    scored = evening.hours(mask, 0.0) + evening.hours(mask, 1.0) > 0
    off, missing = evening.hours(wear, 0.0), evening.hours(wear, math.nan)
    facts = (
        NO_REST.format(least=DEFAULT_RULE.sleep_min) if scored else NOTHING,
        f"{off:.1f} h were not worn" if off >= LEAST_TOLD_H else "",
        f"{missing:.1f} h hold no value" if missing >= LEAST_TOLD_H else "",
    )
    return "; ".join(fact for fact in facts if fact)


def _evenings(mask: SleepMask, rule: WindowRule) -> Iterator[_Evening]:
    """The evenings that the recording holds enough of, in order."""
    least = max(1, math.ceil(rule.sleep_min * 60 / mask.epoch_s))
    noon = _noon_at_or_before(mask.start)
    while mask.epoch_at(noon) < mask.values.size:
        evening = _Evening(noon, _noon(noon.date() + timedelta(days=1), mask.start))
        if evening.held(mask) >= least:
            yield evening
        noon = evening.end


def _noon(day: date, local: datetime) -> datetime:
    return datetime.combine(day, NOON, tzinfo=local.tzinfo)


def _noon_at_or_before(local: datetime) -> datetime:
    noon = _noon(local.date(), local)
    return noon if noon <= local else _noon(local.date() - timedelta(days=1), local)
