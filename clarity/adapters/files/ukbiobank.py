"""
Derived accelerometer tables of UK Biobank: mean acceleration per 5 s, its times in the heading.

Values that UK Biobank imputed for times when the device was off are missing here.

Source: Doherty et al. 2017, PLOS ONE 12(2):e0169649, doi:10.1371/journal.pone.0169649.
"""

import re
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from clarity.adapters.files._cells import date_parts, day_number, naive_clock
from clarity.adapters.files._even import Even, read_even
from clarity.adapters.files._intake import Intake, head_text
from clarity.adapters.files._laid import Preset
from clarity.adapters.files._table import heading_of
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
from clarity.ports.unreadable import NoSamples, UnparsableLine

__all__ = ["UK_BIOBANK", "UkBiobankRecordings"]

UK_BIOBANK: Final = Format(
    id="ukbiobank",
    title="UK Biobank accelerometer table: acceleration and an imputed flag",
    holds="ENMO in mg per epoch, Axivity AX3, wrist, Europe/London",
    takes=("epoch_s",),
)
_IMPUTED: Final = Notice(
    code="imputed-left-out",
    text="values that UK Biobank imputed for times without wear are taken as missing",
)
_TITLE: Final = re.compile(
    r"acceleration \(mg\) - (\S+) (\S+?)(?: ?[+Z\[].*?)? - .* - sampleRate = ([0-9]{1,4}) seconds"
)


@attrs.frozen(kw_only=True)
class UkBiobankRecordings(Recordings):
    """Tables of one person with the two columns acceleration and imputed."""

    limits: Limits = attrs.field(factory=Limits)

    def formats(self) -> tuple[Format, ...]:
        """The one format."""
        return (UK_BIOBANK,)

    def sniff(self, head: bytes) -> Format | None:
        """It is one when its heading says so."""
        return UK_BIOBANK if _TITLE.search(head_text(head)[:300].partition("\n")[0]) else None

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """The recording of the one person."""
        intake = Intake(source, self.limits)
        heading = heading_of(intake.head())
        title = _TITLE.search(intake.head_text()[:300].partition("\n")[0])
        parts = date_parts(title[1]) if title else None
        day = day_number(parts, DateOrder.YMD) if parts else None
        second = naive_clock(title[2]) if title else None
        if title is None or day is None or second is None:
            raise UnparsableLine(file=source.name, line=1, detail="the heading")
        if heading is None or not heading.rows:
            raise NoSamples(file=source.name)
        even = Even(
            heading=heading,
            wall_s=day * DAY_S + second,
            epoch_s=int(title[3]),
            imputed=1 if "imputed" in heading.keys[1:2] else None,
        )
        preset = Preset(
            format=UK_BIOBANK.id,
            zone=ZoneInfo("Europe/London"),
            unit=Unit.ENMO_MG,
            device="Axivity AX3",
            placement=Placement.WRIST,
        )
        return (read_even(intake, even, options, preset, (_IMPUTED,)),)
