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
from clarity.adapters.files.nhanes import NhanesRecordings
from clarity.adapters.files.ukbiobank import UkBiobankRecordings
from clarity.adapters.files.wide_days import WideDayRecordings
from clarity.adapters.files.wide_streams import WIDE_STREAMS, WideStreamRecordings
from clarity.ports.recordings import Format, ReadOptions, Recording, Recordings, Source
from clarity.ports.unreadable import NoSamples, Spreadsheet, UnknownFormat, UnusedOption

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
        """
        The recordings, by the reader that knows the format.

        Raises:
            UnusedOption: the format takes no such option.
        """
        asked = options.format or (WIDE_STREAMS.id if options.columns else None)
        found = self._recognized(source) if asked is None else self._asked(asked, source)
        _refuse_unused(found.format, source, options)
        return found.reader.read(source, options=options)

    def _asked(self, format_id: str, source: Source) -> "_Found":
        for reader in self.readers:
            for format_ in reader.formats():
                if format_.id == format_id:
                    return _Found(reader, format_)
        raise UnknownFormat(file=source.name, detail=f"there is no format {format_id!r}")

    def _recognized(self, source: Source) -> "_Found":
        head = Intake(source).head()
        if _is_workbook(head):
            raise Spreadsheet(file=source.name)
        for reader in self.readers:
            format_ = reader.sniff(head)
            if format_ is not None:
                return _Found(reader, format_)
        if heading_of(head) is not None:
            return _Found(self.readers[-1], self.readers[-1].formats()[0])
        if not head_text(head):
            raise no_text(head, source.name)
        if not head_text(head).strip():
            raise NoSamples(file=source.name)
        raise UnknownFormat(file=source.name)


@attrs.frozen
class _Found:
    """A reader and which of its formats it is."""

    reader: Recordings
    format: Format


SHARED: Final = frozenset({"format", "zone", "unit", "device", "placement", "participant"})
"""Options that mean something for every format."""


WORDS: Final = {"epoch_s": "--epoch", "date_order": "--dates", "columns": "--column"}
"""Options that the command calls otherwise."""


def _refuse_unused(format_: Format, source: Source, options: ReadOptions) -> None:
    """An option that is not looked at would stand in a report as if it had been."""
    for field in attrs.fields(ReadOptions):
        is_given = getattr(options, field.name) != field.default
        if is_given and field.name not in SHARED | set(format_.takes):
            raise UnusedOption(file=source.name, detail=f"{_word(field.name)} for {format_.id}")


def _word(option: str) -> str:
    return WORDS.get(option, f"--{option.replace('_', '-')}")


def _is_workbook(head: bytes) -> bool:
    if head.startswith(OLD_WORKBOOK):
        return True
    return head.startswith(ZIP) and any(part in head for part in IN_WORKBOOKS)
