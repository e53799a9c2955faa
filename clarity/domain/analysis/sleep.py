"""Sleep and wake of a recording: epochs scored, nights found, their averages and regularity."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs
import numpy as np

from clarity.domain.actigraphy.days import clock_days
from clarity.domain.actigraphy.regrid import resample
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.plugin import Analysis
from clarity.domain.analysis.result import Layer, Spans, Written
from clarity.domain.analysis.spans import in_epochs, runs
from clarity.domain.findings import Finding, Parameter
from clarity.domain.rhythm.findings import MIDPOINT, regularity_findings, timing_findings
from clarity.domain.sleep.averages import averages
from clarity.domain.sleep.diary import Diary
from clarity.domain.sleep.evenings import all_without, wear_mask, without_night
from clarity.domain.sleep.nights import Night, SleepMask
from clarity.domain.sleep.profiles import (
    COLE_KRIPKE,
    COLE_KRIPKE_ACTILIFE,
    named_profile,
    oakley,
)
from clarity.domain.sleep.scoring import Scorer, WeightedSum, score
from clarity.domain.sleep.webster import RescoringForm, rescored
from clarity.domain.sleep.windows import (
    LONGEST_REST_MIN,
    besides,
    nights_found,
    nights_in,
    within,
)
from clarity.domain.streams import Unit

__all__ = ["FROM_DIARY", "LONGEST_NIGHT_MIN", "SleepAnalysis", "sleep_mask", "usual_profile"]

MINUTE_S: Final = 60
LONGEST_NIGHT_MIN: Final = LONGEST_REST_MIN
"""A rest window longer than this is no night, min."""
SATURDAY: Final = 5
"""First free weekday, Monday = 0; a night counts as free when its morning is free."""

UNKNOWN_DEVICE: Final = (
    "The device is not known. Counts differ 3 to 30-fold between devices, so sleep was scored with "
    "the constants of the original paper and may be far off; name the device with --device."
)
TOO_LONG: Final = (
    "{count} rest windows longer than 14 h were left out of the nights; the device may have been "
    "laid aside."
)
FROM_DIARY: Final = (
    "The times in bed of {given} nights are those of the diary; only these have a latency (SOL) "
    "and an efficiency (SE). {found} further nights were found without it."
)
OUTSIDE: Final = "{count} nights of the diary lie outside the recording."
NOT_SCORED: Final = "Sleep was not scored: {why}"
NOT_COUNTS: Final = "no scoring algorithm of this version is defined for {unit}"
TOO_COARSE: Final = "the scoring needs minutes, and epochs of {epoch_s} s make none"


def usual_profile(series: ActivitySeries) -> Scorer | None:
    """
    The scoring that goes with unit, device and epoch of `series`; None when none is defined.

    Actiwatch counts: Oakley, medium threshold 40. ActiGraph counts: Cole-Kripke as ActiLife scales
    it. Counts of an unknown device: Cole-Kripke as published.
    """
    if series.unit is not Unit.COUNTS or MINUTE_S % series.epoch_s:
        return None
    device = series.device.casefold()
    if "actiwatch" in device:
        return oakley(series.epoch_s if series.epoch_s in {15, 30} else MINUTE_S, "40")
    if "actigraph" in device or "am-7164" in device:
        return COLE_KRIPKE_ACTILIFE
    return COLE_KRIPKE


def _known(_: object, __: object, scoring: str) -> None:
    if scoring:
        named_profile(scoring, epoch_s=MINUTE_S)


@attrs.frozen(kw_only=True)
class SleepAnalysis(Analysis):
    """
    Scores every epoch, finds the nights and describes them.

    Attributes:
        scoring: what `named_profile` knows (`sadeh/actilife`, `oakley-40`); empty for the usual
            profile of the device.
        rescoring: the form of Webster's rescoring that follows; None for none.
        diary: when the person was in bed; None where nobody says.
    """

    scoring: str = attrs.field(default="", validator=_known)
    rescoring: RescoringForm | None = None
    diary: Diary | None = None

    @property
    def id(self) -> str:
        """Stable name."""
        return "clarity.sleep"

    @property
    def version(self) -> str:
        """Changes whenever the same input could give another answer."""
        return "2"

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The scoring and rescoring that were asked for, and which diary."""
        return {
            "scoring": self.scoring or "usual for the device",
            "rescoring": self.rescoring and self.rescoring.value,
            "longest_night_min": LONGEST_NIGHT_MIN,
            **({} if self.diary is None else {"diary": self.diary.digest}),
        }

    def with_diary(self, diary: Diary) -> "SleepAnalysis":
        """The same analysis of a person who kept `diary`."""
        return attrs.evolve(self, diary=diary)

    def run(self, series: ActivitySeries) -> Written:
        """
        Nights, their averages, timing and regularity, and the spans of sleep and rest.

        Every evening of the recording has its night or the reason why there is none.

        Raises:
            UnitMismatch, EpochMismatch, PlacementMismatch: the profile that was asked for is not
                defined for the recording.
        """
        profile = self._profile(series)
        if profile is None:
            return _unscored(series)
        mask = _rescored(sleep_mask(series, profile), self.rescoring)
        given, outside = _of_diary(mask, self.diary)
        found = nights_found(mask)
        besides_diary = besides(found, given)
        fitting = [night for night in besides_diary if night.in_bed_min <= LONGEST_NIGHT_MIN]
        left_out = [night for night in besides_diary if night.in_bed_min > LONGEST_NIGHT_MIN]
        nights = tuple(sorted((*given, *fitting), key=lambda night: night.start))
        diary = () if self.diary is None else _from_diary(len(given), len(fitting), outside)
        findings = (*averages(nights), *_timing(nights), *_regularity(series, mask))
        return Written(
            findings=_scored_by(mask.scoring, findings),
            nights=nights,
            no_nights=without_night(
                mask, nights, wear=wear_mask(series), left_out=left_out, gave_way=found
            ),
            spans=_spans(series, mask, nights),
            notices=(*_notices(series, profile, left_out=len(left_out)), *diary),
        )

    def _profile(self, series: ActivitySeries) -> Scorer | None:
        if self.scoring:
            return named_profile(self.scoring, epoch_s=series.epoch_s)
        return usual_profile(series)


def _of_diary(mask: SleepMask, diary: Diary | None) -> tuple[tuple[Night, ...], int]:
    """The nights of the diary that the recording shares, and how many it does not."""
    if diary is None:
        return (), 0
    shared = within(mask, diary.windows)
    return nights_in(mask, shared), len(diary.windows) - len(shared)


def _from_diary(given: int, found: int, outside: int) -> tuple[str, ...]:
    told = FROM_DIARY.format(given=given, found=found)
    return (told, OUTSIDE.format(count=outside)) if outside else (told,)


def _unscored(series: ActivitySeries) -> Written:
    """What is said of a recording for which no scoring is defined."""
    counts = series.unit is Unit.COUNTS
    why = TOO_COARSE.format(epoch_s=series.epoch_s) if counts else _no_algorithm(series.unit)
    told = NOT_SCORED.format(why=why)
    return Written(notices=(f"{told}.",), no_nights=all_without(wear_mask(series), told))


def _no_algorithm(unit: Unit) -> str:
    return NOT_COUNTS.format(unit=unit.value)


def _scored_by(scoring: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, with the scoring that all of them rest on among their parameters."""
    return tuple(
        attrs.evolve(finding, parameters={**finding.parameters, "scoring": scoring})
        for finding in findings
    )


def _notices(series: ActivitySeries, profile: Scorer, *, left_out: int) -> tuple[str, ...]:
    unknown = (UNKNOWN_DEVICE,) if profile is COLE_KRIPKE and not series.device else ()
    return (*unknown, TOO_LONG.format(count=left_out)) if left_out else unknown


def sleep_mask(series: ActivitySeries, profile: Scorer) -> SleepMask:
    """
    The mask on the epoch that the profile is defined for; finer epochs are summed to it.

    Raises:
        UnitMismatch, EpochMismatch, PlacementMismatch: the profile is not defined for `series`.
    """
    needed = profile.needs.epoch_s or series.epoch_s
    fitting = series if needed % series.epoch_s else resample(series, needed)
    block = profile.block if isinstance(profile, WeightedSum) else 1
    return SleepMask(
        values=score(fitting, profile),
        start=fitting.start,
        epoch_s=fitting.epoch_s * block,
        scoring=profile.name,
    )


def _rescored(mask: SleepMask, form: RescoringForm | None) -> SleepMask:
    if form is None:
        return mask
    values = rescored(mask.values, epoch_s=mask.epoch_s, form=form)
    return attrs.evolve(mask, values=values, scoring=f"{mask.scoring} + webster/{form.value}")


def _timing(nights: Sequence[Night]) -> tuple[Finding, ...]:
    """Spread of the midpoint and social jetlag; the mean midpoint stands among the averages."""
    slept = [night for night in nights if night.offset is not None and night.midpoint_h is not None]
    midpoints = [60.0 * (night.midpoint_h or 0.0) for night in slept]
    free = [night.offset is not None and night.offset.weekday() >= SATURDAY for night in slept]
    found = timing_findings(np.array(midpoints), np.array(free, dtype=np.bool_))
    return tuple(
        attrs.evolve(finding, parameters={"free_days": "Saturday, Sunday"})
        for finding in found
        if finding.metric != MIDPOINT.metric
    )


def _regularity(series: ActivitySeries, mask: SleepMask) -> tuple[Finding, ...]:
    on_time_line = attrs.evolve(
        series, values=mask.values, start=mask.start, epoch_s=mask.epoch_s, worn=None
    )
    days = clock_days(on_time_line)
    by_clock = days.flat
    unanimous = np.where((by_clock == 0.0) | (by_clock == 1.0), by_clock, np.nan)
    return regularity_findings(unanimous, epoch_s=mask.epoch_s, spanned=days.spanned)


def _spans(series: ActivitySeries, mask: SleepMask, nights: Sequence[Night]) -> tuple[Spans, ...]:
    sleep = in_epochs(series, mask, runs(mask.values == 1.0))
    in_bed = ((mask.epoch_at(night.start), mask.epoch_at(night.end)) for night in nights)
    rest = in_epochs(series, mask, in_bed)
    return (
        Spans(layer=Layer.REST, algorithm=f"{mask.scoring} + main window", spans=rest),
        Spans(layer=Layer.SLEEP, algorithm=mask.scoring, spans=sleep),
    )
