"""What is public is said: three names at the top, `__all__` everywhere else."""

import ast
from pathlib import Path

import pytest

import clarity

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "clarity").rglob("*.py"))


def _targets(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _defined(tree: ast.Module) -> set[str]:
    """The public names that a module makes itself; what it imports is not among them."""
    names = {name for node in tree.body for name in _targets(node)}
    return {name for name in names if not name.startswith("_")}


def _exported(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if "__all__" in _targets(node):
            return list(ast.literal_eval(node.value))
    return None


def faults(text: str, *, package: bool) -> list[str]:
    """What is wrong with the surface of a module of this text."""
    tree = ast.parse(text)
    defined, exported = _defined(tree), _exported(tree)
    if package:
        return (
            ["is not docstring-only"] if len(tree.body) > 1 or not ast.get_docstring(tree) else []
        )
    if exported is None:
        return [f"has {sorted(defined)} and no __all__"] if defined else []
    strangers = sorted(set(exported) - defined)
    return [f"exports {strangers}, which it does not define"] if strangers else []


def test_clarity_offers_three_names():
    assert set(clarity.__all__) == {"Settings", "__version__", "open_clarity"}


def test_every_module_says_what_is_public():
    inner = [path for path in MODULES if path != ROOT / "clarity/__init__.py"]
    found = {
        str(path.relative_to(ROOT)): fault
        for path in inner
        for fault in faults(path.read_text("utf-8"), package=path.name == "__init__.py")
    }

    assert inner
    assert found == {}


@pytest.mark.parametrize(
    ("text", "package"),
    [
        ("LIMIT = 3\n", False),
        ("LIMIT: int = 3\n", False),
        ("def act(): ...\n", False),
        ("class Thing: ...\n", False),
        ("from os import path\n__all__ = ['path']\n", False),
        ("from os import path\n", True),
        ('"""Words."""\n__all__ = []\n', True),
        ("", True),
    ],
)
def test_a_planted_fault_of_the_surface_is_seen(text: str, *, package: bool):
    assert faults(text, package=package)
