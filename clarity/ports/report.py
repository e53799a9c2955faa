"""Results for people and for other programs: what is shown, and who draws it."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

import attrs

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.audit import AuditRecord
from clarity.domain.identity import PatientId
from clarity.domain.pat.answer import ModelReply
from clarity.domain.streams import StreamKind

__all__ = [
    "DOCUMENTS",
    "RESULTS",
    "AuditFormat",
    "AuditRenderer",
    "Document",
    "Entry",
    "MadeOf",
    "Origin",
    "Refused",
    "Renderer",
    "Report",
]

RESULTS: Final = "results.json"
"""The document about a participant that says everything, for programs."""

DOCUMENTS: Final = ("report.html", "nights.csv", RESULTS)
"""The documents about a participant; the last one says that the others are there."""


@attrs.frozen(kw_only=True)
class Origin:
    """
    A file that a report is made of.

    Attributes:
        name: last part of its path.
        folder: SHA-256 (hex) of the path of its folder; empty when nobody said where it lies.
        digest: SHA-256 (hex) of its bytes, packed or not.
        recordings: how many recordings it holds.
    """

    name: str
    folder: str = ""
    digest: str
    recordings: int


@attrs.frozen(kw_only=True)
class MadeOf:
    """
    What a report is made of, so that a later run can tell whether it would make the same.

    Attributes:
        patient: the person as the store knows them.
        stream: what was measured.
        first: first local day.
        last: last local day, included.
        origins: the files, in the order in which they were stored.
        recipe: SHA-256 (hex) of how files were read and what else was asked.
    """

    patient: PatientId
    stream: StreamKind
    first: date
    last: date
    origins: tuple[Origin, ...] = attrs.field(repr=False)
    recipe: str


@attrs.frozen(kw_only=True)
class Report:
    """
    One participant's recording with what is known about it.

    Attributes:
        participant: label shown to the reader.
        source: name of the file, or files, it came from.
        series: the recording that was analyzed.
        result: what the analyses say.
        notices: what was assumed or mended while reading, in words.
        replaced: epochs whose stored value was replaced by another on the way.
        settings: what the caller chose, for the reader to see.
        made_at: when, aware.
        made_of: what it is made of.
        model: what a model says about the recording; None when none was asked.
    """

    participant: str = attrs.field(repr=False)
    source: str
    series: ActivitySeries
    result: AnalysisResult
    notices: tuple[str, ...] = ()
    replaced: int = 0
    settings: Mapping[str, str] = attrs.field(hash=False)
    made_at: datetime
    made_of: MadeOf
    model: ModelReply | None = None


@attrs.frozen(kw_only=True)
class Entry:
    """
    One participant of an overview: what the results.json in a folder says.

    Attributes:
        folder: where the participant's documents lie; empty for the output folder itself.
        participant: label shown to the reader.
        source: name of the file, or files, it came from.
        made_of: what it is made of.
        notices: what was assumed or mended while reading, in words.
        replaced: epochs whose stored value was replaced by another on the way.
        findings: value, or None, of every metric.
        fingerprint: of the result.
        results: the document.
    """

    folder: str = attrs.field(repr=False)
    participant: str = attrs.field(repr=False)
    source: str = attrs.field(repr=False)
    made_of: MadeOf
    notices: tuple[str, ...] = attrs.field(repr=False)
    replaced: int
    findings: Mapping[str, float | None] = attrs.field(hash=False, repr=False)
    fingerprint: str
    results: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Refused:
    """
    A file of a batch, or what it holds of one person, that could not be analyzed.

    Attributes:
        source: name of the file.
        participant: label of the person, empty when the whole file is meant.
        code: the stable code of the error.
        reason: the error in words.
    """

    source: str
    participant: str = attrs.field(default="", repr=False)
    code: str
    reason: str


@attrs.frozen
class Document:
    """A rendered file: its name, relative to the output folder, and its content."""

    name: str
    content: bytes


@runtime_checkable
class Renderer(Protocol):
    """Draws reports. The same report gives the same bytes."""

    __slots__ = ()

    @abstractmethod
    def participant(self, report: Report) -> tuple[Document, ...]:
        """
        The documents about one participant: report.html, nights.csv, results.json.

        Every evening has its night or the reason why it has none in all three, and its main rests.
        """
        ...

    @abstractmethod
    def entry(self, results: bytes, *, folder: str) -> Entry:
        """
        What the results.json that `participant` made says, for an overview.

        Args:
            results: the document.
            folder: where it lies; empty for the output folder itself.

        Raises:
            Corrupt: `participant` did not make it.
        """
        ...

    @abstractmethod
    def batch(self, entries: Sequence[Entry], refused: Sequence[Refused]) -> tuple[Document, ...]:
        """
        The documents over everything: summary.csv (a row each) and refused.csv (all refused).

        When the participants have folders of their own also report.html (an overview with links),
        results.json (the findings of all) and nights.csv (all nights); a single participant whose
        documents lie in the output folder itself already has these there. When nobody was analyzed
        there is refused.csv alone.

        Args:
            entries: what was analyzed, in the order to show.
            refused: what was not, and why.
        """
        ...


class AuditFormat(StrEnum):
    """How audit records are written for a reader."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    HTML = "html"


@runtime_checkable
class AuditRenderer(Protocol):
    """Writes audit records for people and for spreadsheets, without holding them all."""

    __slots__ = ()

    @abstractmethod
    def render(self, records: Iterable[AuditRecord], *, format_: AuditFormat) -> Iterator[bytes]:
        """
        Pieces of the document, as the records come.

        CSV has a header and a row per record; JSON is one array of objects with the exact body and
        hash (hex), enough to verify the chain, and JSONL has such an object in each line; HTML is
        one self-contained page.

        Raises:
            UnreadableRecord: the body of a record is not one that clarity writes.
        """
        ...
