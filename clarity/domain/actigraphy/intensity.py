"""Minutes of sedentary time and of moderate-to-vigorous activity, by named cut-points."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.requirements import Requirement
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.findings import Definition, Finding
from clarity.domain.streams import Placement, Unit
from clarity.domain.timeline import DAY_S, LocalDay

__all__ = [
    "CUT_POINTS",
    "FREEDSON_1998",
    "TROIANO_2008",
    "VALID_DAY_MIN",
    "CutPoints",
    "DailyIntensity",
    "daily_intensity",
    "intensity",
    "minutes_in",
]

MINUTE_S: Final = 60

VALID_DAY_MIN: Final = 600.0
"""Observed time that makes a valid day, min (Troiano et al., 2008: 10 h)."""


@attrs.frozen(kw_only=True)
class CutPoints:
    """
    Where intensities begin, for one device, placement and epoch.

    Attributes:
        name: id that findings carry.
        citation: papers and DOIs.
        needs: unit, epoch and placement of the data.
        mvpa_from: counts per epoch from which activity is moderate.
        sedentary_below: counts per epoch below which it is sedentary; None when undefined.
    """

    name: str
    citation: str
    needs: Requirement
    mvpa_from: float = attrs.field(validator=attrs.validators.gt(0.0))
    sedentary_below: float | None


_HIP_COUNTS: Final = Requirement(unit=Unit.COUNTS, epoch_s=60, placement=Placement.HIP)

FREEDSON_1998: Final = CutPoints(
    name="cut-points/freedson-1998",
    citation=(
        "Freedson et al. 1998, Med Sci Sports Exerc 30:777-781, "
        "doi:10.1097/00005768-199805000-00021"
    ),
    needs=_HIP_COUNTS,
    mvpa_from=1952.0,
    sedentary_below=None,
)
"""ActiGraph at the hip, adults; the paper names no sedentary cut-point."""

TROIANO_2008: Final = CutPoints(
    name="cut-points/troiano-2008",
    citation=(
        "Troiano et al. 2008, Med Sci Sports Exerc 40:181-188, doi:10.1249/mss.0b013e31815a51b3; "
        "sedentary: Matthews et al. 2008, doi:10.1093/aje/kwm390"
    ),
    needs=_HIP_COUNTS,
    mvpa_from=2020.0,
    sedentary_below=100.0,
)
"""ActiGraph at the hip, adults, NHANES."""

CUT_POINTS: Final[Mapping[str, CutPoints]] = MappingProxyType(
    {one.name.partition("/")[2]: one for one in (FREEDSON_1998, TROIANO_2008)}
)
"""All cut-points by the names under which they are asked for."""


def minutes_in(
    values: npt.ArrayLike, *, at_least: float, below: float, epoch_s: int
) -> npt.NDArray[np.float64]:
    """
    Minutes with at_least <= activity < below, of one or many recordings.

    Args:
        values: (..., n) activity per epoch; NaN = missing, which is in no band.
        at_least: lower end.
        below: upper end.
        epoch_s: length of an epoch, s.

    Returns:
        (...) float64, min.
    """
    data = np.asarray(values, dtype=np.float64)
    epochs = np.asarray(np.count_nonzero((data >= at_least) & (data < below), axis=-1))
    return epochs.astype(np.float64) * (epoch_s / 60.0)


@attrs.frozen(kw_only=True, eq=False)
class DailyIntensity:
    """
    Minutes of the days of many recordings, and their means over valid days.

    Attributes:
        observed_min: (..., days) float64, minutes with a value; a day is valid from
            `VALID_DAY_MIN` on.
        mvpa_min: (..., days) float64, moderate to vigorous.
        sedentary_min: (..., days) float64; NaN where the cut-points define none.
        mvpa_per_day: (...) float64, mean over the valid days, min; NaN without one.
        sedentary_per_day: (...) float64, likewise.
    """

    observed_min: npt.NDArray[np.float64]
    mvpa_min: npt.NDArray[np.float64]
    sedentary_min: npt.NDArray[np.float64]
    mvpa_per_day: npt.NDArray[np.float64]
    sedentary_per_day: npt.NDArray[np.float64]


def daily_intensity(
    values: npt.ArrayLike, cut_points: CutPoints, *, start_minute: int
) -> DailyIntensity:
    """
    Minutes by cut-points of every day of recordings on one clock grid.

    The same numbers as `intensity` gives one by one on a clock without a change. Unit, epoch and
    placement are the caller's to vouch for.

    Args:
        values: (..., n) activity per epoch of the cut-points; NaN = missing or not worn.
        cut_points: the profile.
        start_minute: clock minute at which the first epoch begins, 0 to 1439.

    Source:
        the profile's citation.
    """
    data, epoch_s = np.asarray(values, dtype=np.float64), cut_points.needs.epoch_s or MINUTE_S
    per_day, ahead = DAY_S // epoch_s, start_minute * 60 // epoch_s
    behind = -(ahead + data.shape[-1]) % per_day
    width = [(0, 0)] * (data.ndim - 1) + [(ahead, behind)]
    days = np.pad(data, width, constant_values=np.nan).reshape(*data.shape[:-1], -1, per_day)
    observed = np.count_nonzero(~np.isnan(days), axis=-1) * (epoch_s / 60)
    mvpa = minutes_in(days, at_least=cut_points.mvpa_from, below=np.inf, epoch_s=epoch_s)
    below = cut_points.sedentary_below
    sedentary = (
        np.full(mvpa.shape, np.nan)
        if below is None
        else minutes_in(days, at_least=0.0, below=below, epoch_s=epoch_s)
    )
    valid = observed >= VALID_DAY_MIN
    return DailyIntensity(
        observed_min=observed,
        mvpa_min=mvpa,
        sedentary_min=sedentary,
        mvpa_per_day=_mean_where(mvpa, valid),
        sedentary_per_day=_mean_where(sedentary, valid),
    )


def _mean_where(
    minutes: npt.NDArray[np.float64], valid: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """The mean over valid days; sums of minutes are exact, so their order does not matter."""
    days = valid.sum(axis=-1)
    out = np.full(days.shape, np.nan)
    np.divide(np.where(valid, minutes, 0.0).sum(axis=-1), days, out=out, where=days > 0)
    return out


def intensity(series: ActivitySeries, cut_points: CutPoints) -> tuple[Finding, Finding]:
    """
    MVPA and sedentary minutes per day, averaged over the valid local days.

    A day is valid with `VALID_DAY_MIN` of observed wear; days are those of the local calendar.

    Args:
        series: the recording; epochs known as not worn count as missing.
        cut_points: the profile; there is no default.

    Returns:
        MVPA, sedentary; min/day. `n_valid` counts the valid days, `coverage` is the observed share.

    Raises:
        UnitMismatch: the profile is defined for another unit.
        EpochMismatch: the profile is defined for another epoch.
        PlacementMismatch: the profile is defined for another place on the body.

    Source:
        the profile's citation.
    """
    cut_points.needs.check(series, algorithm=cut_points.name)
    days = [day for day in _days(series) if _observed_min(day, series.epoch_s) >= VALID_DAY_MIN]
    coverage = np.count_nonzero(~np.isnan(series.observed)) / max(series.values.size, 1)
    sedentary = cut_points.sedentary_below
    undefined = "" if sedentary is not None else f"{cut_points.name} defines no sedentary activity"
    bands = (
        ("MVPA", cut_points.mvpa_from, np.inf, ""),
        ("sedentary", 0.0, sedentary or 0.0, undefined),
    )
    mvpa, still = (
        _per_day(
            _definition(metric, cut_points),
            [float(minutes_in(d, at_least=a, below=b, epoch_s=series.epoch_s)) for d in days],
            coverage,
            reason,
        )
        for metric, a, b, reason in bands
    )
    return mvpa, still


def _days(series: ActivitySeries) -> list[npt.NDArray[np.float64]]:
    day, starts = LocalDay(series.start.date(), series.zone).next(), []
    while day.start_s < series.start_s + series.epoch_s * series.values.size:
        starts.append(day.start_s)
        day = day.next()
    return np.split(series.observed, np.searchsorted(series.seconds, starts))


def _observed_min(day: npt.NDArray[np.float64], epoch_s: int) -> float:
    return float(np.count_nonzero(~np.isnan(day))) * epoch_s / 60


def _definition(metric: str, cut_points: CutPoints) -> Definition:
    return Definition(
        metric=metric,
        unit="min/day",
        algorithm=cut_points.name,
        citation=cut_points.citation,
        parameters={
            "mvpa_from": cut_points.mvpa_from,
            "sedentary_below": cut_points.sedentary_below,
            "valid_day_min": VALID_DAY_MIN,
        },
    )


def _per_day(definition: Definition, minutes: list[float], coverage: float, reason: str) -> Finding:
    mean = sum(minutes) / len(minutes) if minutes and not reason else None
    return definition.finding(
        mean,
        n_valid=len(minutes),
        coverage=coverage,
        reason=reason or f"no day with {VALID_DAY_MIN:g} min of observed wear",
    )
