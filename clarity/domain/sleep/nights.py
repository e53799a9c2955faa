"""Nights: the main rest window of a night and what happened in it."""

from datetime import date, datetime

import attrs

__all__ = ["Night"]


@attrs.frozen(kw_only=True)
class Night:
    """
    One night.

    Attributes:
        date: local date of the evening before.
        start: aware, begin of the rest window.
        end: aware, its end.
        tst_min: minutes scored as sleep.
        sol_min: minutes from `start` to the first sleep; None without a known bed time.
        waso_min: minutes awake between the first and the last sleep.
        efficiency_pct: TST / time in bed, %.
        midpoint: aware, the middle between the first and the last sleep; None without sleep.
        awakenings: runs of wake between the first and the last sleep.
        terminal_wake_min: minutes awake after the last sleep.
        unknown_min: minutes of the window that could not be scored.
        detected: whether the window was found from activity rather than given by a diary.
    """

    date: date
    start: datetime
    end: datetime
    tst_min: float
    sol_min: float | None
    waso_min: float
    efficiency_pct: float
    midpoint: datetime | None
    awakenings: int
    terminal_wake_min: float
    unknown_min: float
    detected: bool
