"""The main job: a recording of 19 days from its file to a stored, audited, rendered analysis."""

import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from clarity.adapters.cli.analyze import DEMO
from clarity.adapters.files.detected import DetectedRecordings
from clarity.application.plugins import all_analyses
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.wear import WearAssessment
from clarity.ports.recordings import ReadOptions, Source
from tests.bench.paired import Row, measured, table

__all__ = ["rows"]

COMMAND = "import sys; from clarity.bootstrap import main; sys.exit(main())"


def _demo(out: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", COMMAND, "demo", "--out", str(out)], check=True, capture_output=True
    )


def _fresh_demo() -> None:
    with tempfile.TemporaryDirectory() as folder:
        _demo(Path(folder))


def _analyze(series: ActivitySeries) -> None:
    assessed = WearAssessment().run(series)
    for analysis in all_analyses():
        analysis.run(assessed.series)


def rows() -> list[Row]:
    """Reading, analyzing, and the whole command in a fresh process."""
    source = Source(name=str(DEMO), open=partial(DEMO.open, "rb"))
    read = partial(DetectedRecordings().read, source, options=ReadOptions())
    (recording,) = read()
    weeks = recording.series.values.size / (7 * 1_440)
    analyzed = measured(partial(_analyze, recording.series))
    with tempfile.TemporaryDirectory() as folder:
        again = measured(partial(_demo, Path(folder)), repeats=5)
    return [
        measured(read).row("reading the file (27,120 minutes, gzip)"),
        analyzed.row("every built-in analysis of it"),
        Row(
            what="the same, per week of minutes",
            figure=f"{1e3 * analyzed.median_s / weeks:.3g} ms",
        ),
        measured(_fresh_demo, repeats=5).row("`clarity demo` in a fresh process and folder"),
        again.row(
            "`clarity demo` again on the same folder", remark="the result is taken from the store"
        ),
    ]


if __name__ == "__main__":
    print(table(rows()))
