"""
Core eight per participant-week: batched, one by one, and against plain loops.

IS, IV, RA, L5, M10 and SRI with Cole-Kripke (paper) and Scripps on minute counts of one week. The
rival is the same definitions written straightforwardly in Python without numpy. One core: numpy's
own loops are used, no linear algebra library. Processor times, taken in turns in one run.
"""

import itertools
import math
import statistics
import time
from collections.abc import Callable

import numpy as np

from clarity.domain.rhythm.core import CoreRhythm, core_rhythm
from clarity.domain.rhythm.cosinor import cosinor
from clarity.domain.rhythm.dfa import dfa
from clarity.domain.sleep.profiles import scoring_profile
from clarity.domain.sleep.scoring import asleep
from tests.bench.paired import Measured, Paired, Row, header, table

PARTICIPANTS = 64
PLAIN = 2
PART = 16
DAY = 1440
WEEK = 7 * DAY

COLE_KRIPKE = scoring_profile("cole-kripke")
SCRIPPS = scoring_profile("scripps")


def weeks(participants: int) -> np.ndarray:
    """(participants, 10080) counts/min with quiet nights; 1 % of the minutes are missing."""
    rng = np.random.default_rng(20240101)
    hour = np.arange(WEEK) / 60 % 24
    level = np.where((hour > 7) & (hour < 23), 300.0, 6.0)
    counts = np.floor(rng.gamma(0.5, level, (participants, WEEK)))
    return np.where(rng.random(counts.shape) < 0.01, np.nan, counts)


def batched(activity: np.ndarray) -> tuple[CoreRhythm, np.ndarray]:
    """The core eight of (..., 10080)."""
    sleep = asleep(activity, COLE_KRIPKE)
    return core_rhythm(activity, sleep, start_minute=0, epoch_s=60), asleep(activity, SCRIPPS)


def one_by_one(activity: np.ndarray) -> list[tuple[CoreRhythm, np.ndarray]]:
    """The core eight of one row after the other."""
    return [batched(row) for row in activity]


def mean(values: list[float]) -> float:
    """The mean of what is there."""
    seen = [value for value in values if not math.isnan(value)]
    return sum(seen) / len(seen) if seen else float("nan")


def plain_stability(week: list[float]) -> tuple[float, float]:
    """IS and IV of hourly means, all hours half seen."""
    bins = [mean(week[i : i + 60]) for i in range(0, WEEK, 60)]
    grand = mean(bins)
    variance = sum((b - grand) ** 2 for b in bins) / len(bins)
    profile = [mean(bins[hour::24]) for hour in range(24)]
    between = sum((p - grand) ** 2 for p in profile) / 24
    steps = [(b - a) ** 2 for a, b in itertools.pairwise(bins)]
    return between / variance, sum(steps) / len(steps) / variance


def plain_extremes(week: list[float]) -> tuple[float, float, float]:
    """L5, M10 and RA of the mean day, with a running sum."""
    profile = [mean(week[minute::DAY]) for minute in range(DAY)]
    found = []
    for width, better in ((300, min), (600, max)):
        total = sum(profile[:width])
        totals = [total]
        for first in range(1, DAY):
            total += profile[(first + width - 1) % DAY] - profile[first - 1]
            totals.append(total)
        found.append(better(totals) / width)
    return found[0], found[1], (found[1] - found[0]) / (found[1] + found[0])


def plain_score(week: list[float], offsets: list[tuple[int, float]], below: float) -> list[float]:
    """1 where the weighted sum of neighbours is below a threshold, 0 else, NaN where unknown."""
    scores = []
    for minute in range(WEEK):
        total = 0.0
        for offset, weight in offsets:
            near = minute + offset
            if 0 <= near < WEEK:
                total += weight * week[near]
        scores.append(total if math.isnan(total) else float(total < below))
    return scores


def plain_regularity(sleep: list[float]) -> float:
    """SRI by counting pairs."""
    pairs = zip(sleep, sleep[DAY:], strict=False)
    same = [a == b for a, b in pairs if not (math.isnan(a) or math.isnan(b))]
    return -100 + 200 * sum(same) / len(same)


CK_OFFSETS = list(zip(range(-4, 3), (1.06, 0.54, 0.58, 0.76, 2.30, 0.74, 0.67), strict=True))
SCRIPPS_WEIGHTS = (0.0064, 0.0074, 0.0112, 0.0112, 0.0118, 0.0118, 0.0128, 0.0188, 0.0280, 0.0664)
SCRIPPS_OFFSETS = list(zip(range(-10, 3), (*SCRIPPS_WEIGHTS, 0.03, 0.0112, 0.01), strict=True))


def plain(activity: list[list[float]]) -> list[tuple[float, ...]]:
    """The core eight in plain Python; the scorers only cost what the real ones cost."""
    results = []
    for week in activity:
        sleep = plain_score(week, CK_OFFSETS, 1000.0)
        plain_score(week, SCRIPPS_OFFSETS, 1.0)
        results.append((*plain_stability(week), *plain_extremes(week), plain_regularity(sleep)))
    return results


def agreement(activity: np.ndarray) -> float:
    """The largest relative difference between the rhythm values of both ways."""
    core, _ = batched(activity)
    fast = [core.interdaily_stability, core.intradaily_variability, core.l5, core.m10]
    slow = np.array(plain(activity.tolist()))[:, :4].T
    return float(np.abs(np.array(fast) / slow - 1).max())


def in_parts(activity: np.ndarray) -> list[tuple[CoreRhythm, np.ndarray]]:
    """The core eight of a few weeks at a time, so that they stay in the processor's cache."""
    return [batched(activity[i : i + PART]) for i in range(0, len(activity), PART)]


def processor_s(task: Callable[[], object]) -> float:
    """Processor time of one run: the same on a busy machine."""
    started = time.process_time()
    task()
    return time.process_time() - started


def in_turns(a: Callable[[], object], b: Callable[[], object], *, repeats: int) -> Paired:
    """Processor times of both, taken in turns after one run of each."""
    a()
    b()
    times = [(processor_s(a), processor_s(b)) for _ in range(repeats)]
    return Paired(
        a=Measured(seconds=tuple(first for first, _ in times)),
        b=Measured(seconds=tuple(second for _, second in times)),
    )


def rows() -> list[Row]:
    """The table of docs/baseline.md."""
    activity = weeks(PARTICIPANTS)
    lists = activity[:PLAIN].tolist()
    loop = in_turns(lambda: one_by_one(activity), lambda: in_parts(activity), repeats=9)
    rival = in_turns(lambda: plain(lists), lambda: in_parts(activity), repeats=7)
    scaling = in_turns(
        lambda: dfa(activity[0], epoch_s=60),
        lambda: cosinor(activity[0], start_minute=0, epoch_s=60),
        repeats=15,
    )
    ratio = [value * PARTICIPANTS / PLAIN for value in rival.ratios]
    return [
        loop.b.row("core eight, batched", per=PARTICIPANTS, remark="processor time per week"),
        loop.a.row("core eight, one by one", per=PARTICIPANTS, remark="processor time per week"),
        rival.a.row("core eight, plain loops", per=PLAIN, remark="processor time per week"),
        Row(
            what="plain loops / batched",
            figure=f"{statistics.median(ratio):.3g} x",
            spread=f"{min(ratio):.3g} to {max(ratio):.3g} (extremes)",
            remark=f"values agree to {agreement(activity[:PLAIN]):.0e}",
        ),
        scaling.a.row("DFA of a week, 24 windows", remark="processor time"),
        scaling.b.row("24 h cosinor of a week", remark="processor time"),
    ]


if __name__ == "__main__":
    print(header())
    print(table(rows()))
