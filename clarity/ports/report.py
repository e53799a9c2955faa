"""Results for people and for other programs: what is shown, and who draws it."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

import attrs

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.result import AnalysisResult

__all__ = ["Document", "Refused", "Renderer", "Report"]


@attrs.frozen(kw_only=True)
class Report:
    """
    One participant's recording with what is known about it.

    Attributes:
        participant: label shown to the reader.
        source: name of the file it came from.
        series: the recording that was analyzed.
        result: what the analyses say.
        settings: what the caller chose, for the reader to see.
        made_at: when, aware.
    """

    participant: str
    source: str
    series: ActivitySeries
    result: AnalysisResult
    settings: Mapping[str, str] = attrs.field(hash=False)
    made_at: datetime


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
        """The documents about one participant: report.html, results.json, nights.csv."""
        ...

    @abstractmethod
    def batch(
        self, reports: Sequence[Report], refused: Sequence[Refused], *, folders: Mapping[str, str]
    ) -> tuple[Document, ...]:
        """
        The documents over several participants: index.html, summary.csv (a row each), nights.csv.

        Args:
            reports: what was analyzed, in the order to show.
            refused: what was not, and why.
            folders: for each participant the folder of its own documents, for links.
        """
        ...
