"""
What is imported by its name stays inside the walls, and is there.

The import contracts do not see a name in a text, so it is looked at here.
"""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2] / "clarity"
BEGINNINGS = {
    "named": "",
    "_open": "",
    "_late": "clarity.application.",
    "_port": "clarity.ports.",
    "port": "clarity.ports.",
    "adapter": "clarity.adapters.",
}
"""Functions that take the name of a class or function, and what they put before it."""


def names_in(text: str) -> Iterator[str]:
    """The full names that a module of this text imports later."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Name(id=called), args=[ast.Constant(value=str(name))]) if (
                called in BEGINNINGS
            ):
                yield BEGINNINGS[called] + name


def importers(text: str) -> bool:
    """Whether a module of this text imports by a name itself."""
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "importlib"
        for node in ast.walk(ast.parse(text))
    )


NAMED = sorted(
    {
        (path.relative_to(HOME).as_posix(), name)
        for path in HOME.rglob("*.py")
        for name in names_in(path.read_text("utf-8"))
    }
)


def test_the_names_of_use_cases_and_adapters_are_found():
    assert len(NAMED) > 40
    assert ("profiles/embedded.py", "clarity.adapters.local.jobs.SqliteJobs") in NAMED


@pytest.mark.parametrize(("where", "name"), NAMED)
def test_what_is_named_is_there_and_public(where: str, name: str):
    module, part = name.rsplit(".", 1)

    assert part in import_module(module).__all__


def test_adapters_are_named_in_profiles_alone():
    strangers = [
        (where, name)
        for where, name in NAMED
        if name.startswith("clarity.adapters.") and not where.startswith("profiles/")
    ]

    assert strangers == []


def test_nothing_else_imports_by_a_name():
    found = {
        path.relative_to(HOME).as_posix()
        for path in HOME.rglob("*.py")
        if importers(path.read_text("utf-8"))
    }

    assert found == {"application/first_use.py", "profiles/models.py"}
