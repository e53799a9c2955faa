"""How broken up rest and activity are: the lengths of their bouts."""

from enum import IntEnum
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.rhythm.grid import Floats

__all__ = ["Fragmentation", "State", "active_states", "bout_lengths", "fragmentation"]

MIN_BOUTS: Final = 2
"""One bout has no distribution."""


class State(IntEnum):
    """The two states of a rest-activity series, with the value that stands for each."""

    REST = 0
    ACTIVE = 1


@attrs.frozen(kw_only=True, eq=False)
class Fragmentation:
    """
    The bouts of one state, each field (...), NaN = undefined.

    Attributes:
        n_bouts: how many bouts there are.
        mean_bout_epochs: their mean length, epochs.
        transition_probability: 1 / mean length: the chance per epoch that the state ends.
        gini: inequality of the lengths, 0 (all alike) to 1, with the small-sample factor n/(n-1).
        hazard: mean over the lengths that occur of (ending at it) / (reaching it).
        power_law: exponent a of P(length) ~ length^-a, by maximum likelihood.
    """

    n_bouts: npt.NDArray[np.int64]
    mean_bout_epochs: Floats
    transition_probability: Floats
    gini: Floats
    hazard: Floats
    power_law: Floats


def active_states(activity: npt.ArrayLike, *, above: float) -> Floats:
    """
    1 where activity exceeds `above`, 0 where it does not, NaN where it is missing.

    Args:
        activity: (..., n) per epoch; NaN = missing.
        above: threshold in units of the activity; the threshold itself is rest.

    Returns:
        (..., n) float64.
    """
    values = np.asarray(activity, dtype=np.float64)
    return np.where(np.isnan(values), np.nan, values > above)


def bout_lengths(states: Floats, state: State) -> npt.NDArray[np.int64]:
    """
    Lengths of the runs of `state`, in order; a missing epoch ends a run.

    Args:
        states: (n,) 1 = active, 0 = rest, NaN = missing.
        state: whose runs.

    Returns:
        (bouts,) int64, epochs. Runs cut by the ends of the recording or by missing epochs count.
    """
    inside = np.concatenate([[False], states == state.value, [False]])
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    return np.asarray(edges[1::2] - edges[::2])


def fragmentation(states: npt.ArrayLike, state: State) -> Fragmentation:
    """
    Bout statistics of one state.

    Args:
        states: (..., n) 1 = active, 0 = rest, NaN = missing.
        state: whose bouts.

    Returns:
        Fields of shape (...). The mean length and the transition probability need one bout, the
        others two.

    Source: Di 2017, doi:10.1101/182337 (transition probability, Gini, hazard, power law);
    Clauset 2009, doi:10.1137/070710111, discrete estimate with x_min - 1/2.
    """
    array = np.asarray(states, dtype=np.float64)
    rows = array.reshape(int(np.prod(array.shape[:-1])), array.shape[-1])
    # bouts of different recordings have different numbers: nothing to vectorise over
    table = np.array([_statistics(bout_lengths(row, state)) for row in rows], dtype=np.float64)
    columns = table.reshape(*array.shape[:-1], 6)
    return Fragmentation(
        n_bouts=columns[..., 0].astype(np.int64),
        mean_bout_epochs=columns[..., 1],
        transition_probability=columns[..., 2],
        gini=columns[..., 3],
        hazard=columns[..., 4],
        power_law=columns[..., 5],
    )


def _statistics(lengths: npt.NDArray[np.int64]) -> tuple[float, ...]:
    n = lengths.size
    if n == 0:
        return (0.0, np.nan, np.nan, np.nan, np.nan, np.nan)
    mean = float(lengths.mean())
    if n < MIN_BOUTS:
        return (float(n), mean, 1.0 / mean, np.nan, np.nan, np.nan)
    return (float(n), mean, 1.0 / mean, _gini(lengths), _hazard(lengths), _power_law(lengths))


def _gini(lengths: npt.NDArray[np.int64]) -> float:
    n = lengths.size
    rank = 2.0 * np.arange(1, n + 1) - n - 1.0
    return float((rank * np.sort(lengths)).sum() / ((n - 1.0) * lengths.sum()))


def _hazard(lengths: npt.NDArray[np.int64]) -> float:
    _, ending = np.unique(lengths, return_counts=True)
    reaching = ending[::-1].cumsum()[::-1]
    return float((ending / reaching).mean())


def _power_law(lengths: npt.NDArray[np.int64]) -> float:
    return float(1.0 + lengths.size / np.log(lengths / (lengths.min() - 0.5)).sum())
