"""`make watch` runs what a change touches, and nothing else."""

from pathlib import Path

import pytest

from tests.support.watch import changes, stamps, touched

TREE = {
    "clarity/__init__.py": "",
    "clarity/domain/__init__.py": "",
    "clarity/domain/week.py": "",
    "clarity/domain/sleep.py": "from clarity.domain import week\n",
    "clarity/adapters/page/__init__.py": "",
    "clarity/adapters/page/render.py": "",
    "clarity/adapters/page/page.html": "<p>",
    "clarity/bootstrap.py": "def main():\n    import clarity.adapters.page.render\n",
    "tests/conftest.py": "",
    "tests/domain/conftest.py": "",
    "tests/domain/test_week.py": "import clarity.domain.week\n",
    "tests/domain/test_sleep.py": "from clarity.domain.sleep import night\n",
    "tests/adapters/test_page.py": "from clarity import bootstrap\n",
    "tests/architecture/test_walls.py": "",
    "tests/support/shared.py": "",
    "tests/adapters/test_data.py": "from tests.support.shared import shared\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path, text in TREE.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("clarity/domain/week.py", ["test_walls", "test_sleep", "test_week"]),
        ("clarity/domain/sleep.py", ["test_walls", "test_sleep"]),
        ("clarity/adapters/page/render.py", ["test_page", "test_walls"]),
        ("clarity/adapters/page/page.html", ["test_page", "test_walls"]),
        ("tests/domain/test_week.py", ["test_week"]),
        ("tests/domain/conftest.py", ["test_sleep", "test_week"]),
        ("tests/support/shared.py", ["test_data"]),
        (".importlinter", ["test_walls"]),
    ],
)
def test_a_change_touches_the_tests_that_reach_it(root: Path, changed: str, expected: list[str]):
    assert [path.stem for path in touched(root, [Path(changed)])] == expected


def test_a_file_that_does_not_parse_still_touches_its_tests(root: Path):
    (root / "clarity/domain/week.py").write_text("def half(", "utf-8")

    assert "test_week" in {path.stem for path in touched(root, [Path("clarity/domain/week.py")])}


def test_a_file_that_is_new_gone_or_rewritten_is_a_change():
    before = {Path("kept"): 1, Path("gone"): 1, Path("rewritten"): 1}
    after = {Path("kept"): 1, Path("new"): 1, Path("rewritten"): 2}

    assert changes(before, after) == {Path("gone"), Path("new"), Path("rewritten")}


def test_every_file_of_the_tree_is_watched(root: Path):
    assert {str(path) for path in stamps(root)} == set(TREE)
