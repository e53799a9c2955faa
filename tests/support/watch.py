"""
Re-run the tests that a change touches, at every save: `make watch`.

A test file is touched when it, a module that it imports by whatever route, or a conftest.py above it
has changed. A file that is no module, a template for example, counts as part of the package it lies
in. Tests of the architecture read the whole tree, so every change in the product touches them.
"""

import ast
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["changes", "touched"]

WATCHED = ("clarity", "tests", "pyproject.toml", ".importlinter")
PAUSE_S = 0.5

Stamps = Mapping[Path, int]


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _modules(root: Path) -> dict[str, Path]:
    found = [path for top in ("clarity", "tests") for path in (root / top).rglob("*.py")]
    return {_name(path.relative_to(root)): path.relative_to(root) for path in found}


def _imported(text: str) -> set[str]:
    """Every module that the text may import, inside functions too; none while it does not parse."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def _with_packages(names: Iterable[str]) -> set[str]:
    """The names and all packages above them, which an import runs as well."""
    return {
        ".".join(name.split(".")[: n + 1]) for name in names for n in range(name.count(".") + 1)
    }


def _conftests(path: Path) -> set[str]:
    return {_name(folder / "conftest.py") for folder in path.parents}


def _users(root: Path) -> dict[str, set[str]]:
    """Who depends directly on a module, by module."""
    users: dict[str, set[str]] = {}
    for name, path in _modules(root).items():
        needs = _with_packages(_imported((root / path).read_text("utf-8"))) | _conftests(path)
        for needed in needs - {name}:
            users.setdefault(needed, set()).add(name)
    return users


def _seeds(root: Path, changed: Iterable[Path]) -> set[str]:
    """The modules that have changed, and every module beside a changed file that is none."""
    names = {_name(path) for path in changed if path.suffix == ".py"}
    folders = {path.parent for path in changed if path.suffix != ".py"}
    return names | {name for name, path in _modules(root).items() if path.parent in folders}


def touched(root: Path, changed: Iterable[Path]) -> list[Path]:
    """The test files that `changed` (paths relative to `root`) may make pass or fail."""
    changed = set(changed)
    users, modules = _users(root), _modules(root)
    reached, edge = set[str](), _seeds(root, changed)
    while edge:
        reached |= edge
        edge = {user for name in edge for user in users.get(name, ())} - reached
    product = any(path.parts[0] != "tests" for path in changed)
    return sorted(
        path
        for name, path in modules.items()
        if path.name.startswith("test_")
        and (name in reached or (product and path.parts[:2] == ("tests", "architecture")))
    )


def stamps(root: Path) -> Stamps:
    """When each watched file was last written."""
    tops = [root / top for top in WATCHED if (root / top).exists()]
    files = [path for top in tops for path in (top.rglob("*") if top.is_dir() else (top,))]
    return {
        path.relative_to(root): path.stat().st_mtime_ns
        for path in files
        if path.is_file() and "__pycache__" not in path.parts
    }


def changes(before: Stamps, after: Stamps) -> set[Path]:
    """The files that are new, gone or rewritten."""
    return {path for path in {*before, *after} if before.get(path) != after.get(path)}


def main() -> None:
    """Watch until interrupted."""
    root = Path.cwd()
    before = stamps(root)
    print("watching; interrupt to stop", flush=True)
    while True:
        time.sleep(PAUSE_S)
        after = stamps(root)
        changed = changes(before, after)
        tests = touched(root, changed) if changed else []
        if tests:
            print(f"{len(tests)} test files touched by {', '.join(map(str, sorted(changed)))}")
            subprocess.run([sys.executable, "-m", "pytest", "-q", *tests], cwd=root, check=False)
        before = after


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("stopped")
