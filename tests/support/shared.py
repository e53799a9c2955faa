"""Where the numbers and recordings live that this project did not make."""

from pathlib import Path

import pytest


def shared(path: str) -> Path:
    """`shared/<path>` beside the project; the test fails with a hint when it is not there."""
    for parent in Path(__file__).resolve().parents:
        if (parent / "shared" / "goldens").is_dir():
            return _existing(parent / "shared" / path)
    return _existing(Path("../shared") / path)


def _existing(path: Path) -> Path:
    if not path.exists():
        pytest.fail(
            f"{path} is missing: lay the folder `shared` (goldens, data) beside the checkout"
        )
    return path
