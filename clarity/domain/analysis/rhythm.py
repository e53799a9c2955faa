"""The rest-activity rhythm of a recording: non-parametric, cosinor, bouts and scaling."""

from collections.abc import Callable, Mapping
from typing import Final

import attrs
import numpy as np

from clarity.domain.actigraphy.days import ClockDays, clock_days
from clarity.domain.actigraphy.quality import floor_of
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.plugin import Analysis
from clarity.domain.analysis.result import Written
from clarity.domain.findings import Finding, Parameter
from clarity.domain.rhythm.binning import Binning
from clarity.domain.rhythm.findings import (
    cosinor_findings,
    fragmentation_findings,
    scaling_findings,
    sustained_transition_findings,
)
from clarity.domain.rhythm.grid import UnevenGrid
from clarity.domain.rhythm.nonparametric import (
    profile_findings,
    spectrum_findings,
    stability_findings,
    total_findings,
)
from clarity.domain.rhythm.scope import (
    ACTIVITY,
    AMOUNTS,
    AVERAGED,
    STILL_AT_FLOOR,
    Scope,
    withheld,
)

__all__ = ["RhythmAnalysis"]

Measures = Callable[[ClockDays, ActivitySeries], tuple[Finding, ...]]

MIDNIGHT: Final = 0.0
"""Clock minute at which the rows of clock days begin."""

WHOLE_DAYS: Final = "whole 24 h without a change of the clock"
"""What the mean day is made of: `ClockDays.balanced`."""

CHANGED: Final = (
    "The clock changed on {dates}. Such a day has no 24 hours; it is left out of the mean day "
    "(RA, L5, M10, AonT, AoffT)."
)

MIN_AT_FLOOR: Final = 0.2
"""
Share of the values at a floor above 0 from which the sensor rests there. Zeros are 35 to 45 % of a
recording by day and night; the three Depresjon sensors that never read 0 flicker over 3 to 8 counts
and are at their floor in 5 to 12 %.
"""

FLICKERS: Final = (
    "the sensor never rests at 0 and is at its floor of {floor:g} in {share:.0%} of the values "
    "alone: it flickers at rest, so no threshold tells rest from activity"
)


@attrs.frozen(kw_only=True)
class RhythmAnalysis(Analysis):
    """
    Every measure of the rhythm, on the wall clock, over what was worn.

    Attributes:
        active_above: activity per epoch above it counts as active in bouts, in the series' unit;
            None for the floor of the sensor (`quality.floor`).
        binning: bins of IS and IV.
    """

    active_above: float | None = None
    binning: Binning = attrs.field(factory=Binning)

    @property
    def id(self) -> str:
        """Stable name."""
        return "clarity.rhythm"

    @property
    def version(self) -> str:
        """Changes whenever the same input could give another answer."""
        return "2"

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The bins and the threshold of bouts."""
        above = "floor of the sensor" if self.active_above is None else self.active_above
        return {**self.binning.parameters, "active_above": above}

    def run(self, series: ActivitySeries) -> Written:
        """
        Findings in the order of the catalogue.

        Measures that mean nothing in the unit of `series` are absent with that reason; measures
        whose bins the epochs do not make are left out, with a notice that says so.
        """
        days = clock_days(series)
        findings: list[Finding] = []
        notices = _changes(days)
        for scope, measures in self._measures():
            try:
                found = measures(days, series)
            except UnevenGrid as uneven:
                notices.append(f"Some measures of the rhythm were not computed: {uneven}.")
                continue
            findings += withheld(found, scope.reason(series.unit))
        return Written(findings=tuple(findings), notices=tuple(dict.fromkeys(notices)))

    def _measures(self) -> tuple[tuple[Scope, Measures], ...]:
        """What is measured, in the order of the catalogue, and in which units it means anything."""
        return (
            (AVERAGED, self._stability),
            (ACTIVITY, self._mean_day),
            (AMOUNTS, self._total),
            (AVERAGED, self._spectrum),
            (AVERAGED, self._cosinor),
            (STILL_AT_FLOOR if self.active_above is None else ACTIVITY, self._bouts),
            (AVERAGED, self._scaling),
        )

    def _stability(self, days: ClockDays, _: ActivitySeries) -> tuple[Finding, ...]:
        return stability_findings(
            days.flat,
            start_minute=MIDNIGHT,
            epoch_s=days.epoch_s,
            binning=self.binning,
            spanned=days.spanned,
        )

    def _mean_day(self, days: ClockDays, series: ActivitySeries) -> tuple[Finding, ...]:
        found = profile_findings(
            days.balanced,
            start_minute=MIDNIGHT,
            epoch_s=days.epoch_s,
            unit=series.unit.value,
            spanned=days.spanned,
        )
        return tuple(
            attrs.evolve(one, parameters={**one.parameters, "days": WHOLE_DAYS}) for one in found
        )

    def _total(self, days: ClockDays, series: ActivitySeries) -> tuple[Finding, ...]:
        return total_findings(
            days.flat,
            start_minute=MIDNIGHT,
            epoch_s=days.epoch_s,
            unit=series.unit.value,
            spanned=days.spanned,
        )

    def _spectrum(self, days: ClockDays, _: ActivitySeries) -> tuple[Finding, ...]:
        return spectrum_findings(
            days.flat,
            start_minute=MIDNIGHT,
            epoch_s=days.epoch_s,
            binning=self.binning,
            spanned=days.spanned,
        )

    def _cosinor(self, days: ClockDays, series: ActivitySeries) -> tuple[Finding, ...]:
        return cosinor_findings(
            days.flat,
            start_minute=MIDNIGHT,
            epoch_s=days.epoch_s,
            unit=series.unit.value,
            spanned=days.spanned,
        )

    def _bouts(self, days: ClockDays, series: ActivitySeries) -> tuple[Finding, ...]:
        above, reason = self._rest_up_to(series)
        found = (
            *fragmentation_findings(
                days.flat, epoch_s=days.epoch_s, above=above, spanned=days.spanned
            ),
            *sustained_transition_findings(days.flat, above=above, spanned=days.spanned),
        )
        return withheld(found, reason)

    def _scaling(self, days: ClockDays, _: ActivitySeries) -> tuple[Finding, ...]:
        return scaling_findings(days.flat, epoch_s=days.epoch_s, spanned=days.spanned)

    def _rest_up_to(self, series: ActivitySeries) -> tuple[float, str]:
        """The largest value that is rest, and why it tells nothing; empty when it does."""
        if self.active_above is not None:
            return self.active_above, ""
        known = series.observed[~np.isnan(series.observed)]
        floor = floor_of(known) or 0.0
        share = np.count_nonzero(known <= floor) / max(known.size, 1)
        flickers = floor > 0 and share < MIN_AT_FLOOR
        return floor, FLICKERS.format(floor=floor, share=share) if flickers else ""


def _changes(days: ClockDays) -> list[str]:
    """What is to be told of days whose clock changed."""
    if not days.changed:
        return []
    return [CHANGED.format(dates=", ".join(day.isoformat() for day in days.changed))]
