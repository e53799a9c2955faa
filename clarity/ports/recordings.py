"""Recordings as they lie in files: told apart by content, read whole, or refused in words."""

from abc import abstractmethod
from collections.abc import Callable
from enum import StrEnum
from typing import BinaryIO, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

import attrs

from clarity.domain.actigraphy.regrid import RegridReport
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.streams import Placement, Unit

__all__ = [
    "ColumnUnit",
    "DateOrder",
    "Format",
    "Notice",
    "ReadOptions",
    "Recording",
    "Recordings",
    "Source",
]


class DateOrder(StrEnum):
    """In which order a numeric date names year, month and day."""

    YMD = "ymd"
    DMY = "dmy"
    MDY = "mdy"


@attrs.frozen(kw_only=True)
class Source:
    """
    Bytes with a name.

    Attributes:
        name: how the caller knows it; shown in errors; the participant's label when nothing else
            gives one (last part of the path, without endings such as `.csv.gz`).
        folder: path of the folder in which it lies, which tells files of one name apart; empty when
            the name holds it, or it lies in none.
        open: gives a new binary stream from the first byte; the reader closes it. It may be called
            more than once and may raise OSError.
    """

    name: str
    folder: str = attrs.field(default="", repr=False)
    open: Callable[[], BinaryIO] = attrs.field(eq=False, repr=False)


@attrs.frozen(kw_only=True)
class ColumnUnit:
    """What the values of a column mean, which its heading alone may not tell."""

    name: str = attrs.field(validator=attrs.validators.min_len(1))
    unit: Unit


@attrs.frozen(kw_only=True)
class ReadOptions:
    """
    What the caller knows better than the file; None leaves it to the file or the format.

    What means nothing for a format (`Format.takes`) is refused, so that no option stands in a
    report that nobody looked at.

    Attributes:
        format: id of the format, instead of telling it from the content.
        zone: the zone of the person's clock.
        unit: what a value means; of a source with several streams, the one that is read.
        epoch_s: length of an epoch, s.
        device: maker and model.
        placement: where the device was worn.
        participant: label of the person; for tables of several people it goes before each label.
        time_column: heading of the column of times.
        value_column: heading of the column of values.
        date_order: how dates are written.
        wear: a table of wear flags that belongs to the recording.
        columns: the columns of a table that are read, each as a stream; empty to tell them from
            their headings.
    """

    format: str | None = None
    zone: ZoneInfo | None = None
    unit: Unit | None = None
    epoch_s: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.ge(1))
    )
    device: str | None = None
    placement: Placement | None = None
    participant: str | None = attrs.field(default=None, repr=False)
    time_column: str | None = None
    value_column: str | None = None
    date_order: DateOrder | None = None
    wear: Source | None = None
    columns: tuple[ColumnUnit, ...] = ()


@attrs.frozen(kw_only=True)
class Format:
    """
    A kind of file.

    Attributes:
        id: stable name, for `ReadOptions.format`.
        title: for people.
        holds: unit, device and placement that the format implies, in words.
        takes: the options of `ReadOptions` that mean something for it, beside those that every
            format takes: zone, unit, device, placement and participant.
    """

    id: str
    title: str
    holds: str
    takes: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Notice:
    """
    Something that a reader took for granted and that a reader of the results must know.

    Attributes:
        code: stable name, for machines.
        text: what was assumed and how to say it otherwise.
    """

    code: str
    text: str


@attrs.frozen(kw_only=True)
class Recording:
    """
    One person's recording out of a file.

    Attributes:
        participant: label of the person in the file.
        series: the activity on its grid.
        report: what laying it on the grid took.
        digest: SHA-256 (hex) of the file's bytes as stored, packed or not.
        format: id of the format it was read as.
        notices: what was assumed, in a stable order.
    """

    participant: str = attrs.field(repr=False)
    series: ActivitySeries
    report: RegridReport
    digest: str
    format: str
    notices: tuple[Notice, ...] = ()


@runtime_checkable
class Recordings(Protocol):
    """
    Reads recordings of one or more formats.

    Reading is all or nothing: either every recording of the source is returned or an error is
    raised. The same bytes with the same options give equal recordings. A reader keeps no state
    between calls, may be used from several threads, and never writes.
    """

    __slots__ = ()

    @abstractmethod
    def formats(self) -> tuple[Format, ...]:
        """The formats that this reader reads, most specific first; at least one."""
        ...

    @abstractmethod
    def sniff(self, head: bytes) -> Format | None:
        """
        The one of the reader's formats that the content looks like, or None.

        Args:
            head: the first bytes of the content, unpacked (64 KiB, or all when there is less); it
                may end inside a line. Any bytes are allowed; nothing is ever raised.
        """
        ...

    @abstractmethod
    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """
        Every recording of the source, one per person, in the order in which they begin in it.

        A source packed with gzip is unpacked, whatever its name. Cells that are empty or say NA,
        NaN, null, none or a lone dash are missing values (NaN), never zero. Memory is bounded: what
        has more values than is set (10 million), more unpacked bytes than is set (1 GiB), or grows
        more than 200-fold beyond 64 MiB when it is unpacked, is refused, never cut.
        The refusal comes at most 64 KiB beyond the limit.

        Args:
            source: where the bytes are.
            options: what the caller knows better than the file.

        Returns:
            At least one recording, each with at least one value that is not missing.

        Raises:
            UnreadableRecording: one of its kinds; it names the source, and the line where one is
                to blame.
        """
        ...
