"""The decoders of recordings and of what is told beside them."""

import gzip
import json
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from clarity.adapters.files.diary import CsvDiaries
from clarity.adapters.files.nhanes import NhanesRecordings
from clarity.ports.recordings import ReadOptions, Recording, Recordings
from tests.support.apple_export import few_records, zipped
from tests.support.decoder import Decoder, Layer
from tests.support.gt3x_file import gt3x_file, info_text, log_of, parameters, resealed
from tests.support.readers import FILE_OPENERS, OPENERS, SMALL, FileHarness, Harness
from tests.support.recordings import clock_table, long_table, source_of, stamped, wide_table

__all__ = ["FILE_DECODERS"]

OSLO: Final = ReadOptions(zone=ZoneInfo("Europe/Oslo"))
DIARY: Final = b"""participant;date;bed;up
a;2026-03-01;23:15;07:05
b;2026-03-02;00:30;06:59:30
"""
NIGHTS: Final = b"bed,up\n2026-03-02T23:00+01:00,2026-03-03T07:00:00+01:00\n"
LOG: Final = parameters() + log_of(range(0, 70, 7)) + log_of(range(70, 140, 7), kind=26)

SHORTER: Final = {
    "nhanes-minutes": long_table({"7": [1]}),
    "nhanes-days": wide_table({"7": [1]}),
    "detected-nhanes": long_table({"7": [1]}),
    "wide-days": clock_table(step_min=15, days=("2003-05-07", "2003-05-08")),
}
WORN: Final = "seqn,paxday,paxinten\n" + "".join(f"7,1,{minute % 2}\n" for minute in range(1_440))
WHERE: Final = {
    "csv": ("_table", "_intake"),
    "actigraph-gt3x": ("_gt3x_log",),
    "apple-xml": ("_apple_scan", "_apple_grid", "_apple_times"),
    "apple-zip": ("_zipped",),
    "actigraph-agd": ("agd",),
    "actiwatch-csv": ("actiwatch",),
    "fitbit-json": ("_json_items",),
}
"""Modules of `adapters/files` that parse bytes, by the reader that comes through them."""


def _reading(reader: Recordings) -> Callable[[bytes], tuple[Recording, ...]]:
    return lambda content: reader.read(source_of(content), options=OSLO)


def _wear(content: bytes) -> tuple[Recording, ...]:
    table = long_table({"7": [1]})
    options = attrs.evolve(OSLO, wear=source_of(content))
    return NhanesRecordings(limits=SMALL).read(source_of(table), options=options)


def _styles() -> tuple[bytes, ...]:
    """A table in some of the ways in which people write it."""
    rows = list(enumerate(stamped(20)))
    return tuple(
        text.encode()
        for text in (
            "time;value\n" + "".join(f"{stamp};{i},5\n" for i, stamp in rows),
            "Date\tClock\tCounts\n" + "".join(f"13.05.2003\t12:{i:02}\t{i}\n" for i, _ in rows),
            "Id,ts,x\n"
            + "".join(f"{i % 2},{1_052_301_600 + 60 * (i // 2)},{i}\n" for i, _ in rows),
            "time,value\n" + "".join(f"5/13/2003 1:{i:02} PM,{i}\n" for i, _ in rows),
            "# a\n\n" + "".join(f"{stamp}+02:00,{i}\n" for i, stamp in rows),
        )
    )


def _json_styles() -> tuple[bytes, ...]:
    stages = [
        {"dateTime": f"2023-05-07T23:{i:02}:00.000", "level": level, "seconds": 60}
        for i, level in enumerate(("wake", "light", "deep", "rem", "restless"))
    ]
    levels = {"data": stages, "shortData": stages[:1]}
    night = {"dateOfSleep": "2023-05-08", "levels": levels}
    beat = {"dateTime": "05/07/23 17:00:05", "value": {"bpm": 61, "confidence": 3}}
    return tuple(json.dumps(found).encode() for found in ([night] * 2, [beat] * 3))


def _layers(name: str, content: bytes) -> tuple[Layer, ...]:
    match name:
        case "csv":
            return (Layer((content, *_styles())), Layer((content,), gzip.compress))
        case "fitbit-json":
            return (Layer((content, *_json_styles())),)
        case "apple-zip":
            return (Layer((content,)), Layer((few_records().encode(),), _zipped))
        case "actigraph-gt3x":
            whole = gt3x_file(LOG)
            return (
                Layer((whole,)),
                Layer((LOG,), lambda log: gt3x_file(resealed(log))),
                Layer(
                    (info_text().encode(),),
                    lambda info: gt3x_file(LOG, info.decode("utf-8", "surrogateescape")),
                ),
            )
        case _:
            return (Layer((content,)),)


def _zipped(text: bytes) -> bytes:
    return zipped(text.decode("utf-8", "replace"))


def _content(name: str, harness: Harness | FileHarness) -> bytes:
    """What the reader knows; of whole days less than the contract has."""
    if isinstance(harness, FileHarness):
        return harness.content
    return (SHORTER.get(name) or harness.table).encode()


def _decoder(name: str) -> Decoder:
    harness = (OPENERS | FILE_OPENERS)[name]()
    content = _content(name, harness)
    return Decoder(
        decode=_reading(harness.reader),
        layers=_layers(name, content),
        modules=tuple(f"adapters.files.{module}" for module in WHERE.get(name, ())),
        formats=frozenset(one.id for one in harness.reader.formats()),
    )


FILE_DECODERS: Final[dict[str, Callable[[], Decoder]]] = {
    **{name: (lambda name=name: _decoder(name)) for name in OPENERS | FILE_OPENERS},
    "nhanes-wear": lambda: Decoder(
        decode=_wear,
        layers=(Layer((WORN.encode(),)),),
    ),
    "diary": lambda: Decoder(
        decode=lambda content: CsvDiaries().read(source_of(content), zone=OSLO.zone),
        layers=(Layer((DIARY, NIGHTS)),),
        modules=("adapters.files.diary",),
    ),
}
"""How each is made; some of the samples take their time."""
