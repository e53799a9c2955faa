"""What a machine lacks is said before anything is installed, with how to get it."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKE = shutil.which("make")

OLD = """#!/bin/sh
case "$*" in
  --version) echo "Python 3.9.2" ;;
  *version_info*) exit 1 ;;
esac
"""
WITHOUT_VENV = """#!/bin/sh
case "$*" in *ensurepip*) exit 1 ;; esac
"""


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """The only folder in which programs are looked for."""
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "make").symlink_to(MAKE)
    return folder


def has(tools: Path, name: str, script: str = "#!/bin/sh\n") -> None:
    (tools / name).write_text(script)
    (tools / name).chmod(0o755)


def made(tools: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `make` says where nothing but `tools` is there."""
    return subprocess.run(
        [MAKE, "--no-print-directory", *arguments, f"VENV={tools.parent / 'venv'}"],
        cwd=ROOT,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("python-is-there", "python3 is missing: apt-get install python3 python3-venv"),
        ("npm-is-there", "npm is missing, a DynamoDB engine of the tests comes with it"),
        ("chromium-is-there", "chromium is missing, the report is tested in it"),
    ],
)
def test_a_tool_that_is_missing_is_named_with_how_to_get_it(tools: Path, target: str, said: str):
    done = made(tools, target)

    assert done.returncode == 2
    assert done.stdout.startswith(said)
    assert "apt-get install" in done.stdout
    assert "brew install" in done.stdout


def test_npm_without_node_is_not_enough(tools: Path):
    has(tools, "npm")

    assert made(tools, "npm-is-there").returncode == 2


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (OLD, "python3 is Python 3.9.2, clarity needs 3.11 or newer"),
        (WITHOUT_VENV, "python3-venv is missing: apt-get install python3-venv"),
    ],
)
def test_a_python_that_cannot_make_the_environment_is_named(tools: Path, script: str, said: str):
    has(tools, "python3", script)

    done = made(tools, "python-is-there")

    assert done.returncode == 2
    assert said in done.stdout


@pytest.mark.parametrize("target", ["python-is-there", "npm-is-there", "chromium-is-there"])
def test_where_everything_is_there_nothing_is_said(tools: Path, target: str):
    for name in ("python3", "npm", "node", "chromium"):
        has(tools, name)

    done = made(tools, target)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_who_leaves_the_browser_out_needs_none(tools: Path):
    assert made(tools, "chromium-is-there", "CHROMIUM=no").returncode == 0


def test_tests_say_that_the_browser_is_missing_before_anything_is_installed(tools: Path):
    has(tools, "python3")

    done = made(tools, "test")

    assert done.stdout.startswith("chromium is missing")
    assert "Installing" not in done.stdout
    assert not (tools.parent / "venv").exists()


def test_tests_say_that_npm_is_missing_before_anything_is_installed(tools: Path):
    has(tools, "chromium")
    has(tools, "python3", "#!/bin/sh\n")

    done = made(tools, "test")

    assert "npm is missing" in done.stdout
    assert "Installing" not in done.stdout
