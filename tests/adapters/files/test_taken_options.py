"""What a format says that it takes is what its reader looks at, and the rest is refused."""

from zoneinfo import ZoneInfo

import attrs
import pytest

from clarity.adapters.cli.analyze import analyze
from clarity.adapters.files.detected import FORMATS, SHARED, DetectedRecordings, all_readers
from clarity.adapters.files.limits import Limits
from clarity.domain.streams import Unit
from clarity.ports.recordings import (
    ColumnUnit,
    DateOrder,
    Format,
    ReadOptions,
    Recording,
    Recordings,
    Source,
)
from clarity.ports.unreadable import UnreadableRecording, UnusedOption
from tests.support.readers import FILE_OPENERS, OPENERS, FileHarness
from tests.support.recordings import source_of

OSLO = ReadOptions(zone=ZoneInfo("Europe/Oslo"))
DETECTED = DetectedRecordings(readers=all_readers(Limits()))
ODD = {
    "epoch_s": 14_400,
    "time_column": "there is no such heading",
    "value_column": "there is no such heading",
    "date_order": DateOrder.DMY,
    "wear": source_of("no table of flags", "wear.csv"),
    "columns": (ColumnUnit(name="there is no such heading", unit=Unit.COUNTS),),
}
"""What makes a difference wherever it is looked at; an order of dates, where they leave it open."""


def _sample(format_id: str) -> tuple[Recordings, Source]:
    """A reader of that format alone, and a file of it."""
    for name in (format_id, *OPENERS, *FILE_OPENERS):
        if name not in OPENERS | FILE_OPENERS:
            continue
        harness = (OPENERS | FILE_OPENERS)[name]()
        is_file = isinstance(harness, FileHarness)
        source = source_of(harness.content if is_file else harness.table)
        if _recognized(source) == format_id:
            return harness.reader, source
    raise AssertionError(format_id)


def _recognized(source: Source) -> str:
    with source.open() as stream:
        found = DETECTED.sniff(stream.read(1 << 16))
    return "" if found is None else found.id


def _read(reader: Recordings, source: Source, **given: object) -> tuple[Recording, ...] | str:
    try:
        return reader.read(source, options=attrs.evolve(OSLO, **given))
    except UnreadableRecording as refused:
        return refused.code


OPTIONS = [field.name for field in attrs.fields(ReadOptions) if field.name not in SHARED]
CASES = [(format_, option) for format_ in FORMATS for option in OPTIONS]


def _case_id(value: object) -> str:
    return value.id if isinstance(value, Format) else str(value)


def test_every_option_is_tried():
    assert sorted(OPTIONS) == sorted(ODD)
    assert {option for format_ in FORMATS for option in format_.takes} == set(OPTIONS)


@pytest.mark.parametrize("option", OPTIONS)
def test_a_refusal_calls_an_option_as_the_command_does(option: str):
    format_ = next(one for one in FORMATS if option not in one.takes)
    _, source = _sample(format_.id)
    options = attrs.evolve(OSLO, format=format_.id, **{option: ODD[option]})

    with pytest.raises(UnusedOption) as refused:
        DETECTED.read(source, options=options)

    word = str(refused.value).split("(")[1].split(" for ")[0]
    assert word in {name for one in analyze.params for name in one.opts}


@pytest.mark.parametrize(("format_", "option"), CASES, ids=_case_id)
def test_an_option_is_looked_at_or_refused(format_: Format, option: str):
    reader, source = _sample(format_.id)
    plain = _read(reader, source)
    assert not isinstance(plain, str)

    given = _read(reader, source, **{option: ODD[option]})

    if option not in format_.takes:
        assert given == plain
        asked = {"format": format_.id, option: ODD[option]}
        assert _read(DETECTED, source, **asked) == UnusedOption.code
    elif option != "date_order":
        assert given != plain
