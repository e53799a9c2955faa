"""docs/metrics.md names every finding with its unit, algorithm, parameters and source."""

import re
from pathlib import Path

import pytest

from clarity.domain.analysis.built_in import built_in
from clarity.domain.analysis.wear import WearAssessment
from clarity.domain.findings import Finding
from clarity.domain.streams import Placement
from tests.domain.analysis.made_up import recording

CATALOGUE = Path(__file__).resolve().parents[3] / "docs/metrics.md"
COLUMNS = 6
NAME = re.compile(r"(quality\.)?[A-Za-z0-9]+(_[A-Za-z0-9]+)*")


def told(finding: Finding) -> tuple[str, ...]:
    parameters = ", ".join(f"{name}={value}" for name, value in finding.parameters.items())
    return finding.metric, finding.unit, finding.algorithm, parameters, finding.citation


def written() -> dict[str, list[tuple[str, ...]]]:
    """The rows of each table, by the analysis that its heading names, without their meaning."""
    tables: dict[str, list[tuple[str, ...]]] = {}
    for line in CATALOGUE.read_text("utf-8").splitlines():
        if line.startswith("## `"):
            rows = tables.setdefault(line.split("`")[1], [])
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == COLUMNS:
            metric, unit, _, algorithm, parameters, citation = cells
            rows.append((metric, unit, algorithm, parameters, citation))
    return tables


@pytest.mark.parametrize("analysis", built_in(), ids=lambda analysis: analysis.id)
def test_the_catalogue_describes_every_finding(analysis):
    worn = WearAssessment().run(recording(device="ActiGraph GT3X", placement=Placement.HIP)).series

    found = [told(finding) for finding in analysis.run(worn).findings]

    assert written()[analysis.id] == found


def test_the_catalogue_describes_the_wear():
    hip = recording(device="ActiGraph GT3X", placement=Placement.HIP)

    found = [told(finding) for finding in WearAssessment().run(hip).written.findings]

    assert written()[WearAssessment().id] == found


def test_the_catalogue_describes_no_other_analysis():
    known = [WearAssessment().id, *(analysis.id for analysis in built_in())]

    assert sorted(written()) == sorted(known)


def test_names_are_words_joined_by_underscores():
    names = {metric for rows in written().values() for metric, *_ in rows}

    assert {name for name in names if not NAME.fullmatch(name)} == set()
