"""Recordings of Actiwatch devices: .AWD text files and the tables that Actiware exports."""

import csv
import itertools
import re
from collections.abc import Iterable
from datetime import date
from typing import Final

import attrs

from clarity.adapters.files._cells import naive_clock
from clarity.adapters.files._even import Even, even_heading, read_even
from clarity.adapters.files._intake import Intake, head_text, lines_of
from clarity.adapters.files._laid import Preset
from clarity.adapters.files._stamped import read_stamped
from clarity.adapters.files._table import Heading, fold
from clarity.adapters.files.limits import Limits
from clarity.domain.streams import Placement, Unit
from clarity.domain.timeline import DAY_S
from clarity.ports.recordings import Format, ReadOptions, Recording, Recordings, Source
from clarity.ports.unreadable import NoSamples, NoSuchColumn, UnevenTimes, UnparsableLine

__all__ = ["ACTIWATCH_AWD", "ACTIWATCH_CSV", "ActiwatchRecordings"]

ACTIWATCH_AWD: Final = Format(
    id="actiwatch-awd",
    title="Actiwatch .AWD: seven lines about the recording, then counts",
    holds="Actiwatch counts per epoch, wrist",
    takes=("epoch_s",),
)
ACTIWATCH_CSV: Final = Format(
    id="actiwatch-csv",
    title="Actiware export with a table of epochs (CSV, any language)",
    holds="Actiwatch counts per epoch, wrist; model as the file says",
    takes=("epoch_s", "time_column", "value_column", "date_order"),
)
_HEADER: Final = 7
_EPOCH_CODES: Final = {"1": 15, "2": 30, "4": 60, "8": 120, "20": 300}
"""The fourth line counts quarters of a minute."""

_MONTHS: Final = re.findall("...", "janfebmaraprmayjunjulaugsepoctnovdec")
_MAX_PREAMBLE: Final = 5_000
_ACTIVITY: Final = frozenset(
    {"activity", "activiteit", "aktivität", "aktivitat", "activité", "actividad", "attività"}
    | {"atividade", "aktivitet"}
)
_SAMPLE_ROWS: Final = 50


def _awd_wall_s(lines: list[str]) -> int | None:
    """Start on the device's clock, from the second and third line; None when they are no times."""
    parts = lines[1].strip().split("-")
    second = naive_clock(lines[2].strip())
    if len(parts) != 3 or second is None or parts[1].lower() not in _MONTHS:
        return None
    try:
        day = date(int(parts[2]), _MONTHS.index(parts[1].lower()) + 1, int(parts[0]))
    except (ValueError, OverflowError):
        return None
    return (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY_S + second


def _is_awd(head: bytes) -> bool:
    lines = lines_of(head_text(head))[:_HEADER]
    return len(lines) >= 3 and _awd_wall_s(lines) is not None


def _is_actiware(head: bytes) -> bool:
    return fold(head_text(head[:4_000]).partition("\n")[0]).startswith("actiware")


@attrs.frozen(kw_only=True)
class ActiwatchRecordings(Recordings):
    """Text files of one person; the device sits on the wrist."""

    limits: Limits = attrs.field(factory=Limits)

    def formats(self) -> tuple[Format, ...]:
        """The text file and the exported table."""
        return (ACTIWATCH_AWD, ACTIWATCH_CSV)

    def sniff(self, head: bytes) -> Format | None:
        """The one whose first lines it has."""
        if _is_actiware(head):
            return ACTIWATCH_CSV
        return ACTIWATCH_AWD if _is_awd(head) else None

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """The recording of the one person."""
        intake = Intake(source, self.limits)
        if _is_actiware(intake.head()):
            return _exported(intake, options)
        return (_awd(intake, options),)


def _awd(intake: Intake, options: ReadOptions) -> Recording:
    lines = intake.head_lines()[: _HEADER + 1]
    file = intake.source.name
    wall_s = _awd_wall_s(lines) if len(lines) >= 3 else None
    if wall_s is None:
        raise UnparsableLine(file=file, line=2, detail="the date and time of the start")
    if len(lines) <= _HEADER:
        raise NoSamples(file=file)
    epoch_s = options.epoch_s or _EPOCH_CODES.get(lines[3].strip())
    if epoch_s is None:
        raise UnevenTimes(file=file, line=4, detail="an unknown code of the epoch; see --epoch")
    even = Even(heading=even_heading(lines[_HEADER], _HEADER), wall_s=wall_s, epoch_s=epoch_s)
    preset = Preset(
        format=ACTIWATCH_AWD.id, unit=Unit.COUNTS, device="Actiwatch", placement=Placement.WRIST
    )
    return read_even(intake, even, options, preset)


def _exported(intake: Intake, options: ReadOptions) -> tuple[Recording, ...]:
    heading, model = _epoch_table(intake)
    if not heading.rows:
        raise NoSamples(file=intake.source.name)
    preset = Preset(
        format=ACTIWATCH_CSV.id,
        unit=Unit.COUNTS,
        device=f"Actiwatch {model}".strip(),
        placement=Placement.WRIST,
        value_column=next(name for name in heading.names if fold(name) in _ACTIVITY),
    )
    return read_stamped(intake, options, preset, heading)


def _cells_of(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _epoch_table(intake: Intake) -> tuple[Heading, str]:
    """
    The heading of the last section, found by a column of activity, and the model.

    Raises:
        NoSuchColumn: there is no such section.
    """
    lines = intake.lines()
    model = ""
    for number, line in enumerate(itertools.islice(lines, _MAX_PREAMBLE), 1):
        for delimiter in (",", ";", "\t"):
            cells = _cells_of(line, delimiter)
            if len(cells) > 3 and any(fold(cell) in _ACTIVITY for cell in cells[1:]):
                return _heading(cells, number, delimiter, lines), model
            if len(cells) > 1 and fold(cells[0]) in {"typeactiwatch", "actiwatchtype"}:
                model = cells[1]
    raise NoSuchColumn(file=intake.source.name, detail="no table of epochs with activity")


def _heading(names: list[str], number: int, delimiter: str, lines: Iterable[str]) -> Heading:
    rows = (tuple(_cells_of(line, delimiter)) for line in itertools.islice(lines, _SAMPLE_ROWS))
    return Heading(
        delimiter=delimiter,
        names=tuple(names),
        skip=number,
        rows=tuple(row for row in rows if any(row)),
    )
