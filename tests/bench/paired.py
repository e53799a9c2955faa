"""
Two ways of doing a thing, measured in turns in one run.

A machine speeds up and slows down while a measurement runs, and both sides of a pair feel it; so the
ratio of neighbours says more than two times taken apart. Every row of docs/baseline.md comes from
here.
"""

import gc
import importlib.metadata
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import attrs

__all__ = ["Measured", "NotHere", "Paired", "Row", "header", "measured", "paired", "table"]

Task = Callable[[], object]

VERSIONS = ("numpy", "attrs", "onnxruntime", "torch", "boto3", "redis")


@attrs.define(eq=False)
class NotHere(Exception):
    """What a bench measures is not on this machine."""

    what: str

    def __str__(self) -> str:
        return f"there is no {self.what} here"


@attrs.frozen(kw_only=True)
class Row:
    """One line of a table: what was measured, the figure, and with what spread."""

    what: str
    figure: str
    spread: str = ""
    remark: str = ""


@attrs.frozen(kw_only=True)
class Measured:
    """Times of one task, s, one per repetition."""

    seconds: tuple[float, ...]

    @property
    def median_s(self) -> float:
        return statistics.median(self.seconds)

    def row(self, what: str, *, per: int = 1, remark: str = "") -> Row:
        """The median time for one of the `per` units of work that a repetition did."""
        low, high = quartiles([value / per for value in self.seconds])
        return Row(
            what=what,
            figure=duration(self.median_s / per),
            spread=f"{duration(low)} to {duration(high)}",
            remark=remark,
        )


@attrs.frozen(kw_only=True)
class Paired:
    """Times of two tasks taken in turns, s; the i-th of each are neighbours."""

    a: Measured
    b: Measured

    @property
    def ratios(self) -> tuple[float, ...]:
        """How many times as long as its neighbour A took, per repetition."""
        return tuple(a / b for a, b in zip(self.a.seconds, self.b.seconds, strict=True))

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    def row(self, what: str, *, remark: str = "") -> Row:
        """The median ratio A / B."""
        low, high = quartiles(self.ratios)
        times = f"{duration(self.a.median_s)} against {duration(self.b.median_s)}"
        return Row(
            what=what,
            figure=f"{self.ratio:.3g} x",
            spread=f"{low:.3g} to {high:.3g}",
            remark=f"{times}; {remark}" if remark else times,
        )


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """First and third quartile; the extremes when there are fewer than four values."""
    if len(values) < 4:
        return min(values), max(values)
    first, _, third = statistics.quantiles(values, n=4)
    return first, third


def duration(seconds: float) -> str:
    """The time in the unit in which it is easy to read."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if abs(seconds) >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def _timed(task: Task) -> float:
    started = time.perf_counter()
    task()
    return time.perf_counter() - started


def measured(task: Task, *, repeats: int = 15) -> Measured:
    """`task` timed `repeats` times after one run that does not count."""
    task()
    gc.collect()
    return Measured(seconds=tuple(_timed(task) for _ in range(repeats)))


def paired(a: Task, b: Task, *, repeats: int = 15) -> Paired:
    """`a` and `b` timed in turns, each going first every other time, after one run of each."""
    a()
    b()
    gc.collect()
    times = [
        (_timed(a), _timed(b)) if turn % 2 else (_timed(b), _timed(a))[::-1]
        for turn in range(repeats)
    ]
    return Paired(
        a=Measured(seconds=tuple(first for first, _ in times)),
        b=Measured(seconds=tuple(second for _, second in times)),
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return f"{name} not installed"


def header() -> str:
    """On what, with what and when the figures were measured."""
    versions = ", ".join([f"Python {platform.python_version()}", *map(_version, VERSIONS)])
    return (
        f"Measured {datetime.now(UTC).date()} on {platform.system()} {platform.machine()}, "
        f"{_processor()}, {os.cpu_count()} cores; {versions}."
    )


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    head = ["| what | figure | quartiles | remark |", "|---|---|---|---|"]
    return "\n".join(
        head + [f"| {row.what} | {row.figure} | {row.spread} | {row.remark} |" for row in rows]
    )
