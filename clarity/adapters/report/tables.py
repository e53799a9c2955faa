"""Findings as rows of tables, by group, with algorithm, settings and citation."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs

from clarity.adapters.report.formats import number, percent, shown
from clarity.adapters.report.wording import Group, in_order, wording
from clarity.domain.findings import Finding, Parameter

__all__ = ["Measure", "Measures", "cited", "measures", "references"]

DOI: Final = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/[^\s,;]*[^\s,;.)])")


@attrs.frozen(kw_only=True)
class Measure:
    """
    A finding as a row.

    Attributes:
        metric: its name in the catalogue.
        label: its name in words.
        meaning: what it says.
        value: as text, or the mark of absence.
        unit: as text.
        coverage: in %, as text.
        n_valid: as text.
        algorithm: id.
        parameters: as text.
        reference: number of its citation in the list of references; None without one.
        reason: why there is no value.
    """

    metric: str
    label: str
    meaning: str
    value: str
    unit: str
    coverage: str
    n_valid: str
    algorithm: str
    parameters: str
    reference: int | None
    reason: str

    @property
    def named(self) -> str:
        """The label, with the name of the catalogue where the label does not hold it."""
        held = self.metric.casefold() in self.label.casefold().split()
        return self.label if held or self.label == self.metric else f"{self.label} ({self.metric})"


@attrs.frozen
class Measures:
    """The findings of one group."""

    group: Group
    rows: tuple[Measure, ...]


def references(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The citations of the findings, each once, in the order of the report."""
    ordered = in_order(tuple(findings))
    return tuple(dict.fromkeys(finding.citation for finding in ordered if finding.citation))


def measures(findings: Iterable[Finding], cited_as: Sequence[str]) -> tuple[Measures, ...]:
    """
    The findings as rows, by group in the order of the report; empty groups are left out.

    Args:
        findings: in any order.
        cited_as: the list of references, that rows refer to by number.
    """
    numbers = {citation: place for place, citation in enumerate(cited_as, 1)}
    by_group: dict[Group, list[Measure]] = {group: [] for group in Group}
    for finding in in_order(tuple(findings)):
        by_group[wording(finding).group].append(_measure(finding, numbers.get(finding.citation)))
    return tuple(Measures(group, tuple(rows)) for group, rows in by_group.items() if rows)


def _measure(finding: Finding, reference: int | None) -> Measure:
    told = wording(finding)
    value, unit = shown(finding)
    return Measure(
        metric=finding.metric,
        label=told.label,
        meaning=told.meaning,
        value=value,
        unit=unit,
        coverage=percent(finding.coverage),
        n_valid=number(finding.n_valid, 0),
        algorithm=finding.algorithm,
        parameters=_parameters(finding.parameters),
        reference=reference,
        reason=finding.reason,
    )


def _parameters(parameters: Mapping[str, Parameter]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in parameters.items())


def cited(citation: str) -> tuple[tuple[str, str], ...]:
    """A citation in pieces (text, DOI); the DOI is empty where the piece is plain text."""
    pieces: list[tuple[str, str]] = []
    at = 0
    for found in DOI.finditer(citation):
        pieces += [(citation[at : found.start()], ""), (f"doi:{found[1]}", found[1])]
        at = found.end()
    return tuple(piece for piece in (*pieces, (citation[at:], "")) if piece[0])
