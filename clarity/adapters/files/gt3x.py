"""
ActiGraph .gt3x files: raw acceleration, read by the optional library `actfast` (MIT).

What is kept is ENMO per minute: the mean of max(|a| - 1 g, 0), in mg.

Source: van Hees et al. 2013, PLOS ONE 8(4):e61691, doi:10.1371/journal.pone.0061691.
"""

import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._even import even_samples
from clarity.adapters.files._intake import Intake, label_of
from clarity.adapters.files._laid import Preset, laid, zone_of
from clarity.adapters.files.actigraph import placement_of
from clarity.adapters.files.limits import Limits
from clarity.domain.streams import Unit
from clarity.ports.recordings import Format, ReadOptions, Recording, Recordings, Source
from clarity.ports.unreadable import DamagedFile, MissingReader, NoSamples, TooBig, UnevenTimes

__all__ = ["ACTIGRAPH_GT3X", "Gt3xRecordings"]

ACTIGRAPH_GT3X: Final = Format(
    id="actigraph-gt3x",
    title="ActiGraph .gt3x with raw acceleration (needs `pip install 'clarity[gt3x]'`)",
    holds="ENMO in mg per minute; device and placement as the file says",
)
_LIBRARY: Final = "actfast"
_ZIP: Final = b"PK\x03\x04"
_PARTS: Final = (b"log.bin", b"info.txt", b"epoch.bin", b"activity.bin")
_MAX_LOG: Final = 512 << 20
"""Largest log that is decoded, bytes; decoding takes about five times as much memory."""

_NS: Final = 1_000_000_000
_MIN_SHARE: Final = 0.5
"""Share of a minute's samples below which its mean is missing."""


@attrs.frozen(kw_only=True)
class Gt3xRecordings(Recordings):
    """
    Recordings of one person; the minutes are those of the device's own clock.

    Attributes:
        limits: how much is taken.
        library: name of the module that decodes the file.
    """

    limits: Limits = attrs.field(factory=Limits)
    library: str = _LIBRARY

    def formats(self) -> tuple[Format, ...]:
        """The one format."""
        return (ACTIGRAPH_GT3X,)

    def sniff(self, head: bytes) -> Format | None:
        """It is one when it is a zip file that begins with one of its parts."""
        begins = head.startswith(_ZIP) and any(part in head[:60] for part in _PARTS)
        return ACTIGRAPH_GT3X if begins else None

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """The recording of the one person."""
        intake = Intake(source, self.limits)
        file = source.name
        if self.sniff(intake.head()) is None:
            raise DamagedFile(file=file, detail="no .gt3x file")
        if find_spec(self.library) is None:
            raise MissingReader(file=file)
        with intake.spooled(max_bytes=self.limits.max_bytes, ending=".gt3x") as path:
            _refuse_bombs(path, file)
            decoded = _decoded(self.library, path, file)
        return (_recording(decoded, intake, options),)


def _refuse_bombs(path: Path, file: str) -> None:
    with _damage(file), closing(zipfile.ZipFile(path)) as archive:
        size = sum(info.file_size for info in archive.infolist())
    if size > _MAX_LOG:
        raise TooBig(file=file, detail=f"more than {_MAX_LOG:,} bytes unpacked")


@contextmanager
def _damage(file: str) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, LookupError) as error:
        raise DamagedFile(file=file) from error


@attrs.frozen(kw_only=True)
class _Decoded:
    """Nanoseconds of the device's clock, (n,) int64, and acceleration in g, (n, 3) float32."""

    times: npt.NDArray[np.int64]
    acceleration: npt.NDArray[np.float32]
    info: dict[str, str]


def _decoded(library: str, path: Path, file: str) -> _Decoded:
    reader: Any = import_module(library)
    with _damage(file):
        found = reader.read(str(path))
        sensed = found["timeseries"].get("acceleration", {})
        times = np.asarray(sensed.get("datetime", ()), dtype=np.int64)
        acceleration = np.asarray(sensed.get("acceleration", ()), dtype=np.float32)
        info = {str(key): str(value) for key, value in found["metadata"]["info"].items()}
    if not times.size or acceleration.shape != (times.size, 3):
        raise NoSamples(file=file, detail="no acceleration in it")
    return _Decoded(times=times, acceleration=acceleration, info=info)


def _enmo(decoded: _Decoded, epoch_s: int, file: str) -> tuple[npt.NDArray[np.float64], int]:
    """Mean ENMO per epoch in mg, NaN where fewer than half of the usual samples are, and start."""
    epoch = decoded.times // (epoch_s * _NS)
    first, last = int(epoch.min()), int(epoch.max())
    if last - first > 10_000_000:
        raise UnevenTimes(file=file, detail="times far apart")
    count = np.bincount(epoch - first)
    total = np.zeros(count.size)
    for begin in range(0, epoch.size, 1 << 20):
        piece = slice(begin, begin + (1 << 20))
        norm = np.sqrt((decoded.acceleration[piece].astype(np.float64) ** 2).sum(axis=1))
        excess = np.maximum(norm - 1.0, 0.0) * 1_000
        total += np.bincount(epoch[piece] - first, weights=excess, minlength=count.size)
    values = np.full(count.size, np.nan)
    np.divide(total, count, out=values, where=count >= _MIN_SHARE * count.max())
    return values, first * epoch_s


def _recording(decoded: _Decoded, intake: Intake, options: ReadOptions) -> Recording:
    file = intake.source.name
    preset = Preset(
        format=ACTIGRAPH_GT3X.id,
        unit=Unit.ENMO_MG,
        epoch_s=60,
        device=f"ActiGraph {decoded.info.get('Device Type', '')}".strip(),
        placement=placement_of(decoded.info.get("Limb", "")),
    )
    zone = zone_of(options, preset, file)
    epoch_s = options.epoch_s or 60
    values, wall_s = _enmo(decoded, epoch_s, file)
    if not np.isfinite(values).any() or np.isinf(values).any():
        raise DamagedFile(file=file, detail="the acceleration")
    samples = even_samples(values, wall_s, epoch_s, zone, file)
    done = laid(samples, zone, options.unit or Unit.ENMO_MG, options, preset, file)
    return Recording(
        participant=options.participant or label_of(file),
        series=done.series,
        report=done.report,
        digest=intake.digest,
        format=preset.format,
    )
