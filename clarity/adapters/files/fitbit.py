"""
Fitbit minute tables as Fitabase exports them: a line per person and hour, a column per minute.

Times are the wall clock of the person; dates are written month first.
"""

import re
from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._intake import Intake, Limits
from clarity.adapters.files._laid import Preset, laid, person_label, refuse_nothing, zone_of
from clarity.adapters.files._stamps import StampColumn
from clarity.adapters.files._table import (
    Batch,
    Heading,
    Values,
    batches,
    cells,
    heading_of,
    read_heading,
)
from clarity.domain.actigraphy.regrid import Samples
from clarity.domain.streams import Placement, Unit
from clarity.domain.timeline import localize
from clarity.ports.recordings import (
    DateOrder,
    Format,
    Notice,
    ReadOptions,
    Recording,
    Recordings,
    Source,
)
from clarity.ports.unreadable import (
    ContradictoryTimes,
    NoSamples,
    NoSuchColumn,
    TooBig,
    UnparsableLine,
)

__all__ = ["FITBIT_HOURS", "FITBIT_MINUTES", "FitbitRecordings"]

FITBIT_HOURS: Final = Format(
    id="fitbit-hours",
    title="Fitbit minute table, wide: Id, ActivityHour, Steps00 to Steps59; several people",
    holds="steps per minute, or intensity levels 0 to 3; wrist",
)
FITBIT_MINUTES: Final = Format(
    id="fitbit-minutes",
    title="Fitbit minute table, narrow: Id, ActivityMinute, Steps; several people",
    holds="steps per minute, or intensity levels 0 to 3; wrist",
)
_UNITS: Final = {"steps": Unit.STEPS_PER_MIN, "intensity": Unit.INTENSITY_LEVEL}
_WIDE: Final = re.compile(r"(steps|intensity)([0-5][0-9])")
_UTC: Final = ZoneInfo("UTC")
_MAX_CONFLICTS: Final = 0.05
_LEVELS: Final = Notice(
    code="intensity-levels",
    text="the values are Fitbit's levels 0 (sedentary) to 3 (very active), an order and no amount",
)


@attrs.frozen(kw_only=True)
class _Layout:
    """Which columns hold what: person, time, and the minutes from that time on."""

    format: str
    unit: Unit
    person: int
    time: int
    minutes: tuple[int, ...]


def _layout(heading: Heading) -> _Layout | None:
    keys = heading.keys
    if "id" not in keys:
        return None
    if "activityhour" in keys:
        return _wide(keys)
    unit = next((_UNITS[key] for key in keys if key in _UNITS), None)
    if "activityminute" not in keys or unit is None:
        return None
    value = next(i for i, key in enumerate(keys) if key in _UNITS)
    return _Layout(
        format=FITBIT_MINUTES.id,
        unit=unit,
        person=keys.index("id"),
        time=keys.index("activityminute"),
        minutes=(value,),
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
        person=keys.index("id"),
        time=keys.index("activityhour"),
        minutes=tuple(keys.index(f"{name}{minute:02}") for minute in range(60)),
    )


@attrs.define(kw_only=True)
class _Rows:
    """All rows of a table: who, when on the wall clock, and the values."""

    layout: _Layout
    stamps: StampColumn
    labels: dict[str, int] = attrs.field(factory=dict)
    people: list[int] = attrs.field(factory=list)
    values: list[npt.NDArray[np.float64]] = attrs.field(factory=list)

    def take(self, batch: Batch, file: str) -> None:
        """The next rows."""
        layout = self.layout
        ids = self.labels
        cells(batch, max(layout.minutes), file)
        self.people += [
            ids.setdefault(text.strip(), len(ids)) for text in cells(batch, layout.person, file)
        ]
        self.stamps.extend(cells(batch, layout.time, file), batch.lines)
        texts = [row[i] for row in batch.rows for i in layout.minutes]
        lines = [line for line in batch.lines for _ in layout.minutes]
        self.values.append(Values(file=file).of(texts, lines).reshape(-1, len(layout.minutes)))


@attrs.frozen(kw_only=True)
class FitbitRecordings(Recordings):
    """Wide and narrow minute tables of several people, one recording each."""

    limits: Limits = attrs.field(factory=Limits)

    def formats(self) -> tuple[Format, ...]:
        """The wide and the narrow table."""
        return (FITBIT_HOURS, FITBIT_MINUTES)

    def sniff(self, head: bytes) -> Format | None:
        """The one whose columns it has."""
        heading = heading_of(head)
        layout = _layout(heading) if heading else None
        if layout is None:
            return None
        return FITBIT_HOURS if layout.format == FITBIT_HOURS.id else FITBIT_MINUTES

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """One recording per person, in the order of the table."""
        intake = Intake(source, self.limits)
        rows = self._rows(intake, options)
        preset = Preset(
            format=rows.layout.format,
            unit=rows.layout.unit,
            epoch_s=60,
            device="Fitbit",
            placement=Placement.WRIST,
        )
        zone = zone_of(options, preset, source.name)
        if rows.stamps.aware:
            raise UnparsableLine(file=source.name, detail="times with an offset")
        wall = rows.stamps.stamps(_UTC).seconds
        who = np.array(rows.people)
        values = np.concatenate(rows.values)
        refuse_nothing(values, source.name)
        return tuple(
            _recording(
                (label, wall[who == number], values[who == number]), zone, options, preset, intake
            )
            for label, number in rows.labels.items()
        )

    def _rows(self, intake: Intake, options: ReadOptions) -> _Rows:
        file = intake.source.name
        heading = read_heading(intake)
        layout = _layout(heading)
        if layout is None:
            raise NoSuchColumn(file=file, detail="Id, ActivityHour, Steps00 to Steps59")
        order = options.date_order or DateOrder.MDY
        rows = _Rows(layout=layout, stamps=StampColumn(file=file, order=order))
        for batch in batches(intake, heading):
            rows.take(batch, file)
            if len(rows.people) * len(layout.minutes) > self.limits.max_values:
                raise TooBig(file=file, detail=f"more than {self.limits.max_values:,} values")
        if not rows.people:
            raise NoSamples(file=file)
        return rows


_Person = tuple[str, npt.NDArray[np.int64], npt.NDArray[np.float64]]


def _recording(
    person: _Person, zone: ZoneInfo, options: ReadOptions, preset: Preset, intake: Intake
) -> Recording:
    label, hours, values = person
    file = intake.source.name
    wall = np.add.outer(hours, 60 * np.arange(values.shape[1])).ravel()
    placed = localize(wall.astype("datetime64[s]"), zone)
    samples = Samples(
        seconds=placed.seconds,
        values=values.ravel(),
        in_gap=placed.in_gap,
        in_fold=placed.in_fold,
    )
    refuse_nothing(samples.values, file)
    unit = options.unit or preset.unit or Unit.STEPS_PER_MIN
    done = laid(samples, zone, unit, options, preset, file)
    if done.report.conflicts > _MAX_CONFLICTS * done.report.epochs:
        raise ContradictoryTimes(file=file, detail=f"{done.report.conflicts:,} of them")
    return Recording(
        participant=person_label(options, label),
        series=done.series,
        report=done.report,
        digest=intake.digest,
        format=preset.format,
        notices=(_LEVELS,) if unit is Unit.INTENSITY_LEVEL else (),
    )
