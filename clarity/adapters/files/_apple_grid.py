"""
Records of one stream on an even grid: intervals shared out, samples averaged, sources told apart.

Several sources record the same steps. Each epoch is taken from one source alone: of those that
cover it, from the one with the most covered epochs in the whole export (in bed alone counts for
nothing there); of equals, from the first in the export.
"""

import mmap
from typing import Any, Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._apple_streams import Fold
from clarity.domain.streams import SleepStage

__all__ = ["Gridded", "Records", "gridded"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_BLOCK: Final = 1 << 14
"""Epochs that are worked on at once."""

_SOURCES: Final = 256
"""As many as the numbers of sources can tell apart."""

_PIECE: Final = 1 << 11
"""Intervals that are shared out at once."""


@attrs.frozen(kw_only=True)
class Records:
    """Starts and lengths in s, values, and numbers of sources; (n,) each."""

    starts: npt.NDArray[np.uint32]
    lengths: npt.NDArray[np.uint32]
    values: Floats
    sources: npt.NDArray[np.uint8]

    def where(self, mask: npt.NDArray[np.bool_] | slice) -> "Records":
        """The records under the mask, or the piece of them."""
        return Records(
            starts=self.starts[mask],
            lengths=self.lengths[mask],
            values=self.values[mask],
            sources=self.sources[mask],
        )


@attrs.frozen(kw_only=True)
class Gridded:
    """
    Values per epoch and how they came about.

    Attributes:
        values: (n,) from `start_s` on; NaN = no source covers the epoch. Stages are float16, which
            holds their small numbers exactly.
        start_s: first instant, seconds since the epoch.
        duplicates: records that came again with the same times, value and source.
        overlapped: epochs that more than one source covered.
    """

    values: npt.NDArray[np.floating[Any]]
    start_s: int
    duplicates: int
    overlapped: int


def _once(records: Records) -> Records:
    """The records without exact repetitions, by time."""
    keys = (records.values, records.lengths, records.starts, records.sources)
    order = np.lexsort(keys)
    same = np.ones(order.size - 1, dtype=np.bool_)
    for key in keys:
        same &= key[order[1:]] == key[order[:-1]]
    keep = np.sort(order[np.concatenate(([True], ~same))])
    return Records(
        starts=records.starts[keep],
        lengths=records.lengths[keep],
        values=records.values[keep],
        sources=records.sources[keep],
    )


def _all_missing(size: int, kind: type[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
    """(size,) NaN in memory of its own, which goes back whole when the array is let go."""
    values = np.frombuffer(mmap.mmap(-1, np.dtype(kind).itemsize * size), dtype=kind)
    values.fill(np.nan)
    return values


def _within(records: Records, begin_s: int) -> int:
    """How many of the records begin in the block, not before."""
    return int(np.count_nonzero(records.starts >= begin_s))


def _ranked(records: Records, epoch_s: int, fold: Fold) -> list[int]:
    """The numbers of the sources, the one whose records touch the most epochs first."""
    covered, present = np.zeros(_SOURCES), np.zeros(_SOURCES, dtype=np.bool_)
    for begin in range(0, records.starts.size, _BLOCK):
        piece = records.where(slice(begin, begin + _BLOCK))
        last_s = piece.starts + np.maximum(piece.lengths, 1) - np.uint32(1)
        epochs = last_s // epoch_s - piece.starts // epoch_s + 1
        if fold is Fold.STAGE:
            epochs[piece.values == SleepStage.IN_BED] = 0
        covered += np.bincount(piece.sources, weights=epochs, minlength=_SOURCES)
        present[piece.sources] = True
    return sorted(np.flatnonzero(present).tolist(), key=lambda source: (-covered[source], source))


def gridded(records: Records, *, fold: Fold, epoch_s: int) -> Gridded:
    """The records on the grid, block by block; at least one record."""
    ranked = _ranked(records, epoch_s, fold)
    last_s = records.starts + np.maximum(records.lengths, 1) - np.uint32(1)
    first, last = int(records.starts.min()) // epoch_s, int(last_s.max()) // epoch_s
    values = _all_missing(last - first + 1, np.float16 if fold is Fold.STAGE else np.float64)
    overlapped = duplicates = 0
    for low in range(first, last + 1, _BLOCK):
        block = values[low - first : low - first + _BLOCK]
        begin_s, end_s = low * epoch_s, (low + block.size) * epoch_s
        touching = records.where((last_s >= begin_s) & (records.starts < end_s))
        if not touching.starts.size:
            continue
        inside = _once(touching)
        duplicates += _within(touching, begin_s) - _within(inside, begin_s)
        for source in ranked:
            of_source = inside.where(inside.sources == source)
            if not of_source.starts.size:
                continue
            theirs = _FOLDS[fold](of_source, low, block.size, epoch_s)
            covered = ~np.isnan(theirs)
            free = np.isnan(block)
            overlapped += int(np.count_nonzero(covered & ~free))
            block[free] = theirs[free]
    return Gridded(
        values=values,
        start_s=first * epoch_s,
        duplicates=duplicates,
        overlapped=overlapped,
    )


def _spread(records: Records, low: int, size: int, epoch_s: int) -> Floats:
    """(size,) the amounts shared out over the epochs by time; NaN where there is no record."""
    total, touched = np.zeros(size), np.zeros(size, dtype=np.bool_)
    for begin in range(0, records.starts.size, _PIECE):
        piece = slice(begin, begin + _PIECE)
        starts = records.starts[piece].astype(np.int64)
        ends = starts + np.maximum(records.lengths[piece].astype(np.int64), 1)
        firsts = starts // epoch_s
        counts = (ends - 1) // epoch_s - firsts + 1
        which = np.repeat(np.arange(counts.size), counts)
        epoch = (
            firsts[which] + np.arange(which.size) - np.repeat(np.cumsum(counts) - counts, counts)
        )
        shared = np.minimum(ends[which], (epoch + 1) * epoch_s)
        shared -= np.maximum(starts[which], epoch * epoch_s)
        amounts = records.values[piece][which] * shared / (ends - starts)[which]
        here = (epoch >= low) & (epoch < low + size)
        total += np.bincount(epoch[here] - low, weights=amounts[here], minlength=size)
        touched[epoch[here] - low] = True
    total[~touched] = np.nan
    return total


def _mean(records: Records, low: int, size: int, epoch_s: int) -> Floats:
    """(size,) the mean of the samples that begin in each epoch; NaN where none does."""
    epoch = records.starts.astype(np.int64) // epoch_s - low
    here = (epoch >= 0) & (epoch < size)
    count = np.bincount(epoch[here], minlength=size)
    total = np.bincount(epoch[here], weights=records.values[here], minlength=size)
    mean = np.full(size, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def _stages(records: Records, low: int, size: int, epoch_s: int) -> Floats:
    """(size,) the stage at the middle of each epoch; what says more goes before what says less."""
    stages = np.full(size, np.nan)
    vague = np.isin(records.values, (SleepStage.IN_BED, SleepStage.ASLEEP))
    order = np.lexsort((records.starts, -records.values * vague, ~vague))
    half = epoch_s // 2
    starts = (records.starts.astype(np.int64) + half - 1) // epoch_s - low
    ends = (records.starts + records.lengths.astype(np.int64) + half - 1) // epoch_s - low
    starts, ends = np.clip(starts, 0, size), np.clip(ends, 0, size)
    for begin, end, value in zip(
        starts[order].tolist(), ends[order].tolist(), records.values[order].tolist(), strict=True
    ):
        stages[begin:end] = value
    return stages


_FOLDS: Final = {Fold.SPREAD: _spread, Fold.MEAN: _mean, Fold.STAGE: _stages}
