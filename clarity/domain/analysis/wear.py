"""Wear of a recording, assessed before anything else so that every analysis sees the same."""

from collections.abc import Mapping, Sequence
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.ends import end_of_use
from clarity.domain.actigraphy.regrid import resample
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.actigraphy.wear import CHOI_2011, WearRule, constant_runs, wear_of
from clarity.domain.analysis.result import Layer, Spans, Written
from clarity.domain.analysis.sleep import LONGEST_NIGHT_MIN, sleep_mask, usual_profile
from clarity.domain.analysis.spans import runs
from clarity.domain.findings import Definition, Finding, Parameter
from clarity.domain.rhythm.scope import ACTIVITY
from clarity.domain.sleep.nights import SleepMask
from clarity.domain.sleep.scoring import Scorer
from clarity.domain.sleep.windows import main_windows
from clarity.domain.streams import Unit

__all__ = ["Assessed", "WearAssessment"]

MINUTE_S: Final = 60
HOUR_S: Final = 3_600
BUSY_SHARE: Final = 0.5
"""A value of at least this share of the recording's mean is no drifted zero."""

NEVER_REPEATS: Final = ACTIVITY.units - {Unit.INTENSITY_LEVEL}
"""Units in which somebody who moves never has one value for an hour."""

FLAGS: Final = "flags of the recording"
END_OF_USE: Final = "end of use"
STUCK_VALUE: Final = "stuck"
"""What wear was told by, beside the rule; the algorithm of the share names the parts."""

ENDED: Final = (
    "The last {share:.0%} of the recording is still day after day; it was taken for a device laid "
    "aside and left out."
)
STUCK: Final = (
    "One busy value repeats for {hours:.1f} h in all; it was taken for a filled gap or a stuck "
    "sensor and left out."
)
NOT_ASSESSED: Final = (
    "Wear was not assessed: {reason}. Stillness and a device laid aside look alike."
)


@attrs.frozen
class Assessed:
    """A recording with its wear mask, and what was found out on the way."""

    series: ActivitySeries
    written: Written


@attrs.frozen(kw_only=True)
class WearAssessment:
    """
    Decides where the device was worn; stillness within a plausible night never counts as non-wear.

    Attributes:
        rule: what counts as non-wear.
    """

    rule: WearRule = CHOI_2011

    @property
    def id(self) -> str:
        """Stable name."""
        return "clarity.wear"

    @property
    def version(self) -> str:
        """Changes whenever the same input could give another answer."""
        return "2"

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The rule and the longest night."""
        return {"rule": self.rule.name, "longest_night_min": LONGEST_NIGHT_MIN}

    def run(self, series: ActivitySeries) -> Assessed:
        """
        `series` with `worn` set where it can be told, as it came where it cannot.

        A recording that brings its own wear flags keeps them. Others are taken as not worn after
        the last day of use, while one busy value repeats for an hour or more, and otherwise by the
        rule, where the rule applies. The finding `wear` is the share that is left after all of
        them; its algorithm names those that had a part.
        """
        if series.worn is not None:
            flags = _Part(FLAGS, "wear flags of the recording", ~series.worn)
            return _assessed(series, flags.aside, (flags,), ())
        by_rule, told = self._by_rule(series)
        parts = (*by_rule, *_after_use(series), *_stuck(series))
        if not parts:
            return Assessed(series, told)
        aside = np.any([part.aside for part in parts], axis=0) & ~series.missing
        return _assessed(attrs.evolve(series, worn=~aside), aside, parts, told.notices)

    def _by_rule(self, series: ActivitySeries) -> tuple[tuple["_Part", ...], Written]:
        """What the rule takes out, nothing when it cannot tell, and what is to be told of it."""
        minutes = resample(series, MINUTE_S) if usual_profile(series) else series
        profile = usual_profile(minutes)
        if profile is None:
            return (), _untold(f"the rule needs counts per minute ({self.rule.name})")
        wear = wear_of(minutes, self.rule, in_bed=_in_bed(minutes, profile))
        if wear.worn is None:
            return (), attrs.evolve(_untold(wear.share.reason), findings=(wear.share,))
        aside = ~_by_epoch(wear.worn, minutes, series)
        part = _Part(self.rule.name, self.rule.citation, aside, settings=wear.share.parameters)
        return (part,), Written()


@attrs.frozen(eq=False)
class _Part:
    """One way in which epochs were found not to be worn."""

    name: str
    source: str
    aside: npt.NDArray[np.bool_]
    told: str = ""
    settings: Mapping[str, Parameter] = attrs.field(factory=dict)


def _after_use(series: ActivitySeries) -> tuple[_Part, ...]:
    if series.unit not in ACTIVITY.units:
        return ()
    end = end_of_use(series.values, epoch_s=series.epoch_s)
    if end == series.values.size:
        return ()
    aside = np.asarray(np.arange(series.values.size) >= end, dtype=np.bool_)
    told = ENDED.format(share=1 - end / series.values.size)
    return (_Part(END_OF_USE, "clarity: still days up to the end of the file", aside, told),)


def _stuck(series: ActivitySeries) -> tuple[_Part, ...]:
    """
    Epochs in which one busy value repeats for an hour or more: no body does that.

    Some data sets fill what was not worn with the mean of the day. Low values are left alone: a
    sensor whose zero has drifted repeats one through the night. Rates, levels and stages of sleep
    do repeat: an hour of deep sleep is none of a stuck sensor.
    """
    if series.unit not in NEVER_REPEATS or series.missing.all():
        return ()
    busy = series.values >= BUSY_SHARE * np.nanmean(series.values)
    repeated = constant_runs(series.values, at_least=max(2, HOUR_S // series.epoch_s))
    aside = np.asarray(busy & repeated, dtype=np.bool_)
    if not aside.any():
        return ()
    told = STUCK.format(hours=np.count_nonzero(aside) * series.epoch_s / HOUR_S)
    source = "clarity: one busy value for an hour or more"
    return (_Part(STUCK_VALUE, source, aside, told, {"busy_share": BUSY_SHARE}),)


def _assessed(
    series: ActivitySeries,
    aside: npt.NDArray[np.bool_],
    parts: Sequence[_Part],
    notices: Sequence[str],
) -> Assessed:
    """The recording with the wear it carries, and what is told of it and of its parts."""
    algorithm = " + ".join(part.name for part in parts)
    marked = Spans(layer=Layer.NON_WEAR, algorithm=algorithm, spans=runs(aside))
    told = (*notices, *(part.told for part in parts if part.told))
    return Assessed(
        series,
        Written(
            findings=(_share(series, parts, algorithm),),
            spans=(marked,),
            notices=told,
        ),
    )


def _share(series: ActivitySeries, parts: Sequence[_Part], algorithm: str) -> Finding:
    """The worn share of the recorded epochs after all parts, %."""
    known = ~series.missing
    recorded = int(np.count_nonzero(known))
    worn = int(np.count_nonzero(known & ~np.isnan(series.observed)))
    definition = Definition(
        metric="wear",
        unit="%",
        algorithm=algorithm,
        citation="; ".join(part.source for part in parts),
        parameters={name: value for part in parts for name, value in part.settings.items()},
    )
    return definition.finding(
        100.0 * worn / recorded if recorded else None,
        n_valid=recorded,
        coverage=recorded / series.values.size if recorded else 0.0,
        reason="nothing was recorded",
    )


def _by_epoch(
    worn: npt.NDArray[np.bool_], minutes: ActivitySeries, series: ActivitySeries
) -> npt.NDArray[np.bool_]:
    """The wear of minutes at every epoch of `series`."""
    return worn[(series.seconds - minutes.start_s) // MINUTE_S]


def _untold(reason: str) -> Written:
    return Written(notices=(NOT_ASSESSED.format(reason=reason),))


def _in_bed(minutes: ActivitySeries, profile: Scorer) -> npt.NDArray[np.bool_]:
    """Minutes of rest windows that can be a night."""
    mask = sleep_mask(minutes, profile)
    in_bed = np.zeros(minutes.values.size, dtype=np.bool_)
    for first, last in _windows(mask):
        if last - first <= LONGEST_NIGHT_MIN:
            in_bed[first:last] = True
    return in_bed


def _windows(mask: SleepMask) -> tuple[tuple[int, int], ...]:
    found = main_windows(mask)
    return tuple((mask.epoch_at(window.start), mask.epoch_at(window.end)) for window in found)
