"""The mean 24 h profile as numbers for an SVG, with its spread over days and L5 / M10."""

import math
from typing import Final

import attrs
import numpy as np

from clarity.adapters.report.actogram import coordinate
from clarity.adapters.report.days import Floats, Mask, runs
from clarity.adapters.report.formats import clock, number
from clarity.adapters.report.mean_day import MeanDay
from clarity.adapters.report.wording import same_name
from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.timeline import DAY_S

__all__ = ["Profile", "Window", "profile", "sparkline"]

LEFT: Final = 76.0
RIGHT: Final = 966.0
TOP: Final = 66.0
FLOOR: Final = 356.0
WIDTH: Final = 980.0
HEIGHT: Final = 410.0

TICKS: Final = 4
"""About so many lines on the axis of activity."""

LEAST_TOP: Final = 1e-6
"""Where the axis of activity ends at the lowest, in its unit: no device tells less."""

SPARK_WIDTH: Final = 120.0
SPARK_HEIGHT: Final = 28.0

WINDOWS_H: Final = (("L5", 5), ("M10", 10))


@attrs.frozen(kw_only=True)
class Window:
    """
    A stretch of the clock marked over the profile, in one piece or two when it spans midnight.

    Attributes:
        name: `L5` or `M10`.
        meaning: what it is, in words.
        clock: from when to when.
        pieces: (x, width) of each piece.
        label_x: where the label begins.
    """

    name: str
    meaning: str
    clock: str
    pieces: tuple[tuple[str, str], ...]
    label_x: str


@attrs.frozen(kw_only=True)
class Profile:
    """
    The drawing.

    Attributes:
        line: path of the mean.
        band: path between the quartiles over days; empty with too few days.
        windows: L5 and M10 as far as the findings have their begin.
        hours: (x, text) of the hour marks.
        levels: (y, text) of the marks of activity.
        step_min: length of a bin, min.
        n_days: stretches of 24 h that entered; less than 24 h are one.
        left_out: whether more was recorded than entered.
    """

    line: str
    band: str
    windows: tuple[Window, ...]
    hours: tuple[tuple[str, str], ...]
    levels: tuple[tuple[str, str], ...]
    step_min: int
    n_days: int
    left_out: bool
    width: str = coordinate(WIDTH)
    height: str = coordinate(HEIGHT)
    left: str = coordinate(LEFT)
    right: str = coordinate(RIGHT)
    top: str = coordinate(TOP)
    depth: str = coordinate(FLOOR - TOP)
    rule_y: str = coordinate(TOP - 14)
    window_y: str = coordinate(TOP - 24)
    level_x: str = coordinate(LEFT - 10)
    hour_y: str = coordinate(HEIGHT - 6)


def profile(day: MeanDay, result: AnalysisResult) -> Profile:
    """The mean over days of what was recorded while worn, per stretch of the local clock."""
    mean = day.mean
    low, high = day.quartiles
    top = _top(mean, high)
    return Profile(
        line=_line(mean, top),
        band=_band(low, high, top),
        windows=_windows(result),
        hours=tuple((coordinate(_x(hour)), f"{hour % 24:02d}") for hour in range(0, 25, 3)),
        levels=_levels(top),
        step_min=DAY_S // mean.size // 60,
        n_days=day.n_days,
        left_out=day.left_out,
    )


def sparkline(mean: Floats) -> str:
    """A mean 24 h profile as a path in a box of 120 by 28; empty without data."""
    if np.isnan(mean).all():
        return ""
    top = float(np.nanmax(mean)) or 1.0
    step = SPARK_WIDTH / mean.size
    points = [((i + 0.5) * step, SPARK_HEIGHT * (1 - v / top)) for i, v in enumerate(mean)]
    return _joined(points, ~np.isnan(mean))


def _top(mean: Floats, high: Floats) -> float:
    values = np.concatenate((mean, high))
    seen = values[~np.isnan(values)]
    return max(float(seen.max()), LEAST_TOP) if seen.size and seen.max() > 0 else 1.0


def _x(hour: float) -> float:
    return LEFT + hour / 24 * (RIGHT - LEFT)


def _points(values: Floats, top: float) -> list[tuple[float, float]]:
    height = FLOOR - TOP
    return [
        (_x((place + 0.5) * 24 / values.size), FLOOR - value / top * height)
        for place, value in enumerate(values)
    ]


def _line(mean: Floats, top: float) -> str:
    return _joined(_points(mean, top), ~np.isnan(mean))


def _joined(points: list[tuple[float, float]], seen: Mask) -> str:
    """A line through the points, broken where nothing was seen."""
    return "".join(_through(points[start:stop]) for start, stop in runs(seen))


def _through(points: list[tuple[float, float]]) -> str:
    first, *rest = [f"{coordinate(x)} {coordinate(y)}" for x, y in points]
    return f"M{first}" + "".join(f"L{point}" for point in rest or [first])


def _band(low: Floats, high: Floats, top: float) -> str:
    upper, lower = _points(high, top), _points(low, top)
    return "".join(
        _through([*upper[start:stop], *reversed(lower[start:stop])]) + "Z"
        for start, stop in runs(~np.isnan(low))
    )


def _levels(top: float) -> tuple[tuple[str, str], ...]:
    step = _round_step(top / TICKS)
    decimals = max(0, -math.floor(math.log10(step)))
    marks = [step * n for n in range(int(top / step) + 1)]
    return tuple(
        (coordinate(FLOOR - mark / top * (FLOOR - TOP)), number(mark, decimals)) for mark in marks
    )


def _round_step(rough: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below `rough`."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough)


def _windows(result: AnalysisResult) -> tuple[Window, ...]:
    found = ((name, hours, _onset_h(result, name)) for name, hours in WINDOWS_H)
    return tuple(_window(name, hours, onset) for name, hours, onset in found if onset is not None)


def _onset_h(result: AnalysisResult, name: str) -> float | None:
    """Clock hour at which the window begins, if a finding says so."""
    for finding in result.findings:
        if finding.value is not None and same_name(finding.metric, f"{name}_onset"):
            return finding.value / (60 if finding.unit in {"min", "clock_min"} else 1) % 24
    return None


def _window(name: str, hours: int, onset_h: float) -> Window:
    end = onset_h + hours
    spans = [(onset_h, min(end, 24.0))] + ([(0.0, end - 24.0)] if end > 24 else [])
    longest = max(spans, key=lambda span: span[1] - span[0])
    return Window(
        name=name,
        meaning=f"the {'least' if name == 'L5' else 'most'} active {hours} hours",
        clock=f"{clock(onset_h)}–{clock(end)}",
        pieces=tuple((coordinate(_x(a)), coordinate(_x(b) - _x(a))) for a, b in spans),
        label_x=coordinate((_x(longest[0]) + _x(longest[1])) / 2),
    )
