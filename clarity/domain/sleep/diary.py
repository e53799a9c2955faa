"""A sleep diary: when a person went to bed and got up."""

import hashlib
import itertools
from collections.abc import Iterable
from datetime import UTC, timedelta
from typing import ClassVar, Final

import attrs

from clarity.domain.errors import DomainError
from clarity.domain.sleep.nights import evening_of
from clarity.domain.timeline import TimeWindow

__all__ = ["LONGEST_IN_BED", "BadDiary", "Diary", "DiaryNight"]

LONGEST_IN_BED: Final = timedelta(hours=24)
"""A longer time in bed is a slip of the pen (our choice)."""


@attrs.define(eq=False)
class BadDiary(DomainError):
    """The nights of a diary contradict each other or themselves."""

    code: ClassVar[str] = "diary.contradiction"
    number: int
    problem: str

    def __str__(self) -> str:
        return f"night {self.number} of the diary {self.problem}; correct the diary"


@attrs.frozen(kw_only=True)
class DiaryNight:
    """
    A line of a diary.

    Attributes:
        participant: whose night, None where the diary is of one person and does not say.
        window: from going to bed to getting up.
    """

    participant: str | None = attrs.field(default=None, repr=False)
    window: TimeWindow = attrs.field(repr=False)


def _in_order(windows: Iterable[TimeWindow]) -> tuple[TimeWindow, ...]:
    return tuple(sorted(windows, key=lambda window: (window.start, window.end)))


@attrs.frozen(kw_only=True)
class Diary:
    """
    The nights of one person.

    One window per evening (noon to noon), none longer than 24 h, none overlapping another.

    Attributes:
        windows: from going to bed to getting up, by time.
    """

    windows: tuple[TimeWindow, ...] = attrs.field(converter=_in_order, repr=False)

    def __attrs_post_init__(self) -> None:
        """
        The nights can all be true.

        Raises:
            BadDiary: one is empty or too long, or two overlap or are of one evening.
        """
        for number, window in enumerate(self.windows, start=1):
            if not timedelta(0) < window.end - window.start <= LONGEST_IN_BED:
                raise BadDiary(number, "has no length or more than 24 h")
        for number, (one, later) in enumerate(itertools.pairwise(self.windows), start=2):
            if later.start < one.end:
                raise BadDiary(number, "begins before the one before it ends")
            if evening_of(one, one.start) == evening_of(later, later.start):
                raise BadDiary(number, "is of the same evening as the one before it")

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over all instants."""
        instants = [t.astimezone(UTC).isoformat() for w in self.windows for t in (w.start, w.end)]
        return hashlib.sha256("\n".join(instants).encode()).hexdigest()
