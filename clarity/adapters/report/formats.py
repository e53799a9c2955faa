"""Numbers, clock times and dates as a reader expects them; full precision stays in results.json."""

import math
from datetime import date, timedelta
from typing import Final

from clarity.adapters.report.wording import Wording, wording
from clarity.domain.findings import Finding

__all__ = [
    "ABSENT",
    "brief",
    "clock",
    "day_name",
    "duration",
    "hours_minutes",
    "number",
    "percent",
    "shown",
]

ABSENT: Final = "–"
"""What a cell without a value shows."""

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SUPERSCRIPTS: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

DAY_MIN: Final = 1440

SMALL_P: Final = 0.001
"""A p value below it is told as below it: how far is no evidence, and 0 is none at all."""

UNIT_NAMES: Final = {"1": "", "clock_h": "clock time", "clock_min": "clock time", "d": "days"}
"""Units whose catalogue name is not what a reader expects."""


def number(value: float, decimals: int) -> str:
    """`value` rounded, thousands separated by a narrow space, with a true minus sign."""
    text = f"{value:,.{decimals}f}".replace(",", "\u202f")
    return text.replace("-", "−") if float(f"{value:.{decimals}f}") else text.lstrip("-")


def percent(share: float) -> str:
    """A share of 1 as per cent; only nothing is 0 % and only all is 100 %."""
    whole = round(100 * share)
    if share in {0.0, 1.0} or 1 <= whole <= 99:
        return f"{number(whole, 0)} %"
    return f"{number(min(max(100 * share, 0.1), 99.9), 1)} %"


def hours_minutes(minutes: float | None) -> str:
    """Minutes as h:mm, or the mark of absence."""
    if minutes is None:
        return ABSENT
    hours, rest = divmod(round(abs(minutes)), 60)
    return f"{'−' if round(minutes) < 0 else ''}{hours}:{rest:02d}"


def clock(hour: float) -> str:
    """A clock hour, any day, as HH:MM."""
    minutes = round(hour * 60) % DAY_MIN
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def day_name(day: date) -> str:
    """A date as `Tue 18 Mar 2003`; the same in every locale."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def duration(length: timedelta) -> str:
    """A length of time as `35 d 20 h`, `20 h 5 min` or `5 min`."""
    minutes = round(length.total_seconds() / 60)
    days, hours, rest = minutes // DAY_MIN, minutes % DAY_MIN // 60, minutes % 60
    parts = ((days, "d"), (hours, "h"), (rest, "min"))
    told = [f"{count} {name}" for count, name in parts if count]
    return " ".join(told[:2]) or "0 min"


def shown(finding: Finding) -> tuple[str, str]:
    """
    A finding's value and unit as text.

    Minutes of an hour or more also stand as h:mm, clock hours as HH:MM, ratios with two decimals, a
    p value below 0.001 as that.
    """
    unit = UNIT_NAMES.get(finding.unit, finding.unit)
    if finding.value is None:
        return ABSENT, unit
    if finding.unit == "clock_h":
        return clock(finding.value), unit
    if finding.unit == "clock_min":
        return clock(finding.value / 60), unit
    text = _figure(finding.value, finding.unit, wording(finding))
    if finding.unit == "min" and abs(finding.value) >= 60:
        return f"{text} ({hours_minutes(finding.value)})", unit
    return text, unit


def brief(finding: Finding) -> tuple[str, str]:
    """A finding's value and unit where space is short: durations as h:mm, clock times bare."""
    if finding.value is not None and finding.unit == "min" and abs(finding.value) >= 60:
        return hours_minutes(finding.value), "h"
    value, unit = shown(finding)
    return value, "" if finding.unit.startswith("clock") else unit


def _figure(value: float, unit: str, told: Wording) -> str:
    if told.is_p_value:
        return f"< {number(SMALL_P, 3)}" if value < SMALL_P else number(value, 3)
    if told.is_count and value.is_integer():
        return number(value, 0)
    return _rounded(value, unit)


def _rounded(value: float, unit: str) -> str:
    size = abs(value)
    if value.is_integer():
        return number(value, 2 if unit == "1" and size <= 1 else 0)
    if size < 0.001:
        return _scientific(value)
    if unit == "1":
        return number(value, 1 if size >= 10 else 2 if size >= 0.1 else 3)
    if unit in {"min", "%"}:
        return number(value, 1 if size < 100 else 0)
    return number(value, max(0, 2 - math.floor(math.log10(size))))


def _scientific(value: float) -> str:
    mantissa, exponent = f"{value:.1e}".replace("-", "−", 1 if value < 0 else 0).split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(SUPERSCRIPTS)}"
