"""The tables of the report: findings by group, what is absent, nights and their averages."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

import attrs
import numpy as np

from clarity.adapters.report.formats import (
    ABSENT,
    clock,
    day_name,
    hours_minutes,
    number,
    shown,
    stamp,
)
from clarity.adapters.report.wording import Group, in_order, wording
from clarity.domain.findings import Finding, Parameter
from clarity.domain.rhythm.circular import circular_mean_min
from clarity.domain.sleep.nights import Night

__all__ = ["Measure", "Measures", "NightRow", "cited", "measures", "night_average", "night_rows"]

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
        citation: (text, DOI or empty) pieces in order.
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
    citation: tuple[tuple[str, str], ...]
    reason: str


@attrs.frozen
class Measures:
    """The findings of one group."""

    group: Group
    rows: tuple[Measure, ...]


@attrs.frozen(kw_only=True)
class NightRow:
    """A night, or the average of nights, as text."""

    night: str
    start: str
    end: str
    in_bed: str
    tst: str
    sol: str
    waso: str
    efficiency: str
    midpoint: str
    awakenings: str
    unknown: str


def measures(findings: Iterable[Finding]) -> tuple[Measures, ...]:
    """The findings as rows, by group in the order of the report; empty groups are left out."""
    by_group: dict[Group, list[Measure]] = {group: [] for group in Group}
    for finding in in_order(tuple(findings)):
        by_group[wording(finding).group].append(_measure(finding))
    return tuple(Measures(group, tuple(rows)) for group, rows in by_group.items() if rows)


def _measure(finding: Finding) -> Measure:
    told = wording(finding)
    value, unit = shown(finding)
    return Measure(
        metric=finding.metric,
        label=told.label,
        meaning=told.meaning,
        value=value,
        unit=unit,
        coverage=f"{number(100 * finding.coverage, 0)} %",
        n_valid=number(finding.n_valid, 0),
        algorithm=finding.algorithm,
        parameters=_parameters(finding.parameters),
        citation=cited(finding.citation),
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


def night_rows(nights: Iterable[Night]) -> tuple[NightRow, ...]:
    """The nights as rows."""
    return tuple(_night(night) for night in nights)


def _night(night: Night) -> NightRow:
    return NightRow(
        night=day_name(night.date),
        start=stamp(night.start),
        end=stamp(night.end),
        in_bed=hours_minutes(_in_bed_min(night)),
        tst=hours_minutes(night.tst_min),
        sol=hours_minutes(night.sol_min),
        waso=hours_minutes(night.waso_min),
        efficiency=_decimal(night.efficiency_pct),
        midpoint=stamp(night.midpoint),
        awakenings=_decimal(night.awakenings, 0),
        unknown=hours_minutes(night.unknown_min),
    )


def night_average(nights: tuple[Night, ...]) -> NightRow | None:
    """
    The mean over nights, column by column; None without nights.

    A column is averaged over the nights that have it; clock times on the circle.
    """
    if not nights:
        return None
    return NightRow(
        night=f"Mean of {len(nights)} night{'s' if len(nights) > 1 else ''}",
        start=_mean_clock(night.start for night in nights),
        end=_mean_clock(night.end for night in nights),
        in_bed=_mean(nights, _in_bed_min, hours_minutes),
        tst=_mean(nights, lambda night: night.tst_min, hours_minutes),
        sol=_mean(nights, lambda night: night.sol_min, hours_minutes),
        waso=_mean(nights, lambda night: night.waso_min, hours_minutes),
        efficiency=_mean(nights, lambda night: night.efficiency_pct, _decimal),
        midpoint=_mean_clock(night.midpoint for night in nights),
        awakenings=_mean(nights, lambda night: night.awakenings, _decimal),
        unknown=_mean(nights, lambda night: night.unknown_min, hours_minutes),
    )


def _in_bed_min(night: Night) -> float:
    return (night.end.timestamp() - night.start.timestamp()) / 60


def _mean(
    nights: tuple[Night, ...],
    column: Callable[[Night], float | None],
    told: Callable[[float | None], str],
) -> str:
    known = [value for night in nights if (value := column(night)) is not None]
    known = [value for value in known if math.isfinite(value)]
    return told(sum(known) / len(known)) if known else ABSENT


def _mean_clock(instants: Iterable[datetime | None]) -> str:
    minutes = [_clock_min(instant) for instant in instants if instant is not None]
    mean_min = float(circular_mean_min(np.array(minutes, dtype=np.float64)))
    return clock(mean_min / 60) if math.isfinite(mean_min) else ABSENT


def _clock_min(instant: datetime) -> float:
    return instant.hour * 60 + instant.minute + instant.second / 60


def _decimal(value: float | None, decimals: int = 1) -> str:
    return ABSENT if value is None or not math.isfinite(value) else number(value, decimals)
