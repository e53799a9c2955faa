"""
Why a recording cannot be read: one error per kind of trouble.

Each names the file, the line where there is one, what was expected and what to do. None of them
shows a cell of the file: cells are health data.
"""

from typing import ClassVar

import attrs

from clarity.ports.errors import PortError

__all__ = [
    "AbsurdDate",
    "AmbiguousColumn",
    "AmbiguousDates",
    "ContradictoryTimes",
    "DamagedArchive",
    "DamagedFile",
    "EmptyRecording",
    "HostileFile",
    "IncompleteDay",
    "MisencodedText",
    "MissingUnit",
    "MissingZone",
    "NegativeValue",
    "NoSamples",
    "NoSuchColumn",
    "NotText",
    "OddEpoch",
    "PackedFile",
    "Spreadsheet",
    "TooBig",
    "TooCoarse",
    "TooFineEpoch",
    "UnboundedValue",
    "UnevenTimes",
    "UnknownFormat",
    "UnopenableFile",
    "UnparsableLine",
    "UnreadableRecording",
    "UnusedOption",
    "WearTable",
]


@attrs.define(eq=False, kw_only=True)
class UnreadableRecording(PortError):
    """
    A file that cannot be taken as a recording.

    Attributes:
        file: its name, as the caller knows it.
        line: the line, counted from 1, or 0 when the trouble has no single line.
        detail: which column, which limit, how many: never the content of a cell.
    """

    code: ClassVar[str] = "recording.unreadable"
    problem: ClassVar[str] = "this cannot be read"
    expected: ClassVar[str] = "a recording"
    advice: ClassVar[str] = "see `clarity formats` for what can be read"

    file: str
    line: int = 0
    detail: str = ""

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" if self.line else self.file
        detail = f" ({self.detail})" if self.detail else ""
        return f"{where}: {self.problem}{detail}; expected {self.expected}; {self.advice}"


class UnopenableFile(UnreadableRecording):
    """The file is not there, or may not be read."""

    code: ClassVar[str] = "recording.unopenable"
    problem: ClassVar[str] = "this cannot be opened"
    expected: ClassVar[str] = "a file that exists and may be read"
    advice: ClassVar[str] = "check the path and the permissions"


class EmptyRecording(UnreadableRecording):
    """The file has no byte."""

    code: ClassVar[str] = "recording.empty"
    problem: ClassVar[str] = "the file is empty"
    advice: ClassVar[str] = "export it again"


class NoSamples(UnreadableRecording):
    """There is a heading but no value under it."""

    code: ClassVar[str] = "recording.no-samples"
    problem: ClassVar[str] = "there is not one value in it"
    expected: ClassVar[str] = "lines with a time and a value"
    advice: ClassVar[str] = "export it again, or name the value column with --value-column"


class NotText(UnreadableRecording):
    """The file is binary."""

    code: ClassVar[str] = "recording.not-text"
    problem: ClassVar[str] = "this is no text"
    expected: ClassVar[str] = "a table as text, or such a table packed with gzip"
    advice: ClassVar[str] = "export the recording as CSV"


class PackedFile(UnreadableRecording):
    """The file is a zip file whose parts no reader knows: a packed table."""

    code: ClassVar[str] = "recording.packed"
    problem: ClassVar[str] = "this is a zip file, and no reader knows what is in it"
    expected: ClassVar[str] = "a table, or the zip file of an Apple Health export or an ActiGraph"
    advice: ClassVar[str] = "unpack it and give what is in it"


class Spreadsheet(UnreadableRecording):
    """The file is a workbook of a spreadsheet program."""

    code: ClassVar[str] = "recording.spreadsheet"
    problem: ClassVar[str] = "this is a workbook of Excel or another spreadsheet"
    expected: ClassVar[str] = "a table as text"
    advice: ClassVar[str] = "open it there and save the sheet as CSV UTF-8"


class MisencodedText(UnreadableRecording):
    """The text is in no known encoding."""

    code: ClassVar[str] = "recording.encoding"
    problem: ClassVar[str] = "some bytes are no UTF-8"
    expected: ClassVar[str] = "UTF-8 or UTF-16"
    advice: ClassVar[str] = (
        "save the file as UTF-8, or convert it: `iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW`, where "
        "a Western European Windows wrote it"
    )


class DamagedArchive(UnreadableRecording):
    """The packed file is cut short or damaged."""

    code: ClassVar[str] = "recording.damaged"
    problem: ClassVar[str] = "the packed file is cut short or damaged"
    expected: ClassVar[str] = "a whole gzip file"
    advice: ClassVar[str] = "copy it again from where it came"


class DamagedFile(UnreadableRecording):
    """The file is of a known format, but cut short or damaged."""

    code: ClassVar[str] = "recording.damaged-file"
    problem: ClassVar[str] = "the file is cut short or damaged"
    expected: ClassVar[str] = "the whole file, as the device or the app wrote it"
    advice: ClassVar[str] = "copy it again from where it came, or export it again"


class HostileFile(UnreadableRecording):
    """The file holds what no device or app writes and what only attacks need."""

    code: ClassVar[str] = "recording.hostile"
    problem: ClassVar[str] = "the file holds what no device or app writes"
    expected: ClassVar[str] = "plain data without entities, views or links"
    advice: ClassVar[str] = "do not trust where it came from; export it again"


class TooBig(UnreadableRecording):
    """A limit on size is exceeded; nothing beyond it was read."""

    code: ClassVar[str] = "recording.too-big"
    problem: ClassVar[str] = "this is bigger than a recording is"
    expected: ClassVar[str] = "less than that"
    advice: ClassVar[str] = (
        "split the file by person or time; bytes and values have the settings max_file_bytes and "
        "max_file_values (--max-file-bytes, --max-file-values)"
    )


class UnknownFormat(UnreadableRecording):
    """No reader recognizes the content, or the format asked for does not exist."""

    code: ClassVar[str] = "recording.unknown-format"
    problem: ClassVar[str] = "no reader knows this format"
    expected: ClassVar[str] = "a table with a time and a value in each line"
    advice: ClassVar[str] = "see `clarity formats`, and say which one it is with --format"


class NoSuchColumn(UnreadableRecording):
    """A column that is needed is not there."""

    code: ClassVar[str] = "recording.no-column"
    problem: ClassVar[str] = "a column is missing"
    expected: ClassVar[str] = "one column of times and one of values"
    advice: ClassVar[str] = "name them with --time-column and --value-column"


class AmbiguousColumn(UnreadableRecording):
    """Several columns could be the one."""

    code: ClassVar[str] = "recording.ambiguous-column"
    problem: ClassVar[str] = "several columns could hold the values"
    expected: ClassVar[str] = "one of them to be named"
    advice: ClassVar[str] = (
        "say which with --value-column, or each with its unit, for example --column HR=beats/min"
    )


class UnparsableLine(UnreadableRecording):
    """A line does not follow the pattern of the table."""

    code: ClassVar[str] = "recording.line"
    problem: ClassVar[str] = "this line cannot be understood"
    expected: ClassVar[str] = "a time and a number as in the lines before it"
    advice: ClassVar[str] = "correct or remove the line"


class MissingUnit(UnreadableRecording):
    """What the values of a column mean is not known."""

    code: ClassVar[str] = "recording.no-unit"
    problem: ClassVar[str] = "the file does not say what its values are"
    expected: ClassVar[str] = "a unit"
    advice: ClassVar[str] = (
        "say it with --unit, or for each column with --column, for example --column HRV=rmssd-ms"
    )


class MissingZone(UnreadableRecording):
    """The zone of the person's clock is not known."""

    code: ClassVar[str] = "recording.no-zone"
    problem: ClassVar[str] = "the file does not say in which time zone the person lived"
    expected: ClassVar[str] = "an IANA time zone"
    advice: ClassVar[str] = "say it with --tz, for example --tz Europe/Oslo"


class AmbiguousDates(UnreadableRecording):
    """Every date can be read day first and month first, or some contradict each other."""

    code: ClassVar[str] = "recording.ambiguous-dates"
    problem: ClassVar[str] = "the order of day and month cannot be told"
    expected: ClassVar[str] = "dates as 2003-05-07, or one order that fits them all"
    advice: ClassVar[str] = "say it with --dates dmy or --dates mdy"


class AbsurdDate(UnreadableRecording):
    """A date lies outside the years in which such recordings are made."""

    code: ClassVar[str] = "recording.absurd-date"
    problem: ClassVar[str] = "this date cannot be right"
    expected: ClassVar[str] = "a year from 1980 to 2100"
    advice: ClassVar[str] = "correct or remove the line"


class NegativeValue(UnreadableRecording):
    """An amount of activity is below zero."""

    code: ClassVar[str] = "recording.negative"
    problem: ClassVar[str] = "a value is below zero"
    expected: ClassVar[str] = "zero or more, and an empty cell where nothing was measured"
    advice: ClassVar[str] = "empty the cells whose number stands for `missing`"


class UnboundedValue(UnreadableRecording):
    """A value is infinite or beyond any device."""

    code: ClassVar[str] = "recording.unbounded"
    problem: ClassVar[str] = "a value is infinite or beyond any device"
    expected: ClassVar[str] = "at most 1e9, and an empty cell where nothing was measured"
    advice: ClassVar[str] = "correct or remove the line"


class UnevenTimes(UnreadableRecording):
    """The times make no even recording."""

    code: ClassVar[str] = "recording.uneven-times"
    problem: ClassVar[str] = "the times make no even recording"
    expected: ClassVar[str] = "evenly spaced times, 1 s to 30 min apart"
    advice: ClassVar[str] = "split the file, or say how long an epoch is with --epoch"


class OddEpoch(UnreadableRecording):
    """No whole number of epochs makes a day."""

    code: ClassVar[str] = "recording.odd-epoch"
    problem: ClassVar[str] = "a day is no whole number of these epochs"
    expected: ClassVar[str] = "an epoch that divides the day, as 5 s, 30 s or 60 s"
    advice: ClassVar[str] = "export the recording at another epoch, or say it with --epoch"


class TooFineEpoch(UnreadableRecording):
    """The given epoch is shorter than the steps of the recording."""

    code: ClassVar[str] = "recording.too-fine-epoch"
    problem: ClassVar[str] = "the given epoch is shorter than the steps between the times"
    expected: ClassVar[str] = "an epoch as long as a step"
    advice: ClassVar[str] = "leave --epoch out, or give it as long as a step"


class TooCoarse(UnreadableRecording):
    """The table holds sums of hours or days."""

    code: ClassVar[str] = "recording.too-coarse"
    problem: ClassVar[str] = "this table holds sums of hours or days"
    expected: ClassVar[str] = "a value for every half hour or oftener"
    advice: ClassVar[str] = (
        "export the table of minutes: of Fitbit minuteStepsWide or minuteStepsNarrow"
    )


class ContradictoryTimes(UnreadableRecording):
    """Too many times come again with other values: several people or devices in one table."""

    code: ClassVar[str] = "recording.contradictory-times"
    problem: ClassVar[str] = "times come again with other values"
    expected: ClassVar[str] = "one person and one device in the table"
    advice: ClassVar[str] = "split the file by person and device"


class IncompleteDay(UnreadableRecording):
    """A person's day has not the minutes that the format promises."""

    code: ClassVar[str] = "recording.incomplete-day"
    problem: ClassVar[str] = "a day has not 1,440 minutes"
    expected: ClassVar[str] = "every minute of each day, in order, in one block"
    advice: ClassVar[str] = "take the table as published, without lines removed"


class UnusedOption(UnreadableRecording):
    """The caller says something that means nothing for the format of the recording."""

    code: ClassVar[str] = "recording.unused-option"
    problem: ClassVar[str] = "an option means nothing for the format of this recording"
    expected: ClassVar[str] = "only options that the format takes"
    advice: ClassVar[str] = "leave the option out, or say with --format what the recording is"


class WearTable(UnreadableRecording):
    """The table holds wear flags, not activity, or flags that are neither 0 nor 1."""

    code: ClassVar[str] = "recording.wear-table"
    problem: ClassVar[str] = "wear flags and activity are mixed up"
    expected: ClassVar[str] = "activity in the recording, and only 0 and 1 in the wear table"
    advice: ClassVar[str] = "give the wear table with --wear, beside the recording"
