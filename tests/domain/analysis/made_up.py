"""Recordings that were made up: a person who sleeps from 23:00 to 07:00, and odd ones."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.streams import Unit

OSLO = ZoneInfo("Europe/Oslo")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=OSLO)


def counts_of_a_sleeper(n: int, *, epoch_s: int = 60, start: datetime = NOON) -> np.ndarray:
    """(n,) whole counts, mostly 0 from 23:00 to 07:00 by the clock at the start's offset."""
    hour = (start.hour + start.minute / 60 + np.arange(n) * epoch_s / 3600) % 24
    random = np.random.default_rng(7)
    busy = np.round(random.gamma(1.2, 160.0 * epoch_s / 60, n)) + 20
    still = np.round(random.gamma(1.2, 20.0, n) * (random.random(n) < 0.04))
    return np.where((hour >= 7) & (hour < 23), busy, still)


def recording(values: np.ndarray | None = None, *, days: float = 7, **other) -> ActivitySeries:
    """A recording of these values, else of a sleeper; Actiwatch counts per minute."""
    epoch_s = other.get("epoch_s", 60)
    start = other.get("start", NOON)
    n = int(days * 86_400 / epoch_s)
    told = {
        "values": counts_of_a_sleeper(n, epoch_s=epoch_s, start=start)
        if values is None
        else values,
        "start": start,
        "epoch_s": epoch_s,
        "unit": Unit.COUNTS,
        "device": "Actiwatch AW4",
    }
    return ActivitySeries(**{**told, **other})
