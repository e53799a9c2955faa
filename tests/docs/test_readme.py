"""What the README shows is what happens."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


EXAMPLES = re.findall(r"```python\n(.*?)```\n\nprints\n\n(.*?)\n\n(?=\S)", README, flags=re.DOTALL)


def test_every_python_example_says_what_it_prints():
    assert len(EXAMPLES) == README.count("```python") == 3


@pytest.mark.parametrize(("code", "shown"), EXAMPLES, ids=["one-by-one", "awaited", "replaced"])
def test_a_python_example_prints_what_the_readme_says(code: str, shown: str):
    expected = [line.strip() for line in shown.splitlines()]

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == expected


@pytest.mark.parametrize(("code", "shown"), EXAMPLES, ids=["one-by-one", "awaited", "replaced"])
def test_a_python_example_is_well_typed(code: str, shown: str, tmp_path: Path):
    (tmp_path / "example.py").write_text(code)

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--cache-dir",
            tmp_path,
            tmp_path / "example.py",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, f"{done.stdout}\nof the example that prints {shown}"


def test_every_file_that_the_readme_links_to_is_there():
    links = re.findall(r"\]\(([^)#]+)\)", README)

    assert [link for link in links if not (ROOT / link).exists()] == []
