"""What importing clarity costs, in fresh processes."""

import subprocess
import sys
from functools import partial

from tests.bench.paired import Row, paired, table

__all__ = ["rows"]


def _fresh(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)


def rows() -> list[Row]:
    """Import times against an interpreter that does nothing."""
    found = []
    for module in ("clarity", "clarity.domain.actigraphy.series"):
        pair = paired(partial(_fresh, f"import {module}"), partial(_fresh, "pass"), repeats=21)
        extra_ms = 1e3 * (pair.a.median_s - pair.b.median_s)
        found.append(
            pair.row(
                f"`python -c 'import {module}'` against `python -c pass`",
                remark=f"{extra_ms:.1f} ms more",
            )
        )
    return found


if __name__ == "__main__":
    print(table(rows()))
