"""The table of nights and its averages, as text."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import attrs

from clarity.adapters.report.formats import ABSENT, clock, day_name, hours_minutes, number, percent
from clarity.domain.findings import Finding
from clarity.domain.sleep import nights as domain
from clarity.domain.sleep.averages import MIN_COVERAGE, averages, circular_mean_h
from clarity.domain.sleep.evenings import NoNight
from clarity.domain.sleep.nights import Night

__all__ = ["NightRow", "NightTable", "night_average", "night_table"]


@attrs.frozen(kw_only=True)
class NightRow:
    """
    A night, the average of nights, or an evening without a night, as text.

    Attributes:
        reason: why there is no night; empty where there is one.
    """

    night: str
    start: str = ABSENT
    end: str = ABSENT
    in_window: str = ABSENT
    tst: str = ABSENT
    sol: str = ABSENT
    waso: str = ABSENT
    efficiency: str = ABSENT
    maintenance: str = ABSENT
    midpoint: str = ABSENT
    awakenings: str = ABSENT
    unknown: str = ABSENT
    reason: str = ""


@attrs.frozen(kw_only=True)
class NightTable:
    """
    The evenings.

    Attributes:
        rows: one per evening, in order.
        average: over the nights that are scored well enough; None when there are none.
        notes: why cells are empty, and which nights stay out of the average.
    """

    rows: tuple[NightRow, ...]
    average: NightRow | None
    notes: tuple[str, ...]


SHORT_NAMES: Final = {
    domain.TST.metric: "Sleep",
    domain.SOL.metric: "Latency",
    domain.WASO.metric: "Awake after onset",
    domain.SE.metric: "Efficiency",
    domain.SME.metric: "Maintenance",
    domain.MIDPOINT.metric: "Midpoint",
    domain.AWAKENINGS.metric: "Awakenings",
}
"""The columns that come from findings of a night, and what their heads say."""


def night_table(nights: Sequence[Night], no_nights: Sequence[NoNight] = ()) -> NightTable:
    """The nights as a table, with the evenings that have none."""
    told = [(night.date, _night(night)) for night in nights]
    told += [(one.date, NightRow(night=day_name(one.date), reason=one.reason)) for one in no_nights]
    return NightTable(
        rows=tuple(row for _, row in sorted(told, key=lambda pair: pair[0])),
        average=night_average(nights),
        notes=(*_reasons(nights), *_left_out(nights)),
    )


def night_average(nights: Sequence[Night]) -> NightRow | None:
    """
    The means over the nights of which enough is scored, each over the nights that define it.

    Clock times are averaged on the circle. None when no night is scored well enough.
    """
    used = [night for night in nights if night.coverage >= MIN_COVERAGE]
    if not used:
        return None
    means = {finding.metric: finding for finding in averages(used)}
    return NightRow(
        night=f"Mean of {len(used)} night{'s' if len(used) > 1 else ''}",
        start=_clock(circular_mean_h([domain.clock_h(night.start) for night in used])),
        end=_clock(circular_mean_h([domain.clock_h(night.end) for night in used])),
        in_window=hours_minutes(math.fsum(night.in_bed_min for night in used) / len(used)),
        unknown=hours_minutes(math.fsum(night.unknown_min for night in used) / len(used)),
        **_measured(means, 1),
    )


def _night(night: Night) -> NightRow:
    return NightRow(
        night=day_name(night.date),
        start=f"{night.start:%H:%M}",
        end=f"{night.end:%H:%M}",
        in_window=hours_minutes(night.in_bed_min),
        unknown=hours_minutes(night.unknown_min),
        **_measured({finding.metric: finding for finding in night.findings()}, 0),
    )


def _measured(findings: Mapping[str, Finding], decimals: int) -> Mapping[str, str]:
    """The columns that come from findings; `decimals` of counts."""
    columns: tuple[tuple[str, str, Callable[[float | None], str]], ...] = (
        ("tst", domain.TST.metric, hours_minutes),
        ("sol", domain.SOL.metric, hours_minutes),
        ("waso", domain.WASO.metric, hours_minutes),
        ("efficiency", domain.SE.metric, lambda value: _decimal(value, 1)),
        ("maintenance", domain.SME.metric, lambda value: _decimal(value, 1)),
        ("midpoint", domain.MIDPOINT.metric, _clock),
        ("awakenings", domain.AWAKENINGS.metric, lambda value: _decimal(value, decimals)),
    )
    return {name: told(findings[metric].value) for name, metric, told in columns}


def _reasons(nights: Iterable[Night]) -> tuple[str, ...]:
    """Each reason for empty cells with the columns it empties, in order of first appearance."""
    columns: dict[str, dict[str, None]] = {}
    for finding in (finding for night in nights for finding in night.findings()):
        if finding.reason and finding.metric in SHORT_NAMES:
            columns.setdefault(finding.reason, {})[SHORT_NAMES[finding.metric]] = None
    return tuple(f"{', '.join(names)}: {reason}." for reason, names in columns.items())


def _left_out(nights: Sequence[Night]) -> tuple[str, ...]:
    n = sum(night.coverage < MIN_COVERAGE for night in nights)
    if not n:
        return ()
    share = percent(MIN_COVERAGE)
    which = "1 night is" if n == 1 else f"{n} nights are"
    return (f"{which} scored for less than {share} of the window and not in the mean.",)


def _clock(hour: float | None) -> str:
    return ABSENT if hour is None else clock(hour)


def _decimal(value: float | None, decimals: int) -> str:
    return ABSENT if value is None else number(value, decimals)
