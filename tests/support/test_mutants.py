"""The folder in which mutmut tries other modules."""

import tomllib
from pathlib import Path

import pytest

from tests.support.mutants import ROOT, laid_out, settled

PYPROJECT = (ROOT / "pyproject.toml").read_text("utf-8")
OTHERS = sorted(tomllib.loads(PYPROJECT)["tool"]["mutants-of"])


def test_the_domain_is_tried_in_the_tree_itself():
    assert laid_out(ROOT, "domain") == ROOT


@pytest.mark.parametrize("name", OTHERS)
def test_the_settings_of_others_go_before_those_of_the_domain(name: str):
    read = tomllib.loads(settled(PYPROJECT, name))["tool"]
    before = tomllib.loads(PYPROJECT)["tool"]

    assert read["mutmut"] == before["mutmut"] | before["mutants-of"][name]
    assert {**read, "mutmut": None} == {**before, "mutmut": None}


@pytest.mark.parametrize("name", OTHERS)
def test_everything_that_is_tried_or_tries_is_there(name: str):
    said = tomllib.loads(PYPROJECT)["tool"]["mutants-of"][name]
    named = [*said["only_mutate"], *said["pytest_add_cli_args_test_selection"]]

    assert [one for one in named if not (ROOT / one.removesuffix("/*")).exists()] == []


def test_a_setting_that_would_replace_nothing_is_told():
    with pytest.raises(ValueError, match="no only_mutate"):
        settled("[tool.mutmut]\n[tool.mutants-of.x]\n'only_mutate' = ['a*']\n", "x")


def test_a_folder_is_laid_out_with_links_and_made_anew(tmp_path: Path):
    for folder in ("clarity", "tests", "docs"):
        (tmp_path / folder).mkdir()
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, "utf-8")

    folder = laid_out(tmp_path, "codecs")
    (folder / "mutants").mkdir()
    again = laid_out(tmp_path, "codecs")

    assert folder == again == tmp_path / ".mutants-codecs"
    assert not (again / "mutants").exists()
    assert (again / "clarity").resolve() == (tmp_path / "clarity").resolve()
    assert 'only_mutate = ["clarity/adapters/local/_codec.py"' in (
        again / "pyproject.toml"
    ).read_text("utf-8")
