"""Nothing is silenced without a code and a reason, and the count may only fall."""

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = {"clarity": 2, "tests": 1}
"""How many suppressions stand in the product and in its tests; lower it with every one that goes."""

SILENCER = re.compile(
    r"#\s*(noqa|type:\s*ignore|pragma:\s*no cover|pyright:|ruff:|mypy:)", re.IGNORECASE
)
REASONED = re.compile(
    r"#\s*(noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*|type: ignore\[[a-z-]+(, ?[a-z-]+)*\])\s+(-|#)\s+\w.{6,}"
)


def silencers(text: str) -> list[str]:
    """The comments of a module that switch a check off."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return [comment for comment in comments if SILENCER.search(comment)]


def _all(top: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}: {comment}"
        for path in sorted((ROOT / top).rglob("*.py"))
        for comment in silencers(path.read_text("utf-8"))
    ]


@pytest.mark.parametrize("top", ALLOWED)
def test_every_suppression_has_a_code_and_a_reason(top: str):
    assert not [found for found in _all(top) if not REASONED.search(found)]


@pytest.mark.parametrize("top", ALLOWED)
def test_the_count_of_suppressions_only_falls(top: str):
    found = _all(top)

    assert len(found) == ALLOWED[top], "\n".join(found)


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# noqa: S101",
        "# type: ignore",
        "# type: ignore[arg-type]",
        "# type: ignore - stubs are wrong",
        "# pragma: no cover",
        "# ruff: noqa",
    ],
)
def test_a_planted_suppression_without_code_or_reason_is_seen(comment: str):
    found = silencers(f"x = 1  {comment}\n")

    assert found
    assert not REASONED.search(found[0])


@pytest.mark.parametrize(
    "comment",
    ["# noqa: S101 - validated above", "# type: ignore[arg-type]  # the stub lacks the overload"],
)
def test_a_suppression_with_code_and_reason_is_fine(comment: str):
    assert REASONED.search(silencers(f"x = 1  {comment}\n")[0])
