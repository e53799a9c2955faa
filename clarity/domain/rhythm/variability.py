"""Interdaily stability and intradaily variability, for one bin length or averaged over many."""

from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.means import observed_mean
from clarity.domain.rhythm.binning import Binning, Variance, binned, flat_bins
from clarity.domain.rhythm.grid import Floats, is_flat

__all__ = [
    "GONCALVES_BINS_MIN",
    "MIN_REPEATED_SHARE",
    "interdaily_stability",
    "intradaily_variability",
    "mean_interdaily_stability",
    "mean_intradaily_variability",
    "stability_of_bins",
    "variability_of_bins",
]

GONCALVES_BINS_MIN: Final = (
    *(1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16, 18, 20, 24, 30, 32, 36, 40, 45, 48, 60),
)
"""Bin lengths of ISm and IVm, min. Source: Goncalves 2014, doi:10.1016/j.slsci.2014.09.013."""

MIN_REPEATED_SHARE: Final = 0.5
"""Share of the bins of the day that must be seen on two or more days before days are compared."""

HOURLY: Final = Binning()


def interdaily_stability(
    activity: npt.ArrayLike, *, start_minute: float, epoch_s: int, binning: Binning = HOURLY
) -> Floats:
    """
    IS: how much of the variance between bins is explained by the time of day.

    IS = [sum over bins of the day d (profile - mean)^2] / [sum over bins (x - mean)^2], where d
    days saw a bin of the day: the share of the sum of squares that lies between times of day, so
    never above 1. The papers know complete days, on which it equals
    [sum over bins of the day (profile - mean)^2 / p] / [sum over bins (x - mean)^2 / n]; on
    incomplete ones that form, `Variance.TEXTBOOK`, can exceed 1.

    Args:
        activity: (..., n) per epoch, finite; NaN = missing.
        start_minute: clock minute at which the first epoch begins.
        epoch_s: length of an epoch, s; divides an hour and the bin.
        binning: bins and variance; sample variances are taken about each set's own mean.

    Returns:
        (...) float64, 0 to 1, 1 for identical days; sample and textbook variances can exceed 1. NaN
        when bins do not vary, or when fewer than half of the bins of the day are seen on two days.

    Raises:
        UnevenGrid: the epoch does not divide an hour or a bin.

    Source: Witting 1990, doi:10.1016/0006-3223(90)90523-5; Van Someren 1999,
    doi:10.3109/07420529908998724.
    """
    bins = binned(activity, start_minute=start_minute, epoch_s=epoch_s, binning=binning)
    return stability_of_bins(bins, variance=binning.variance)


def stability_of_bins(bins: Floats, *, variance: Variance) -> Floats:
    """IS of bins (..., days, bins per day); see `interdaily_stability`."""
    flat = flat_bins(bins)
    days = (~np.isnan(bins)).sum(axis=-2)
    repeated = (days >= 2).mean(axis=-1) >= MIN_REPEATED_SHARE
    between = _between(observed_mean(bins, axis=-2), days, _mean(flat), variance)
    return _ratio(between, _variance(flat, variance), where=repeated & ~is_flat(flat))


def _between(
    profile: Floats, days: npt.NDArray[np.int64], mean: Floats, variance: Variance
) -> Floats:
    """The variance of the profile (..., bins per day), whose bins were seen on so many days."""
    if variance is Variance.SAMPLE:
        return _variance(profile, variance)
    squares = (profile - mean[..., None]) ** 2
    if variance is Variance.TEXTBOOK:
        return observed_mean(squares, axis=-1)
    total = np.where(days > 0, days * squares, 0.0).sum(axis=-1)
    n = days.sum(axis=-1)
    return _ratio(total, n, where=n > 0)


def intradaily_variability(
    activity: npt.ArrayLike, *, start_minute: float, epoch_s: int, binning: Binning = HOURLY
) -> Floats:
    """
    IV: mean square of the step between adjacent bins over the variance of the bins.

    Only steps between two adjacent valid bins count, and they are averaged over their own number.

    Args:
        activity: (..., n) per epoch, finite; NaN = missing.
        start_minute: clock minute at which the first epoch begins.
        epoch_s: length of an epoch, s; divides an hour and the bin.
        binning: bins and variance.

    Returns:
        (...) float64, 4 for bins that alternate between two values. NaN when bins do not vary or
        when there is less than a day of adjacent valid bins.

    Raises:
        UnevenGrid: the epoch does not divide an hour or a bin.

    Source: Witting 1990, doi:10.1016/0006-3223(90)90523-5; Van Someren 1999,
    doi:10.3109/07420529908998724.
    """
    bins = binned(activity, start_minute=start_minute, epoch_s=epoch_s, binning=binning)
    return variability_of_bins(bins, variance=binning.variance)


def variability_of_bins(bins: Floats, *, variance: Variance) -> Floats:
    """IV of bins (..., days, bins per day); see `intradaily_variability`."""
    flat = flat_bins(bins)
    step = observed_mean(np.diff(flat, axis=-1) ** 2, axis=-1, at_least=bins.shape[-1] - 1)
    enough = ~np.isnan(step) & ~is_flat(flat)
    return _ratio(step, _variance(flat, variance), where=enough)


def mean_interdaily_stability(
    activity: npt.ArrayLike, *, start_minute: float, epoch_s: int, binning: Binning = HOURLY
) -> Floats:
    """
    ISm: IS averaged over the bin lengths of `GONCALVES_BINS_MIN`; `binning` gives the rest.

    Returns:
        (...) float64; NaN when IS is undefined for one of the lengths.

    Raises:
        UnevenGrid: the epoch does not divide every bin length (60 s and its divisors do).

    Source: Goncalves 2014, doi:10.1016/j.slsci.2014.09.013.
    """
    values = [
        interdaily_stability(activity, start_minute=start_minute, epoch_s=epoch_s, binning=each)
        for each in _lengths(binning)
    ]
    return np.asarray(sum(values) / len(values))


def mean_intradaily_variability(
    activity: npt.ArrayLike, *, start_minute: float, epoch_s: int, binning: Binning = HOURLY
) -> Floats:
    """
    IVm: IV averaged over the bin lengths of `GONCALVES_BINS_MIN`; `binning` gives the rest.

    Returns:
        (...) float64; NaN when IV is undefined for one of the lengths.

    Raises:
        UnevenGrid: the epoch does not divide every bin length (60 s and its divisors do).

    Source: Goncalves 2014, doi:10.1016/j.slsci.2014.09.013.
    """
    values = [
        intradaily_variability(activity, start_minute=start_minute, epoch_s=epoch_s, binning=each)
        for each in _lengths(binning)
    ]
    return np.asarray(sum(values) / len(values))


def _lengths(binning: Binning) -> list[Binning]:
    return [attrs.evolve(binning, bin_min=length) for length in GONCALVES_BINS_MIN]


def _mean(flat: Floats) -> Floats:
    return observed_mean(flat, axis=-1)


def _variance(flat: Floats, variance: Variance) -> Floats:
    squares = (flat - _mean(flat)[..., None]) ** 2
    mean = observed_mean(squares, axis=-1)
    if variance is not Variance.SAMPLE:
        return mean
    n = (~np.isnan(flat)).sum(axis=-1)
    return mean * _ratio(n.astype(np.float64), n - 1.0, where=n > 1)


def _ratio(top: Floats, bottom: Floats, *, where: npt.NDArray[np.bool_]) -> Floats:
    out = np.full(np.shape(top), np.nan)
    np.divide(top, bottom, out=out, where=where)
    return out
