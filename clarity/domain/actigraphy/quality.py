"""What a recording is worth before anything is computed from it."""

import math
from collections.abc import Callable
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.days import clock_days
from clarity.domain.actigraphy.regrid import RegridReport
from clarity.domain.actigraphy.sensor import (
    ACTIVE_SHARE,
    FLOOR_SHARE,
    floors_of,
    saturated_shares,
    valid_lengths,
)
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.findings import Definition, Finding
from clarity.domain.timeline import DAY_S

__all__ = ["CEILINGS", "floor_of", "quality_findings", "valid_epochs"]

CEILINGS: Final[dict[str, float]] = {"Actiwatch AW4": 8000.0}
"""Largest value that a device can report, counts per minute (6 of 55 Depresjon files reach it)."""

_CITATION: Final = "clarity, data quality; no published definition"
_NO_VALUE: Final = "no epoch holds a value"


def _definition(metric: str, unit: str, **parameters: float) -> Definition:
    return Definition(
        metric=metric,
        unit=unit,
        algorithm=f"quality/{metric.removeprefix('quality.')}",
        citation=_CITATION,
        parameters=parameters,
    )


def floor_of(values: npt.NDArray[np.float64]) -> float | None:
    """The smallest value that the sensor really reports, or None without values; `floors_of`."""
    floor = float(floors_of(values))
    return None if math.isnan(floor) else floor


def valid_epochs(series: ActivitySeries) -> int:
    """How many epochs pass before the trailing stretch without wear; see `valid_lengths`."""
    return int(valid_lengths(series.observed, epoch_s=series.epoch_s))


def _longest_run(mask: npt.NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _longest_constant(values: npt.NDArray[np.float64], floor: float) -> int:
    """Longest run of one value above the floor, epochs: a stuck sensor."""
    same = (values[1:] == values[:-1]) & (values[1:] > floor)
    run = _longest_run(same)
    return run + 1 if run else 0


@attrs.frozen
class _Facts:
    series: ActivitySeries
    report: RegridReport | None
    values: npt.NDArray[np.float64]
    floor: float | None

    @property
    def n(self) -> int:
        return int(np.count_nonzero(~np.isnan(self.values)))

    @property
    def coverage(self) -> float:
        return self.n / self.values.size if self.values.size else 0.0

    @property
    def epoch_min(self) -> float:
        return self.series.epoch_s / 60.0

    def found(
        self, definition: Definition, value: float | None, reason: str = _NO_VALUE
    ) -> Finding:
        return definition.finding(value, n_valid=self.n, coverage=self.coverage, reason=reason)


def _coverage(facts: _Facts) -> Finding:
    value = facts.coverage if facts.values.size else None
    return facts.found(_definition("quality.coverage", "1"), value)


def _gaps(facts: _Facts) -> Finding:
    missing = np.isnan(facts.values)
    runs = int(np.count_nonzero(missing & ~np.concatenate(([False], missing[:-1]))))
    return facts.found(_definition("quality.gaps", "1"), float(runs))


def _longest_gap(facts: _Facts) -> Finding:
    longest = _longest_run(np.isnan(facts.values)) * facts.epoch_min
    return facts.found(_definition("quality.longest_gap", "min"), longest)


def _saturation(facts: _Facts) -> Finding:
    ceiling = CEILINGS.get(facts.series.device)
    if ceiling is None or facts.series.epoch_s != 60:
        reason = "the ceiling of this device and epoch is not known"
        return facts.found(_definition("quality.saturated", "1"), None, reason)
    definition = _definition("quality.saturated", "1", ceiling=ceiling)
    share = float(saturated_shares(facts.values, ceiling=ceiling)) if facts.n else None
    return facts.found(definition, share)


def _top(facts: _Facts) -> Finding:
    top = float(np.nanmax(facts.values)) if facts.n else None
    return facts.found(_definition("quality.max", facts.series.unit.value), top)


def _floor(facts: _Facts) -> Finding:
    definition = _definition("quality.floor", facts.series.unit.value, quantile=FLOOR_SHARE)
    return facts.found(definition, facts.floor)


def _zeros(facts: _Facts) -> Finding:
    share = float(np.count_nonzero(facts.values == 0)) / facts.n if facts.n else None
    return facts.found(_definition("quality.zeros", "1"), share)


def _constant(facts: _Facts) -> Finding:
    value = None
    if facts.floor is not None:
        value = _longest_constant(facts.values, facts.floor) * facts.epoch_min
    return facts.found(_definition("quality.longest_constant", "min"), value)


def _valid_span(facts: _Facts) -> Finding:
    definition = _definition("quality.valid_span", "d", active_share=ACTIVE_SHARE)
    days = valid_epochs(facts.series) * facts.series.epoch_s / DAY_S if facts.n else None
    return facts.found(definition, days)


def _span(facts: _Facts) -> Finding:
    days = facts.values.size * facts.series.epoch_s / DAY_S
    return facts.found(_definition("quality.span", "d"), days)


def _dst(facts: _Facts) -> Finding:
    definition = _definition("quality.dst", "min")
    if not facts.values.size or DAY_S % facts.series.epoch_s:
        return facts.found(definition, None, "the epochs make no clock day")
    days = clock_days(facts.series)
    return facts.found(definition, (days.in_repeat - days.in_hole) * facts.epoch_min)


def _worn(facts: _Facts) -> Finding:
    definition = _definition("quality.worn", "1")
    if facts.series.worn is None:
        return facts.found(definition, None, "the recording says nothing about wear")
    recorded = np.count_nonzero(~facts.series.missing)
    return facts.found(definition, facts.n / recorded if recorded else None)


def _reported(facts: _Facts) -> tuple[Finding, ...]:
    report = facts.report
    if report is None:
        return ()
    counted = {
        "duplicates": report.duplicates,
        "conflicts": report.conflicts,
        "out_of_order": report.out_of_order,
        "in_gap": report.in_gap,
        "in_fold": report.in_fold,
    }
    counts = (
        facts.found(_definition(f"quality.{name}", "1"), float(value))
        for name, value in counted.items()
    )
    offset = facts.found(_definition("quality.offset", "s"), float(report.offset_s))
    return (*counts, offset)


_MEASURES: Final[tuple[Callable[[_Facts], Finding], ...]] = (
    _span,
    _valid_span,
    _coverage,
    _gaps,
    _longest_gap,
    _worn,
    _zeros,
    _floor,
    _top,
    _saturation,
    _constant,
    _dst,
)


def quality_findings(
    series: ActivitySeries, report: RegridReport | None = None
) -> tuple[Finding, ...]:
    """
    Everything worth knowing about a recording, always the same metrics in the same order.

    `quality.span` and `quality.valid_span` (d; without the trailing stretch after the device came
    off), `quality.coverage`, `quality.gaps` and `quality.longest_gap` (min), `quality.worn`,
    `quality.zeros` (share), `quality.floor` and `quality.max` (unit of the series),
    `quality.saturated` (share at the device's ceiling), `quality.longest_constant` (min; above the
    floor), `quality.dst` (min that daylight saving repeated, negative: skipped). With a report also
    `quality.duplicates`, `.conflicts`, `.out_of_order`, `.in_gap`, `.in_fold` and `.offset` (s).

    Args:
        series: any recording, also an empty or all-missing one.
        report: what laying it on its grid took, where it is at hand. Days in a store do not keep
            it, so an analysis of stored days has none; ingestion tells it as notices.

    Returns:
        Findings; an absent value has its reason. Epochs known as not worn count as missing.
    """
    values = series.observed
    facts = _Facts(series, report, values, floor_of(values))
    return (*(measure(facts) for measure in _MEASURES), *_reported(facts))
