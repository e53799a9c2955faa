"""Epoch tables of ActiLife: ten lines about the recording, then counts without times."""

import re
from collections.abc import Sequence
from typing import Final

import attrs

from clarity.adapters.files._cells import date_parts, day_number, naive_clock
from clarity.adapters.files._even import Even, even_heading, read_even
from clarity.adapters.files._intake import Intake, head_text
from clarity.adapters.files._laid import Preset
from clarity.adapters.files._table import fold, told
from clarity.adapters.files.limits import Limits
from clarity.domain.streams import Placement, Unit
from clarity.domain.timeline import DAY_S
from clarity.ports.recordings import (
    DateOrder,
    Format,
    Notice,
    ReadOptions,
    Recording,
    Recordings,
    Source,
)
from clarity.ports.unreadable import NoSamples, NoSuchColumn, UnparsableLine

__all__ = ["ACTIGRAPH_CSV", "VERTICAL", "ActiGraphRecordings", "placement_of", "unit_of"]

ACTIGRAPH_CSV: Final = Format(
    id="actigraph-csv",
    title="ActiGraph epoch table of ActiLife (CSV)",
    holds="counts of the vertical axis per epoch; device and placement as the file says",
    takes=("epoch_s", "value_column", "date_order"),
)
VERTICAL: Final = Notice(
    code="vertical-axis",
    text="the counts of axis 1, the vertical one, were taken; see --value-column",
)
_MARK: Final = "Data File Created By ActiGraph"
_MAX_HEADER: Final = 40
_AXES: Final = ("axis1", "axis2", "axis3", "steps")
_LIMB: Final = re.compile(r"Limb: (\w+)")
_DEVICE: Final = re.compile(r"Created By ActiGraph (\S+)")
_ORDER: Final = re.compile(r"date format ([dMy]+)[^dMy]([dMy]+)[^dMy]([dMy]+)")
_PLACEMENTS: Final = {
    "wrist": Placement.WRIST,
    "waist": Placement.HIP,
    "hip": Placement.HIP,
    "ankle": Placement.ANKLE,
}


def placement_of(limb: str) -> Placement:
    """Where a device was worn, in the words of ActiLife."""
    return _PLACEMENTS.get(limb.strip().lower(), Placement.UNKNOWN)


def unit_of(options: ReadOptions) -> Unit:
    """What the column that the caller named holds, unless the caller says it; counts if none."""
    steps = fold(options.value_column or "") == "steps"
    return options.unit or (Unit.STEPS_PER_MIN if steps else Unit.COUNTS)


@attrs.frozen(kw_only=True)
class _Header:
    """The lines above the values and what they say."""

    file: str
    lines: Sequence[str]
    end: int

    def after(self, key: str) -> tuple[str, int]:
        """What stands behind a key, and its line."""
        for number, line in enumerate(self.lines[: self.end], 1):
            if line.startswith(key):
                return line.removeprefix(key).strip(" ,\r\n"), number
        raise UnparsableLine(file=self.file, line=1, detail=f"there is no {key!r} below it")

    @property
    def order(self) -> DateOrder:
        found = _ORDER.search(self.lines[0])
        letters = "".join(part[0] for part in found.groups()).lower() if found else "mdy"
        return DateOrder(letters) if letters in set(DateOrder) else DateOrder.MDY

    def wall_s(self, order: DateOrder) -> int:
        day, line = self.after("Start Date")
        clock, clock_line = self.after("Start Time")
        second = naive_clock(clock)
        if second is None:
            raise UnparsableLine(file=self.file, line=clock_line, detail="the start time")
        parts = date_parts(day)
        number = day_number(parts, order) if parts else None
        if number is None:
            raise UnparsableLine(file=self.file, line=line, detail="the start date")
        return number * DAY_S + second

    @property
    def epoch_s(self) -> int:
        text, line = self.after("Epoch Period (hh:mm:ss)")
        second = naive_clock(text)
        if not second:
            raise UnparsableLine(file=self.file, line=line, detail="the epoch")
        return second


def _header(intake: Intake) -> _Header:
    """The header ends with its second line of dashes."""
    lines = intake.head_lines()[:_MAX_HEADER]
    file = intake.source.name
    for number, line in enumerate(lines[1:], 2):
        if line.startswith("-----"):
            return _Header(file=file, lines=lines, end=number)
    raise NoSamples(file=file, line=len(lines))


def _named(header: _Header) -> tuple[str, ...]:
    """The names of the columns, where a line names them."""
    first = header.lines[header.end] if header.end < len(header.lines) else ""
    names = tuple(fold(name) for name in first.split(","))
    return names if "axis1" in names else ()


def _column(options: ReadOptions, names: tuple[str, ...], file: str) -> int:
    wanted = fold(options.value_column or _AXES[0])
    known = names or _AXES
    if wanted not in known:
        raise NoSuchColumn(file=file, detail=f"the columns are {told(known)}")
    return known.index(wanted)


@attrs.frozen(kw_only=True)
class ActiGraphRecordings(Recordings):
    """
    Epoch tables of one person.

    Axis 1 counts are read; another column (axis 2, axis 3, steps) when the caller names it.
    """

    limits: Limits = attrs.field(factory=Limits)

    def formats(self) -> tuple[Format, ...]:
        """The one format."""
        return (ACTIGRAPH_CSV,)

    def sniff(self, head: bytes) -> Format | None:
        """It is one when its first line says so."""
        return ACTIGRAPH_CSV if _MARK in head_text(head[:2_000])[:200] else None

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """The recording of the one person."""
        intake = Intake(source, self.limits)
        header = _header(intake)
        names = _named(header)
        skip = header.end + bool(names)
        if skip >= len(header.lines):
            raise NoSamples(file=source.name)
        even = Even(
            heading=even_heading(header.lines[skip], skip),
            wall_s=header.wall_s(options.date_order or header.order),
            epoch_s=header.epoch_s,
            column=_column(options, names, source.name),
        )
        preset = Preset(
            format=ACTIGRAPH_CSV.id,
            unit=unit_of(options),
            device=_device(header.lines[0]),
            placement=_placement(header.lines[0]),
        )
        notices = (VERTICAL,) if options.value_column is None else ()
        return (read_even(intake, even, options, preset, notices),)


def _device(line: str) -> str:
    found = _DEVICE.search(line)
    return f"ActiGraph {found[1]}" if found else "ActiGraph"


def _placement(line: str) -> Placement:
    found = _LIMB.search(line)
    return placement_of(found[1]) if found else Placement.UNKNOWN
