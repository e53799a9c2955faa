"""Every error has a stable code of its own and says what is true and what to do."""

import ast
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

Classes = dict[str, ast.ClassDef]


def _bases(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).rpartition(".")[2] for base in node.bases}


def _errors(trees: Iterable[ast.Module]) -> Classes:
    """All classes below ClarityError, itself included, by name."""
    classes = {
        node.name: node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)
    }
    found = {"ClarityError"}
    while more := {name for name, node in classes.items() if _bases(node) & found} - found:
        found |= more
    return {name: classes[name] for name in found}


def _code(node: ast.ClassDef) -> str | None:
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == "code":
            return ast.literal_eval(statement.value)
    return None


def _speaks(node: ast.ClassDef, errors: Classes) -> bool:
    own = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
    return "__str__" in own or any(
        _speaks(errors[base], errors) for base in _bases(node) & set(errors)
    )


def _raised(trees: Iterable[ast.Module]) -> set[str]:
    raises = [node.exc for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    return {ast.unparse(getattr(exc, "func", exc)).rpartition(".")[2] for exc in raises if exc}


def faults(texts: Iterable[str]) -> set[str]:
    """
    The errors without a code of their own, and those that say nothing.

    Only a class that groups others and is never raised itself may be silent.
    """
    trees = [ast.parse(text) for text in texts]
    errors, raised = _errors(trees), _raised(trees)
    codes = {name: _code(node) for name, node in errors.items()}
    times = Counter(codes.values())
    groups = {base for node in errors.values() for base in _bases(node)} - raised
    silent = {name for name, node in errors.items() if not _speaks(node, errors)}
    return {name for name, code in codes.items() if code is None or times[code] > 1} | (
        silent - groups
    )


def test_every_error_has_a_code_of_its_own_and_says_what_is_true():
    texts = [path.read_text("utf-8") for path in sorted((ROOT / "clarity").rglob("*.py"))]

    assert len(_errors(map(ast.parse, texts))) > 10
    assert faults(texts) == set()


TREE = """
class ClarityError(Exception):
    code: ClassVar[str] = "clarity"
class Group(ClarityError):
    code: ClassVar[str] = "group"
class Fine(Group):
    code: ClassVar[str] = "fine"
    def __str__(self): ...
"""


def test_a_group_that_is_never_raised_may_be_silent():
    assert faults([TREE, "raise Fine()\n"]) == set()


@pytest.mark.parametrize(
    ("planted", "named"),
    [
        ("class Nameless(Fine): ...\n", "Nameless"),
        ('class Twin(Fine):\n    code: ClassVar[str] = "fine"\n', "Twin"),
        ('class Mute(Group):\n    code: ClassVar[str] = "mute"\n', "Mute"),
        ("raise Group()\n", "Group"),
        ("raise errors.Group\n", "Group"),
    ],
)
def test_a_planted_fault_of_an_error_is_seen(planted: str, named: str):
    assert named in faults([TREE, planted])
