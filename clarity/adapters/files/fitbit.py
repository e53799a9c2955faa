"""
Fitbit minute tables as Fitabase exports them: a line per person and hour, a column per minute.

Times are the wall clock of the person; dates are written month first.
"""

import re
from collections.abc import Sequence
from typing import Final

import attrs

from clarity.adapters.files._clock_rows import Layout, clock_rows, person_recordings
from clarity.adapters.files._intake import Intake
from clarity.adapters.files._laid import Preset
from clarity.adapters.files._table import Heading, heading_of, read_heading
from clarity.adapters.files.limits import Limits
from clarity.domain.streams import Placement, Unit
from clarity.ports.recordings import (
    DateOrder,
    Format,
    Notice,
    ReadOptions,
    Recording,
    Recordings,
    Source,
)
from clarity.ports.unreadable import NoSuchColumn, TooCoarse

__all__ = ["FITBIT_HOURS", "FITBIT_MINUTES", "FitbitRecordings"]

FITBIT_HOURS: Final = Format(
    id="fitbit-hours",
    title="Fitbit minute table, wide: Id, ActivityHour, Steps00 to Steps59; several people",
    holds="steps per minute, or intensity levels 0 to 3; wrist",
    takes=("epoch_s", "date_order"),
)
FITBIT_MINUTES: Final = Format(
    id="fitbit-minutes",
    title="Fitbit minute table, narrow: Id, ActivityMinute, Steps; several people",
    holds="steps per minute, or intensity levels 0 to 3; wrist",
    takes=("epoch_s", "date_order"),
)
_UNITS: Final = {"steps": Unit.STEPS_PER_MIN, "intensity": Unit.INTENSITY_LEVEL}
_WIDE: Final = re.compile(r"(steps|intensity)([0-5][0-9])")
_LEVELS: Final = Notice(
    code="intensity-levels",
    text="the values are Fitbit's levels 0 (sedentary) to 3 (very active), an order and no amount",
)


_DAY_KEYS: Final = frozenset({"activityday", "activitydate", "sleepday"})
_HOUR: Final = "activityhour"


@attrs.frozen(kw_only=True)
class _Layout:
    """Which of the formats it is, and where its columns are."""

    format: str
    unit: Unit
    columns: Layout


def _layout(heading: Heading) -> _Layout | None:
    keys = heading.keys
    if "id" not in keys:
        return None
    if _HOUR in keys:
        return _wide(keys)
    unit = next((_UNITS[key] for key in keys if key in _UNITS), None)
    if "activityminute" not in keys or unit is None:
        return None
    value = next(i for i, key in enumerate(keys) if key in _UNITS)
    return _Layout(
        format=FITBIT_MINUTES.id,
        unit=unit,
        columns=Layout(person=keys.index("id"), time=keys.index("activityminute"), values=(value,)),
    )


def _wide(keys: Sequence[str]) -> _Layout | None:
    found = {key: match for key in keys if (match := _WIDE.fullmatch(key))}
    names = {match[1] for match in found.values()}
    if len(found) != 60 or len(names) != 1:
        return None
    name = names.pop()
    return _Layout(
        format=FITBIT_HOURS.id,
        unit=_UNITS[name],
        columns=Layout(
            person=keys.index("id"),
            time=keys.index(_HOUR),
            values=tuple(keys.index(f"{name}{minute:02}") for minute in range(60)),
        ),
    )


def _is_coarse(heading: Heading) -> bool:
    """Whether it is one of Fitabase's tables of hours or days, in which no minute is told."""
    keys = set(heading.keys)
    hours = _HOUR in keys and not any(map(_WIDE.fullmatch, keys))
    return "id" in keys and (hours or bool(keys & _DAY_KEYS))


@attrs.frozen(kw_only=True)
class FitbitRecordings(Recordings):
    """
    Wide and narrow minute tables of several people, one recording each.

    Tables of hours and days are known too, and refused with the name of the table to export.
    """

    limits: Limits = attrs.field(factory=Limits)

    def formats(self) -> tuple[Format, ...]:
        """The wide and the narrow table."""
        return (FITBIT_HOURS, FITBIT_MINUTES)

    def sniff(self, head: bytes) -> Format | None:
        """The one whose columns it has."""
        heading = heading_of(head)
        if heading is None:
            return None
        layout = _layout(heading)
        if layout is None:
            return FITBIT_HOURS if _is_coarse(heading) else None
        return FITBIT_HOURS if layout.format == FITBIT_HOURS.id else FITBIT_MINUTES

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """One recording per person, in the order of the table."""
        intake = Intake(source, self.limits)
        heading = read_heading(intake)
        found = _layout(heading)
        if _is_coarse(heading):
            raise TooCoarse(file=source.name)
        if found is None:
            raise NoSuchColumn(file=source.name, detail="Id, ActivityHour, Steps00 to Steps59")
        preset = Preset(
            format=found.format,
            unit=found.unit,
            epoch_s=60,
            device="Fitbit",
            placement=Placement.WRIST,
        )
        rows = clock_rows(intake, heading, found.columns, options.date_order or DateOrder.MDY)
        levels = (options.unit or found.unit) is Unit.INTENSITY_LEVEL
        return person_recordings(rows, intake, options, preset, (_LEVELS,) if levels else ())
