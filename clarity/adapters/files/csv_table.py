"""Plain tables: a time and a value in each line, columns sniffed or named."""

from typing import Final

import attrs

from clarity.adapters.files._columns import has_times
from clarity.adapters.files._intake import Intake
from clarity.adapters.files._laid import Preset
from clarity.adapters.files._stamped import read_stamped
from clarity.adapters.files._table import heading_of
from clarity.adapters.files.limits import Limits
from clarity.ports.recordings import Format, ReadOptions, Recording, Recordings, Source

__all__ = ["CSV", "CsvRecordings"]

CSV: Final = Format(
    id="csv",
    title="table with a time and a value in each line (CSV, TSV; gzip too)",
    holds="unit, device and placement as the heading or the caller says; an Id tells people apart",
    takes=("epoch_s", "time_column", "value_column", "date_order"),
)


@attrs.frozen(kw_only=True)
class CsvRecordings(Recordings):
    """
    Tables separated by comma, semicolon, tab or bar, of one person.

    Where a column of labels (id, participant, subject ...) names several people, each is read
    alone; a column in which no label comes twice numbers the rows.

    Times: ISO dates, D.M.Y or M/D/Y when the dates themselves tell which (else refused), with or
    without seconds, AM/PM and UTC offsets; a date beside a clock time; or seconds or milliseconds
    since 1970 under a heading that says time. The zone of the person's clock must be given.
    Values: decimal point, or decimal comma where the comma does not separate cells.
    """

    limits: Limits = attrs.field(factory=Limits)

    def formats(self) -> tuple[Format, ...]:
        """The one format."""
        return (CSV,)

    def sniff(self, head: bytes) -> Format | None:
        """It is one when the table has a column of times."""
        heading = heading_of(head)
        return CSV if heading is not None and has_times(heading) else None

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """The recording of the one person, or of each of several, in the order of the table."""
        intake = Intake(source, self.limits)
        return read_stamped(intake, options, Preset(format=CSV.id))
