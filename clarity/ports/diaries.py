"""Sleep diaries from outside: when people went to bed and got up."""

from abc import abstractmethod
from typing import ClassVar, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from clarity.domain.sleep.diary import DiaryNight
from clarity.ports.recordings import Source
from clarity.ports.unreadable import UnreadableRecording

__all__ = ["Diaries", "DiaryColumns", "DiaryZone", "SkippedHour", "UnparsableNight"]


class DiaryColumns(UnreadableRecording):
    """A diary without the columns that make a night."""

    code: ClassVar[str] = "diary.no-column"
    problem: ClassVar[str] = "a column is missing or comes twice"
    expected: ClassVar[str] = "`bed` and `up`, with `date` where they are clock times"
    advice: ClassVar[str] = "name the columns so, and `participant` where there are several"


class UnparsableNight(UnreadableRecording):
    """A line of a diary is no night."""

    code: ClassVar[str] = "diary.line"
    problem: ClassVar[str] = "this line is no night"
    expected: ClassVar[str] = "times like 2003-05-07T23:15, or a date and times like 23:15"
    advice: ClassVar[str] = "correct or remove the line"


class DiaryZone(UnreadableRecording):
    """A diary has times without a zone."""

    code: ClassVar[str] = "diary.no-zone"
    problem: ClassVar[str] = "the diary does not say in which time zone its times are"
    expected: ClassVar[str] = "an IANA time zone, or times with an offset"
    advice: ClassVar[str] = "say it with --tz, for example --tz Europe/Oslo"


class SkippedHour(UnreadableRecording):
    """A time of a diary lies in the hour that the clock change skips."""

    code: ClassVar[str] = "diary.skipped-hour"
    problem: ClassVar[str] = "this time does not exist, the clock was changed that night"
    expected: ClassVar[str] = "a time before or after the hour that was skipped"
    advice: ClassVar[str] = "correct the line"


@runtime_checkable
class Diaries(Protocol):
    """Reads diaries."""

    __slots__ = ()

    @abstractmethod
    def read(self, source: Source, *, zone: ZoneInfo | None) -> tuple[DiaryNight, ...]:
        """
        The nights of a diary, line by line.

        Times without an offset are meant in `zone`; in the hour that a clock change repeats they
        mean its first pass. Whether the nights contradict each other is not looked at.

        Raises:
            DiaryZone: a time has no offset and `zone` is None.
            DiaryColumns, UnparsableNight, SkippedHour: what is wrong with it, and in which line.
            UnreadableRecording: it cannot be opened, is no text, or is larger than any diary.
        """
        ...
