"""Wear of a recording, assessed before anything else so that every analysis sees the same."""

from collections.abc import Mapping
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
from clarity.domain.findings import Parameter
from clarity.domain.sleep.nights import SleepMask
from clarity.domain.sleep.scoring import Scorer
from clarity.domain.sleep.windows import main_windows

__all__ = ["Assessed", "WearAssessment"]

MINUTE_S: Final = 60
HOUR_S: Final = 3_600
BUSY_SHARE: Final = 0.5
"""A value of at least this share of the recording's mean is no drifted zero."""

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
        return "1"

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The rule and the longest night."""
        return {"rule": self.rule.name, "longest_night_min": LONGEST_NIGHT_MIN}

    def run(self, series: ActivitySeries) -> Assessed:
        """
        `series` with `worn` set where it can be told, as it came where it cannot.

        A recording that brings its own wear flags keeps them. Others are taken as not worn after
        the last day of use, while one busy value repeats for an hour or more, and otherwise by the
        rule, where the rule applies.
        """
        if series.worn is not None:
            return Assessed(series, Written(spans=(_not_worn(series, "flags of the recording"),)))
        ended, stuck = _after_use(series), _stuck(series)
        by_rule, told = self._by_rule(series)
        if by_rule is None and not (ended | stuck).any():
            return Assessed(series, told)
        aside = ended | stuck if by_rule is None else ended | stuck | ~by_rule
        assessed = attrs.evolve(series, worn=~aside | series.missing)
        more = (*([" + end of use"] if ended.any() else ()), *([" + stuck"] if stuck.any() else ()))
        spans = (_not_worn(assessed, self.rule.name + "".join(more)),)
        notices = _notices(told, ended, stuck, series.epoch_s)
        return Assessed(assessed, attrs.evolve(told, spans=spans, notices=notices))

    def _by_rule(self, series: ActivitySeries) -> tuple[npt.NDArray[np.bool_] | None, Written]:
        """Where the rule says worn, None when it cannot tell, and what is to be told of it."""
        minutes = resample(series, MINUTE_S) if usual_profile(series) else series
        profile = usual_profile(minutes)
        if profile is None:
            return None, _untold(f"the rule needs counts per minute ({self.rule.name})")
        wear = wear_of(minutes, self.rule, in_bed=_in_bed(minutes, profile))
        if wear.worn is None:
            return None, attrs.evolve(_untold(wear.share.reason), findings=(wear.share,))
        return _by_epoch(wear.worn, minutes, series), Written(findings=(wear.share,))


def _after_use(series: ActivitySeries) -> npt.NDArray[np.bool_]:
    end = end_of_use(series.values, epoch_s=series.epoch_s)
    return np.asarray(np.arange(series.values.size) >= end, dtype=np.bool_)


def _stuck(series: ActivitySeries) -> npt.NDArray[np.bool_]:
    """
    Epochs in which one busy value repeats for an hour or more: no body does that.

    Some data sets fill what was not worn with the mean of the day. Low values are left alone: a
    sensor whose zero has drifted repeats one through the night.
    """
    if series.missing.all():
        return np.zeros(series.values.shape, dtype=np.bool_)
    busy = series.values >= BUSY_SHARE * np.nanmean(series.values)
    repeated = constant_runs(series.values, at_least=max(2, HOUR_S // series.epoch_s))
    return np.asarray(busy & repeated, dtype=np.bool_)


def _notices(
    told: Written, ended: npt.NDArray[np.bool_], stuck: npt.NDArray[np.bool_], epoch_s: int
) -> tuple[str, ...]:
    found = list(told.notices)
    if ended.any():
        found.append(ENDED.format(share=np.count_nonzero(ended) / ended.size))
    if stuck.any():
        found.append(STUCK.format(hours=np.count_nonzero(stuck) * epoch_s / HOUR_S))
    return tuple(found)


def _by_epoch(
    worn: npt.NDArray[np.bool_], minutes: ActivitySeries, series: ActivitySeries
) -> npt.NDArray[np.bool_]:
    """The wear of minutes at every epoch of `series`."""
    return worn[(series.seconds - minutes.start_s) // MINUTE_S]


def _untold(reason: str) -> Written:
    return Written(notices=(NOT_ASSESSED.format(reason=reason),))


def _not_worn(series: ActivitySeries, algorithm: str) -> Spans:
    worn = series.worn if series.worn is not None else np.ones(series.values.shape, dtype=np.bool_)
    return Spans(layer=Layer.NON_WEAR, algorithm=algorithm, spans=runs(~worn))


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
