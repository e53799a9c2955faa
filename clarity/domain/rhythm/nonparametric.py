"""The non-parametric rhythm of one recording as findings."""

from collections.abc import Mapping
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.findings import Definition, Finding, Parameter
from clarity.domain.rhythm.binning import Binning, binned, flat_bins
from clarity.domain.rhythm.evidence import Observed, without_gaps
from clarity.domain.rhythm.extremes import Basis, Extremes, extremes
from clarity.domain.rhythm.grid import Floats
from clarity.domain.rhythm.levels import (
    MIN_CLOCK_H,
    PHASE_BIN_MIN,
    PHASE_SIDE_MIN,
    ActivePhase,
    active_phase,
    average_daily_total,
)
from clarity.domain.rhythm.variability import (
    GONCALVES_BINS_MIN,
    mean_interdaily_stability,
    mean_intradaily_variability,
    stability_of_bins,
    variability_of_bins,
)

__all__ = [
    "profile_findings",
    "spectrum_findings",
    "stability_findings",
    "total_findings",
]

WITTING: Final = (
    "Witting 1990, doi:10.1016/0006-3223(90)90523-5; Van Someren 1999, "
    "doi:10.3109/07420529908998724"
)
GONCALVES: Final = "Goncalves 2014, doi:10.1016/j.slsci.2014.09.013"

IS: Final = Definition(metric="IS", unit="1", algorithm="nonparametric/IS", citation=WITTING)
IV: Final = Definition(metric="IV", unit="1", algorithm="nonparametric/IV", citation=WITTING)
ISM: Final = Definition(metric="ISm", unit="1", algorithm="nonparametric/ISm", citation=GONCALVES)
IVM: Final = Definition(metric="IVm", unit="1", algorithm="nonparametric/IVm", citation=GONCALVES)
RA: Final = Definition(metric="RA", unit="1", algorithm="nonparametric/RA", citation=WITTING)
L5: Final = Definition(metric="L5", unit="", algorithm="nonparametric/L5", citation=WITTING)
M10: Final = Definition(metric="M10", unit="", algorithm="nonparametric/M10", citation=WITTING)
L5_ONSET: Final = Definition(
    metric="L5_onset", unit="clock_h", algorithm="nonparametric/L5", citation=WITTING
)
M10_ONSET: Final = Definition(
    metric="M10_onset", unit="clock_h", algorithm="nonparametric/M10", citation=WITTING
)
ADAT: Final = Definition(
    metric="ADAT",
    unit="",
    algorithm="nonparametric/ADAT",
    citation="clarity: mean of the observed epochs times the epochs of a day",
    parameters={"min_clock_h": MIN_CLOCK_H},
)
AONT: Final = Definition(
    metric="AonT",
    unit="clock_h",
    algorithm="nonparametric/active-phase",
    citation="clarity: steepest relative rise of the mean day, 60 min on both sides",
    parameters={"bin_min": PHASE_BIN_MIN, "side_min": PHASE_SIDE_MIN},
)
AOFFT: Final = Definition(
    metric="AoffT",
    unit="clock_h",
    algorithm="nonparametric/active-phase",
    citation="clarity: steepest relative fall of the mean day, 60 min on both sides",
    parameters={"bin_min": PHASE_BIN_MIN, "side_min": PHASE_SIDE_MIN},
)

LITTLE_CLOCK: Final = f"less than {MIN_CLOCK_H} of the 24 hours of the clock were observed"
TOO_FEW_DAYS: Final = (
    "activity does not vary between bins, or fewer than half of the bins of the day were seen on "
    "two days"
)
TOO_FEW_STEPS: Final = (
    "activity does not vary between bins, or there is less than a day of adjacent valid bins"
)
CLOCK_UNSEEN: Final = "some hours of the clock were observed by less than half"
NO_EXTREME: Final = "hours of the clock were observed by less than half, or all hours are alike"
NO_AMPLITUDE: Final = "some hours of the clock were observed by less than half, or nothing moved"
NO_PHASE: Final = (
    "the epoch does not divide 5 min, a part of the clock was never observed, or the mean day "
    "neither rises nor falls"
)


def stability_findings(
    activity: npt.ArrayLike,
    *,
    start_minute: float,
    epoch_s: int,
    binning: Binning | None = None,
    spanned: npt.ArrayLike | None = None,
) -> tuple[Finding, ...]:
    """
    IS and IV of one recording.

    Args:
        activity: (n,) per epoch, finite; NaN = missing.
        start_minute: clock minute at which the first epoch begins.
        epoch_s: length of an epoch, s; divides an hour.
        binning: the bins; hourly on the clock when None.
        spanned: (n,) bool, epochs that the recording spans; None for all.

    Returns:
        Two findings, absent with a reason where they are undefined.

    Raises:
        UnevenGrid: the epoch does not divide an hour or a bin.
    """
    values = np.asarray(activity, dtype=np.float64)
    chosen = binning or Binning()
    bins, possible = (
        binned(part, start_minute=start_minute, epoch_s=epoch_s, binning=chosen)
        for part in (values, without_gaps(values, spanned))
    )
    valid = Observed.of(bins, ~np.isnan(possible))
    adjacent = Observed.of(_steps(bins), ~np.isnan(_steps(possible)))
    stability = attrs.evolve(IS, parameters=chosen.parameters)
    variability = attrs.evolve(IV, parameters=chosen.parameters)
    return (
        valid.finding(
            stability, stability_of_bins(bins, variance=chosen.variance), reason=TOO_FEW_DAYS
        ),
        adjacent.finding(
            variability, variability_of_bins(bins, variance=chosen.variance), reason=TOO_FEW_STEPS
        ),
    )


def profile_findings(
    activity: npt.ArrayLike,
    *,
    start_minute: float,
    epoch_s: int,
    unit: str,
    spanned: npt.ArrayLike | None = None,
) -> tuple[Finding, ...]:
    """
    RA, L5, M10 with onsets, AonT and AoffT of the mean day of one recording.

    Args:
        activity: (n,) per epoch, finite and 0 or more; NaN = missing. Where clock times lie on
            different days, the mean day steps: give `ClockDays.balanced`.
        start_minute: clock minute at which the first epoch begins.
        epoch_s: length of an epoch, s; divides an hour.
        unit: what one epoch's value means, for example `counts`.
        spanned: (m,) bool, epochs that the recording spans, also those that do not enter the mean
            day; None for all of `activity`.

    Returns:
        One finding per metric, absent with a reason where it is undefined.

    Raises:
        UnevenGrid: the epoch does not divide an hour.
    """
    values = np.asarray(activity, dtype=np.float64)
    found = extremes(values, start_minute=start_minute, epoch_s=epoch_s)
    phase = _phase(values, start_minute=start_minute, epoch_s=epoch_s)
    seen = Observed.of(values, spanned)
    return (
        *_extreme_findings(found, seen, unit),
        seen.finding(AONT, phase.onset_min / 60.0, reason=NO_PHASE),
        seen.finding(AOFFT, phase.offset_min / 60.0, reason=NO_PHASE),
    )


def total_findings(
    activity: npt.ArrayLike,
    *,
    start_minute: float,
    epoch_s: int,
    unit: str,
    spanned: npt.ArrayLike | None = None,
) -> tuple[Finding, ...]:
    """
    ADAT of one recording.

    Args:
        activity: (n,) per epoch, finite; NaN = missing.
        start_minute: clock minute at which the first epoch begins.
        epoch_s: length of an epoch, s; divides an hour.
        unit: what one epoch's value means, for example `counts`.
        spanned: (n,) bool, epochs that the recording spans; None for all.

    Raises:
        UnevenGrid: the epoch does not divide an hour.
    """
    values = np.asarray(activity, dtype=np.float64)
    total = average_daily_total(values, start_minute=start_minute, epoch_s=epoch_s)
    definition = attrs.evolve(ADAT, unit=f"{unit}/day")
    return (Observed.of(values, spanned).finding(definition, total, reason=LITTLE_CLOCK),)


def spectrum_findings(
    activity: npt.ArrayLike,
    *,
    start_minute: float,
    epoch_s: int,
    binning: Binning | None = None,
    spanned: npt.ArrayLike | None = None,
) -> tuple[Finding, ...]:
    """
    ISm and IVm of one recording.

    Args:
        activity: (n,) per epoch, finite; NaN = missing.
        start_minute: clock minute at which the first epoch begins.
        epoch_s: length of an epoch, s; divides 60.
        binning: coverage, variance and anchor; the lengths are those of `GONCALVES_BINS_MIN`.
        spanned: (n,) bool, epochs that the recording spans; None for all.

    Returns:
        Two findings, absent with a reason where one of the lengths is undefined.

    Raises:
        UnevenGrid: the epoch does not divide a minute.
    """
    values = np.asarray(activity, dtype=np.float64)
    chosen = binning or Binning()
    stability = mean_interdaily_stability(
        values, start_minute=start_minute, epoch_s=epoch_s, binning=chosen
    )
    variability = mean_intradaily_variability(
        values, start_minute=start_minute, epoch_s=epoch_s, binning=chosen
    )
    seen = Observed.of(values, spanned)
    settings = {**chosen.parameters, "bin_min": ",".join(map(str, GONCALVES_BINS_MIN))}
    return (
        seen.finding(attrs.evolve(ISM, parameters=settings), stability, reason=TOO_FEW_DAYS),
        seen.finding(attrs.evolve(IVM, parameters=settings), variability, reason=TOO_FEW_STEPS),
    )


def _steps(bins: Floats) -> Floats:
    return np.diff(flat_bins(bins))


def _phase(values: Floats, *, start_minute: float, epoch_s: int) -> ActivePhase:
    """The active phase, undefined where epochs are too coarse for its profile."""
    if PHASE_BIN_MIN * 60 % epoch_s:
        unknown = np.full(values.shape[:-1], np.nan)
        return ActivePhase(onset_min=unknown, offset_min=unknown)
    return active_phase(values, start_minute=start_minute, epoch_s=epoch_s)


def _extreme_findings(found: Extremes, seen: Observed, unit: str) -> tuple[Finding, ...]:
    settings: Mapping[str, Parameter] = {"basis": Basis.PROFILE.value, "per": "epoch"}
    table = (
        (RA, found.ra, NO_AMPLITUDE),
        (attrs.evolve(L5, unit=unit), found.l5, CLOCK_UNSEEN),
        (L5_ONSET, found.l5_onset_min / 60.0, NO_EXTREME),
        (attrs.evolve(M10, unit=unit), found.m10, CLOCK_UNSEEN),
        (M10_ONSET, found.m10_onset_min / 60.0, NO_EXTREME),
    )
    return tuple(
        seen.finding(attrs.evolve(definition, parameters=settings), value, reason=reason)
        for definition, value, reason in table
    )
