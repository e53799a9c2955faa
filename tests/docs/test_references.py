"""docs/references.md names every DOI that the code and the documents cite, and no other."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REFERENCES = ROOT / "docs/references.md"
DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"'`,;|<>]*[^\s\"'`,;|<>.)]")
COLUMNS = 4


def dois(text: str) -> set[str]:
    return set(DOI.findall(text))


def cited() -> set[str]:
    files = [
        path
        for folder, suffix in (("clarity", "py"), ("clarity", "md"), ("docs", "md"))
        for path in (ROOT / folder).rglob(f"*.{suffix}")
        if path != REFERENCES
    ]
    return set().union(*(dois(path.read_text("utf-8")) for path in files))


def rows() -> list[list[str]]:
    lines = REFERENCES.read_text("utf-8").splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("| `")
    ]


def test_every_doi_that_is_cited_stands_in_the_references():
    assert cited() - {row[0].strip("`") for row in rows()} == set()


def test_every_doi_in_the_references_is_cited():
    assert {row[0].strip("`") for row in rows()} - cited() == set()


def test_no_doi_stands_twice():
    listed = [row[0].casefold() for row in rows()]

    assert sorted(set(listed)) == sorted(listed)


def test_each_row_names_paper_use_and_how_it_was_verified():
    assert [row for row in rows() if len(row) != COLUMNS or "" in row] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Witting 1990, doi:10.1016/0006-3223(90)90523-5; next", "10.1016/0006-3223(90)90523-5"),
        ("(Troiano 2008, doi:10.1249/mss.0b013e31815a51b3);", "10.1249/mss.0b013e31815a51b3"),
        ('"Di 2017, doi:10.1101/182337"', "10.1101/182337"),
        ("Source: Lim 2011, doi:10.5665/sleep.1400.", "10.5665/sleep.1400"),
    ],
)
def test_a_doi_ends_where_the_sentence_goes_on(text: str, found: str):
    assert dois(text) == {found}
