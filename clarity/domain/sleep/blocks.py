"""Blocks of sleep that may be nights, in masks of one or many recordings."""

import math
from collections.abc import Iterator
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["DEFAULT_RULE", "Blocks", "WindowRule", "blocks"]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@attrs.frozen(kw_only=True)
class WindowRule:
    """
    How a main rest window is found; our own rule, stated so that a report can show it.

    Runs of sleep of at least `seed_min` are joined across whatever lies between them when that is
    no longer than `bridge_min`. Of the joined blocks that hold at least `sleep_min` of sleep, the
    one with the most sleep is the night's window; a block belongs to the night (noon to noon, local
    time) of its midpoint.

    Attributes:
        seed_min: shorter runs of sleep are dozing or sitting still, min.
        bridge_min: longer interruptions end the night, min.
        sleep_min: less sleep is a nap, min.
    """

    seed_min: float = attrs.field(default=15.0, validator=attrs.validators.gt(0.0))
    bridge_min: float = attrs.field(default=60.0, validator=attrs.validators.ge(0.0))
    sleep_min: float = attrs.field(default=120.0, validator=attrs.validators.ge(0.0))


DEFAULT_RULE: Final = WindowRule()


@attrs.frozen(kw_only=True, eq=False)
class Blocks:
    """
    What may be a night, by recording and time; each field (blocks,) int64.

    Attributes:
        row: which recording.
        first: first epoch, asleep.
        last: epoch after the last, which is asleep.
        asleep: epochs asleep in it.
    """

    row: IntArray
    first: IntArray
    last: IntArray
    asleep: IntArray

    def in_order(self) -> Iterator[tuple[int, int, int]]:
        """First epoch, epoch after the last, and epochs asleep of every block."""
        return zip(self.first.tolist(), self.last.tolist(), self.asleep.tolist(), strict=True)


def blocks(sleep: npt.ArrayLike, *, epoch_s: int, rule: WindowRule = DEFAULT_RULE) -> Blocks:
    """
    Every block that holds enough sleep; see `WindowRule`.

    Args:
        sleep: (..., n), 1 = sleep, 0 = wake, NaN = unknown, which is bridged like wake.
        epoch_s: length of an epoch, s.
        rule: of the search.
    """
    values = np.asarray(sleep, dtype=np.float64)
    runs = _runs(values.reshape(math.prod(values.shape[:-1]), values.shape[-1]) == 1.0)
    per_minute = 60 / epoch_s
    long = np.flatnonzero(runs.asleep >= rule.seed_min * per_minute)
    before, after = long[:-1], long[1:]
    apart = runs.row[after] != runs.row[before]
    apart |= runs.first[after] - runs.last[before] > rule.bridge_min * per_minute
    begin = np.concatenate((long[:1], after[apart]))
    end = np.concatenate((before[apart], long[-1:]))
    total = np.concatenate(([0], np.cumsum(runs.asleep)))
    held = total[end + 1] - total[begin]
    enough = held >= rule.sleep_min * per_minute
    begin, end = begin[enough], end[enough]
    return Blocks(
        row=runs.row[begin], first=runs.first[begin], last=runs.last[end], asleep=held[enough]
    )


def _runs(mask: BoolArray) -> Blocks:
    """Every run of True of every row, by row and place."""
    steps = np.diff(np.pad(mask, ((0, 0), (1, 1))).view(np.int8), axis=-1)
    row, first = np.nonzero(steps == 1)
    _, last = np.nonzero(steps == -1)
    return Blocks(row=row, first=first, last=last, asleep=last - first)
