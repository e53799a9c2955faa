"""The double-plotted actogram as numbers for an SVG: every row is a day and the one after it."""

from typing import Final

import attrs
import numpy as np

from clarity.adapters.report.days import DayBins, Floats, Mask, runs
from clarity.adapters.report.formats import MONTHS, WEEKDAYS, number
from clarity.domain.analysis.result import Layer

__all__ = ["SKIPPED", "Actogram", "Row", "actogram", "coordinate"]

DAY_WIDTH: Final = 432.0
"""Width of a day; all lengths are in units of the drawing."""

GUTTER: Final = 100.0
TOP: Final = 36.0
MARGIN: Final = 14.0
STRIP: Final = 4.0
"""Height of the strip under the bars that shows sleep."""

ROW_GAP: Final = 5.0

PITCHES: Final = ((10, 46.0), (16, 38.0), (24, 30.0), (36, 25.0))
"""Up to so many rows, this distance between two rows."""

DENSE_PITCH: Final = 20.0
PHONE_LABEL: Final = 38.0
"""Distance that labels need on a phone, where letters are larger in units of the drawing."""

FULL_HEIGHT_PERCENTILE: Final = 98.0
"""Bars reach full height at this percentile of the bins, so that one spike flattens nothing."""

SKIPPED: Final = "skipped"
"""Name of the shade over clock times that daylight saving left out."""

PRINTED_BESIDE_TEXT: Final = 21
"""Up to so many rows the drawing is printed on the first page, under the summary."""

HOURS: Final = tuple(range(0, 49, 6))


def coordinate(value: float) -> str:
    """A length with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


@attrs.frozen(kw_only=True)
class Row:
    """
    One day, drawn once and shown twice: at the left, and at the right of the row above.

    Attributes:
        weekday: `Tue`.
        label: `18 Mar`.
        on_phone: whether there is room for the label on a phone.
        y: top of the row.
        label_y: base line of the label.
        bars: outline of the activity.
        shades: (name, outline) of what is marked, in drawing order.
    """

    weekday: str
    label: str
    on_phone: bool
    y: str
    label_y: str
    bars: str
    shades: tuple[tuple[str, str], ...]


@attrs.frozen(kw_only=True)
class Actogram:
    """
    The drawing.

    Attributes:
        width: of the drawing.
        height: of the drawing.
        pitch: distance between two rows.
        rows: one per day.
        hours: (x, text, whether it is midnight) of the hour marks.
        layers: (name, algorithm) of the shades that occur, for the legend.
        fits_beside_text: whether it may be printed under the summary.
        full_height: value at which a bar reaches full height, as text; empty when nothing moved.
    """

    width: str
    height: str
    pitch: str
    gutter: str
    day_width: str
    rows: tuple[Row, ...]
    hours: tuple[tuple[str, str, bool], ...]
    layers: tuple[tuple[str, str], ...]
    full_height: str
    fits_beside_text: bool
    bottom: str
    top: str = coordinate(TOP - 4)
    hour_y: str = coordinate(TOP - 12)
    label_x: str = coordinate(GUTTER - 12)


def actogram(days: DayBins) -> Actogram:
    """
    The double-plotted actogram of a recording.

    Bars grow with the square root of the mean activity of a bin.
    """
    n_rows = len(days.dates)
    pitch = next((pitch for most, pitch in PITCHES if n_rows <= most), DENSE_PITCH)
    full = _full_height(days.recorded)
    return Actogram(
        width=coordinate(GUTTER + 2 * DAY_WIDTH + MARGIN),
        height=coordinate(TOP + n_rows * pitch + MARGIN),
        pitch=coordinate(pitch),
        fits_beside_text=n_rows <= PRINTED_BESIDE_TEXT,
        bottom=coordinate(TOP + n_rows * pitch),
        gutter=coordinate(GUTTER),
        day_width=coordinate(DAY_WIDTH),
        rows=tuple(_row(days, index, pitch, full) for index in range(n_rows)),
        hours=tuple(
            (coordinate(GUTTER + hour * DAY_WIDTH / 24), f"{hour % 24:02d}", hour % 24 == 0)
            for hour in HOURS
        ),
        layers=_layers(days),
        full_height=number(full, 0 if full >= 10 else 2) if full > 0 else "",
    )


def _full_height(recorded: Floats) -> float:
    seen = recorded[~np.isnan(recorded)]
    if not seen.size:
        return 0.0
    return float(np.percentile(seen, FULL_HEIGHT_PERCENTILE)) or float(seen.max())


def _layers(days: DayBins) -> tuple[tuple[str, str], ...]:
    found = [
        (layer.value, days.drawn_by.get(layer, ""))
        for layer in Layer
        if layer in days.marks and days.marks[layer].any()
    ]
    return (*found, (SKIPPED, "")) if days.skipped.any() else tuple(found)


def _row(days: DayBins, index: int, pitch: float, full: float) -> Row:
    day = days.dates[index]
    return Row(
        weekday=WEEKDAYS[day.weekday()],
        label=f"{day.day} {MONTHS[day.month - 1]}",
        on_phone=index % max(1, -int(-PHONE_LABEL // pitch)) == 0,
        y=coordinate(TOP + index * pitch),
        label_y=coordinate(TOP + (index + 1) * pitch - ROW_GAP),
        bars=_bars(days.recorded[index], full, pitch - ROW_GAP - STRIP),
        shades=_shades(days, index, pitch),
    )


def _bars(values: Floats, full: float, height: float) -> str:
    """An outline over the bins: up, along, down; equal neighbours share one step."""
    if full <= 0:
        return ""
    share = np.sqrt(np.clip(np.nan_to_num(values) / full, 0.0, 1.0))
    tops = [coordinate(height * (1.0 - part)) for part in share]
    floor, width = coordinate(height), DAY_WIDTH / len(tops)
    steps, at = [], 0
    while at < len(tops):
        stop = next((i for i in range(at, len(tops)) if tops[i] != tops[at]), len(tops))
        steps.append(f"V{tops[at]}H{coordinate(stop * width)}")
        at = stop
    return "" if set(tops) == {floor} else f"M0 {floor}{''.join(steps)}V{floor}Z"


def _shades(days: DayBins, index: int, pitch: float) -> tuple[tuple[str, str], ...]:
    body, floor = pitch - ROW_GAP, pitch - ROW_GAP - STRIP
    boxes = (
        (Layer.REST, 0.0, body),
        (Layer.NON_WEAR, 0.0, body),
        (Layer.MISSING, 0.0, body),
        (Layer.SLEEP, floor, STRIP),
    )
    drawn = [
        (layer.value, _boxes(days.marks[layer][index], top, height))
        for layer, top, height in boxes
        if layer in days.marks
    ]
    drawn.append((SKIPPED, _boxes(days.skipped[index], 0.0, body)))
    return tuple((name, path) for name, path in drawn if path)


def _boxes(mask: Mask, top: float, height: float) -> str:
    width = DAY_WIDTH / mask.size
    return "".join(
        f"M{coordinate(start * width)} {coordinate(top)}"
        f"H{coordinate(stop * width)}v{coordinate(height)}H{coordinate(start * width)}Z"
        for start, stop in runs(mask)
    )
