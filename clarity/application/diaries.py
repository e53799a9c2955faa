"""Whose nights those of a diary are."""

from collections.abc import Collection, Iterator, Sequence
from typing import ClassVar, Final

import attrs

from clarity.domain.errors import DomainError
from clarity.domain.sleep.diary import Diary, DiaryNight
from clarity.ports.report import Refused

__all__ = ["DiaryOfNobody", "diary_of", "of_strangers"]

NAME: Final = "diary"
"""What stands for the diary where a refusal names its source."""


@attrs.define(eq=False)
class DiaryOfNobody(DomainError):
    """A diary does not say whose it is, and more than one person may be meant."""

    code: ClassVar[str] = "diary.whose"

    def __str__(self) -> str:
        return (
            "the diary does not say whose nights it holds, and the recordings may be of several "
            "people; add a column `participant` with the labels of the recordings"
        )


def diary_of(nights: Sequence[DiaryNight], person: str, *, people: int) -> Diary | None:
    """
    The diary of `person`; None when it has no night of theirs.

    Args:
        nights: of everybody.
        person: label of the recording.
        people: of how many the recordings may be.

    Raises:
        DiaryOfNobody: nights without a name, and not certainly one person.
        BadDiary: the nights contradict each other.
    """
    if any(night.participant is None for night in nights) and people > 1:
        raise DiaryOfNobody
    windows = [night.window for night in nights if night.participant in (None, person)]
    return Diary(windows=windows) if windows else None


def of_strangers(nights: Sequence[DiaryNight], people: Collection[str]) -> Iterator[Refused]:
    """A refusal when the diary names people without a recording here."""
    named = {night.participant for night in nights if night.participant is not None}
    if count := len(named - set(people)):
        reason = f"{count} participants of the diary have no recording here; compare their labels"
        yield Refused(source=NAME, code="diary.unknown-participant", reason=reason)
