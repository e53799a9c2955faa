"""Names say what a thing is; modules named after nothing hold everything."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EMPTY_NAMES = frozenset(
    {
        "utils",
        "util",
        "helpers",
        "helper",
        "common",
        "base",
        "manager",
        "types",
        "constants",
        "misc",
    }
)
EMPTY_ENDS = ("Manager", "Helper", "Util", "Utils", "Service", "Impl", "Port", "Interface", "Mixin")
CONVERSIONS = frozenset({"to_dict", "from_dict", "to_json", "from_json"})
OPERATIONS = (
    "PutError",
    "GetError",
    "SaveError",
    "LoadError",
    "ReadError",
    "WriteError",
    "QueryError",
)


def _empty_class_name(name: str) -> bool:
    return name.endswith((*EMPTY_ENDS, *OPERATIONS)) or name.startswith(("Base", "Abstract"))


def faults(path: Path, text: str) -> list[str]:
    """Which names in a module, its own included, say nothing or too much."""
    nodes = list(ast.walk(ast.parse(text)))
    classes = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    functions = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    empty = {path.stem.strip("_"), *path.parent.parts} & EMPTY_NAMES
    inner = path.parts[:2] in {("clarity", ring) for ring in ("domain", "ports", "application")}
    conversions = functions & CONVERSIONS if inner else set()
    return sorted({*empty, *conversions, *filter(_empty_class_name, classes)})


def test_every_name_in_the_product_says_something():
    files = [path.relative_to(ROOT) for path in sorted((ROOT / "clarity").rglob("*.py"))]
    found = {str(path): faults(path, (ROOT / path).read_text("utf-8")) for path in files}

    assert files
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("clarity/domain/utils.py", ""),
        ("clarity/adapters/common/_codec.py", ""),
        ("clarity/adapters/aws/_helpers.py", ""),
        ("clarity/domain/week.py", "class Week:\n    def to_dict(self): ...\n"),
        ("clarity/ports/cache.py", "class CachePort: ...\n"),
        ("clarity/ports/cache.py", "class BaseCache: ...\n"),
        ("clarity/ports/errors.py", "class PutError: ...\n"),
    ],
)
def test_a_planted_empty_name_is_seen(path: str, text: str):
    assert faults(Path(path), text)
