"""
Nights: what a sleep mask says within a window in bed, given by a diary or found without one.

A window that was found begins and ends asleep, so time in bed, sleep latency and sleep efficiency
are unknown for it; their findings are absent and say so. Durations are elapsed time: a night across
a daylight-saving change has its real length, and only clock times are local.
"""

import math
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.arrays import kept_float64, same_values
from clarity.domain.exact import exactly_typed
from clarity.domain.findings import Definition, Finding
from clarity.domain.sleep.spent import spent
from clarity.domain.timeline import TimeWindow

__all__ = [
    "AWAKENINGS",
    "BED_TIME_UNKNOWN",
    "MIDPOINT",
    "NO_SLEEP",
    "SE",
    "SME",
    "SOL",
    "TERMINAL_WAKE",
    "TST",
    "WASO",
    "Night",
    "SleepMask",
    "WindowSource",
    "clock_h",
    "evening_of",
    "night_in",
]

FloatArray = npt.NDArray[np.float64]

CITATION: Final = (
    "Fekedulegn et al. 2020, Ann Work Expo Health 64:350-367, doi:10.1093/annweh/wxaa007"
)
BED_TIME_UNKNOWN: Final = "the window was found without a diary, so the time in bed is unknown"
NO_SLEEP: Final = "no sleep was scored in the window"


class WindowSource(StrEnum):
    """Where the window of a night comes from."""

    DIARY = "diary"
    DETECTED = "detected"


def _definition(metric: str, unit: str) -> Definition:
    return Definition(metric=metric, unit=unit, algorithm=f"nights/{metric}", citation=CITATION)


TST: Final = _definition("TST", "min")
SOL: Final = _definition("SOL", "min")
WASO: Final = _definition("WASO", "min")
TERMINAL_WAKE: Final = _definition("terminal_wake", "min")
SE: Final = _definition("SE", "%")
SME: Final = _definition("SME", "%")
AWAKENINGS: Final = _definition("awakenings", "1")
MIDPOINT: Final = _definition("sleep_midpoint", "clock_h")


@attrs.frozen(kw_only=True)
class SleepMask:
    """
    A sleep mask on the time line.

    Attributes:
        values: (n,) float64, 1 = sleep, 0 = wake, NaN = unknown.
        start: aware, first instant of the first epoch, in the local zone.
        epoch_s: length of an epoch, s.
        scoring: name of the profile that made it; findings carry it.
    """

    values: FloatArray = attrs.field(
        converter=kept_float64, eq=attrs.cmp_using(eq=same_values), hash=False, repr=False
    )
    start: datetime
    epoch_s: int = attrs.field(validator=attrs.validators.ge(1))
    scoring: str = ""

    def instant(self, epoch: float) -> datetime:
        """The instant so many epochs after the start, in the local zone."""
        elapsed = timedelta(seconds=epoch * self.epoch_s)
        return (self.start.astimezone(UTC) + elapsed).astimezone(self.start.tzinfo)

    def epoch_at(self, instant: datetime) -> int:
        """The first epoch that begins at or after `instant`; may lie beyond the recording."""
        elapsed = (instant.astimezone(UTC) - self.start.astimezone(UTC)).total_seconds()
        return math.ceil(elapsed / self.epoch_s)

    def between(self, first: int, last: int) -> FloatArray:
        """The epochs from `first` up to `last`; unknown where the recording has none."""
        epochs = np.arange(first, last)
        held = (epochs >= 0) & (epochs < self.values.size)
        values = np.full(epochs.size, np.nan)
        values[held] = self.values[epochs[held]]
        return values


@attrs.frozen(kw_only=True, field_transformer=exactly_typed)
class Night:
    """
    One window in bed and how it was spent; minutes of elapsed time.

    tst + waso + latency + terminal_wake + unknown = in_bed. Without any sleep, all wake is latency.

    Attributes:
        date: local date of the noon before the window's midpoint: the evening of the night.
        start: begin of the window, local.
        end: end of the window, local.
        source: of the window.
        scoring: name of the profile that scored the epochs.
        in_bed_min: length of the window.
        tst_min: asleep.
        waso_min: awake between the first and the last sleep.
        latency_min: awake before the first sleep; 0 by construction in a detected window.
        terminal_wake_min: awake after the last sleep; 0 by construction in a detected window.
        unknown_min: not scored, be it missing or beyond the recording.
        awakenings: runs of wake between the first and the last sleep.
        onset: first instant asleep; None without sleep.
        offset: end of the last sleep; None without sleep.
        n_valid: scored epochs.
        coverage: scored share of the window, 0 to 1.
    """

    date: date
    start: datetime
    end: datetime
    source: WindowSource
    scoring: str
    in_bed_min: float = attrs.field(repr=False)
    tst_min: float = attrs.field(repr=False)
    waso_min: float = attrs.field(repr=False)
    latency_min: float = attrs.field(repr=False)
    terminal_wake_min: float = attrs.field(repr=False)
    unknown_min: float = attrs.field(repr=False)
    awakenings: int = attrs.field(repr=False)
    onset: datetime | None = attrs.field(repr=False)
    offset: datetime | None = attrs.field(repr=False)
    n_valid: int
    coverage: float

    @property
    def midpoint(self) -> datetime | None:
        """The instant half way between onset and offset, local; None without sleep."""
        if self.onset is None or self.offset is None:
            return None
        onset = self.onset.astimezone(UTC)
        half = (self.offset.astimezone(UTC) - onset) / 2
        return (onset + half).astimezone(self.onset.tzinfo)

    @property
    def midpoint_h(self) -> float | None:
        """The midpoint's local clock time, h in [0, 24); None without sleep."""
        return None if self.midpoint is None else clock_h(self.midpoint)

    @property
    def sol_min(self) -> float | None:
        """Sleep latency, min; None when the bed time is unknown or there was no sleep."""
        return None if self._undefined_in_bed() else self.latency_min

    @property
    def efficiency_pct(self) -> float | None:
        """Share of the time in bed asleep, %; None when the bed time or all sleep is unknown."""
        if self.source is WindowSource.DETECTED or not self.n_valid:
            return None
        return _percent(self.tst_min, self.in_bed_min)

    def _undefined_in_bed(self) -> str:
        """Why latency and terminal wake are undefined; empty when they are not."""
        if self.source is WindowSource.DETECTED:
            return BED_TIME_UNKNOWN
        return "" if self.onset is not None else NO_SLEEP

    def findings(self) -> tuple[Finding, ...]:
        """TST, SOL, WASO, terminal wake, SE, SME, awakenings and midpoint of this night."""
        bed = "" if self.source is WindowSource.DIARY else BED_TIME_UNKNOWN
        slept = "" if self.onset is not None else NO_SLEEP
        scored = "" if self.n_valid else "nothing was scored in the window"
        rows = (
            (TST, self.tst_min, scored),
            (SOL, self.sol_min, bed or slept),
            (WASO, self.waso_min, slept),
            (TERMINAL_WAKE, self.terminal_wake_min, bed or slept),
            (SE, self.efficiency_pct, bed or scored),
            (SME, _percent(self.tst_min, self.tst_min + self.waso_min), slept),
            (AWAKENINGS, float(self.awakenings), slept),
            (MIDPOINT, self.midpoint_h, slept),
        )
        settings = {"scoring": self.scoring, "window": self.source.value}
        return tuple(
            attrs.evolve(definition, parameters=settings).finding(
                None if reason else value,
                n_valid=self.n_valid,
                coverage=self.coverage,
                reason=reason,
            )
            for definition, value, reason in rows
        )


def night_in(mask: SleepMask, window: TimeWindow, *, source: WindowSource) -> Night:
    """
    How the window was spent.

    The window is cut to the epochs that begin in it. What lies beyond the recording is unknown.

    Args:
        mask: the recording's sleep mask.
        window: aware.
        source: of the window; decides whether latency and efficiency are findings.

    Returns:
        the night; its minutes add up to the window.

    Source:
        Fekedulegn et al., 2020 (definitions of TST, SOL, WASO, SE).
    """
    first, last = mask.epoch_at(window.start), mask.epoch_at(window.end)
    held, minute = max(first, 0), mask.epoch_s / 60
    times = spent(mask.values[held : max(last, 0)], [first - held], [last - held])
    length, unknown, onset = int(times.length[0]), int(times.unknown[0]), int(times.onset[0])
    slept = onset >= 0
    return Night(
        date=evening_of(window, mask.start),
        start=mask.instant(first),
        end=mask.instant(last),
        source=source,
        scoring=mask.scoring,
        in_bed_min=length * minute,
        tst_min=int(times.asleep[0]) * minute,
        waso_min=int(times.waso[0]) * minute,
        latency_min=int(times.latency[0]) * minute,
        terminal_wake_min=int(times.terminal_wake[0]) * minute,
        unknown_min=unknown * minute,
        awakenings=int(times.awakenings[0]),
        onset=mask.instant(held + onset) if slept else None,
        offset=mask.instant(held + int(times.offset[0])) if slept else None,
        n_valid=length - unknown,
        coverage=(length - unknown) / max(length, 1),
    )


def _percent(part_min: float, whole_min: float) -> float | None:
    return 100 * part_min / whole_min if whole_min > 0 else None


def clock_h(instant: datetime) -> float:
    """The local clock time of an aware instant, h in [0, 24)."""
    seconds = instant.second + instant.microsecond / 1e6
    return instant.hour + instant.minute / 60 + seconds / 3600


def evening_of(window: TimeWindow, local: datetime) -> date:
    """The date of the last noon at or before the window's midpoint, in the zone of `local`."""
    half = (window.end.astimezone(UTC) - window.start.astimezone(UTC)) / 2
    middle = (window.start.astimezone(UTC) + half).astimezone(local.tzinfo)
    return middle.date() if middle.hour >= 12 else middle.date() - timedelta(days=1)
