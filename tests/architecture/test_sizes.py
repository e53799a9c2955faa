"""Functions, classes, files and nesting stay small enough to be read at once."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FUNCTION_LINES, CLASS_LINES, FILE_LINES, NESTING = 50, 300, 400, 3
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _lines(node: ast.AST) -> int:
    return node.end_lineno - node.lineno + 1


def _code_lines(function: ast.FunctionDef) -> int:
    documented = ast.get_docstring(function, clean=False) is not None
    return _lines(function) - (_lines(function.body[0]) if documented else 0)


def _is_elif(child: ast.AST, parent: ast.AST) -> bool:
    return isinstance(parent, ast.If) and isinstance(child, ast.If) and parent.orelse == [child]


def _nesting(node: ast.AST) -> int:
    """How deep blocks stand inside one another in `node`; functions inside count for themselves."""
    return max(
        (
            (isinstance(child, BLOCKS) and not _is_elif(child, node)) + _nesting(child)
            for child in ast.iter_child_nodes(node)
            if not isinstance(child, FUNCTIONS)
        ),
        default=0,
    )


def breaches(path: Path) -> Iterator[str]:
    """What in the file is too large."""
    text = path.read_text("utf-8")
    if text.count("\n") > FILE_LINES:
        yield f"{path.name}: file of {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef) and _lines(node) > CLASS_LINES:
            yield f"{path.name}:{node.lineno} class {node.name} of {_lines(node)} lines"
        if isinstance(node, FUNCTIONS) and _code_lines(node) > FUNCTION_LINES:
            yield f"{path.name}:{node.lineno} function {node.name} of {_code_lines(node)} lines"
        if isinstance(node, FUNCTIONS) and _nesting(node) > NESTING:
            yield f"{path.name}:{node.lineno} function {node.name} nests {_nesting(node)} deep"


def test_nothing_in_the_product_is_too_large():
    files = sorted((ROOT / "clarity").rglob("*.py"))

    assert files
    assert not [breach for path in files for breach in breaches(path)]


NESTED = """
def deep(a):
    if a:
        for _ in a:
            with a:
                {innermost}
"""
CHAIN = "\n".join(
    ["def chain(a):", "    if a:", "        return 0"] + ["    elif a:\n        a = 1"] * 5
)


@pytest.mark.parametrize(
    ("text", "breach"),
    [
        ("def long():\n" + "    x = 1\n" * 50, "function long of 51 lines"),
        ("async def long():\n" + "    x = 1\n" * 50, "function long of 51 lines"),
        ("class Long:\n" + "    x = 1\n" * 300, "class Long of 301 lines"),
        ("x = 1\n" * 401, "file of 401 lines"),
        (NESTED.format(innermost="while a: a = 0"), "function deep nests 4 deep"),
    ],
)
def test_a_planted_breach_is_seen(text: str, breach: str, tmp_path: Path):
    (tmp_path / "planted.py").write_text(text, "utf-8")

    assert [found for found in breaches(tmp_path / "planted.py") if found.endswith(breach)]


@pytest.mark.parametrize(
    "text",
    [
        "def fits():\n" + "    x = 1\n" * 49,
        'def documented():\n    """\n' + "    word\n" * 60 + '    """\n' + "    x = 1\n" * 49,
        "class Fits:\n" + "    x = 1\n" * 299,
        "x = 1\n" * 400,
        NESTED.format(innermost="a = [b for b in a if b]"),
        CHAIN,
    ],
)
def test_what_just_fits_is_no_breach(text: str, tmp_path: Path):
    (tmp_path / "planted.py").write_text(text, "utf-8")

    assert not list(breaches(tmp_path / "planted.py"))
