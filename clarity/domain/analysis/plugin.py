"""The contract of an analysis; others are found under the entry point `clarity.analyses`."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.result import Written
from clarity.domain.findings import Parameter
from clarity.domain.sleep.diary import Diary

__all__ = ["Analysis", "TakesDiary"]


@runtime_checkable
class Analysis(Protocol):
    """
    A pure function from a recording to findings, with a name and a version.

    `run` neither reads nor writes anything but its argument; the same series gives the same answer.
    What it cannot compute it says as an absent finding with a reason; it raises only when the
    recording as a whole breaks its contract (wrong unit), a `DomainError`.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def id(self) -> str:
        """Stable name, for example `clarity.rhythm`."""
        ...

    @property
    @abstractmethod
    def version(self) -> str:
        """Changes whenever the same input could give another answer."""
        ...

    @property
    @abstractmethod
    def parameters(self) -> Mapping[str, Parameter]:
        """Every setting that changes the answer."""
        ...

    @abstractmethod
    def run(self, series: ActivitySeries) -> Written:
        """What the analysis has to say about `series`."""
        ...


@runtime_checkable
class TakesDiary(Protocol):
    """What an analysis offers beside `Analysis` that can use a sleep diary."""

    __slots__ = ()

    @abstractmethod
    def with_diary(self, diary: Diary) -> Analysis:
        """The same analysis of a person who kept `diary`, named in its parameters by digest."""
        ...
