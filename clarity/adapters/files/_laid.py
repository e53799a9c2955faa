"""Samples on the grid: what a format implies, what the caller knows better, refusals in words."""

from typing import Final
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._intake import Intake, label_of
from clarity.domain.actigraphy.regrid import (
    MixedEpochs,
    NoEpoch,
    Regridded,
    Samples,
    TooLongSpan,
    regrid,
)
from clarity.domain.arrays import distinct
from clarity.domain.streams import Placement, Unit
from clarity.domain.timeline import DAY_S
from clarity.ports.recordings import Notice, ReadOptions, Recording
from clarity.ports.unreadable import (
    ContradictoryTimes,
    MissingZone,
    NoSamples,
    OddEpoch,
    TooFineEpoch,
    UnevenTimes,
)

__all__ = [
    "Facts",
    "Preset",
    "laid",
    "laid_recording",
    "person_label",
    "refuse_nothing",
    "zone_of",
]

_MAX_CONFLICTS: Final = 0.05
"""Share of epochs named twice with different values from which a file is not one recording."""

_EVEN: Final = 0.9
"""Share of alike steps from which they are the steps of a recording."""


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


@attrs.frozen(kw_only=True)
class Facts:
    """What the recordings of a table share."""

    intake: Intake
    options: ReadOptions
    preset: Preset
    zone: ZoneInfo
    notices: tuple[Notice, ...] = ()


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


def person_label(options: ReadOptions, person: str | None, file: str) -> str:
    """
    The label of the one person of a table, or of one of several behind the caller's.

    Args:
        options: what the caller says.
        person: the label in the table, None when the table has none.
        file: name of the table, whose last part is the label when nothing else gives one.
    """
    if person is None:
        return options.participant or label_of(file)
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
        OddEpoch: no whole number of epochs makes a day.
        TooFineEpoch: the caller's epoch would leave holes between all values.
        ContradictoryTimes: too many times come again with other values.
    """
    if options.epoch_s is not None:
        _refuse_finer(samples.seconds, options.epoch_s, file)
    try:
        done = regrid(
            samples,
            zone=zone,
            unit=unit,
            epoch_s=options.epoch_s or preset.epoch_s,
            device=preset.device if options.device is None else options.device,
            placement=options.placement or preset.placement,
        )
    except (NoEpoch, MixedEpochs) as error:
        raise UnevenTimes(file=file, detail=error.fact) from error
    except TooLongSpan as error:
        raise UnevenTimes(file=file, detail=str(error)) from error
    if DAY_S % done.report.epoch_s:
        raise OddEpoch(file=file, detail=f"{done.report.epoch_s} s")
    if done.report.conflicts > _MAX_CONFLICTS * done.report.epochs:
        raise ContradictoryTimes(file=file, detail=f"{done.report.conflicts:,} of them")
    return done


def _refuse_finer(seconds: npt.NDArray[np.int64], epoch_s: int, file: str) -> None:
    steps = np.diff(distinct(seconds))
    if not steps.size:
        return
    usual = int(np.median(steps))
    if usual >= 2 * epoch_s and np.mean(steps == usual) >= _EVEN:
        raise TooFineEpoch(file=file, detail=f"{epoch_s} s, and the times are {usual} s apart")


def laid_recording(label: str | None, samples: Samples, unit: Unit, facts: Facts) -> Recording:
    """
    The recording of one person of a table; `label` is None when the table has none.

    Raises:
        UnevenTimes: the samples follow no single epoch, or span too long a time.
        ContradictoryTimes: too many times come again with other values.
        NoSamples: all values are missing.
    """
    file = facts.intake.source.name
    refuse_nothing(samples.values, file)
    done = laid(samples, facts.zone, unit, facts.options, facts.preset, file)
    return Recording(
        participant=person_label(facts.options, label, file),
        series=done.series,
        report=done.report,
        digest=facts.intake.digest,
        format=facts.preset.format,
        notices=facts.notices,
    )
