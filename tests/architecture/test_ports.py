"""Every port is small, synchronous, explicit, and tells what happened by value or by error."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
METHODS = 5
"""Most methods of a port; one with more has two callers and is split."""


def _ports(text: str) -> list[ast.ClassDef]:
    classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    return [node for node in classes if any("Protocol" in ast.unparse(base) for base in node.bases)]


def _method_faults(method: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    arguments = method.args
    answers = ast.unparse(method.returns) if method.returns else "nothing said"
    checks = {
        "is async": isinstance(method, ast.AsyncFunctionDef),
        "is not abstract": "abstractmethod" not in map(ast.unparse, method.decorator_list),
        "has no docstring": not ast.get_docstring(method),
        "answers with bool": answers == "bool",
        "does not say what it answers": not method.returns,
        "takes or gives dict[str, Any]": "dict[str, Any]" in ast.unparse(method),
        "has defaults": bool(arguments.defaults or any(arguments.kw_defaults)),
        "takes more than two arguments by position": len(arguments.args) > 3,
    }
    return [f"{method.name} {fault}" for fault, found in checks.items() if found]


def faults(text: str) -> list[str]:
    """What is wrong with the ports in a module of this text."""
    found = []
    for port in _ports(text):
        methods = [n for n in port.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        if not 1 <= len(methods) <= METHODS:
            found.append(f"{port.name} has {len(methods)} methods")
        if "__slots__ = ()" not in map(ast.unparse, port.body):
            found.append(f"{port.name} has no empty __slots__")
        found += [f"{port.name}.{fault}" for method in methods for fault in _method_faults(method)]
    return found


def test_every_port_is_small_synchronous_and_explicit():
    texts = {
        path.name: path.read_text("utf-8") for path in sorted((ROOT / "clarity/ports").glob("*.py"))
    }

    assert sum(len(_ports(text)) for text in texts.values()) > 5
    assert {name: faults(text) for name, text in texts.items() if faults(text)} == {}


PORT = '''
class Shelf(Protocol):
    """Where things lie."""

    {slots}

    @abstractmethod
    {method}
        """Say."""
'''
GOOD = "def take(self, name: str, *, count: int) -> bytes:"


def test_a_port_as_it_should_be_has_no_fault():
    assert faults(PORT.format(slots="__slots__ = ()", method=GOOD)) == []


@pytest.mark.parametrize(
    ("slots", "method", "fault"),
    [
        ("pass", GOOD, "no empty __slots__"),
        ("__slots__ = ()", f"async {GOOD}", "is async"),
        ("__slots__ = ()", "def take(self) -> bool:", "answers with bool"),
        ("__slots__ = ()", "def take(self):", "does not say what it answers"),
        ("__slots__ = ()", "def take(self, x: dict[str, Any]) -> int:", "dict[str, Any]"),
        ("__slots__ = ()", "def take(self, x: int = 3) -> int:", "has defaults"),
        ("__slots__ = ()", "def take(self, *, x: int = 3) -> int:", "has defaults"),
        ("__slots__ = ()", "def take(self, x: int, y: int, z: int) -> int:", "by position"),
    ],
)
def test_a_planted_fault_of_a_port_is_seen(slots: str, method: str, fault: str):
    assert fault in "; ".join(faults(PORT.format(slots=slots, method=method)))


def test_a_port_with_too_many_methods_or_none_is_seen():
    many = "".join(f"    def m{n}(self) -> int: ...\n" for n in range(METHODS + 1))

    assert f"Shelf has {METHODS + 1} methods" in faults(f"class Shelf(Protocol):\n{many}")
    assert "Shelf has 0 methods" in faults("class Shelf(Protocol):\n    __slots__ = ()\n")
