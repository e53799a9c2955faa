"""The format told from the content: every reader of this family behind one."""

from typing import Final

import attrs

from clarity.adapters.files._intake import Intake, head_text, no_text
from clarity.adapters.files._table import heading_of
from clarity.adapters.files.actigraph import ActiGraphRecordings
from clarity.adapters.files.actiwatch import ActiwatchRecordings
from clarity.adapters.files.agd import AgdRecordings
from clarity.adapters.files.apple import AppleHealthRecordings
from clarity.adapters.files.csv_table import CsvRecordings
from clarity.adapters.files.depresjon import DepresjonRecordings
from clarity.adapters.files.fitbit import FitbitRecordings
from clarity.adapters.files.fitbit_json import FitbitJsonRecordings
from clarity.adapters.files.fitbit_nights import FitbitNightRecordings
from clarity.adapters.files.gt3x import Gt3xRecordings
from clarity.adapters.files.limits import Limits
from clarity.adapters.files.nhanes import NHANES_DAYS, NhanesRecordings
from clarity.adapters.files.ukbiobank import UkBiobankRecordings
from clarity.adapters.files.wide_days import WideDayRecordings
from clarity.adapters.files.wide_streams import WIDE_STREAMS, WideStreamRecordings
from clarity.ports.recordings import Format, ReadOptions, Recording, Recordings, Source
from clarity.ports.unreadable import NoSamples, Spreadsheet, UnknownFormat, UnusedWear

__all__ = ["FORMATS", "DetectedRecordings", "all_readers"]

ZIP: Final = b"PK\x03\x04"
"""How a packed workbook begins, and other archives too."""

IN_WORKBOOKS: Final = (b"[Content_Types].xml", b"application/vnd.oasis.opendocument.spreadsheet")
"""What the first entries of a packed workbook are called, or say."""

OLD_WORKBOOK: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How files of Microsoft Office before 2007 begin."""


def all_readers(limits: Limits) -> tuple[Recordings, ...]:
    """Every reader, the most specific first; plain tables come last."""
    return (
        Gt3xRecordings(limits=limits),
        AppleHealthRecordings(limits=limits),
        AgdRecordings(limits=limits),
        ActiGraphRecordings(limits=limits),
        ActiwatchRecordings(limits=limits),
        UkBiobankRecordings(limits=limits),
        FitbitRecordings(limits=limits),
        FitbitJsonRecordings(limits=limits),
        FitbitNightRecordings(limits=limits),
        DepresjonRecordings(limits=limits),
        NhanesRecordings(limits=limits),
        WideDayRecordings(limits=limits),
        WideStreamRecordings(limits=limits),
        CsvRecordings(limits=limits),
    )


FORMATS: Final[tuple[Format, ...]] = tuple(
    format_ for reader in all_readers(Limits()) for format_ in reader.formats()
)
"""Every format that can be read, most specific first."""


@attrs.frozen(kw_only=True)
class DetectedRecordings(Recordings):
    """
    Reads with the first reader that recognizes the content, or with the one asked for.

    Columns that the caller names are read as streams. A table that none recognizes goes to the last
    reader, which says what it misses.
    """

    readers: tuple[Recordings, ...] = attrs.field(factory=lambda: all_readers(Limits()))

    def formats(self) -> tuple[Format, ...]:
        """The formats of all readers."""
        return tuple(format_ for reader in self.readers for format_ in reader.formats())

    def sniff(self, head: bytes) -> Format | None:
        """What the first reader that recognizes the content says."""
        found = (reader.sniff(head) for reader in self.readers)
        return next((format_ for format_ in found if format_ is not None), None)

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """The recordings, by the reader that knows the format."""
        asked = options.format or (WIDE_STREAMS.id if options.columns else None)
        reader = self._recognized(source) if asked is None else self._asked(asked, source)
        _refuse_unused_wear(reader, source, options)
        return reader.read(source, options=options)

    def _asked(self, format_id: str, source: Source) -> Recordings:
        for reader in self.readers:
            if any(format_.id == format_id for format_ in reader.formats()):
                return reader
        raise UnknownFormat(file=source.name, detail=f"there is no format {format_id!r}")

    def _recognized(self, source: Source) -> Recordings:
        head = Intake(source).head()
        if _is_workbook(head):
            raise Spreadsheet(file=source.name)
        for reader in self.readers:
            if reader.sniff(head) is not None:
                return reader
        if heading_of(head) is not None:
            return self.readers[-1]
        if not head_text(head):
            raise no_text(head, source.name)
        if not head_text(head).strip():
            raise NoSamples(file=source.name)
        raise UnknownFormat(file=source.name)


def _refuse_unused_wear(reader: Recordings, source: Source, options: ReadOptions) -> None:
    """Flags that are not looked at would stand in a report as if they had been."""
    formats = reader.formats()
    if options.wear is not None and NHANES_DAYS not in formats:
        raise UnusedWear(file=source.name, detail=formats[0].id)


def _is_workbook(head: bytes) -> bool:
    if head.startswith(OLD_WORKBOOK):
        return True
    return head.startswith(ZIP) and any(part in head for part in IN_WORKBOOKS)
