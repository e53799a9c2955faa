"""Tables made for tests: sources in memory and rows of minutes."""

import gzip
import io
from datetime import datetime, timedelta

import numpy as np

from clarity.ports.recordings import ReadOptions, Recording, Recordings, Source

MINUTES = 1_440


def source_of(content: bytes | str, name: str = "folder/person_7.csv") -> Source:
    """A source with these bytes; text is UTF-8."""
    data = content.encode() if isinstance(content, str) else content
    return Source(name=name, open=lambda: io.BytesIO(data))


def read_one(reader: Recordings, content: bytes | str, options: ReadOptions) -> Recording:
    """The only recording of the content."""
    (recording,) = reader.read(source_of(content), options=options)
    return recording


def stamped(n: int, *, start: str = "2003-05-07T12:00", step_s: int = 60) -> list[str]:
    """ISO stamps, one epoch after the other."""
    first = datetime.fromisoformat(start)
    return [str(first + timedelta(seconds=step_s * i)) for i in range(n)]


def depresjon_table(n: int = 30) -> str:
    """A table as the Depresjon data set has it; the values are 0, 7, 14 ..."""
    rows = [f"{stamp},{stamp[:10]},{7 * i}" for i, stamp in enumerate(stamped(n))]
    return "\n".join(("timestamp,date,activity", *rows)) + "\n"


def plain_table(n: int = 30, *, delimiter: str = ",") -> str:
    """A plain table; the values are 0, 7, 14 ..."""
    rows = [f"{stamp}{delimiter}{7 * i}" for i, stamp in enumerate(stamped(n))]
    return "\n".join((f"Time stamp{delimiter}Counts", *rows)) + "\n"


def long_table(days: dict[str, list[int]]) -> str:
    """A long minute table; every minute's value is its number in the day."""
    rows = [
        f"{person},{day},{minute}"
        for person, weekdays in days.items()
        for day in weekdays
        for minute in range(MINUTES)
    ]
    return "\n".join(("seqn,paxday,paxinten", *rows)) + "\n"


def wide_table(days: dict[str, list[int]], values: np.ndarray | None = None) -> str:
    """A wide day table; every minute's value is its number in the day."""
    minutes = ",".join(str(int(v)) for v in (np.arange(MINUTES) if values is None else values))
    rows = [f"{person},{day},{minutes}" for person, days_ in days.items() for day in days_]
    head = ",".join(("ID", "Day", *(f"MIN{i + 1}" for i in range(MINUTES))))
    return "\n".join((head, *rows)) + "\n"


def clock_table(
    people: tuple[str, ...] = ("21005",),
    *,
    what: str = "Steps ",
    step_min: int = 1,
    days: tuple[str, ...] = ("2003-05-07",),
) -> str:
    """A table of days round the clock; every value is its number in the day."""
    minutes = range(0, MINUTES, step_min)
    head = ("id", "date", *(f"{what}{i // 60:02}:{i % 60:02}" for i in minutes))
    values = ",".join(str(i) for i in range(len(minutes)))
    rows = (f"{person},{day},{values}" for person in people for day in days)
    return "\n".join((",".join(head), *rows)) + "\n"


def streams_table(n: int = 30, *, heads: tuple[str, ...] = ("HR", "Steps")) -> str:
    """A table of several streams; the values of each are 0, 7, 14 ..."""
    rows = [",".join((stamp, *([str(7 * i)] * len(heads)))) for i, stamp in enumerate(stamped(n))]
    return "\n".join((",".join(("Time", *heads)), *rows)) + "\n"


def packed(text: str) -> bytes:
    """The text in gzip."""
    return gzip.compress(text.encode(), mtime=0)
