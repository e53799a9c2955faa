"""Samples on the grid: what a format implies, what the caller knows better, refusals in words."""

from zoneinfo import ZoneInfo

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.regrid import (
    MixedEpochs,
    NoEpoch,
    Regridded,
    Samples,
    TooLongSpan,
    regrid,
)
from clarity.domain.streams import Placement, Unit
from clarity.ports.recordings import ReadOptions
from clarity.ports.unreadable import MissingZone, NoSamples, UnevenTimes

__all__ = ["Preset", "laid", "person_label", "refuse_nothing", "zone_of"]


@attrs.frozen(kw_only=True)
class Preset:
    """What a format implies; the caller's options go before it."""

    format: str
    zone: ZoneInfo | None = None
    unit: Unit | None = None
    epoch_s: int | None = None
    device: str = ""
    placement: Placement = Placement.UNKNOWN
    time_column: str | None = None
    value_column: str | None = None


def refuse_nothing(values: npt.NDArray[np.float64], file: str) -> None:
    """
    A recording holds at least one value.

    Raises:
        NoSamples: all are missing.
    """
    if not (~np.isnan(values)).any():
        raise NoSamples(file=file)


def zone_of(options: ReadOptions, preset: Preset, file: str) -> ZoneInfo:
    """
    The zone of the person's clock.

    Raises:
        MissingZone: neither the caller nor the format says it.
    """
    zone = options.zone or preset.zone
    if zone is None:
        raise MissingZone(file=file)
    return zone


def person_label(options: ReadOptions, person: str) -> str:
    """The label of one person in a table of several, behind the caller's when there is one."""
    return f"{options.participant}-{person}" if options.participant else person


def laid(
    samples: Samples,
    zone: ZoneInfo,
    unit: Unit,
    options: ReadOptions,
    preset: Preset,
    file: str,
) -> Regridded:
    """
    The samples on their grid.

    Raises:
        UnevenTimes: they follow no single epoch, or span too long a time.
    """
    try:
        return regrid(
            samples,
            zone=zone,
            unit=unit,
            epoch_s=options.epoch_s or preset.epoch_s,
            device=preset.device if options.device is None else options.device,
            placement=options.placement or preset.placement,
        )
    except (NoEpoch, MixedEpochs, TooLongSpan) as error:
        raise UnevenTimes(file=file, detail=str(error)) from error
