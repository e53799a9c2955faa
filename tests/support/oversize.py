"""
Files without end, made while they are read, and what reading one costs a process of its own.

`python -m tests.support.oversize KIND BYTES MAX_BYTES MAX_VALUES` answers with one line of JSON; KIND
may be the path of a file.
"""

import io
import json
import resource
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from clarity.adapters.files.detected import DetectedRecordings, all_readers
from clarity.adapters.files.limits import Limits
from clarity.ports.recordings import ReadOptions, Source
from clarity.ports.unreadable import UnreadableRecording
from tests.support.apple_export import FIRST, HEAD, TAIL, few_records, quantity, zipped
from tests.support.device_files import (
    actigraph_table,
    actiware_table,
    agd_file,
    awd_table,
    fitbit_hours,
    fitbit_minutes,
    fitbit_steps,
    fitbit_table,
    ukbiobank_table,
)
from tests.support.gt3x_file import gt3x_file, info_text, log_of
from tests.support.recordings import (
    clock_table,
    depresjon_table,
    long_table,
    plain_table,
    source_of,
    streams_table,
    wide_table,
)

__all__ = ["KINDS", "Endless", "write_gt3x"]

_PEOPLE: Final = {"21005": [1]}
_OTHER: Final = "".join(quantity("BasalEnergyBurned", FIRST, 60, 1.5) for _ in range(2_000))
_NIGHT: Final = json.dumps(
    {
        "dateOfSleep": "2023-05-08",
        "levels": {
            "data": [{"dateTime": "2023-05-07T23:00:00", "level": "rem", "seconds": 30}] * 100
        },
    }
)
_JSON: Final = fitbit_steps()[1:-1] + ","

_TEXTS: Final[dict[str, tuple[str, str]]] = {
    **{
        name: (table.partition("\n")[0] + "\n", table.partition("\n")[2])
        for name, table in {
            "csv": plain_table(1_440),
            "depresjon": depresjon_table(1_440),
            "fitbit-hours": fitbit_hours(("21005",)),
            "fitbit-minutes": fitbit_minutes(("21005",)),
            "fitbit-hrv": fitbit_table("rmssd,coverage", after=",1"),
            "nhanes-minutes": long_table(_PEOPLE),
            "nhanes-days": wide_table(_PEOPLE),
            "wide-days": clock_table(),
            "wide-streams": streams_table(1_440),
            "ukbiobank": ukbiobank_table(),
        }.items()
    },
    "actigraph-csv": (actigraph_table(), "7,1,2,3\n"),
    "actiwatch-awd": (awd_table(), "7 , 0,00 M\n"),
    "actiwatch-csv": (actiware_table(), "2,2003-05-07,12:01:00,0,7,ACTIVE\n"),
    "fitbit-json": ("[" + _JSON, _JSON),
    "fitbit-sleep": ("[" + _NIGHT, "," + _NIGHT),
    "apple-health": (HEAD, quantity("StepCount", FIRST, 60, 7)),
    "apple-others": (HEAD, quantity("StepCount", FIRST, 60, 7) + _OTHER),
    "long-lines": (plain_table(), f"2003-05-07 12:00,7{' ' * 30_000}\n"),
    "long-dates": (plain_table(), f"{'2' * 30_000} 12:00,7\n"),
    "long-clocks": (plain_table(), f"2003-05-07 {'2' * 30_000},7\n"),
    "long-objects": ("[" + _JSON, '{"dateTime": "' + "x" * 10_000),
    "long-attributes": (HEAD, f' <Record type="x" value="{"x" * 4_000_000}"/>\n'),
    "blanks": (plain_table(), "\n" * 1_000),
}
_SECOND: Final = log_of([0], kind=26, rate=100)

KINDS: Final[dict[str, tuple[bytes, bytes]]] = {
    **{name: (begin.encode(), block.encode()) for name, (begin, block) in _TEXTS.items()},
    "actigraph-agd": (agd_file(), agd_file()[1_024:]),
    "actigraph-gt3x": (gt3x_file(_SECOND), _SECOND),
    "apple-zip": (zipped(few_records()), zipped(few_records())),
}
"""How each file begins, and what then comes again and again."""


def write_gt3x(path: Path, size: int) -> None:
    """A whole file whose log has at least so many bytes, all of one second."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("info.txt", info_text(rate=100))
        with archive.open("log.bin", "w", force_zip64=True) as log:
            for _ in range(0, size, 1_000 * len(_SECOND)):
                log.write(1_000 * _SECOND)


class Endless(io.RawIOBase):
    """A beginning, a block again and again up to `size` bytes, and an end; counts what is taken."""

    def __init__(self, begin: bytes, block: bytes, size: int, end: bytes = b"") -> None:
        self._block = block * max(1, 65_536 // len(block))
        self._rest, self._left, self._end = begin, size - len(begin), end
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:
        wanted = len(buffer)
        while len(self._rest) < wanted and self._left > 0:
            self._rest += self._block
            self._left -= len(self._block)
            if self._left <= 0:
                self._rest += self._end
        piece, self._rest = self._rest[:wanted], self._rest[wanted:]
        buffer[: len(piece)] = piece
        self.taken += len(piece)
        return len(piece)


class _Packed(io.RawIOBase):
    """Another stream, in gzip."""

    def __init__(self, stream: Endless) -> None:
        self._pieces = self._packed(stream)
        self._rest = b""

    @staticmethod
    def _packed(stream: Endless) -> Iterator[bytes]:
        packer = zlib.compressobj(5, wbits=31)
        while piece := stream.read(1 << 20):
            yield packer.compress(piece)
        yield packer.flush()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:
        while len(self._rest) < len(buffer) and (piece := next(self._pieces, b"-")) != b"-":
            self._rest += piece
        piece, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )


def _opener(kind: str, size: int, opened: list[Endless]) -> Callable[[], io.IOBase]:
    """Of the file of that name where it is a path, else of one without end."""
    if Path(kind).is_absolute():
        return partial(Path(kind).open, "rb")
    name, _, packed = kind.partition(".")
    begin, block = KINDS[name]
    end = TAIL.encode() if name.startswith("apple") else b""

    def open_() -> io.RawIOBase:
        opened.append(Endless(begin, block, size, end))
        return _Packed(opened[-1]) if packed else opened[-1]

    return open_


def main(kind: str, size: int, max_bytes: int, max_values: int) -> None:
    """Read the file, and say how it ended, how much was taken at once, and what memory it cost."""
    reader = DetectedRecordings(
        readers=all_readers(Limits(max_bytes=max_bytes, max_values=max_values))
    )
    options = ReadOptions(zone=ZoneInfo("UTC"))
    reader.read(source_of(plain_table()), options=options)
    opened: list[Endless] = []
    before = _peak_bytes()
    try:
        found = reader.read(Source(name=kind, open=_opener(kind, size, opened)), options=options)
        answer = {"code": "", "said": "", "recordings": len(found)}
    except UnreadableRecording as error:
        answer = {"code": error.code, "said": str(error)}
    taken = max((stream.taken for stream in opened), default=size)
    print(json.dumps(answer | {"taken": taken, "grown": _peak_bytes() - before}))


if __name__ == "__main__":
    main(sys.argv[1], *(int(number) for number in sys.argv[2:]))
