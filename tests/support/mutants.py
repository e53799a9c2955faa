"""
Lay out a folder in which mutmut tries other modules with other tests: `make mutants OF=codecs`.

`python -m tests.support.mutants NAME` makes `.mutants-NAME`, links to what the tree holds with a
pyproject.toml of its own, in which the table `tool.mutants-of.NAME` goes before `tool.mutmut`, and
prints its path. `domain` is the tree itself.
"""

import json
import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Final

__all__ = ["laid_out", "settled"]

ROOT: Final = Path(__file__).resolve().parents[2]
LINKED: Final = ("clarity", "tests", "docs", ".importlinter", "README.md", "LICENSE")
DOMAIN: Final = "domain"


def settled(text: str, name: str) -> str:
    """The pyproject.toml `text` with the mutmut settings of `name`."""
    others = tomllib.loads(text)["tool"]["mutants-of"]
    for key, value in others[name].items():
        said = re.compile(rf"^{key} = \[.*?\]$", re.MULTILINE | re.DOTALL)
        text, count = said.subn(lambda _, v=value, k=key: f"{k} = {json.dumps(v)}", text, count=1)
        if not count:
            raise ValueError(f"tool.mutmut has no {key} to put another in its place")
    return text


def laid_out(root: Path, name: str) -> Path:
    """The folder, made anew; mutants of an earlier run are gone."""
    if name == DOMAIN:
        return root
    folder = root / f".mutants-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for one in LINKED:
        (folder / one).symlink_to(root / one)
    text = (root / "pyproject.toml").read_text("utf-8")
    (folder / "pyproject.toml").write_text(settled(text, name), "utf-8")
    return folder


if __name__ == "__main__":
    print(laid_out(ROOT, sys.argv[1]))
