"""Results for people and for other programs: what is shown, and who draws it."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

import attrs

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.audit import AuditRecord
from clarity.domain.pat.answer import ModelReply

__all__ = ["AuditFormat", "AuditRenderer", "Document", "Refused", "Renderer", "Report"]


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
        settings: what the caller chose, for the reader to see.
        made_at: when, aware.
        model: what a model says about the recording; None when none was asked.
    """

    participant: str = attrs.field(repr=False)
    source: str
    series: ActivitySeries
    result: AnalysisResult
    notices: tuple[str, ...] = ()
    settings: Mapping[str, str] = attrs.field(hash=False)
    made_at: datetime
    model: ModelReply | None = None


@attrs.frozen(kw_only=True)
class Refused:
    """
    A file of a batch that could not be analyzed.

    Attributes:
        source: its name.
        code: the stable code of the error.
        reason: the error in words.
    """

    source: str
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
        The documents about one participant: report.html, results.json, nights.csv.

        Every evening has its night or the reason why it has none in all three, and its main rests.
        """
        ...

    @abstractmethod
    def batch(
        self, reports: Sequence[Report], refused: Sequence[Refused], *, folders: Mapping[str, str]
    ) -> tuple[Document, ...]:
        """
        The documents over everything: summary.csv (a row each) and refused.csv (all refused).

        When the participants have folders of their own also report.html (an overview with links),
        results.json (the findings of all) and nights.csv (all nights); a single participant whose
        documents lie in the output folder itself already has these there.

        Args:
            reports: what was analyzed, in the order to show.
            refused: what was not, and why.
            folders: for each participant the folder of its own documents, empty for the output
                folder itself.
        """
        ...


class AuditFormat(StrEnum):
    """How audit records are written for a reader."""

    CSV = "csv"
    JSON = "json"
    HTML = "html"


@runtime_checkable
class AuditRenderer(Protocol):
    """Writes audit records for people and for spreadsheets, without holding them all."""

    __slots__ = ()

    @abstractmethod
    def render(self, records: Iterable[AuditRecord], *, format_: AuditFormat) -> Iterator[bytes]:
        """
        Pieces of the document, as the records come.

        CSV has a header and a row per record; JSON is one object per line with the exact body and
        hash (hex), enough to verify the chain; HTML is one self-contained page.

        Raises:
            UnreadableRecord: the body of a record is not one that clarity writes.
        """
        ...
