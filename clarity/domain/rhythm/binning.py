"""Bins for interdaily stability and intradaily variability: how long, aligned to what, how full."""

from collections.abc import Mapping
from enum import StrEnum

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.findings import Parameter
from clarity.domain.means import observed_mean
from clarity.domain.rhythm.grid import DAY_MIN, Floats, UnevenGrid, day_matrix

__all__ = ["Anchor", "Binning", "Variance", "binned", "flat_bins"]


class Variance(StrEnum):
    """
    What a sum of squares is divided by, and how much a bin of the mean day weighs in IS.

    Attributes:
        POPULATION: by its number; a bin of the day weighs as many days as saw it.
        TEXTBOOK: by its number; all bins of the day weigh alike, as the papers write for complete
            days.
        SAMPLE: by one less; all bins of the day weigh alike.
    """

    POPULATION = "population"
    TEXTBOOK = "textbook"
    SAMPLE = "sample"


class Anchor(StrEnum):
    """Where the first bin begins."""

    CLOCK = "clock"
    FIRST_EPOCH = "first-epoch"


def _divides_the_day(_: object, __: object, bin_min: int) -> None:
    if bin_min < 1 or bin_min == DAY_MIN or DAY_MIN % bin_min:
        raise ValueError("a bin is a whole number of minutes, and two or more fill the day")


def _is_a_share(_: object, __: object, share: float) -> None:
    if not 0.0 < share <= 1.0:
        raise ValueError("the coverage a bin needs is above 0 and at most 1")


@attrs.frozen(kw_only=True)
class Binning:
    """
    How epochs become bins.

    Attributes:
        bin_min: length of a bin, min; divides the day.
        min_coverage: share of a bin's epochs that must be observed, above 0 and at most 1.
        variance: divisor of both variances of IS and of the variance of IV.
        anchor: bins start on the clock or at the first epoch.
    """

    bin_min: int = attrs.field(default=60, validator=_divides_the_day)
    min_coverage: float = attrs.field(default=0.5, validator=_is_a_share)
    variance: Variance = Variance.POPULATION
    anchor: Anchor = Anchor.CLOCK

    @classmethod
    def pyactigraphy(cls, bin_min: int) -> "Binning":
        """
        The binning of pyActigraphy 1.2.2 (quirk).

        Bins start at the first epoch, one missing epoch drops the bin, variances are sample ones.
        """
        return cls(
            bin_min=bin_min,
            min_coverage=1.0,
            variance=Variance.SAMPLE,
            anchor=Anchor.FIRST_EPOCH,
        )

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The settings as parameters of a finding."""
        return {
            "bin_min": self.bin_min,
            "min_bin_coverage": self.min_coverage,
            "variance": self.variance.value,
            "anchor": self.anchor.value,
        }


def binned(
    activity: npt.ArrayLike, *, start_minute: float, epoch_s: int, binning: Binning
) -> Floats:
    """
    Bin means as days by bins of the day.

    Args:
        activity: (..., n) per epoch; NaN = missing.
        start_minute: clock minute at which the first epoch begins.
        epoch_s: length of an epoch, s; divides an hour.
        binning: the bins.

    Returns:
        (..., days, bins per day) float64, mean per epoch; NaN where coverage is too low. With bins
        anchored at the first epoch a row is 24 h from there.

    Raises:
        UnevenGrid: the epoch does not divide an hour or a bin.
    """
    bin_s = binning.bin_min * 60
    if bin_s % epoch_s:
        raise UnevenGrid(bin_s, epoch_s)
    on_clock = binning.anchor is Anchor.CLOCK
    days = day_matrix(activity, start_minute=start_minute if on_clock else 0.0, epoch_s=epoch_s)
    width = bin_s // epoch_s
    parts = days.reshape(*days.shape[:-1], days.shape[-1] // width, width)
    return observed_mean(parts, axis=-1, at_least=max(1.0, binning.min_coverage * width))


def flat_bins(bins: Floats) -> Floats:
    """(..., days, bins per day) in order of time: (..., bins)."""
    return np.ascontiguousarray(bins).reshape(*bins.shape[:-2], bins.shape[-2] * bins.shape[-1])
