"""ActiLife's .agd files: an SQLite database of counts per epoch, read from a bounded copy."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._even import MAX_EPOCH_S
from clarity.adapters.files._intake import Intake, label_of
from clarity.adapters.files._laid import Preset, laid, refuse_nothing, zone_of
from clarity.adapters.files._stamps import FIRST_DAY, LAST_DAY
from clarity.adapters.files._table import bounded, fold
from clarity.adapters.files.actigraph import VERTICAL, placement_of, unit_of
from clarity.adapters.files.limits import Limits
from clarity.domain.actigraphy.regrid import Samples
from clarity.domain.timeline import DAY_S, localize
from clarity.ports.recordings import Format, ReadOptions, Recording, Recordings, Source
from clarity.ports.unreadable import (
    AbsurdDate,
    DamagedFile,
    HostileFile,
    NoSamples,
    NoSuchColumn,
    TooBig,
    UnknownFormat,
)

__all__ = ["ACTIGRAPH_AGD", "AgdRecordings"]

ACTIGRAPH_AGD: Final = Format(
    id="actigraph-agd",
    title="ActiGraph .agd database of ActiLife",
    holds="counts of the vertical axis per epoch; device and placement as the file says",
    takes=("epoch_s", "value_column"),
)
_MAGIC: Final = b"SQLite format 3\0"
_TICKS_AT_1970: Final = 621_355_968_000_000_000
"""Ticks of 100 ns from 0001-01-01 to 1970-01-01."""

_TICKS_PER_S: Final = 10_000_000
_FIRST_TICK: Final = _TICKS_AT_1970 + FIRST_DAY * DAY_S * _TICKS_PER_S
_LAST_TICK: Final = _TICKS_AT_1970 + (LAST_DAY + 1) * DAY_S * _TICKS_PER_S - 1
_COLUMNS: Final = ("axis1", "axis2", "axis3", "steps")
_QUERIES: Final = {
    "axis1": "SELECT dataTimestamp, axis1 FROM data ORDER BY dataTimestamp",
    "axis2": "SELECT dataTimestamp, axis2 FROM data ORDER BY dataTimestamp",
    "axis3": "SELECT dataTimestamp, axis3 FROM data ORDER BY dataTimestamp",
    "steps": "SELECT dataTimestamp, steps FROM data ORDER BY dataTimestamp",
}
_EPOCH_DIGITS: Final = 4
_MAX_CELL: Final = 1 << 20
_STEPS_OF_WORK: Final = 1_000_000_000


@contextmanager
def _opened(path: Path, file: str) -> Iterator[sqlite3.Connection]:
    """The database, read-only, with limits against what a hostile one may ask for."""
    try:
        with closing(
            sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
        ) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_CELL)
            connection.set_progress_handler(lambda: 1, _STEPS_OF_WORK)
            connection.execute("PRAGMA trusted_schema = OFF")
            yield connection
    except (sqlite3.Error, UnicodeError, OverflowError) as error:
        raise DamagedFile(file=file) from error


def _refuse_views(connection: sqlite3.Connection, file: str) -> None:
    """Both tables are there, and neither is a view that computes without end."""
    rows = connection.execute("SELECT name, type FROM sqlite_master LIMIT 1000").fetchall()
    kinds = dict(rows)
    if any(kinds.get(name, "table") != "table" for name in ("data", "settings")):
        raise HostileFile(file=file, detail="a view stands where a table belongs")
    if not {"data", "settings"} <= kinds.keys():
        raise UnknownFormat(file=file, detail="a database without the tables data and settings")


def _settings(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute("SELECT settingName, settingValue FROM settings LIMIT 1000")
    return {str(name): str(value) for name, value in rows}


def _column(connection: sqlite3.Connection, options: ReadOptions, file: str) -> str:
    wanted = fold(options.value_column or _COLUMNS[0])
    there = {str(row[1]).lower() for row in connection.execute("PRAGMA table_info(data)")}
    if wanted not in _COLUMNS or wanted not in there:
        names = ", ".join(name for name in _COLUMNS if name in there)
        raise NoSuchColumn(file=file, detail=f"the columns are {names}")
    return wanted


@attrs.frozen(kw_only=True)
class _Read:
    """What the database says: settings, local seconds since a naive 1970, and values."""

    settings: dict[str, str]
    seconds: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]


def _rows(connection: sqlite3.Connection, column: str, limit: int, file: str) -> _Read:
    settings = _settings(connection)
    seconds: list[npt.NDArray[np.int64]] = []
    values: list[npt.NDArray[np.float64]] = []
    taken = 0
    cursor = connection.execute(_QUERIES[column])
    while rows := cursor.fetchmany(65_536):
        taken += len(rows)
        if taken > limit:
            raise TooBig(file=file, detail=f"more than {limit:,} epochs")
        try:
            ticks = np.array([row[0] for row in rows], dtype=np.int64)
            values.append(np.array([row[1] for row in rows], dtype=np.float64))
        except (TypeError, ValueError, OverflowError) as error:
            raise DamagedFile(file=file, detail="a cell is no number") from error
        if ticks.min() < _FIRST_TICK or ticks.max() > _LAST_TICK:
            raise AbsurdDate(file=file)
        seconds.append((ticks - _TICKS_AT_1970) // _TICKS_PER_S)
    if not values:
        raise NoSamples(file=file)
    return _Read(settings=settings, seconds=np.concatenate(seconds), values=np.concatenate(values))


@attrs.frozen(kw_only=True)
class AgdRecordings(Recordings):
    """
    Databases of one person, copied to a temporary file within the limits and opened read-only.

    Axis 1 counts are read; another column (axis 2, axis 3, steps) when the caller names it.
    """

    limits: Limits = attrs.field(factory=Limits)

    def formats(self) -> tuple[Format, ...]:
        """The one format."""
        return (ACTIGRAPH_AGD,)

    def sniff(self, head: bytes) -> Format | None:
        """It is one when it is an SQLite database."""
        return ACTIGRAPH_AGD if head.startswith(_MAGIC) else None

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """The recording of the one person."""
        intake = Intake(source, self.limits)
        file = source.name
        if not intake.head().startswith(_MAGIC):
            raise DamagedFile(file=file, detail="no SQLite database")
        with (
            intake.spooled(ending=".agd") as path,
            _opened(path, file) as connection,
        ):
            _refuse_views(connection, file)
            column = _column(connection, options, file)
            read = _rows(connection, column, self.limits.max_values, file)
        return (_recording(read, intake, options),)


def _recording(read: _Read, intake: Intake, options: ReadOptions) -> Recording:
    file = intake.source.name
    preset = Preset(
        format=ACTIGRAPH_AGD.id,
        epoch_s=_epoch_s(read.settings),
        device=f"ActiGraph {read.settings.get('devicename', '')}".strip(),
        placement=placement_of(read.settings.get("limb", "")),
    )
    zone = zone_of(options, preset, file)
    refuse_nothing(read.values, file)
    bounded(read.values, range(1, read.values.size + 1), file)
    placed = localize(read.seconds[:1].astype("datetime64[s]"), zone)
    samples = Samples(
        seconds=placed.seconds[0] + read.seconds - read.seconds[0],
        values=read.values,
        in_gap=placed.in_gap,
        in_fold=placed.in_fold,
    )
    done = laid(samples, zone, unit_of(options), options, preset, file)
    return Recording(
        participant=options.participant or label_of(file),
        series=done.series,
        report=done.report,
        digest=intake.digest,
        format=preset.format,
        notices=(VERTICAL,) if options.value_column is None else (),
    )


def _epoch_s(settings: dict[str, str]) -> int | None:
    """The length that the settings give, None when it is no second to half an hour."""
    text = settings.get("epochlength", "")
    if not (text.isascii() and text.isdigit()) or len(text) > _EPOCH_DIGITS:
        return None
    return int(text) if 1 <= int(text) <= MAX_EPOCH_S else None
