"""Cosinor, regularity, sleep timing, bouts and scaling of one recording as findings."""

from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.findings import Definition, Finding
from clarity.domain.means import circular_mean_min, circular_sd_min
from clarity.domain.rhythm.cosinor import cosinor
from clarity.domain.rhythm.dfa import DFA_WINDOWS_MIN, dfa
from clarity.domain.rhythm.evidence import Observed, without_gaps
from clarity.domain.rhythm.fragmentation import State, active_states, fragmentation
from clarity.domain.rhythm.regularity import sleep_regularity, social_jetlag_min, valid_pairs
from clarity.domain.rhythm.transitions import sustained_transition_probability

__all__ = [
    "cosinor_findings",
    "fragmentation_findings",
    "regularity_findings",
    "scaling_findings",
    "sustained_transition_findings",
    "timing_findings",
]

COSINOR: Final = (
    "Nelson 1979, Chronobiologia 6:305-323; Cornelissen 2014, doi:10.1186/1742-4682-11-16; "
    "standard errors: Tong 1976, doi:10.2307/2529340"
)
PHILLIPS: Final = "Phillips 2017, doi:10.1038/s41598-017-03171-4"
WITTMANN: Final = "Wittmann 2006, doi:10.1080/07420520500545979"
MARDIA: Final = "Mardia & Jupp 2000, Directional Statistics, doi:10.1002/9780470316979"
DI: Final = "Di 2017, doi:10.1101/182337"
LIM: Final = "Lim 2011, doi:10.5665/sleep.1400"
PENG: Final = "Peng 1994, doi:10.1103/PhysRevE.49.1685"

SRI: Final = Definition(metric="SRI", unit="1", algorithm="regularity/SRI", citation=PHILLIPS)
JETLAG: Final = Definition(
    metric="social_jetlag", unit="min", algorithm="timing/social-jetlag", citation=WITTMANN
)
MIDPOINT: Final = Definition(
    metric="sleep_midpoint", unit="clock_h", algorithm="timing/circular-mean", citation=MARDIA
)
MIDPOINT_SD: Final = Definition(
    metric="sleep_midpoint_SD", unit="min", algorithm="timing/circular-SD", citation=MARDIA
)
ALPHA: Final = Definition(
    metric="DFA_alpha",
    unit="1",
    algorithm="scaling/DFA1",
    citation=PENG,
    parameters={
        "windows": len(DFA_WINDOWS_MIN),
        "first_window_min": DFA_WINDOWS_MIN[0],
        "last_window_min": DFA_WINDOWS_MIN[-1],
    },
)

SUSTAINED: Final = Definition(
    metric="", unit="1", algorithm="fragmentation/sustained-transitions", citation=LIM
)

NO_FIT: Final = "fewer than four epochs, or too little of the 24 h cycle was observed"
NO_RHYTHM: Final = "activity is constant, or too little of the 24 h cycle was observed"
NO_F: Final = "the fit is perfect or activity is constant, or too little was observed"
NO_PAIRS: Final = (
    "shorter than two days, less than half a day was observed twice 24 h apart, or only one of "
    "sleep and wake occurs"
)
NO_JETLAG: Final = "no known night before a free day or none before a work day"
NO_MIDPOINT: Final = "no night with a known midpoint, or midpoints that cancel round the clock"
NO_DEVIATION: Final = "fewer than two nights with a known midpoint"
NO_BOUT: Final = "the state never occurs"
ONE_BOUT: Final = "the state has fewer than two bouts"
FEW_LENGTHS: Final = "runs of fewer than eight different lengths occur"
NO_SCALING: Final = (
    "shorter than two days, constant, or too many windows touch missing epochs for a day-long scale"
)


def cosinor_findings(
    activity: npt.ArrayLike,
    *,
    start_minute: float,
    epoch_s: int,
    unit: str,
    spanned: npt.ArrayLike | None = None,
) -> tuple[Finding, ...]:
    """
    The 24 h cosinor of one recording; see `cosinor` for signs and limits.

    Args:
        activity: (n,) per epoch, finite; NaN = missing.
        start_minute: clock minute at which the first epoch begins.
        epoch_s: length of an epoch, s; divides an hour.
        unit: what one epoch's value means, for example `counts`.
        spanned: (n,) bool, epochs that the recording spans; None for all.

    Returns:
        Mesor, amplitude and acrophase, their standard errors, R2, F and p.

    Raises:
        UnevenGrid: the epoch does not divide an hour.
    """
    values = np.asarray(activity, dtype=np.float64)
    fit = cosinor(values, start_minute=start_minute, epoch_s=epoch_s)
    seen = Observed.of(values, spanned)
    table = (
        ("mesor", unit, fit.mesor, NO_FIT),
        ("amplitude", unit, fit.amplitude, NO_FIT),
        ("acrophase", "clock_h", fit.acrophase_h, NO_RHYTHM),
        ("mesor_SE", unit, fit.mesor_se, NO_FIT),
        ("amplitude_SE", unit, fit.amplitude_se, NO_RHYTHM),
        ("acrophase_SE", "h", fit.acrophase_se_h, NO_RHYTHM),
        ("cosinor_R2", "1", fit.r2, NO_RHYTHM),
        ("cosinor_F", "1", fit.f, NO_F),
        ("cosinor_p", "1", fit.p, NO_RHYTHM),
    )
    model = Definition(
        metric="",
        unit="",
        algorithm="cosinor/OLS",
        citation=COSINOR,
        parameters={"period_h": 24.0, "epoch_time": "first instant"},
    )
    return tuple(
        seen.finding(attrs.evolve(model, metric=name, unit=its_unit), value, reason=reason)
        for name, its_unit, value, reason in table
    )


def regularity_findings(
    sleep: npt.ArrayLike, *, epoch_s: int, spanned: npt.ArrayLike | None = None
) -> tuple[Finding, ...]:
    """
    The SRI of one recording; coverage is the share of its pairs that are known.

    Args:
        sleep: (n,) 1 = sleep, 0 = wake, NaN = unknown.
        epoch_s: length of an epoch, s; divides an hour.
        spanned: (n,) bool, epochs that the recording spans; None for all.

    Raises:
        UnevenGrid: the epoch does not divide an hour.
    """
    states = np.asarray(sleep, dtype=np.float64)
    pairs = int(valid_pairs(states, epoch_s=epoch_s))
    possible = int(valid_pairs(without_gaps(states, spanned), epoch_s=epoch_s))
    index = sleep_regularity(states, epoch_s=epoch_s)
    return (Observed(pairs, pairs / max(possible, 1)).finding(SRI, index, reason=NO_PAIRS),)


def timing_findings(midpoint_min: npt.ArrayLike, free: npt.ArrayLike) -> tuple[Finding, ...]:
    """
    Mean midpoint of sleep, its circular deviation and social jetlag (free minus work, signed).

    Args:
        midpoint_min: (nights,) clock minute of mid-sleep; NaN = unknown.
        free: (nights,) bool, True when the night leads into a free day.
    """
    nights = np.asarray(midpoint_min, dtype=np.float64)
    seen = Observed.of(nights)
    return (
        seen.finding(MIDPOINT, circular_mean_min(nights) / 60.0, reason=NO_MIDPOINT),
        seen.finding(MIDPOINT_SD, circular_sd_min(nights), reason=NO_DEVIATION),
        seen.finding(JETLAG, social_jetlag_min(nights, free), reason=NO_JETLAG),
    )


def fragmentation_findings(
    activity: npt.ArrayLike, *, epoch_s: int, above: float, spanned: npt.ArrayLike | None = None
) -> tuple[Finding, ...]:
    """
    Bouts of rest and of activity: transition probability, mean length, Gini, hazard, power law.

    Args:
        activity: (n,) per epoch; NaN = missing.
        epoch_s: length of an epoch, s.
        above: activity above it is active, in units of the activity.
        spanned: (n,) bool, epochs that the recording spans; None for all.
    """
    states = active_states(activity, above=above)
    coverage = Observed.of(states, spanned).coverage
    return (
        *_bout_findings(states, State.REST, epoch_s=epoch_s, above=above, coverage=coverage),
        *_bout_findings(states, State.ACTIVE, epoch_s=epoch_s, above=above, coverage=coverage),
    )


def _bout_findings(
    states: npt.NDArray[np.float64], state: State, *, epoch_s: int, above: float, coverage: float
) -> tuple[Finding, ...]:
    found = fragmentation(states, state)
    seen = Observed(int(found.n_bouts), coverage)
    table = (
        ("transition_probability", "1", found.transition_probability, NO_BOUT),
        ("mean_bout", "min", found.mean_bout_epochs * (epoch_s / 60.0), NO_BOUT),
        ("gini", "1", found.gini, ONE_BOUT),
        ("hazard", "1", found.hazard, ONE_BOUT),
        ("power_law", "1", found.power_law, ONE_BOUT),
    )
    model = Definition(
        metric="",
        unit="",
        algorithm="fragmentation/bouts",
        citation=DI,
        parameters={"active_above": above, "epoch_s": epoch_s, "state": state.name.lower()},
    )
    return tuple(
        seen.finding(
            attrs.evolve(model, metric=f"{state.name.lower()}_{name}", unit=unit),
            value,
            reason=reason,
        )
        for name, unit, value, reason in table
    )


def sustained_transition_findings(
    activity: npt.ArrayLike, *, above: float, spanned: npt.ArrayLike | None = None
) -> tuple[Finding, ...]:
    """
    Give kRA and kAR of one recording; see `sustained_transition_probability` for its known limit.

    Args:
        activity: (n,) per epoch; NaN = missing.
        above: activity above it is active, in units of the activity.
        spanned: (n,) bool, epochs that the recording spans; None for all.
    """
    states = active_states(activity, above=above)
    seen = Observed.of(states, spanned)
    return tuple(
        seen.finding(
            attrs.evolve(SUSTAINED, metric=name, parameters={"active_above": above}),
            sustained_transition_probability(states, state),
            reason=FEW_LENGTHS,
        )
        for name, state in (("kRA", State.REST), ("kAR", State.ACTIVE))
    )


def scaling_findings(
    activity: npt.ArrayLike, *, epoch_s: int, spanned: npt.ArrayLike | None = None
) -> tuple[Finding, ...]:
    """
    The DFA exponent of one recording over windows from 10 min to a day.

    Args:
        activity: (n,) per epoch, finite; NaN = missing.
        epoch_s: length of an epoch, s; divides an hour.
        spanned: (n,) bool, epochs that the recording spans; None for all.

    Raises:
        UnevenGrid: the epoch does not divide an hour.
    """
    values = np.asarray(activity, dtype=np.float64)
    scaling = dfa(values, epoch_s=epoch_s)
    return (Observed.of(values, spanned).finding(ALPHA, scaling.alpha, reason=NO_SCALING),)
