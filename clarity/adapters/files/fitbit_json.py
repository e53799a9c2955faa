"""
Fitbit's own export as JSON: one file per kind and day or month, of one person.

Steps and heart rate are stamped in UTC, sleep with the wall clock of the person; that is how Fitbit
is taken to write them, and a notice says so.
"""

import itertools
import re
from array import array
from collections.abc import Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._cells import (
    date_parts,
    day_number,
    naive_clock,
    number,
    orders_of,
    split_stamp,
)
from clarity.adapters.files._intake import Intake, label_of
from clarity.adapters.files._json_items import Item, json_items
from clarity.adapters.files._laid import Preset, laid, refuse_nothing, zone_of
from clarity.adapters.files._stamps import FIRST_DAY, LAST_DAY
from clarity.adapters.files._table import bounded
from clarity.adapters.files.limits import Limits
from clarity.domain.actigraphy.regrid import Samples
from clarity.domain.streams import Placement, SleepStage, Unit
from clarity.domain.timeline import DAY_S, localize
from clarity.ports.recordings import (
    DateOrder,
    Format,
    Notice,
    ReadOptions,
    Recording,
    Recordings,
    Source,
)
from clarity.ports.unreadable import (
    AbsurdDate,
    MissingUnit,
    NoSamples,
    TooBig,
    UnparsableLine,
    UnreadableRecording,
)

__all__ = ["FITBIT_JSON", "FitbitJsonRecordings"]

FITBIT_JSON: Final = Format(
    id="fitbit-json",
    title="Fitbit export of one person (JSON): steps, heart rate or sleep",
    holds="steps or heart beats per minute, or stages of sleep; wrist",
    takes=("epoch_s",),
)
_BATCH: Final = 256
"""Items at once, for the sake of other threads, as in `_table`."""

_UTC: Final = Notice(
    code="times-in-utc",
    text="Fitbit's JSON is taken to stamp steps and heart rate in UTC",
)
_BY_FILE: Final = Notice(
    code="person-by-file",
    text=(
        "the file does not say whose it is and counts as a person of its own; an export has one "
        "for each day or month: give them together, with --patient"
    ),
)
_SHORT_DAY: Final = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{2})")
_ALIKE: Final = ("altitude", "calories", "distance", "sedentary", "lightly", "moderately", "very")
"""How files of other kinds are called whose items look like those of steps."""

_LEVELS: Final = {
    "wake": SleepStage.AWAKE,
    "awake": SleepStage.AWAKE,
    "light": SleepStage.LIGHT,
    "deep": SleepStage.DEEP,
    "rem": SleepStage.REM,
    "asleep": SleepStage.ASLEEP,
    "restless": SleepStage.ASLEEP,
}
_LOOK_AHEAD: Final = 1_000_000
"""Values after which the rest is looked at before more of it is kept."""

_TIME_KEY: Final = b'"dateTime"'
_MAX_NIGHTS_MIN: Final = 3_000_000
"""Most minutes of sleep in a file, 16 years of 8 hours a night."""

_MAX_STAGE_S: Final = 86_400


@attrs.frozen(kw_only=True)
class _Column:
    """Wall-clock seconds and values of one kind."""

    unit: Unit
    seconds: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]


@attrs.frozen(kw_only=True)
class FitbitJsonRecordings(Recordings):
    """Files of one person and one kind; heart beats are averaged over each minute."""

    limits: Limits = attrs.field(factory=Limits)

    def formats(self) -> tuple[Format, ...]:
        """The one format."""
        return (FITBIT_JSON,)

    def sniff(self, head: bytes) -> Format | None:
        """It is one when it begins with a list of objects with Fitbit's keys."""
        begins = "".join(head[:2_000].decode("utf-8-sig", "replace").split())[:1_000]
        known = '"dateTime":' in begins or '"dateOfSleep":' in begins
        return FITBIT_JSON if begins.startswith("[{") and known else None

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """The recording of the one person."""
        intake = Intake(source, self.limits)
        file = source.name
        items = json_items(intake)
        first = next(items, None)
        if first is None:
            raise NoSamples(file=file)
        preset = Preset(
            format=FITBIT_JSON.id, epoch_s=60, device="Fitbit", placement=Placement.WRIST
        )
        zone = zone_of(options, preset, file)
        asleep = "levels" in first
        reading = _sleep if asleep else _plain
        column = reading(itertools.chain((first,), items), intake)
        if options.unit is None and column.unit is Unit.STEPS_PER_MIN:
            _refuse_no_steps(column, file)
        samples = _samples(column, zone, file)
        unit = options.unit or column.unit
        done = laid(samples, zone, unit, options, preset, file)
        recording = Recording(
            participant=options.participant or label_of(file),
            series=done.series,
            report=done.report,
            digest=intake.digest,
            format=FITBIT_JSON.id,
            notices=(*(() if asleep else (_UTC,)), *_told(options)),
        )
        return (recording,)


def _told(options: ReadOptions) -> tuple[Notice, ...]:
    return () if options.participant else (_BY_FILE,)


def _refuse_no_steps(column: _Column, file: str) -> None:
    """
    Steps are whole numbers, in a file that is not called by another kind.

    Raises:
        MissingUnit: the numbers are something else.
    """
    kind = label_of(file).lower()
    if kind.startswith(_ALIKE):
        raise MissingUnit(file=file, detail="by its name these are no steps")
    if (column.values % 1 > 0).any():
        raise MissingUnit(file=file, detail="steps are whole numbers and these are not")


def _second(text: object, place: int, file: str) -> int:
    """Seconds since a naive 1970 of `01/15/23 08:00:00` or `2023-01-15T08:00:00.000`."""
    day, clock = split_stamp(str(text))
    second, days = naive_clock(clock), _days(day)
    if second is None or days is None:
        raise UnparsableLine(file=file, detail=f"the time of item {place:,}")
    if not FIRST_DAY <= days <= LAST_DAY:
        raise AbsurdDate(file=file, detail=f"item {place:,}")
    return days * DAY_S + second


def _days(text: str) -> int | None:
    """Days since 1970 of `01/15/23` or `2023-01-15`; None when it is neither."""
    short = _SHORT_DAY.fullmatch(text)
    parts = date_parts(f"20{short[3]}-{short[1]}-{short[2]}" if short else text)
    if parts is None or DateOrder.YMD not in orders_of(parts):
        return None
    return day_number(parts, DateOrder.YMD)


def _plain(items: Iterator[Item], intake: Intake) -> _Column:
    """Steps, or heart beats: the items of the two differ in their value."""
    file, max_values = intake.source.name, intake.limits.max_values
    seconds: list[npt.NDArray[np.int64]] = []
    values: list[npt.NDArray[np.float64]] = []
    heart, taken = False, 0
    while batch := list(itertools.islice(items, _BATCH)):
        heart = heart if taken else isinstance(batch[0].get("value"), dict)
        places = range(taken + 1, taken + len(batch) + 1)
        numbers = [
            _value(item, place, file, heart=heart)
            for place, item in zip(places, batch, strict=True)
        ]
        times = [
            _second(item.get("dateTime"), place, file)
            for place, item in zip(places, batch, strict=True)
        ]
        before, taken = taken, taken + len(batch)
        if taken > max_values:
            raise TooBig(file=file, detail=f"more than {max_values:,} values")
        if before <= _LOOK_AHEAD < taken:
            intake.look_ahead(_TIME_KEY, max_values, f"more than {max_values:,} values")
        values.append(_bounded(np.array(numbers, dtype=np.float64), places, file))
        seconds.append(np.array(times, dtype=np.int64))
    unit = Unit.BEATS_PER_MIN if heart else Unit.STEPS_PER_MIN
    return _folded(
        _Column(unit=unit, seconds=np.concatenate(seconds), values=np.concatenate(values))
    )


def _bounded(
    values: npt.NDArray[np.float64], places: Sequence[int], file: str
) -> npt.NDArray[np.float64]:
    """The values, each of which a device can give; a refusal names its item."""
    try:
        bounded(values, places, file)
    except UnreadableRecording as error:
        raise attrs.evolve(error, line=0, detail=f"item {error.line:,}") from error
    return values


def _value(item: Item, place: int, file: str, *, heart: bool) -> float:
    """The number of an item of the file's one kind."""
    value = item.get("value")
    if isinstance(value, dict) and heart:
        value = value.get("bpm")
    elif heart and value is not None:
        raise UnparsableLine(file=file, detail=f"the value of item {place:,}")
    parsed = number(str(value)) if isinstance(value, str | None) else None
    if parsed is None:
        raise UnparsableLine(file=file, detail=f"the value of item {place:,}")
    return parsed


def _folded(column: _Column) -> _Column:
    """One value per minute: heart beats averaged, steps as they are."""
    if column.unit is not Unit.BEATS_PER_MIN:
        return column
    known = ~np.isnan(column.values)
    minutes, which = np.unique(column.seconds[known] // 60, return_inverse=True)
    mean = np.bincount(which, weights=column.values[known]) / np.bincount(which)
    return attrs.evolve(column, seconds=minutes * 60, values=mean)


def _sleep(items: Iterator[Item], intake: Intake) -> _Column:
    """The stages of all nights, minute by minute; later entries go before earlier ones."""
    file = intake.source.name
    most = min(intake.limits.max_values, _MAX_NIGHTS_MIN)
    firsts, lengths, values = array("q"), array("h"), array("b")
    taken = 0
    for place, item in enumerate(items, 1):
        for stage in _stages(item.get("levels")):
            value, begin = _LEVELS.get(str(stage.get("level"))), stage.get("dateTime")
            length = number(str(stage.get("seconds")))
            if value is None or length is None or not 0 <= length <= _MAX_STAGE_S:
                raise UnparsableLine(file=file, detail=f"a stage of item {place:,}")
            first = _second(begin, place, file)
            minute, behind = -(-(first - 30) // 60), (first + int(length) + 29) // 60
            taken += max(1, behind - minute)
            if taken > most:
                raise TooBig(file=file, detail=f"more than {most:,} minutes of sleep")
            firsts.append(minute)
            lengths.append(behind - minute)
            values.append(value)
    return _minutes(np.array(firsts), np.array(lengths, dtype=np.int64), np.array(values), file)


def _minutes(
    firsts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    values: npt.NDArray[np.int8],
    file: str,
) -> _Column:
    """The stages spread over their minutes, of each minute the last one."""
    if not lengths.sum():
        raise NoSamples(file=file)
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    seconds = 60 * (np.repeat(firsts, lengths) + within)
    return _last(seconds, np.repeat(values, lengths).astype(np.float64))


def _stages(levels: object) -> list[Item]:
    if not isinstance(levels, dict):
        return []
    parts = [levels.get(key) for key in ("data", "shortData")]
    return [
        stage
        for part in parts
        if isinstance(part, list)
        for stage in part
        if isinstance(stage, dict)
    ]


def _last(seconds: npt.NDArray[np.int64], values: npt.NDArray[np.float64]) -> _Column:
    """The last entry of every minute."""
    minutes, at = np.unique(seconds[::-1], return_index=True)
    return _Column(unit=Unit.SLEEP_STAGE, seconds=minutes, values=values[::-1][at])


def _samples(column: _Column, zone: ZoneInfo, file: str) -> Samples:
    if not column.values.size:
        raise NoSamples(file=file)
    refuse_nothing(column.values, file)
    if column.unit is not Unit.SLEEP_STAGE:
        return Samples(seconds=column.seconds, values=column.values)
    placed = localize(column.seconds.astype("datetime64[s]"), zone)
    return Samples(
        seconds=placed.seconds,
        values=column.values,
        in_gap=placed.in_gap,
        in_fold=placed.in_fold,
    )
