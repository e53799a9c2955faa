"""Apple Health exports: export.xml, or the export.zip around it, streamed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final
from zipfile import ZipInfo
from zoneinfo import ZoneInfo

import attrs
import numpy as np

from clarity.adapters.files._apple_grid import Gridded, Records, gridded
from clarity.adapters.files._apple_scan import Kept, Scan, without_doctype
from clarity.adapters.files._apple_streams import Stream
from clarity.adapters.files._intake import ZIP, Intake, label_of
from clarity.adapters.files._zipped import Zipped
from clarity.adapters.files.limits import Limits
from clarity.domain.actigraphy.regrid import MAX_EPOCHS, STANDARD_EPOCHS_S, RegridReport
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.streams import Placement
from clarity.domain.timeline import UnknownZone, zone_named
from clarity.ports.recordings import Format, Notice, ReadOptions, Recording, Recordings, Source
from clarity.ports.unreadable import DamagedFile, MissingZone, NoSamples, UnevenTimes

__all__ = ["APPLE_HEALTH", "AppleHealthRecordings"]

APPLE_HEALTH: Final = Format(
    id="apple-health",
    title="Apple Health export (export.xml or export.zip)",
    holds="active energy, steps, heart rate, HRV (SDNN), respiration and sleep, a recording each",
    takes=("epoch_s",),
)


_OFFICE: Final = b"[Content_Types].xml"
"""The part with which the zip file of an office document begins."""


@attrs.frozen(kw_only=True)
class AppleHealthRecordings(Recordings):
    """
    Exports of one person, one recording per stream that has records.

    The zone of the person's clock is the one given, else the one that the export names most often.
    An offset is no zone: days of the other half of the year would not fit those stored with it.
    A unit given by the caller picks the stream that has it.
    """

    limits: Limits = attrs.field(factory=Limits)

    def formats(self) -> tuple[Format, ...]:
        """The one format."""
        return (APPLE_HEALTH,)

    def sniff(self, head: bytes) -> Format | None:
        """It is one when its root says so, or when it is a zip file that names an export."""
        if head.startswith(ZIP):
            found = b"apple_health_export" in head or b".xml" in head[:300]
            return APPLE_HEALTH if found and _OFFICE not in head[:300] else None
        text = head.decode(
            "utf-16" if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace"
        )
        looks = text.lstrip("\ufeff \t\r\n").startswith("<") and "HealthData" in text
        return APPLE_HEALTH if looks else None

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """The recordings of the one person, one per stream."""
        intake = Intake(source, self.limits)
        scan = Scan(
            file=source.name,
            max_records=self.limits.max_values,
            look_ahead=intake.run_through,
        )
        with self._xml(intake) as pieces:
            scan.run(without_doctype(pieces, source.name))
        zone, notices = _zone(scan, options)
        asked = [one for one in scan.kept.values() if options.unit in {None, one.stream.unit}]
        wanted = [kept for kept in asked if not kept.empty]
        lost = [notice for kept in asked if kept.empty for notice in _left_out(kept)]
        if not wanted:
            what = "; ".join(notice.text for notice in lost)
            raise NoSamples(file=source.name, detail=what or "no record of a stream that is read")
        facts = _Facts(options=options, intake=intake, zone=zone, notices=(*notices, *lost))
        return tuple(_recording(kept, facts) for kept in wanted)

    @contextmanager
    def _xml(self, intake: Intake) -> Iterator[Iterator[bytes]]:
        if not intake.head().startswith(ZIP):
            yield intake.pieces()
            return
        with intake.spooled(ending=".zip") as path:
            zipped = Zipped(path=path, file=intake.source.name, limits=self.limits)
            yield zipped.content(_member(zipped))


def _member(zipped: Zipped) -> ZipInfo:
    """The largest XML that is no clinical document."""
    found = [
        part
        for part in zipped.parts()
        if part.filename.lower().endswith(".xml") and "cda" not in part.filename.lower()
    ]
    if not found:
        raise DamagedFile(file=zipped.file, detail="there is no export.xml in the zip file")
    return max(found, key=lambda part: part.file_size)


def _zone(scan: Scan, options: ReadOptions) -> tuple[ZoneInfo, tuple[Notice, ...]]:
    if options.zone is not None:
        return options.zone, ()
    for name, _ in scan.zones.most_common():
        try:
            zone = zone_named(name)
        except UnknownZone:
            continue
        text = f"the zone {zone.key} is the one that the export names most often; see --tz"
        return zone, (Notice(code="zone-of-export", text=text),)
    offsets = sorted({offset for kept in scan.kept.values() for offset in kept.offsets})
    told = f"its times are at {', '.join(offsets[:3])}" if offsets else ""
    raise MissingZone(file=scan.file, detail=told)


@attrs.frozen(kw_only=True)
class _Facts:
    """What all recordings of an export share."""

    options: ReadOptions
    intake: Intake
    zone: ZoneInfo
    notices: tuple[Notice, ...]


def _epoch_s(stream: Stream, facts: _Facts) -> int:
    epoch_s = facts.options.epoch_s or stream.epoch_s
    if epoch_s not in STANDARD_EPOCHS_S or epoch_s < 60:
        raise UnevenTimes(file=facts.intake.source.name, detail=f"an epoch of {epoch_s} s")
    return epoch_s


def _laid(kept: Kept, epoch_s: int, file: str) -> tuple[Gridded, RegridReport]:
    """The stream on its grid; its records are let go before the series is made."""
    stream = kept.stream
    records = kept.records()
    span = int(records.starts.max()) - int(records.starts.min())
    if span // epoch_s >= MAX_EPOCHS:
        raise UnevenTimes(file=file, detail=f"{stream.name} records span {span // 86_400:,} days")
    grid = gridded(records, fold=stream.fold, epoch_s=epoch_s)
    if np.isnan(grid.values).all():
        raise NoSamples(file=file, detail=f"no {stream.name} record covers an epoch")
    return grid, _report(records, grid, epoch_s)


def _recording(kept: Kept, facts: _Facts) -> Recording:
    file, options = facts.intake.source.name, facts.options
    epoch_s = _epoch_s(kept.stream, facts)
    grid, report = _laid(kept, epoch_s, file)
    series = ActivitySeries(
        values=grid.values,
        start=datetime.fromtimestamp(grid.start_s, UTC).astimezone(facts.zone),
        epoch_s=epoch_s,
        unit=kept.stream.unit,
        device="Apple Health" if options.device is None else options.device,
        placement=options.placement or Placement.UNKNOWN,
    )
    return Recording(
        participant=options.participant or label_of(file),
        series=series,
        report=report,
        digest=facts.intake.digest,
        format=APPLE_HEALTH.id,
        notices=facts.notices + _told(kept, grid),
    )


def _report(records: Records, grid: Gridded, epoch_s: int) -> RegridReport:
    absent = np.isnan(grid.values)
    return RegridReport(
        samples=records.starts.size,
        epochs=grid.values.size,
        epoch_s=epoch_s,
        offset_s=0,
        duplicates=grid.duplicates,
        conflicts=0,
        out_of_order=int(np.count_nonzero(records.starts[1:] < records.starts[:-1])),
        gaps=int(absent[0]) + int(np.count_nonzero(absent[1:] > absent[:-1])),
        missing=int(np.count_nonzero(absent)),
        in_gap=0,
        in_fold=0,
    )


def _told(kept: Kept, grid: Gridded) -> tuple[Notice, ...]:
    if not grid.overlapped:
        return _left_out(kept)
    text = (
        f"{grid.overlapped:,} {kept.stream.name} epochs come from several sources; "
        f"the one that covers most was taken"
    )
    return (Notice(code="sources-overlap", text=text), *_left_out(kept))


def _left_out(kept: Kept) -> tuple[Notice, ...]:
    if not kept.left_out:
        return ()
    text = (
        f"{kept.left_out:,} {kept.stream.name} records were left out: "
        f"another unit or category, no time, or too long"
    )
    return (Notice(code="records-left-out", text=text),)
