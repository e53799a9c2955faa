"""Every error has a stable code of its own and says what is true and what to do."""

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOTS = frozenset({"ClarityError", "DomainError", "PortError", "Transient"})


def _classes() -> dict[str, ast.ClassDef]:
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "clarity").rglob("*.py")]
    return {
        node.name: node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)
    }


def _bases(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).rpartition(".")[2] for base in node.bases}


def _errors() -> dict[str, ast.ClassDef]:
    """All classes below ClarityError, by name."""
    classes = _classes()
    found = {"ClarityError"}
    while more := {name for name, node in classes.items() if _bases(node) & found} - found:
        found |= more
    return {name: classes[name] for name in found}


def _code(node: ast.ClassDef) -> str | None:
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == "code":
            return ast.literal_eval(statement.value)
    return None


def _speaks(node: ast.ClassDef, errors: dict[str, ast.ClassDef]) -> bool:
    own = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
    above = [errors[base] for base in _bases(node) & set(errors)]
    return "__str__" in own or any(_speaks(base, errors) for base in above)


def test_every_error_has_a_code_of_its_own():
    codes = {name: _code(node) for name, node in _errors().items()}
    twice = {code for code, count in Counter(codes.values()).items() if count > 1}

    assert set(codes) > ROOTS
    assert not [name for name, code in codes.items() if code is None or code in twice]


def test_every_error_says_what_is_true_and_what_to_do():
    errors = _errors()

    assert {name for name, node in errors.items() if not _speaks(node, errors)} == ROOTS
