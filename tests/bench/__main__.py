"""
Run every bench module, or those named, and write their tables into docs/baseline.md.

A bench module is a file of this folder with `def rows() -> list[Row]` and a docstring whose first
line becomes the heading. Only the text between the markers of a module is rewritten; what people
wrote around it stays. A module whose rows are NotHere is told and keeps its section.
"""

import importlib
import re
import sys
from pathlib import Path

from tests.bench.paired import NotHere, header, table

HERE = Path(__file__).parent
BASELINE = HERE.parents[1] / "docs" / "baseline.md"


def modules() -> list[str]:
    """The names of all bench modules: the files that define rows."""
    files = [path for path in HERE.glob("*.py") if "\ndef rows(" in path.read_text("utf-8")]
    return sorted(path.stem for path in files)


def section(name: str) -> str:
    """The measured section of one bench module, with its markers."""
    module = importlib.import_module(f"tests.bench.{name}")
    heading = (module.__doc__ or name).strip().splitlines()[0].rstrip(".")
    body = table(module.rows())
    again = f"Again: `python -m tests.bench {name}`"
    parts = [f"## {heading}", header(), again, body]
    return f"<!-- bench {name} -->\n" + "\n\n".join(parts) + "\n<!-- end -->"


def placed(text: str, name: str, measured: str) -> str:
    """`text` with the section of `name` replaced, or added at its end."""
    old = re.compile(rf"<!-- bench {re.escape(name)} -->.*?<!-- end -->", re.DOTALL)
    if old.search(text):
        return old.sub(lambda _: measured, text)
    return f"{text.rstrip()}\n\n{measured}\n"


def main(names: list[str], *, baseline: Path = BASELINE) -> None:
    """Measure the named modules, all of them when none is named."""
    for name in names or modules():
        try:
            measured = section(name)
        except NotHere as absent:
            print(f"{name} was not measured: {absent}; its section stays as it is", flush=True)
            continue
        print(measured, flush=True)
        baseline.write_text(placed(baseline.read_text("utf-8"), name, measured), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
