"""The main results in one paragraph and the facts of the recording, in plain words."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

import numpy as np

from clarity.adapters.report.formats import (
    clock,
    day_name,
    duration,
    hours_minutes,
    number,
    percent,
)
from clarity.adapters.report.nights import night_average
from clarity.adapters.report.wording import same_name
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.findings import Finding
from clarity.domain.streams import Placement, Unit
from clarity.ports.report import Report

__all__ = [
    "KEY_METRICS",
    "attribution",
    "elapsed",
    "facts",
    "found",
    "key_findings",
    "notices",
    "story",
]

KEY_METRICS: Final = ("TST", "WASO", "sleep_midpoint", "IS", "IV", "RA")
"""Metrics that stand as large figures under the summary, and as columns of a batch."""

ATTRIBUTION: Final = "attribution"
"""A notice that begins with this word credits the source of the data."""

UNITS: Final = {
    Unit.COUNTS: "activity counts",
    Unit.STEPS_PER_MIN: "steps per minute",
    Unit.MIMS: "MIMS units",
    Unit.ENMO_MG: "ENMO, mg",
    Unit.ACTIVITY_INDEX: "activity index",
    Unit.ACTIVE_KCAL: "active energy in kcal",
    Unit.INTENSITY_LEVEL: "intensity levels",
}


def found(findings: Iterable[Finding], metric: str) -> Finding | None:
    """The finding of that metric if one has a value; case and punctuation do not matter."""
    for finding in findings:
        if finding.value is not None and same_name(finding.metric, metric):
            return finding
    return None


def key_findings(result: AnalysisResult) -> tuple[Finding, ...]:
    """The key metrics that have a value."""
    candidates = (found(result.findings, metric) for metric in KEY_METRICS)
    return tuple(finding for finding in candidates if finding is not None)


def elapsed(series: ActivitySeries) -> str:
    """How long a recording is in real time, whatever the clock did."""
    return duration(timedelta(seconds=series.values.size * series.epoch_s))


def facts(report: Report) -> tuple[tuple[str, str], ...]:
    """What was recorded: (name, text)."""
    series = report.series
    return (
        ("Recorded", f"{_span(report)} ({elapsed(series)})"),
        ("Time zone", series.zone.key),
        ("Device", series.device or "not stated"),
        ("Worn on", _placement(series.placement)),
        (
            "Measured",
            f"{UNITS.get(series.unit, series.unit.value)}, every {_epoch(series.epoch_s)}",
        ),
        ("File", report.source),
        ("Report made", f"{report.made_at:%Y-%m-%d %H:%M %Z}"),
    )


def notices(report: Report) -> tuple[str, ...]:
    """What a reader must know about the data, without credits."""
    return tuple(text for text in _told(report) if not _credits(text))


def attribution(report: Report) -> tuple[str, ...]:
    """The credits of the data."""
    return tuple(text for text in _told(report) if _credits(text))


def story(report: Report) -> str:
    """The main results in one paragraph; what is not known is not told."""
    return " ".join(
        (*_recording(report), *_sleep(report.result), *_rhythm(report.result), *_absent(report))
    )


def _told(report: Report) -> tuple[str, ...]:
    """The notices of reading, then those of the analyses, each once."""
    return tuple(dict.fromkeys((*report.notices, *report.result.notices)))


def _credits(notice: str) -> bool:
    return notice.casefold().startswith(ATTRIBUTION)


def _span(report: Report) -> str:
    start, end = report.series.start, report.series.end
    return f"{day_name(start.date())} {start:%H:%M} to {day_name(end.date())} {end:%H:%M}"


def _placement(placement: Placement) -> str:
    return "not stated" if placement is Placement.UNKNOWN else placement.value


def _epoch(epoch_s: int) -> str:
    return f"{epoch_s // 60} min" if epoch_s % 60 == 0 else f"{epoch_s} s"


def _recording(report: Report) -> Iterator[str]:
    series = report.series
    if not series.values.size:
        yield "The recording holds no data."
        return
    share = np.count_nonzero(~np.isnan(series.observed)) / series.values.size
    worn = "while the device was worn" if series.worn is not None else "(wear was not assessed)"
    yield (
        f"The recording lasts {elapsed(series)}; {percent(share)} of it holds activity values "
        f"{worn}."
    )


def _sleep(result: AnalysisResult) -> Iterator[str]:
    n = len(result.nights)
    if not n:
        yield "No night was found."
        return
    found_nights = f"{n} {'night was' if n == 1 else 'nights were'} found"
    mean = night_average(result.nights)
    if mean is None:
        yield f"{found_nights}, none is scored well enough."
        return
    yield (
        f"{found_nights}; on average sleep lasts {mean.tst} h in a window from {mean.start} to "
        f"{mean.end}, with {mean.waso} h awake after sleep onset."
    )


def _rhythm(result: AnalysisResult) -> Iterator[str]:
    stability, variability = found(result.findings, "IS"), found(result.findings, "IV")
    if stability is not None:
        told = f"Interdaily stability is {_ratio(stability)} (1 = every day alike)"
        more = f", intradaily variability {_ratio(variability)}" if variability else ""
        yield f"{told}{more}."
    low, high = found(result.findings, "L5_onset"), found(result.findings, "M10_onset")
    if low is not None and high is not None:
        yield (
            f"The least active 5 hours begin at {_clock(low)}, "
            f"the most active 10 hours at {_clock(high)}."
        )
    regularity = found(result.findings, "SRI")
    if regularity is not None:
        yield f"The sleep regularity index is {number(regularity.value or 0.0, 0)} (100 at most)."
    jetlag = found(result.findings, "social_jetlag")
    if jetlag is not None and jetlag.unit == "min":
        yield f"Social jetlag is {hours_minutes(jetlag.value)} h."


def _absent(report: Report) -> Iterator[str]:
    missing = sum(finding.value is None for finding in report.result.findings)
    if missing:
        yield (
            f"{missing} measure{'s' if missing > 1 else ''} could not be computed; "
            f"the reasons are given below."
        )


def _ratio(finding: Finding) -> str:
    return number(finding.value or 0.0, 2)


def _clock(finding: Finding) -> str:
    hour = finding.value or 0.0
    return clock(hour / 60 if finding.unit in {"min", "clock_min"} else hour)
