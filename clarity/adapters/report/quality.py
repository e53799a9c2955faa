"""What the recording itself shows about its quality: gaps, wear and changes of the clock."""

from datetime import UTC, datetime, timedelta

import numpy as np

from clarity.adapters.report.days import Mask, runs
from clarity.adapters.report.formats import day_name, duration, number, percent
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.timeline import local_seconds

__all__ = ["checks"]


def checks(series: ActivitySeries) -> tuple[tuple[str, str], ...]:
    """What was looked at and what was found: (name, text)."""
    return (
        ("Missing values", _gaps(np.isnan(series.values), series.epoch_s)),
        ("Wear", _wear(series)),
        ("Changes of the clock", _clock_changes(series)),
    )


def _gaps(missing: Mask, epoch_s: int) -> str:
    gaps = runs(missing)
    if not gaps:
        return "none"
    longest = max(stop - start for start, stop in gaps)
    total = _length(int(missing.sum()), epoch_s)
    if len(gaps) == 1:
        return f"{total} in one gap"
    return f"{total} in {number(len(gaps), 0)} gaps, the longest {_length(longest, epoch_s)}"


def _wear(series: ActivitySeries) -> str:
    if series.worn is None:
        return "not assessed; every value counts as worn"
    off = int((~series.worn).sum())
    if not off:
        return "worn throughout"
    share = percent(off / series.worn.size)
    return f"not worn for {_length(off, series.epoch_s)} ({share} of the recording)"


def _clock_changes(series: ActivitySeries) -> str:
    seconds = series.seconds
    offsets = local_seconds(seconds, series.zone) - seconds
    told = [
        f"clock {'forward' if step > 0 else 'back'} by {abs(step) // 60} min on "
        f"{day_name(datetime.fromtimestamp(at, UTC).astimezone(series.zone).date())}"
        for at, step in zip(seconds[1:].tolist(), np.diff(offsets).tolist(), strict=True)
        if step
    ]
    return "; ".join(told) or "none"


def _length(n_epochs: int, epoch_s: int) -> str:
    return duration(timedelta(seconds=n_epochs * epoch_s))
