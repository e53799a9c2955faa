"""
Importing clarity, its inner rings or its bootstrap loads nothing heavy.

What an import costs is the modules that it runs: they are counted here, since times on a machine
under load say nothing. `tests/bench/imports.py` measures them.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = frozenset(
    {"boto3", "botocore", "redis", "torch", "onnxruntime", "onnx", "rich", "jinja2", "h5py"}
)
MOST_MODULES = 60
"""Most modules that `import clarity` may run beside those of the interpreter; now 34."""

COUNT = "import sys; before = len(sys.modules); import {}; print(len(sys.modules) - before)"
OPEN = """
import sys
from clarity import Settings, open_clarity
with open_clarity(Settings(store=":memory:", models="nowhere")) as app:
    [getattr(app, name) for name in sys.argv[1:]]
print(*sys.modules)
"""
NOT_TO_PREDICT = frozenset(
    {
        "cattrs",
        "cryptography",
        "zstandard",
        "clarity.adapters.local.repository",
        "clarity.application.analyze",
        "clarity.application.answers",
        "clarity.application.erase",
        "clarity.application.ingest",
        "clarity.application.reports",
        "clarity.domain.analysis.result",
        "clarity.domain.analysis.sleep",
        "clarity.domain.rhythm.cosinor",
        "clarity.ports.entities",
        "clarity.ports.query",
        "clarity.ports.recordings",
        "clarity.ports.report",
    }
)
"""What a process that opens clarity to ask models never imports."""

PROBE = "import sys; [__import__(name) for name in sys.argv[1:]]; print(*sys.modules)"


def _loaded(*modules: str) -> set[str]:
    """The top-level names that a fresh interpreter holds after importing `modules`."""
    probe = subprocess.run(
        [sys.executable, "-c", PROBE, *modules],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.split(".")[0] for name in probe.stdout.split()}


def _opened(*parts: str) -> set[str]:
    """The modules of a fresh interpreter that opened clarity and read these parts of it."""
    probe = subprocess.run(
        [sys.executable, "-c", OPEN, *parts], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(probe.stdout.split())


def _outside_adapters() -> list[str]:
    paths = [path.relative_to(ROOT) for path in sorted((ROOT / "clarity").rglob("*.py"))]
    inner = [path for path in paths if path.parts[:2] != ("clarity", "adapters")]
    return [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in inner]


def test_importing_clarity_loads_nothing_heavy():
    assert not _loaded("clarity") & HEAVY


def _count(module: str) -> int:
    """How many modules an interpreter runs for `module` that sees no installed package."""
    probe = subprocess.run(
        [sys.executable, "-S", "-c", COUNT.format(module)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(probe.stdout)


def test_importing_clarity_runs_few_modules_and_none_of_an_installed_package():
    assert 2 <= _count("clarity") <= MOST_MODULES


def test_an_import_that_runs_many_modules_is_seen():
    assert _count("asyncio") > MOST_MODULES


def test_a_module_that_needs_an_installed_package_is_seen():
    with pytest.raises(subprocess.CalledProcessError):
        _count("clarity.domain.errors, attrs")


def test_importing_everything_but_the_adapters_loads_nothing_heavy():
    modules = _outside_adapters()

    assert "clarity.domain.errors" in modules
    assert not _loaded(*modules) & HEAVY


@pytest.mark.parametrize("heavy", ["boto3", "jinja2", "rich"])
def test_the_probe_sees_what_is_heavy(heavy: str):
    assert heavy in _loaded("clarity", heavy)


def test_opening_clarity_to_ask_models_imports_no_other_use_case():
    loaded = _opened("models")

    assert "clarity.application.predict" in loaded
    assert not loaded & NOT_TO_PREDICT


def test_what_is_asked_for_is_imported_then():
    assert _opened("ingest", "analyze") >= {"clarity.application.analyze", "cattrs", "zstandard"}
