"""
Bulk import: memory and time for a hundred thousand and a million samples.

Each number of samples is imported by a fresh process into a fresh file of the embedded store, made
while it is imported; the growth is that of the process's largest resident size since the first
batch was stored.
"""

import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator

from tests.application.test_import_memory import MINUTES, minutes
from tests.bench.paired import Measured, Row
from tests.support.worlds import ADA, CORRELATION, NURSE, opened_at

__all__ = ["measured", "rows"]

FEW, MANY = 100_800, 1_000_800
"""Samples: 70 days and 695 days of minutes."""

REPEATS = 3


def _resident_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024


def _import(samples: int, store: str, *, traced: bool) -> None:
    with tempfile.TemporaryDirectory() as folder, opened_at(store or f"{folder}/s.db") as world:
        run = world.app.import_days.run(
            minutes(samples), patient=ADA, actor=NURSE, correlation=CORRELATION
        )
        next(run)
        before, began_s = _resident_bytes(), time.perf_counter()
        if traced:
            tracemalloc.start()
        days = sum(batch.stored for batch in run)
        took_s = time.perf_counter() - began_s
        peak = tracemalloc.get_traced_memory()[1] if traced else _resident_bytes() - before
        print(peak, days * MINUTES / took_s)


def measured(samples: int, kind: str, store: str = "") -> tuple[int, float]:
    """
    What a fresh process takes to import so many samples: bytes, and samples a second.

    Args:
        samples: minutes of one person.
        kind: `resident` for the growth of the process, `traced` for what Python objects take.
        store: address; a fresh file when empty.
    """
    command = [sys.executable, "-m", "tests.bench.bulk_import", str(samples), kind, store]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(said[0]), float(said[1])


def _of(samples: int) -> Iterator[Row]:
    resident = [measured(samples, "resident") for _ in range(REPEATS)]
    traced, _ = measured(samples, "traced")
    name = f"{samples:,} samples"
    yield Row(what=f"{name}: Python objects at most", figure=f"{traced / 1e6:.2f} MB")
    growths = sorted(growth for growth, _ in resident)
    yield Row(
        what=f"{name}: growth of the resident size",
        figure=f"{growths[REPEATS // 2] / 1e6:.1f} MB",
        spread=f"{growths[0] / 1e6:.1f} to {growths[-1] / 1e6:.1f} MB",
    )
    speeds = Measured(seconds=tuple(samples / speed for _, speed in resident))
    yield speeds.row(f"{name}: time", remark="embedded store, after the first batch")


def rows() -> list[Row]:
    """Few samples, then many."""
    return [*_of(2 * FEW), *_of(MANY)]


if __name__ == "__main__":
    _import(int(sys.argv[1]), sys.argv[3], traced=sys.argv[2] == "traced")
