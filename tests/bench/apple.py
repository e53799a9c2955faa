"""
Reading an Apple Health export.

The export is made day by day with `tests/support/apple_export.py` (a watch and a telephone, about
2,300 records and 1 MB a day) and read in a fresh process, so that its peak memory is its own. It is
1 GB long, 1,000 days; `python -m tests.bench.apple 200` makes it shorter. What it shall hold is
40 MB per second of processor time in less than 100 MB.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.paired import Row, table
from tests.support.apple_export import days

__all__ = ["rows"]

READ = """
import json, resource, sys, time
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo
from clarity.adapters.files.apple import AppleHealthRecordings
from clarity.ports.recordings import ReadOptions, Source
path = Path(sys.argv[1])
scale = 1024 if sys.platform == "darwin" else 1
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / scale
clock, processor = time.perf_counter(), time.process_time()
found = AppleHealthRecordings().read(
    Source(name="export.xml", open=partial(path.open, "rb")),
    options=ReadOptions(zone=ZoneInfo("Europe/Oslo")),
)
print(json.dumps({
    "wall_s": time.perf_counter() - clock,
    "processor_s": time.process_time() - processor,
    "before": before,
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / scale,
    "streams": len(found),
    "records": sum(one.report.samples for one in found),
}))
"""


def _read(path: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def rows(count: int = 1_000) -> list[Row]:
    """Speed and peak memory of three fresh processes, the best first."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.xml"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(days(count))
        size_mb = path.stat().st_size / 1e6
        runs = sorted((_read(path) for _ in range(3)), key=lambda run: run["processor_s"])
    what = (
        f"Apple Health export of {size_mb:,.0f} MB, {count:,} days, {runs[0]['records']:,} records"
    )
    return [
        Row(
            what=f"{what}: per second of processor time",
            figure=f"{size_mb / runs[0]['processor_s']:.0f} MB/s",
            spread=f"to {size_mb / runs[-1]['processor_s']:.0f} MB/s",
            remark=f"by the wall clock {size_mb / min(run['wall_s'] for run in runs):.0f} MB/s",
        ),
        Row(
            what=f"{what}: peak memory of the process (RSS)",
            figure=f"{max(run['peak'] for run in runs) / 1e6:.0f} MB",
            remark=f"{runs[0]['before'] / 1e6:.0f} MB of it before the first byte",
        ),
    ]


if __name__ == "__main__":
    print(table(rows(*(int(number) for number in sys.argv[1:]))))
