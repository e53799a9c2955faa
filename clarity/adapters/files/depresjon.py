"""
The files of the Depresjon data set: Actiwatch AW4 counts per minute on the wrist, in Norway.

Source: Garcia-Ceja et al. 2018, Depresjon: a motor activity database of depression episodes in
unipolar and bipolar patients, ACM MMSys;
Sci Data 2025, 12:32, doi:10.1038/s41597-025-04384-3.
"""

from typing import Final
from zoneinfo import ZoneInfo

import attrs

from clarity.adapters.files._intake import Intake
from clarity.adapters.files._laid import Preset
from clarity.adapters.files._stamped import read_stamped
from clarity.adapters.files._table import heading_of
from clarity.adapters.files.limits import Limits
from clarity.domain.streams import Placement, Unit
from clarity.ports.recordings import Format, Notice, ReadOptions, Recording, Recordings, Source

__all__ = ["DEPRESJON", "NOTICES", "DepresjonRecordings"]

DEPRESJON: Final = Format(
    id="depresjon",
    title="Depresjon data set: timestamp,date,activity",
    holds="Actiwatch AW4 counts per minute, wrist, Europe/Oslo",
    takes=("epoch_s", "time_column", "value_column", "date_order"),
)
NOTICES: Final = (
    Notice(
        code="format-assumed",
        text=(
            "The columns are those of the Depresjon data set, so the values were read as its "
            "Actiwatch AW4 counts at the wrist on the clock of Norway; say --format csv if not."
        ),
    ),
    Notice(
        code="attribution",
        text=(
            "Attribution: Depresjon, Garcia-Ceja et al. 2018, doi:10.1145/3204949.3208125; part of "
            "OBF-Psychiatric 2025, doi:10.1038/s41597-025-04384-3; CC BY 4.0."
        ),
    ),
)
"""What is assumed of every such file, and whose data it then is."""
_KEYS: Final = ("timestamp", "date", "activity")


@attrs.frozen(kw_only=True)
class DepresjonRecordings(Recordings):
    """Tables with the three columns of the data set, one person each."""

    limits: Limits = attrs.field(factory=Limits)

    def formats(self) -> tuple[Format, ...]:
        """The one format."""
        return (DEPRESJON,)

    def sniff(self, head: bytes) -> Format | None:
        """It is one when it has exactly the three columns of the data set."""
        heading = heading_of(head)
        return DEPRESJON if heading is not None and heading.keys == _KEYS else None

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """The recording of the one person."""
        preset = Preset(
            format=DEPRESJON.id,
            zone=ZoneInfo("Europe/Oslo"),
            unit=Unit.COUNTS,
            device="Actiwatch AW4",
            placement=Placement.WRIST,
            time_column="timestamp",
            value_column="activity",
        )
        (recording,) = read_stamped(Intake(source, self.limits), options, preset)
        return (attrs.evolve(recording, notices=(*recording.notices, *NOTICES)),)
