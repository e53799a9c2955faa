"""
Core eight of one participant-week against pyActigraphy, side by side.

pyActigraphy 1.2.2 is GPL-3 and breaks on the numpy and pandas of today, so it is neither a
dependency nor looked into: it runs in an interpreter of its own, named by the environment variable
CLARITY_PYACTIGRAPHY, and is asked in turns with clarity. Such an interpreter is made by

    python3.11 -m venv /tmp/rival
    /tmp/rival/bin/pip install numpy==1.23.5 pandas==1.5.3 scipy==1.10.1 numba==0.57.1 \\
        statsmodels==0.14.0 scikit-learn==1.2.2 lmfit 'plotly<6' joblib pyexcel pyexcel-ods3 \\
        pyexcel-xlsx spm1d stochastic tqdm 'python-dateutil<3'
    /tmp/rival/bin/pip install --no-deps pyActigraphy==1.2.2 accelerometer==6.2.3 \\
        imbalanced-learn==0.10.1

Processor times of one thread each. Theirs is the sum of the eight calls; the lower bound leaves out
what the calls do twice there: L5 and M10 within RA, Cole-Kripke within SRI.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from clarity.domain.rhythm.binning import Binning
from clarity.domain.rhythm.extremes import extremes
from clarity.domain.rhythm.variability import interdaily_stability, intradaily_variability
from tests.bench.core_eight import batched, processor_s, weeks
from tests.bench.paired import Measured, NotHere, Paired, Row, header, table

INTERPRETER = "CLARITY_PYACTIGRAPHY"
RIVAL = Path(__file__).with_name("rival_pyactigraphy.py")
TURNS = 9
OURS_AT_ONCE = 50
"""Weeks that clarity does in a turn: one alone is over before a clock ticks often enough."""

TWICE = ("L5", "M10", "Cole-Kripke")
"""What RA and SRI have already done when these are asked."""


@contextmanager
def asking(interpreter: str, week: np.ndarray) -> Iterator[subprocess.Popen[str]]:
    """The rival over one week, waiting for lines."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "week.npy"
        np.save(path, week)
        process = subprocess.Popen(
            [interpreter, "-W", "ignore", str(RIVAL), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            yield process
        finally:
            process.communicate()


def answer(process: subprocess.Popen[str]) -> dict[str, dict[str, float]]:
    """One round of the rival."""
    process.stdin.write("\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def ours(week: np.ndarray) -> float:
    """Processor time of our core eight for one week, s."""

    def several() -> None:
        for _ in range(OURS_AT_ONCE):
            batched(week)

    return processor_s(several) / OURS_AT_ONCE


def agreement(week: np.ndarray, theirs: dict[str, float]) -> float:
    """The largest relative difference of IS, IV, L5, M10 and RA by their conventions."""
    clock = {"start_minute": 0, "epoch_s": 60}
    binning = Binning.pyactigraphy(60)
    found = extremes(week, **clock)
    values = {
        "IS": interdaily_stability(week, **clock, binning=binning),
        "IV": intradaily_variability(week, **clock, binning=binning),
        "L5": found.l5,
        "M10": found.m10,
        "RA": found.ra,
    }
    return max(abs(float(value) / theirs[name] - 1) for name, value in values.items())


def measured(interpreter: str, week: np.ndarray) -> list[Row]:
    """Both in turns, after one round of each."""
    with asking(interpreter, week) as process:
        first = answer(process)
        ours(week)
        turns = [(answer(process)["seconds"], ours(week)) for _ in range(TURNS)]
    theirs = [sum(seconds.values()) for seconds, _ in turns]
    least = [total - sum(s[n] for n in TWICE) for total, (s, _) in zip(theirs, turns, strict=True)]
    mine = Measured(seconds=tuple(own for _, own in turns))
    whole, lower = (Paired(a=Measured(seconds=tuple(times)), b=mine) for times in (theirs, least))
    agree = f"IS, IV, L5, M10 and RA agree to {agreement(week, first['values']):.0e}"
    return [
        mine.row("core eight of clarity, one week", remark="processor time"),
        whole.a.row("core eight of pyActigraphy, one week", remark="processor time"),
        whole.row("pyActigraphy / clarity", remark=agree),
        lower.row("the same, without what its calls do twice"),
    ]


def rows() -> list[Row]:
    """
    The table of docs/baseline.md.

    Raises:
        NotHere: no interpreter that has pyActigraphy was named.
    """
    interpreter = os.environ.get(INTERPRETER, "")
    if not interpreter:
        raise NotHere(f"interpreter in {INTERPRETER}")
    return measured(interpreter, np.nan_to_num(weeks(1)[0]))


if __name__ == "__main__":
    print(header())
    print(table(rows()))
