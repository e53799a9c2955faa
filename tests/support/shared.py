"""Where the numbers and recordings live that this project did not make."""

from pathlib import Path

import pytest

HINT = "lay the folder `shared` (goldens, data) beside the checkout"


def shared(path: str) -> Path:
    """
    `shared/<path>` in a folder above the project.

    A checkout that stands alone has no such folder: what needs it is skipped and says so. Where the
    folder is, a file missing from it is a failure.
    """
    for parent in Path(__file__).resolve().parents:
        if (parent / "shared" / "goldens").is_dir():
            return _existing(parent / "shared" / path)
    pytest.skip(f"shared/{path} is not here: {HINT}", allow_module_level=True)


def _existing(path: Path) -> Path:
    if not path.exists():
        pytest.fail(f"{path} is missing: {HINT}")
    return path
