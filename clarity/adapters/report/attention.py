"""Where a network looked: seven days of patches as an SVG, darker where more attention went."""

from datetime import timedelta
from itertools import pairwise
from typing import Final

import attrs
import numpy as np

from clarity.adapters.report.actogram import coordinate
from clarity.adapters.report.days import Floats
from clarity.adapters.report.formats import MONTHS, WEEKDAYS, clock, number
from clarity.domain.pat.answer import AttentionProfile

__all__ = ["AttentionFigure", "attention_figure"]

DAYS: Final = 7
DAY_MIN: Final = 1_440
DAY_WIDTH: Final = 864.0
"""Width of a day; all lengths are in units of the drawing."""

GUTTER: Final = 100.0
TOP: Final = 36.0
PITCH: Final = 26.0
CELL: Final = 20.0
MARGIN: Final = 14.0
MOST_CELLS: Final = 80
"""Cells of a day; shorter patches are drawn together, as their mean."""

LEVELS: Final = (0.5, 0.8, 1.25, 2.0)
"""Bounds between the five shades, in shares of a patch that is looked at like every other."""

HOURS: Final = tuple(range(0, 25, 6))


@attrs.frozen(kw_only=True)
class DayRow:
    """One day: its name, where it lies, and the outline of the cells of each shade."""

    weekday: str
    label: str
    y: str
    label_y: str
    shades: tuple[tuple[int, str], ...]


@attrs.frozen(kw_only=True)
class AttentionFigure:
    """
    The drawing.

    Attributes:
        width: of the drawing.
        height: of the drawing.
        rows: one per day.
        hours: (x, text) of the hour marks.
        legend: (shade, text) of the five shades.
        layers: blocks of the network, over which the mean is drawn.
        cell_min: minutes of a cell.
        most: when most attention went to one cell, and how much, in words.
    """

    width: str
    height: str
    rows: tuple[DayRow, ...]
    hours: tuple[tuple[str, str], ...]
    legend: tuple[tuple[int, str], ...]
    layers: int
    cell_min: int
    most: str
    gutter: str = coordinate(GUTTER)
    hour_y: str = coordinate(TOP - 12)
    label_x: str = coordinate(GUTTER - 12)


def attention_figure(profile: AttentionProfile) -> AttentionFigure:
    """The drawing of a week; the mean over the layers."""
    cells = _cells(profile)
    return AttentionFigure(
        width=coordinate(GUTTER + DAY_WIDTH + MARGIN),
        height=coordinate(TOP + DAYS * PITCH + MARGIN),
        rows=tuple(_row(profile, cells, day) for day in range(DAYS)),
        hours=tuple(
            (coordinate(GUTTER + hour * DAY_WIDTH / 24), f"{hour % 24:02d}") for hour in HOURS
        ),
        legend=_legend(),
        layers=len(profile.values),
        cell_min=DAY_MIN // cells.shape[1],
        most=_most(profile, cells),
    )


def _cells(profile: AttentionProfile) -> Floats:
    """(7, cells of a day), the mean over layers and over patches that share a cell."""
    per_day = DAY_MIN // profile.patch_min
    together = -(-per_day // MOST_CELLS)
    mean = profile.values.mean(axis=0)
    return np.asarray(mean.reshape(DAYS, per_day // together, together).mean(axis=2))


def _row(profile: AttentionProfile, cells: Floats, day: int) -> DayRow:
    date = profile.provenance.first_date + timedelta(days=day)
    shade = np.digitize(cells[day], LEVELS)
    width = DAY_WIDTH / len(shade)
    boxes = {
        level: "".join(_box(int(at), width) for at in np.flatnonzero(shade == level))
        for level in range(1, len(LEVELS) + 1)
    }
    return DayRow(
        weekday=WEEKDAYS[date.weekday()],
        label=f"{date.day} {MONTHS[date.month - 1]}",
        y=coordinate(TOP + day * PITCH),
        label_y=coordinate(TOP + day * PITCH + CELL - 4),
        shades=tuple((level, path) for level, path in boxes.items() if path),
    )


def _box(at: int, width: float) -> str:
    left, right = coordinate(at * width), coordinate((at + 1) * width)
    return f"M{left} 0H{right}V{coordinate(CELL)}H{left}Z"


def _legend() -> tuple[tuple[int, str], ...]:
    bounds = [number(level, 2).rstrip("0").rstrip(".") for level in LEVELS]
    inner = [f"{low} to {high}" for low, high in pairwise(bounds)]
    return tuple(enumerate((f"below {bounds[0]}", *inner, f"{bounds[-1]} and more")))


def _most(profile: AttentionProfile, cells: Floats) -> str:
    day, at = divmod(int(cells.argmax()), cells.shape[1])
    date = profile.provenance.first_date + timedelta(days=day)
    hour = at * 24 / cells.shape[1]
    share = number(float(cells.max()), 1)
    return f"{WEEKDAYS[date.weekday()]} {date.day} {MONTHS[date.month - 1]} {clock(hour)}, {share}"
