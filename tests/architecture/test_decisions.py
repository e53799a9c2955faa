"""Decisions are numbered, dated and decided, and name the check that holds them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = sorted((ROOT / "docs/adr").glob("*.md"))
STATUS = re.compile(
    r"^Date: \d{4}-\d\d-\d\d\. Status: (Accepted|Superseded by \d{4})\.$", re.MULTILINE
)
PATH = re.compile(r"`((?:clarity|tests|docs)/[\w./-]+|\.importlinter|pyproject\.toml)`")


def _check(text: str) -> str:
    return text.rpartition("\n## Check\n")[2]


def test_decisions_are_numbered_without_a_gap():
    numbers = [int(path.name[:4]) for path in DECISIONS]

    assert numbers == list(range(1, len(DECISIONS) + 1))


def test_every_decision_is_dated_and_decided():
    assert not [path.name for path in DECISIONS if not STATUS.search(path.read_text("utf-8"))]


def test_every_decision_ends_with_a_check_that_exists():
    missing = {
        path.name: named
        for path in DECISIONS
        if not (named := PATH.findall(_check(path.read_text("utf-8"))))
        or not all((ROOT / name).exists() for name in named)
    }

    assert missing == {}


def test_every_contract_that_a_decision_names_exists():
    contracts = (ROOT / ".importlinter").read_text("utf-8")
    named = {
        name
        for path in DECISIONS
        for group in re.findall(r"\(contracts? ([^):]*)", path.read_text("utf-8"))
        for name in re.findall(r"`([\w-]+)`", group)
    }

    assert "still" in named
    assert not [name for name in named if f"[importlinter:contract:{name}]" not in contracts]
