"""Whose each row of a table is: people told apart by a column of their labels."""

from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._table import Batch, Heading, labels
from clarity.domain.actigraphy.regrid import MAX_EPOCHS
from clarity.ports.recordings import Notice, Recording
from clarity.ports.unreadable import TooBig, UnparsableLine

__all__ = ["Everyone", "People", "Rows", "is_of_people", "person_column"]

Rows = npt.NDArray[np.int64] | slice
"""Some rows of a table, as an index of what was read of each."""

_MAX_PEOPLE: Final = 100_000
_KEYS: Final = frozenset(
    {"id", "person", "personid", "participant", "participantid", "subject", "subjectid"}
    | {"patient", "patientid", "user", "userid"}
)


def is_of_people(key: str) -> bool:
    """Whether a folded heading says that labels of people stand below it."""
    return key in _KEYS


def person_column(heading: Heading, taken: frozenset[int | None] = frozenset()) -> int | None:
    """The first column of labels that is not taken for something else, None when there is none."""
    free = (i for i, key in enumerate(heading.keys) if i not in taken and is_of_people(key))
    return next(free, None)


@attrs.define(kw_only=True)
class People:
    """
    The labels of all rows.

    Attributes:
        column: the column of the labels, None when the table is one person's.
        file: name for errors.
        certain: whether the format says that they are people; else a column in which no label comes
            twice is taken for the numbers of the rows, which tell nobody apart.
    """

    column: int | None
    file: str
    certain: bool = True
    _numbers: dict[str, int] = attrs.field(factory=dict)
    _taken: list[npt.NDArray[np.int32]] = attrs.field(factory=list)
    _rows: int = 0
    _unnamed: int = 0

    def take(self, batch: Batch) -> None:
        """
        The labels of the next rows.

        Raises:
            UnparsableLine: a row is too short, or a label longer than 128 characters.
            TooBig: there are more than 100,000 people.
        """
        self._rows += len(batch.rows)
        if self.column is None:
            return
        names = labels(batch, self.column, self.file)
        if not self._unnamed and "" in names:
            self._unnamed = batch.lines[names.index("")]
        known = self._numbers
        numbers = [known.setdefault(name, len(known)) for name in names]
        self._taken.append(np.array(numbers, dtype=np.int32))
        if len(known) <= _MAX_PEOPLE:
            return
        if not self._number_the_rows:
            raise TooBig(file=self.file, detail=f"more than {_MAX_PEOPLE:,} people")
        self.column = None

    @property
    def _number_the_rows(self) -> bool:
        return not self.certain and len(self._numbers) == self._rows

    @property
    def tell_apart(self) -> bool:
        """Whether the labels say whose each row is; else all are one person's without a label."""
        if self.column is None or set(self._numbers) == {""}:
            return False
        return self.certain or (len(self._numbers) > 1 and not self._number_the_rows)

    def rows(self) -> tuple[tuple[str | None, Rows], ...]:
        """
        Labels, and the rows of each in the order of the table; None for a person without a label.

        Raises:
            UnparsableLine: a row has no label, and others have.
        """
        if not self.tell_apart:
            return ((None, slice(None)),)
        if self._unnamed:
            detail = "the label of the person"
            raise UnparsableLine(file=self.file, line=self._unnamed, detail=detail)
        who = np.concatenate(self._taken)
        order = np.argsort(who, kind="stable")
        begins = np.searchsorted(who[order], np.arange(1, len(self._numbers)))
        return tuple(zip(self._numbers, np.split(order, begins), strict=True))

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What is to be said of a column that was taken for people's labels."""
        if self.certain or not self.tell_apart:
            return ()
        text = (
            f"a column of labels tells {len(self._numbers):,} people apart, each is read alone; "
            f"take the column out of the table if it is all one person's"
        )
        return (Notice(code="people-told-apart", text=text),)


@attrs.define(kw_only=True)
class Everyone:
    """
    The recordings of a table, bounded together.

    Attributes:
        file: name for errors.
        max_values: how many values a source may have.
    """

    file: str
    max_values: int
    _epochs: int = 0

    def add(self, recording: Recording) -> Recording:
        """
        The recording, counted with its gaps.

        Raises:
            TooBig: all together have too many epochs: wild stamps of many people fill memory.
        """
        self._epochs += recording.report.epochs
        most = max(self.max_values, MAX_EPOCHS)
        if self._epochs > most:
            raise TooBig(file=self.file, detail=f"more than {most:,} epochs with the gaps")
        return recording
