"""Webster's rescoring: short sleep beside long wake is wake."""

from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.runs import (
    run_after,
    run_before,
    run_just_after,
    run_just_before,
    run_length,
)

__all__ = ["AFTER_WAKE_MIN", "BETWEEN_WAKE_MIN", "CITATION", "RescoringForm", "rescored"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

CITATION: Final = "Webster et al. 1982, Sleep 5:389-399, doi:10.1093/sleep/5.4.389"

AFTER_WAKE_MIN: Final = ((4, 1), (10, 3), (15, 4))
"""Rules a-c: after so many minutes of wake, so many of the sleep that follows are wake."""

BETWEEN_WAKE_MIN: Final = ((10, 6), (20, 10))
"""Rules d-e: between so many minutes of wake on both sides, sleep no longer than that is wake."""


class RescoringForm(StrEnum):
    """
    The paper's rules, or how pyActigraphy 1.2.2 applies them.

    There, rules a-c leave sleep alone that is shorter than what they would take, and rules d-e take
    everything between two long wakes that lie close enough, be it one sleep or several.
    """

    PAPER = "paper"
    PYACTIGRAPHY = "pyactigraphy-1.2.2"


def rescored(
    sleep: npt.ArrayLike, *, epoch_s: int = 60, form: RescoringForm = RescoringForm.PAPER
) -> FloatArray:
    """
    A sleep mask after Webster's five rules, all of which read the mask as it was scored.

    Unknown epochs stay unknown and end a run of either kind.

    Args:
        sleep: (..., n), 1 = sleep, 0 = wake, NaN = unknown.
        epoch_s: length of an epoch, s; the rules' minutes are rounded up to whole epochs of wake
            and down to whole epochs of sleep.
        form: of the rules.

    Returns:
        (..., n) float64, 1 = sleep, 0 = wake, NaN = unknown; never more sleep than before.

    Source:
        Webster et al., 1982, as stated by Cole et al., 1992, doi:10.1093/sleep/15.5.461.
    """
    scores = np.ascontiguousarray(sleep, dtype=np.float64)
    asleep, wake = scores == 1.0, scores == 0.0
    taken = _after_wake(asleep, wake, epoch_s, form)
    if form is RescoringForm.PAPER:
        taken |= _between_wake(asleep, wake, epoch_s)
    else:
        taken |= _between_long_wakes(wake, epoch_s)
    return np.where(taken & asleep, 0.0, scores)


def _needed(minutes: int, epoch_s: int) -> int:
    return -(-minutes * 60 // epoch_s)


def _allowed(minutes: int, epoch_s: int) -> int:
    return minutes * 60 // epoch_s


def _after_wake(asleep: BoolArray, wake: BoolArray, epoch_s: int, form: RescoringForm) -> BoolArray:
    position, before = run_before(asleep), run_just_before(asleep, wake)
    length = position + run_after(asleep) - 1
    taken = np.zeros(asleep.shape, dtype=np.bool_)
    for wake_min, sleep_min in AFTER_WAKE_MIN:
        take = _allowed(sleep_min, epoch_s)
        fits = (position <= take) & (before >= _needed(wake_min, epoch_s))
        taken |= fits if form is RescoringForm.PAPER else fits & (length >= take)
    return taken


def _between_wake(asleep: BoolArray, wake: BoolArray, epoch_s: int) -> BoolArray:
    length = run_length(asleep)
    around = np.minimum(run_just_before(asleep, wake), run_just_after(asleep, wake))
    taken = np.zeros(asleep.shape, dtype=np.bool_)
    for wake_min, sleep_min in BETWEEN_WAKE_MIN:
        taken |= (length <= _allowed(sleep_min, epoch_s)) & (around >= _needed(wake_min, epoch_s))
    return taken


def _between_long_wakes(wake: BoolArray, epoch_s: int) -> BoolArray:
    wakes = run_length(wake)
    taken = np.zeros(wake.shape, dtype=np.bool_)
    for wake_min, gap_min in BETWEEN_WAKE_MIN:
        long = wakes >= _needed(wake_min, epoch_s)
        inner = (run_just_before(~long, long) > 0) & (run_just_after(~long, long) > 0)
        taken |= inner & (run_length(~long) <= _allowed(gap_min, epoch_s))
    return taken
