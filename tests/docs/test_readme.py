"""What the README shows is what happens."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_python_example_prints_what_the_readme_says():
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    shown = re.search(r"\nprints\n\n(.*?)\n\n[A-Z]", README, flags=re.DOTALL)
    assert shown is not None
    expected = [line.strip() for line in shown.group(1).splitlines()]

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == expected


def test_every_file_that_the_readme_links_to_is_there():
    links = re.findall(r"\]\(([^)#]+)\)", README)

    assert [link for link in links if not (ROOT / link).exists()] == []
