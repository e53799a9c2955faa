"""
ActiGraph .gt3x files: raw acceleration, streamed out of the log in their zip file.

What is kept is ENMO per minute: the mean of max(|a| - 1 g, 0), in mg.

Source: van Hees et al. 2013, PLOS ONE 8(4):e61691, doi:10.1371/journal.pone.0061691; the parts of
the file: ActiGraph, GT3X-File-Format, https://github.com/actigraph/GT3X-File-Format.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._cells import number
from clarity.adapters.files._even import MAX_EPOCH_S, elapsed_samples
from clarity.adapters.files._gt3x_log import Block, Log
from clarity.adapters.files._intake import ZIP, Intake, label_of
from clarity.adapters.files._laid import Preset, laid, zone_of
from clarity.adapters.files._zipped import Zipped
from clarity.adapters.files.actigraph import placement_of
from clarity.adapters.files.limits import Limits
from clarity.domain.actigraphy.regrid import Samples
from clarity.domain.streams import Unit
from clarity.ports.recordings import Format, Notice, ReadOptions, Recording, Recordings, Source
from clarity.ports.unreadable import DamagedFile, NoSamples, TooBig, UnevenTimes, UnknownFormat

__all__ = ["ACTIGRAPH_GT3X", "Gt3xRecordings"]

ACTIGRAPH_GT3X: Final = Format(
    id="actigraph-gt3x",
    title="ActiGraph .gt3x with raw acceleration, of firmware 3.0 and later",
    holds="ENMO in mg per minute, without calibration; device and placement as the file says",
    takes=("epoch_s",),
)
_PARTS: Final = (b"log.bin", b"info.txt", b"epoch.bin", b"activity.bin")
_MAX_INFO: Final = 1
"""Pieces of 64 KiB that say what the device is; it is some 500 bytes."""

_SCALES: Final = {"NEO": 341.0, "CLE": 341.0}
"""Numbers per g by the beginning of the serial number, where the file does not say; else 256."""

_MIN_SHARE: Final = 0.5
"""Share of a minute's samples below which its mean is missing."""

_UNCALIBRATED: Final = Notice(
    code="uncalibrated",
    text="the acceleration was taken as the device gives it, without calibration to 1 g at rest",
)


@attrs.frozen(kw_only=True)
class Gt3xRecordings(Recordings):
    """Recordings of one person; the minutes are those of the device's own clock."""

    limits: Limits = attrs.field(factory=Limits)

    def formats(self) -> tuple[Format, ...]:
        """The one format."""
        return (ACTIGRAPH_GT3X,)

    def sniff(self, head: bytes) -> Format | None:
        """It is one when it is a zip file that begins with one of its parts."""
        begins = head.startswith(ZIP) and any(part in head[:60] for part in _PARTS)
        return ACTIGRAPH_GT3X if begins else None

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """The recording of the one person."""
        intake = Intake(source, self.limits)
        file = source.name
        if self.sniff(intake.head()) is None:
            raise DamagedFile(file=file, detail="no .gt3x file")
        with intake.spooled(ending=".gt3x") as path:
            zipped = Zipped(path=path, file=file, limits=self.limits)
            parts = {part.filename: part for part in zipped.parts()}
            _refuse_older(parts, file)
            info = _info(b"".join(islice(zipped.content(parts["info.txt"]), _MAX_INFO)))
            log = Log(file=file, scale=_scale(info, file))
            enmo = _Enmo(file=file, epoch_s=_epoch_s(options, file), most=self.limits.max_values)
            for block in log.blocks(zipped.content(parts["log.bin"])):
                enmo.add(block)
        return (_recording(enmo, info, log.lost, intake, options),)


def _refuse_older(parts: Mapping[str, object], file: str) -> None:
    if {"log.bin", "info.txt"} <= parts.keys():
        return
    if "activity.bin" in parts:
        detail = "a .gt3x of firmware 2.5 and earlier, which has no log"
        raise UnknownFormat(file=file, detail=detail)
    raise DamagedFile(file=file, detail="log.bin or info.txt is missing")


def _info(content: bytes) -> dict[str, str]:
    """What the device says of itself, by name."""
    lines = content.decode("utf-8-sig", "replace").splitlines()
    pairs = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _scale(info: Mapping[str, str], file: str) -> float:
    """Numbers per g."""
    text = info.get("Acceleration Scale", "")
    if not text:
        return _SCALES.get(info.get("Serial Number", "")[:3], 256.0)
    scale = number(text.replace(",", "."))
    if scale is None or not 1.0 <= scale <= 32_768.0:
        raise DamagedFile(file=file, detail="the scale of the acceleration")
    return scale


def _epoch_s(options: ReadOptions, file: str) -> int:
    epoch_s = options.epoch_s or 60
    if epoch_s > MAX_EPOCH_S:
        raise UnevenTimes(file=file, detail=f"an epoch of {epoch_s} s")
    return epoch_s


@attrs.define(kw_only=True)
class _Enmo:
    """
    Sums of ENMO by epoch of the device's clock.

    Attributes:
        file: name for errors.
        epoch_s: length of an epoch, s.
        most: how many epochs may come.
    """

    file: str
    epoch_s: int
    most: int
    _taken: int = 0
    _epochs: list[npt.NDArray[np.int64]] = attrs.field(factory=list)
    _totals: list[npt.NDArray[np.float64]] = attrs.field(factory=list)
    _counts: list[npt.NDArray[np.float64]] = attrs.field(factory=list)

    def add(self, block: Block) -> None:
        """
        The next seconds.

        Raises:
            TooBig: they lie in too many epochs.
        """
        norm = np.sqrt(np.einsum("kni,kni->kn", block.g, block.g))
        excess = np.maximum(norm - 1.0, 0.0).sum(axis=1) * 1_000.0
        epochs, which = np.unique(block.at // self.epoch_s, return_inverse=True)
        self._taken += epochs.size
        if self._taken > self.most:
            raise TooBig(file=self.file, detail=f"more than {self.most:,} epochs")
        self._epochs.append(epochs)
        self._totals.append(np.bincount(which, weights=excess).astype(np.float64))
        self._counts.append(norm.shape[1] * np.bincount(which).astype(np.float64))

    def means(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """
        Seconds of the device's clock, ascending, and the mean of the epoch that begins there, mg.

        It is missing where fewer than half of the usual samples are.

        Raises:
            NoSamples: there was none.
        """
        if not self._epochs:
            raise NoSamples(file=self.file, detail="no acceleration in it")
        epochs, which = np.unique(np.concatenate(self._epochs), return_inverse=True)
        total = np.bincount(which, weights=np.concatenate(self._totals))
        count = np.bincount(which, weights=np.concatenate(self._counts))
        mean = np.where(count >= _MIN_SHARE * count.max(), total / count, np.nan)
        return epochs * self.epoch_s, mean


def _recording(
    enmo: _Enmo, info: Mapping[str, str], lost: int, intake: Intake, options: ReadOptions
) -> Recording:
    file = intake.source.name
    preset = Preset(
        format=ACTIGRAPH_GT3X.id,
        unit=Unit.ENMO_MG,
        epoch_s=enmo.epoch_s,
        device=f"ActiGraph {info.get('Device Type', '')}".strip(),
        placement=placement_of(info.get("Limb", "")),
    )
    zone = zone_of(options, preset, file)
    done = laid(
        _samples(enmo, zone, file), zone, options.unit or Unit.ENMO_MG, options, preset, file
    )
    return Recording(
        participant=options.participant or label_of(file),
        series=done.series,
        report=done.report,
        digest=intake.digest,
        format=preset.format,
        notices=(_UNCALIBRATED, *_told(lost)),
    )


def _samples(enmo: _Enmo, zone: ZoneInfo, file: str) -> Samples:
    wall, values = enmo.means()
    return elapsed_samples(values, wall, zone, file)


def _told(lost: int) -> tuple[Notice, ...]:
    if not lost:
        return ()
    text = f"{lost:,} stretches of the log hold no whole record and were passed over"
    return (Notice(code="records-left-out", text=text),)
