"""kRA and kAR: the chance per epoch that sustained rest or sustained activity ends."""

from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.rhythm.fragmentation import State, bout_lengths
from clarity.domain.rhythm.grid import Floats, Quirk
from clarity.domain.rhythm.lowess import lowess

__all__ = ["TransitionCurve", "sustained_transition_probability", "transition_curve"]

LOWESS_FRAC: Final = 0.3
MIN_POINTS: Final = 7
"""Lengths that must occur: with fewer a neighbourhood of 0.3 holds less than two points."""


@attrs.frozen(kw_only=True, eq=False)
class TransitionCurve:
    """
    How likely a run ends, by how long it has lasted.

    Attributes:
        after_epochs: (k,) float64, run lengths t that occur, ascending, without the longest.
        probability: (k,) float64, (N_t - N_t') / N_t / (t' - t), t' the next length that occurs.
        at_risk: (k,) float64, N_t: runs that last t or longer.
        outlasting: (k,) float64, N_t': runs that last t' or longer.
    """

    after_epochs: Floats
    probability: Floats
    at_risk: Floats
    outlasting: Floats


def transition_curve(lengths: npt.NDArray[np.int64]) -> TransitionCurve:
    """
    The transition probabilities of runs of one state.

    Between two lengths that occur the probability is spread evenly over the epochs in between;
    the longest run is left out, for nothing is known of what follows it.

    Args:
        lengths: (runs,) epochs, 0 or more.

    Source: Lim 2011, doi:10.5665/sleep.1400.
    """
    after, ending = np.unique(lengths, return_counts=True)
    at_risk = ending[::-1].cumsum()[::-1].astype(np.float64)
    gap = np.diff(after)
    return TransitionCurve(
        after_epochs=after[:-1].astype(np.float64),
        probability=ending[:-1] / at_risk[:-1] / gap,
        at_risk=at_risk[:-1],
        outlasting=at_risk[1:],
    )


def sustained_transition_probability(
    states: npt.ArrayLike, state: State, *, quirk: Quirk | None = None
) -> Floats:
    """
    Give kRA for `State.REST`, kAR for `State.ACTIVE`.

    The curve is smoothed (LOWESS, fraction 0.3, no robustness steps). Over the longest stretch of
    run lengths whose probabilities all lie within one standard deviation of the smooth curve, they
    are averaged with the square roots of N_t + N_t' as weights. With the pyActigraphy quirk every
    missing epoch counts as a run of rest that lasted no epoch, which widens the deviation.

    Args:
        states: (..., n) 1 = active, 0 = rest, NaN = missing; a missing epoch ends a run.
        state: whose runs.
        quirk: None or the deviation to reproduce.

    Returns:
        (...) float64, probability per epoch; NaN when fewer than eight different lengths occur.

    Source: Lim 2011, doi:10.5665/sleep.1400; Cleveland 1979, doi:10.1080/01621459.1979.10481038.
    Known limit: the stretch and the weights are those with which the numbers of pyActigraphy 1.2.2
    are reproduced; the text of the paper was not at hand to compare.
    """
    array = np.asarray(states, dtype=np.float64)
    rows = array.reshape(int(np.prod(array.shape[:-1])), array.shape[-1])
    # runs of different recordings have different numbers: nothing to vectorise over
    lengths = _lengths_with_empty_rest if quirk is Quirk.PYACTIGRAPHY_1_2_2 else bout_lengths
    values = [_sustained(transition_curve(lengths(row, state))) for row in rows]
    return np.array(values, dtype=np.float64).reshape(array.shape[:-1])


def _lengths_with_empty_rest(states: Floats, state: State) -> npt.NDArray[np.int64]:
    lengths = bout_lengths(states, state)
    missing = int(np.isnan(states).sum()) if state is State.REST else 0
    return np.concatenate([np.zeros(missing, dtype=np.int64), lengths])


def _sustained(curve: TransitionCurve) -> float:
    if curve.after_epochs.size < MIN_POINTS:
        return float("nan")
    smooth = lowess(curve.after_epochs, curve.probability, frac=LOWESS_FRAC)
    near = np.abs(curve.probability - smooth) <= curve.probability.std(ddof=1)
    first, last = _longest_run(near)
    weight = np.sqrt(curve.at_risk + curve.outlasting)[first:last]
    return float((weight * curve.probability[first:last]).sum() / weight.sum())


def _longest_run(mask: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """The first of the longest runs of True, as a slice; some point is always near its curve."""
    steps = np.diff(np.concatenate(([False], mask, [False])).astype(np.int8))
    starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    longest = int(np.argmax(stops - starts))
    return int(starts[longest]), int(stops[longest])
