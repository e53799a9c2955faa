"""Which columns of a table are streams, and what their headings say of the unit."""

from typing import Final

import attrs

from clarity.adapters.files._columns import column_named, has_times
from clarity.adapters.files._table import Heading, told
from clarity.domain.actigraphy.days import STREAM_OF_UNIT
from clarity.domain.streams import StreamKind, Unit
from clarity.ports.recordings import ReadOptions
from clarity.ports.unreadable import AmbiguousColumn, MissingUnit, NoSuchColumn

__all__ = ["StreamColumn", "chosen_streams", "is_table_of_streams", "unit_named"]

_HRV: Final = frozenset({Unit.RMSSD_MS, Unit.SDNN_MS})
_ACTIVITY: Final = frozenset(
    unit for unit, stream in STREAM_OF_UNIT.items() if stream is StreamKind.ACTIVITY
)
_UNITS_OF_KEY: Final[dict[str, frozenset[Unit]]] = {
    **dict.fromkeys(("activity", "movement"), _ACTIVITY),
    **dict.fromkeys(
        ("counts", "count", "activitycounts", "activitycount", "axis1", "vectormagnitude"),
        frozenset({Unit.COUNTS}),
    ),
    **dict.fromkeys(("mims", "mimsunit"), frozenset({Unit.MIMS})),
    "enmo": frozenset({Unit.ENMO_MG}),
    "enmomg": frozenset({Unit.ENMO_MG}),
    "activityindex": frozenset({Unit.ACTIVITY_INDEX}),
    **dict.fromkeys(("activekcal", "activeenergykcal"), frozenset({Unit.ACTIVE_KCAL})),
    **dict.fromkeys(
        ("steps", "stepcount", "stepsmin", "stepsperminute"), frozenset({Unit.STEPS_PER_MIN})
    ),
    **dict.fromkeys(
        ("heartrate", "hr", "bpm", "pulse", "heartratebpm", "hrbpm", "beatsmin", "beatsperminute"),
        frozenset({Unit.BEATS_PER_MIN}),
    ),
    **dict.fromkeys(("hrv", "hrvms", "heartratevariability"), _HRV),
    **dict.fromkeys(("rmssd", "rmssdms", "hrvrmssd", "hrvrmssdms"), frozenset({Unit.RMSSD_MS})),
    **dict.fromkeys(("sdnn", "sdnnms", "hrvsdnn", "hrvsdnnms"), frozenset({Unit.SDNN_MS})),
    **dict.fromkeys(
        ("respiration", "respiratoryrate", "respirationrate", "breathingrate"),
        frozenset({Unit.BREATHS_PER_MIN}),
    ),
    **dict.fromkeys(("breathsmin", "breathsperminute"), frozenset({Unit.BREATHS_PER_MIN})),
    **dict.fromkeys(("sleep", "sleepstage", "stage"), frozenset({Unit.SLEEP_STAGE})),
}
"""What a heading can mean; several units of one stream where it leaves that open."""

_NEVER_ALONE: Final = frozenset({Unit.SLEEP_STAGE})
"""Units of which no heading is sure: which number stands for which stage differs."""


@attrs.frozen(kw_only=True)
class StreamColumn:
    """A column and what its values mean."""

    column: int
    name: str
    unit: Unit


def unit_named(key: str) -> Unit | None:
    """The unit that a folded heading names, None when it leaves it open."""
    units = _UNITS_OF_KEY.get(key, frozenset()) - _NEVER_ALONE
    return min(units) if len(units) == 1 else None


def _stream(key: str) -> StreamKind:
    return STREAM_OF_UNIT[min(_UNITS_OF_KEY[key])]


def is_table_of_streams(heading: Heading) -> bool:
    """Whether it has times, and headings of at least two streams."""
    streams = {_stream(key) for key in heading.keys if key in _UNITS_OF_KEY}
    return len(streams) > 1 and has_times(heading)


def chosen_streams(heading: Heading, options: ReadOptions, file: str) -> tuple[StreamColumn, ...]:
    """
    The columns that are read, in the order of the table.

    The caller's columns are taken alone; else all whose heading is known, and of those only the
    one with the caller's unit when there is one.

    Raises:
        NoSuchColumn: a named column does not exist, or none is known.
        MissingUnit: a heading leaves its unit open.
        AmbiguousColumn: two columns are of one stream.
    """
    if options.columns:
        found = [
            StreamColumn(column=column_named(heading, one.name, file), name=one.name, unit=one.unit)
            for one in options.columns
        ]
    else:
        found = _known(heading, options.unit, file)
    if not found:
        raise NoSuchColumn(file=file, detail="none whose heading is known has that unit")
    _refuse_twins(found, file)
    return tuple(sorted(found, key=lambda one: one.column))


def _known(heading: Heading, asked: Unit | None, file: str) -> list[StreamColumn]:
    known = [(i, key) for i, key in enumerate(heading.keys) if key in _UNITS_OF_KEY]
    if asked is not None:
        return [
            StreamColumn(column=i, name=heading.names[i], unit=asked)
            for i, key in known
            if asked in _UNITS_OF_KEY[key]
        ]
    found = []
    for i, key in known:
        unit = unit_named(key)
        if unit is None:
            raise MissingUnit(file=file, detail=f"the column {told([heading.names[i]])}")
        found.append(StreamColumn(column=i, name=heading.names[i], unit=unit))
    return found


def _refuse_twins(found: list[StreamColumn], file: str) -> None:
    streams = [STREAM_OF_UNIT[one.unit] for one in found]
    twins = [
        one.name for one, stream in zip(found, streams, strict=True) if streams.count(stream) > 1
    ]
    if twins:
        raise AmbiguousColumn(file=file, detail=told(twins))
