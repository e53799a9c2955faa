"""REL-10: what no recording should hold, through ingest, analyses and reports: words or results."""

import math
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest

from clarity.adapters.files.detected import DetectedRecordings
from clarity.application.read import Days
from clarity.domain.actigraphy.days import STREAM_OF_UNIT
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.errors import ClarityError
from clarity.domain.streams import BadChunk, Unit
from clarity.domain.timeline import NaiveTime
from clarity.ports.recordings import ReadOptions, Source
from clarity.ports.unreadable import MissingZone
from tests.application.world import recording as recording_of
from tests.support.recordings import source_of, stamped
from tests.support.worlds import ADA, CORRELATION, NURSE, World, opened

OSLO = ZoneInfo("Europe/Oslo")
DAY = 1_440
GAP, FOLD, LEAP = (datetime(2024, *md, tzinfo=OSLO) for md in ((3, 29), (10, 25), (2, 27)))


def _busy(days: int = 4) -> np.ndarray:
    """Rest from 23 to 7, 300 counts else, with a little of everything."""
    minutes = np.arange(days * DAY)
    awake = (minutes % DAY >= 420) & (minutes % DAY < 1_380)
    return np.where(awake, 300.0 + 50 * np.sin(minutes), minutes % 3)


def _with(value: float, *, every: int = 7) -> np.ndarray:
    values = _busy()
    values[::every] = value
    return values


POISON = {
    "nothing": np.empty(0),
    "one-value": np.array([1.0]),
    "one-missing": np.array([math.nan]),
    "all-missing": np.full(3 * DAY, math.nan),
    "all-zero": np.zeros(7 * DAY),
    "all-the-same": np.full(7 * DAY, 5.0),
    "some-missing": _with(math.nan),
    "minus-zero": _with(-0.0),
    "negative": _with(-5.0),
    "infinite": _with(math.inf),
    "minus-infinite": _with(-math.inf),
    "largest": _with(1e308),
    "all-largest": np.full(7 * DAY, 1e308),
    "smallest": _with(5e-324),
    "alternating": np.tile([1e308, -1e308], 2 * DAY),
}


@pytest.fixture
def world() -> Iterator[World]:
    with opened() as fresh:
        yield fresh


def _series(values: np.ndarray, start: datetime, epoch_s: int = 60) -> ActivitySeries:
    return ActivitySeries(
        values=values, start=start, epoch_s=epoch_s, unit=Unit.COUNTS, device="Actiwatch AW4"
    )


def _outcome(world: World, series: ActivitySeries) -> str:
    """`analyzed`, or the code of the refusal; anything else escapes and fails the test."""
    recording = attrs.evolve(recording_of(), series=series)
    days = Days(patient=ADA, stream=STREAM_OF_UNIT[series.unit])
    try:
        world.app.ingest.run(recording, patient=ADA, actor=NURSE, correlation=CORRELATION)
        analyzed = world.app.analyze.run(days, actor=NURSE, correlation=CORRELATION)
    except ClarityError as error:
        return error.code if str(error) else "refused without a word"
    for finding in analyzed.result.findings:
        assert finding.value is None or math.isfinite(finding.value)
        assert (finding.value is None) == bool(finding.reason)
    return "analyzed"


@pytest.mark.slow
@pytest.mark.parametrize("start", [GAP, FOLD, LEAP], ids=["gap", "fold", "leap-day"])
@pytest.mark.parametrize("name", POISON)
def test_rel_10_poison_is_analyzed_or_refused_in_words(world: World, name: str, start: datetime):
    outcome = _outcome(world, _series(POISON[name], start))

    refused = {"infinite", "minus-infinite", "largest", "all-largest", "alternating"}
    assert (outcome == BadChunk.code) == (name in refused)


def _table(rows: list[tuple[str, object]]) -> str:
    lines = [f"{stamp},{value}" for stamp, value in rows]
    return "\n".join(["timestamp,counts", *lines]) + "\n"


POISONED_STAMPS = {
    "twice": stamped(60) + stamped(60),
    "backwards": stamped(60)[::-1],
    "shuffled": stamped(60)[30:] + stamped(60)[:30],
    "skipped-hour": stamped(180, start="2024-03-31T01:00"),
    "repeated-hour": stamped(120, start="2024-10-27T02:00"),
    "leap-day": stamped(60, start="2024-02-29T23:30"),
    "no-leap-day": ["2023-02-29 12:00:00", *stamped(59)],
    "leap-second": ["2016-12-31 23:59:60", *stamped(59, start="2017-01-01T00:00")],
    "far-past": ["0001-01-01 00:00:00", *stamped(59)],
    "far-future": ["9999-12-31 23:59:59", *stamped(59)],
    "one": stamped(1),
    "none": [],
}


VALUES = ("7", "nan", "inf", "-0.0", "1e308", "9" * 400, "x", "")
MISSING = {"nan", ""}
REFUSED_VALUES = {"x": "recording.line"} | dict.fromkeys(
    ("inf", "1e308", "9" * 400), "recording.unbounded"
)
REFUSED_STAMPS = {
    "no-leap-day": "recording.line",
    "far-past": "recording.absurd-date",
    "far-future": "recording.absurd-date",
    "one": "recording.uneven-times",
}
EPOCHS = {"skipped-hour": (120, 120), "repeated-hour": (180, 120)}
"""
How many there are in all and how many rows they come from, where that is not 60 and 60.

The hour that comes twice is named once here, so an hour without rows follows it.
"""


def _code(name: str, value: str) -> str:
    """With which code a table in a zone is refused, none when it is read."""
    if name == "none" or (name == "one" and value in MISSING):
        return "recording.no-samples"
    if name == "leap-second":
        return "recording.line"
    return REFUSED_VALUES.get(value) or REFUSED_STAMPS.get(name, "")


def _poisoned(name: str, value: str) -> Source:
    stamps = enumerate(POISONED_STAMPS[name])
    return source_of(_table([(stamp, "1" if at % 2 else value) for at, stamp in stamps]))


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("name", POISONED_STAMPS)
def test_rel_10_a_poisoned_table_is_refused_by_its_fault_or_read_as_it_stands(
    name: str, value: str
):
    options = ReadOptions(unit=Unit.COUNTS, zone=OSLO)
    if code := _code(name, value):
        with pytest.raises(ClarityError) as refused:
            DetectedRecordings().read(_poisoned(name, value), options=options)
        assert refused.value.code == code
        assert "; expected " in str(refused.value)
        return

    (recording,) = DetectedRecordings().read(_poisoned(name, value), options=options)

    values, (epochs, rows) = recording.series.values, EPOCHS.get(name, (60, 60))
    every_second = {} if value in MISSING else {float(value): rows // 2}
    assert values.size == epochs
    assert Counter(values[~np.isnan(values)].tolist()) == {1.0: rows // 2} | every_second


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("name", [name for name in POISONED_STAMPS if name != "none"])
def test_rel_10_a_poisoned_table_without_a_zone_is_refused_for_that(name: str, value: str):
    with pytest.raises(MissingZone):
        DetectedRecordings().read(_poisoned(name, value), options=ReadOptions(unit=Unit.COUNTS))


def test_rel_10_a_zone_that_changes_at_night_is_refused_when_the_days_are_joined(world: World):
    here = _series(_busy(2), datetime(2024, 5, 6, 23, tzinfo=OSLO))
    there = _series(_busy(2), datetime(2024, 5, 7, 2, tzinfo=ZoneInfo("America/New_York")))

    first, second = _outcome(world, here), _outcome(world, there)

    assert first == "analyzed"
    assert second not in {"analyzed", ""}


@pytest.mark.slow
def test_rel_10_a_million_samples_are_analyzed(world: World):
    values = np.resize(_busy(), 1_000_000)

    assert _outcome(world, _series(values, LEAP)) == "analyzed"


def test_rel_10_times_without_a_zone_are_refused():
    naive = LEAP.replace(tzinfo=None)

    with pytest.raises(NaiveTime):
        _series(np.ones(3), naive)
