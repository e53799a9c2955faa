"""
The single-component cosinor: a cosine fitted by least squares.

Signs: y(t) = M + A cos(2 pi (t - phi) / T) with A 0 or more and t in hours after the midnight that
precedes the recording, an epoch standing for its first instant. So the acrophase phi is the time of
the crest itself: at T = 24 h the clock hour, neither negative nor in radians.
"""

from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.rhythm.grid import FLAT_REL, Floats, slots_per_day

__all__ = ["CosinorFit", "cosinor"]

MIN_PHASE_SPREAD: Final = 0.05
"""Determinant of the two regressors over that of an evenly seen cycle; half a cycle has 0.19."""


@attrs.frozen(kw_only=True, eq=False)
class CosinorFit:
    """
    A fitted cosine, each field (...) float64, NaN = undefined.

    Attributes:
        period_h: T, h; given or found.
        mesor: M, in units of the activity.
        amplitude: A, 0 or more, in units of the activity.
        acrophase_h: phi, h in [0, T); NaN when the amplitude is 0.
        mesor_se: standard error of M under independent residuals.
        amplitude_se: that of A, to first order (delta method); NaN when the amplitude is 0.
        acrophase_se_h: that of phi, to first order, h; NaN when the amplitude is 0.
        r2: share of the variance explained, 0 to 1; NaN for constant activity.
        f: zero-amplitude F with (2, n - 3) degrees of freedom; NaN for a perfect fit.
        p: its upper tail probability, in closed form (1 + 2 F / (n - 3)) ^ (-(n - 3) / 2).
        rss: sum of squared residuals.
        n: observed epochs.
    """

    period_h: Floats
    mesor: Floats
    amplitude: Floats
    acrophase_h: Floats
    mesor_se: Floats
    amplitude_se: Floats
    acrophase_se_h: Floats
    r2: Floats
    f: Floats
    p: Floats
    rss: Floats
    n: npt.NDArray[np.int64]


def cosinor(
    activity: npt.ArrayLike, *, start_minute: float, epoch_s: int, period_h: npt.ArrayLike = 24.0
) -> CosinorFit:
    """
    The cosinor of a given period, by ordinary least squares in closed form.

    Args:
        activity: (..., n) per epoch, finite; NaN = missing, left out of the sums.
        start_minute: clock minute at which the first epoch begins.
        epoch_s: length of an epoch, s; divides an hour.
        period_h: T, h, above 0; one for all, or (...) of one for each; NaN = none.

    Returns:
        Fields of shape (...). All but `n` and `period_h` are NaN with fewer than four epochs,
        without a period, or when too little of the cycle was seen to tell cosine from sine. F, p
        and the standard errors assume independent residuals, which minutes of activity are not: p
        is descriptive and the errors are too small. p is 0 where it is too small for a number,
        below 1e-323.

    Raises:
        UnevenGrid: the epoch does not divide an hour.

    Source: Nelson 1979, Chronobiologia 6:305-323; Cornelissen 2014, doi:10.1186/1742-4682-11-16;
    standard errors of amplitude and acrophase: Tong 1976, doi:10.2307/2529340.
    """
    values = np.asarray(activity, dtype=np.float64)
    hours = _hours(values, start_minute, epoch_s)
    return _fit(values, hours, np.full(values.shape[:-1], period_h, dtype=np.float64))


def _hours(values: Floats, start_minute: float, epoch_s: int) -> Floats:
    slots_per_day(epoch_s)
    epochs = np.arange(values.shape[-1], dtype=np.float64)
    return start_minute / 60.0 + epochs * (epoch_s / 3600.0)


@attrs.frozen(eq=False)
class _Sums:
    """Centred sums of products over the observed epochs."""

    n: npt.NDArray[np.int64]
    mean: tuple[Floats, Floats, Floats]
    cc: Floats
    ss: Floats
    cs: Floats
    xc: Floats
    xs: Floats
    xx: Floats
    centred: tuple[Floats, Floats, Floats]

    @property
    def det(self) -> Floats:
        return self.cc * self.ss - self.cs**2


def _sums(values: Floats, hours: Floats, period_h: Floats) -> _Sums:
    angle = hours * (2.0 * np.pi / period_h[..., None])
    seen = ~np.isnan(values)
    n = seen.sum(axis=-1)
    divisor = np.maximum(n, 1)
    parts = [np.where(seen, part, 0.0) for part in (values, np.cos(angle), np.sin(angle))]
    means = [part.sum(axis=-1) / divisor for part in parts]
    x, c, s = (
        np.where(seen, part - mean[..., None], 0.0) for part, mean in zip(parts, means, strict=True)
    )
    return _Sums(
        n=n,
        mean=(means[0], means[1], means[2]),
        cc=(c * c).sum(axis=-1),
        ss=(s * s).sum(axis=-1),
        cs=(c * s).sum(axis=-1),
        xc=(x * c).sum(axis=-1),
        xs=(x * s).sum(axis=-1),
        xx=(x * x).sum(axis=-1),
        centred=(x, c, s),
    )


def _fit(values: Floats, hours: Floats, period_h: Floats) -> CosinorFit:
    sums = _sums(values, hours, period_h)
    defined = (sums.n > 3) & (sums.det > MIN_PHASE_SPREAD * sums.n**2 / 4.0)
    beta = _quotient(sums.xc * sums.ss - sums.xs * sums.cs, sums.det, where=defined)
    gamma = _quotient(sums.xs * sums.cc - sums.xc * sums.cs, sums.det, where=defined)
    x, c, s = sums.centred
    rss = ((x - beta[..., None] * c - gamma[..., None] * s) ** 2).sum(axis=-1)
    size = np.hypot(beta, gamma)
    scale = np.abs(sums.mean[0]) + np.sqrt(sums.xx / np.maximum(sums.n, 1))
    amplitude = np.where(size <= FLAT_REL * scale, 0.0, size)
    phase = np.arctan2(gamma, beta) * period_h / (2.0 * np.pi) % period_h
    varies = defined & (amplitude > 0)
    left = _quotient(rss, sums.xx, where=varies)
    free = sums.n - 3.0
    amplitude_se, phase_se = _polar_se(sums, rss, (beta, gamma), varies)
    explained = np.where(left > FLAT_REL, left, np.nan)
    return CosinorFit(
        period_h=period_h,
        mesor=sums.mean[0] - beta * sums.mean[1] - gamma * sums.mean[2],
        amplitude=amplitude,
        acrophase_h=np.where(varies, np.where(phase < period_h, phase, 0.0), np.nan),
        mesor_se=_mesor_se(sums, rss, defined),
        amplitude_se=amplitude_se,
        acrophase_se_h=phase_se * period_h / (2.0 * np.pi),
        r2=1.0 - left,
        f=(1.0 - explained) / explained * free / 2.0,
        p=left ** (free / 2.0),
        rss=rss,
        n=sums.n,
    )


def _mesor_se(sums: _Sums, rss: Floats, defined: npt.NDArray[np.bool_]) -> Floats:
    _, c, s = sums.mean
    lever = c * c * sums.ss - 2.0 * c * s * sums.cs + s * s * sums.cc
    share = 1.0 / np.maximum(sums.n, 1) + _quotient(lever, sums.det, where=defined)
    return np.sqrt(_quotient(rss, sums.n.astype(np.float64) - 3.0, where=defined) * share)


def _polar_se(
    sums: _Sums, rss: Floats, at: tuple[Floats, Floats], varies: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """
    Standard errors of the amplitude and of the phase (rad) at cosine and sine coefficients `at`.

    The covariance of the coefficients is s2 / det * ((ss, -cs), (-cs, cc)); the gradients are
    (beta, gamma) / A for the amplitude and (-gamma, beta) / A^2 for the phase.
    """
    beta, gamma = at
    square = beta**2 + gamma**2
    residual = _quotient(rss, sums.n.astype(np.float64) - 3.0, where=varies)
    cross = 2.0 * beta * gamma * sums.cs
    along = beta**2 * sums.ss + gamma**2 * sums.cc - cross
    across = gamma**2 * sums.ss + beta**2 * sums.cc + cross
    amplitude = residual * _quotient(along, sums.det * square, where=varies)
    phase = residual * _quotient(across, sums.det * square**2, where=varies)
    return np.sqrt(amplitude), np.sqrt(phase)


def _quotient(top: Floats, bottom: Floats, *, where: npt.NDArray[np.bool_]) -> Floats:
    out = np.full(np.shape(top), np.nan)
    np.divide(top, bottom, out=out, where=where)
    return out
