"""The adapters of port Diaries."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Final

import attrs

from clarity.adapters.files.diary import LIMITS, CsvDiaries
from clarity.ports.diaries import Diaries
from clarity.ports.recordings import Source
from tests.support.recordings import source_of

__all__ = ["OPENERS", "DiariesHarness", "Opener", "Row"]

Row = Mapping[str, str]
"""The cells of a line by their heading."""


@attrs.frozen(kw_only=True)
class DiariesHarness:
    """
    A reader, and what makes its files.

    Attributes:
        diaries: the reader.
        of: a diary of these lines, the first of them being line 2.
        largest: bytes of the largest diary that is read.
    """

    diaries: Diaries
    of: Callable[[Sequence[Row]], Source]
    largest: int


Opener = Callable[[], AbstractContextManager[DiariesHarness]]


def _csv(rows: Sequence[Row]) -> Source:
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    return source_of("\n".join(lines) + "\n", "diary.csv")


OPENERS: Final[dict[str, Opener]] = {
    "csv": lambda: nullcontext(
        DiariesHarness(diaries=CsvDiaries(), of=_csv, largest=LIMITS.max_bytes)
    )
}
