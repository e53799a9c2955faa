"""
What a stream says of each day and each week, with how much of it was recorded.

Nothing is filled in: a total is the total of the recorded epochs, and its coverage says how much of
the day or week they are. Where a device writes a value for every epoch that it is worn, a day needs
10 h of them and a week four such days (Troiano et al. 2008, doi:10.1249/mss.0b013e31815a51b3);
below that there is a reason instead of a value. Other streams hold values now and then, or, as
steps, do not say when somebody was watched: there one recorded epoch is enough. Days are local;
weeks begin on Monday (ISO 8601).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.days import day_chunks
from clarity.domain.actigraphy.intensity import VALID_DAY_MIN
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.findings import Definition, Finding, Parameter
from clarity.domain.streams import DayChunk, SleepStage, Unit
from clarity.domain.timeline import LocalDay

__all__ = ["PeriodSummary", "daily", "weekly"]

Floats = npt.NDArray[np.float64]

ASLEEP: Final = (
    SleepStage.N1,
    SleepStage.LIGHT,
    SleepStage.DEEP,
    SleepStage.REM,
    SleepStage.ASLEEP,
)
"""The stages in which a person sleeps."""

_STAGES: Final = {
    "sleep_min": ASLEEP,
    "light_min": (SleepStage.N1, SleepStage.LIGHT),
    "deep_min": (SleepStage.DEEP,),
    "rem_min": (SleepStage.REM,),
    "awake_min": (SleepStage.AWAKE,),
}
_AMOUNTS: Final = {
    Unit.COUNTS: "counts",
    Unit.STEPS_PER_MIN: "steps",
    Unit.MIMS: "MIMS",
    Unit.ACTIVE_KCAL: "kcal",
}
"""Units whose values add up, and the unit of their sum."""

_CONTINUOUS: Final = frozenset(
    {Unit.COUNTS, Unit.MIMS, Unit.ENMO_MG, Unit.ACTIVITY_INDEX, Unit.INTENSITY_LEVEL}
)
"""Units of devices that write a value for every epoch that they are worn."""

WEEK_DAYS: Final = 4
"""Valid days that make a valid week (Troiano et al., 2008)."""

_NOTHING: Final = "nothing was recorded"
_BY: Final = "arithmetic of the recorded epochs"


@attrs.frozen(kw_only=True)
class PeriodSummary:
    """
    A day or a week of one stream.

    Attributes:
        first: first local day.
        last: last local day, included.
        findings: totals for amounts, minutes for stages of sleep, mean and range for all others.
    """

    first: date
    last: date
    findings: tuple[Finding, ...]


def daily(series: ActivitySeries) -> tuple[PeriodSummary, ...]:
    """
    A summary of every local day from the first to the last with a value; none without a value.

    Args:
        series: on a grid that meets local midnight; NaN and times not worn are missing.

    Raises:
        BadChunk: the grid does not meet local midnight.
    """
    chunks = day_chunks(series)
    if not chunks:
        return ()
    first, last = chunks[0].day, chunks[-1].day
    return tuple(
        _summary(series, chunks, day, day)
        for day in (first + timedelta(days=i) for i in range((last - first).days + 1))
    )


def weekly(series: ActivitySeries) -> tuple[PeriodSummary, ...]:
    """
    A summary of every week, Monday to Sunday, from the first to the last with a value.

    A week that the recording covers in part has a coverage below 1; its totals are not rescaled.

    Args:
        series: on a grid that meets local midnight; NaN and times not worn are missing.

    Raises:
        BadChunk: the grid does not meet local midnight.
    """
    chunks = day_chunks(series)
    if not chunks:
        return ()
    monday = chunks[0].day - timedelta(days=chunks[0].day.weekday())
    weeks = (chunks[-1].day - monday).days // 7 + 1
    begins = (monday + timedelta(weeks=i) for i in range(weeks))
    return tuple(_summary(series, chunks, begin, begin + timedelta(days=6)) for begin in begins)


def _summary(
    series: ActivitySeries, chunks: Sequence[DayChunk], first: date, last: date
) -> PeriodSummary:
    inside = [chunk.values for chunk in chunks if first <= chunk.day <= last]
    values = np.concatenate(inside) if inside else np.empty(0)
    known = values[~np.isnan(values)]
    zone = series.zone
    length_s = LocalDay(last, zone).next().start_s - LocalDay(first, zone).start_s
    coverage = known.size * series.epoch_s / length_s
    reason = _too_little(series, inside, first, last)
    found = tuple(
        Definition(
            metric=metric, unit=unit, algorithm="summary", citation=_BY, parameters=_needs(series)
        ).finding(None if reason else value, n_valid=known.size, coverage=coverage, reason=reason)
        for metric, unit, value in _measures(series, known)
    )
    return PeriodSummary(first=first, last=last, findings=found)


def _needs(series: ActivitySeries) -> dict[str, Parameter]:
    """What a value needs, for the reader of a finding."""
    if series.unit not in _CONTINUOUS:
        return {}
    return {"valid_day_min": VALID_DAY_MIN, "valid_days_a_week": WEEK_DAYS}


def _too_little(series: ActivitySeries, days: Sequence[Floats], first: date, last: date) -> str:
    """Why there is no value; empty when there is enough."""
    minutes = [np.count_nonzero(~np.isnan(day)) * series.epoch_s / 60 for day in days]
    if not any(minutes):
        return _NOTHING
    if series.unit not in _CONTINUOUS:
        return ""
    if first == last:
        short = minutes[0] < VALID_DAY_MIN
        return f"{minutes[0]:g} min recorded, a day needs {VALID_DAY_MIN:g}" if short else ""
    valid = sum(one >= VALID_DAY_MIN for one in minutes)
    if valid >= WEEK_DAYS:
        return ""
    return f"{valid} days with {VALID_DAY_MIN:g} min or more, a week needs {WEEK_DAYS}"


def _measures(series: ActivitySeries, known: Floats) -> tuple[tuple[str, str, float | None], ...]:
    """Metric, unit and value; the value is None where nothing is known."""
    if series.unit is Unit.SLEEP_STAGE:
        return tuple(
            (name, "min", _minutes(known, stages, series.epoch_s))
            for name, stages in _STAGES.items()
        )
    unit = series.unit.value
    if series.unit in _AMOUNTS:
        total = float(known.sum()) if known.size else None
        return (("total", _AMOUNTS[series.unit], total),)
    if not known.size:
        return tuple((name, unit, None) for name in ("mean", "minimum", "maximum"))
    return (
        ("mean", unit, float(known.mean())),
        ("minimum", unit, float(known.min())),
        ("maximum", unit, float(known.max())),
    )


def _minutes(known: Floats, stages: Sequence[SleepStage], epoch_s: int) -> float | None:
    return float(np.isin(known, stages).sum() * epoch_s / 60) if known.size else None
