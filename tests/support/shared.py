"""Where the numbers and recordings live that this project did not make."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"


def shared(path: str) -> Path:
    """`../shared/<path>` beside the project; the test fails with a hint when it is not there."""
    found = SHARED / path
    if not found.exists():
        pytest.fail(
            f"{found} is missing: lay the shared folder (goldens, data) beside the checkout"
        )
    return found
