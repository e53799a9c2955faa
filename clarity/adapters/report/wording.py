"""How metrics are called, explained, grouped and ordered; an unknown metric keeps its own name."""

from enum import StrEnum
from typing import Final

import attrs

from clarity.domain.findings import Finding

__all__ = ["Group", "Wording", "in_order", "rank", "same_name", "wording"]


class Group(StrEnum):
    """The tables in which findings stand, in the order of the report."""

    RHYTHM = "Rest-activity rhythm"
    SLEEP = "Sleep"
    ACTIVITY = "Activity"
    OTHER = "Other measures"
    QUALITY = "Data quality"


@attrs.frozen
class Wording:
    """
    How a metric is told.

    Attributes:
        metric: its name in the catalogue.
        group: the table it stands in.
        label: its name in words.
        meaning: what it says, in one line without judgment.
    """

    metric: str
    group: Group
    label: str
    meaning: str = ""


CATALOGUE: Final = (
    Wording(
        "IS", Group.RHYTHM, "Interdaily stability", "1 = every day alike, 0 = no daily pattern"
    ),
    Wording("IV", Group.RHYTHM, "Intradaily variability", "higher = more switching within a day"),
    Wording("RA", Group.RHYTHM, "Relative amplitude", "0 to 1; contrast of active and rest phase"),
    Wording("L5", Group.RHYTHM, "Least active 5 hours", "mean activity in them"),
    Wording("L5_onset", Group.RHYTHM, "Begin of the least active 5 hours"),
    Wording("M10", Group.RHYTHM, "Most active 10 hours", "mean activity in them"),
    Wording("M10_onset", Group.RHYTHM, "Begin of the most active 10 hours"),
    Wording("AonT", Group.RHYTHM, "Begin of the active phase", "steepest rise of the mean day"),
    Wording("AoffT", Group.RHYTHM, "End of the active phase", "steepest fall of the mean day"),
    Wording("ISm", Group.RHYTHM, "Mean interdaily stability", "over bins of 1 to 60 minutes"),
    Wording("IVm", Group.RHYTHM, "Mean intradaily variability", "over bins of 1 to 60 minutes"),
    Wording("mesor", Group.RHYTHM, "Cosinor mesor", "level of the fitted 24-hour curve"),
    Wording("amplitude", Group.RHYTHM, "Cosinor amplitude", "half its swing"),
    Wording("acrophase", Group.RHYTHM, "Cosinor acrophase", "clock time of its peak"),
    Wording("SRI", Group.RHYTHM, "Sleep regularity index", "100 = same state at the same time"),
    Wording("DFA_alpha", Group.RHYTHM, "Scaling exponent", "1 = correlated over all time scales"),
    Wording("TST", Group.SLEEP, "Total sleep time", "per night, averaged over nights"),
    Wording(
        "SE", Group.SLEEP, "Sleep efficiency", "sleep in the rest window, averaged over nights"
    ),
    Wording("WASO", Group.SLEEP, "Wake after sleep onset", "per night, averaged over nights"),
    Wording("SOL", Group.SLEEP, "Sleep onset latency", "per night, averaged over nights"),
    Wording("midpoint", Group.SLEEP, "Midpoint of sleep", "circular mean over nights"),
    Wording("midpoint_sd", Group.SLEEP, "Spread of the midpoint", "circular standard deviation"),
    Wording("social_jetlag", Group.SLEEP, "Social jetlag", "free nights against work nights"),
    Wording("awakenings", Group.SLEEP, "Awakenings", "per night, averaged over nights"),
    Wording("ADAT", Group.ACTIVITY, "Average daily total activity", "rescaled by coverage"),
)

PREFIXES: Final = (
    ("quality", Group.QUALITY),
    ("wear", Group.QUALITY),
    ("nonparametric", Group.RHYTHM),
    ("cosinor", Group.RHYTHM),
    ("rhythm", Group.RHYTHM),
    ("regularity", Group.RHYTHM),
    ("fragmentation", Group.RHYTHM),
    ("dfa", Group.RHYTHM),
    ("sleep", Group.SLEEP),
    ("night", Group.SLEEP),
    ("rest", Group.SLEEP),
    ("activity", Group.ACTIVITY),
    ("cut", Group.ACTIVITY),
)
"""Where a metric that the catalogue does not know stands, by the begin of its algorithm's id."""


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


KNOWN: Final = {_plain(entry.metric): (place, entry) for place, entry in enumerate(CATALOGUE)}


def same_name(one: str, other: str) -> bool:
    """Whether two metric names differ in case and punctuation alone."""
    return _plain(one) == _plain(other)


def wording(finding: Finding) -> Wording:
    """How the metric of `finding` is told."""
    known = KNOWN.get(_plain(finding.metric))
    if known is not None:
        return known[1]
    algorithm = finding.algorithm.casefold().removeprefix("clarity.")
    for prefix, group in PREFIXES:
        if algorithm.startswith(prefix):
            return Wording(finding.metric, group, finding.metric)
    return Wording(finding.metric, Group.OTHER, finding.metric)


def rank(metric: str) -> tuple[int, str]:
    """Where a metric stands: catalogue order, then by name."""
    known = KNOWN.get(_plain(metric))
    return (len(CATALOGUE) if known is None else known[0], metric)


def in_order(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings in the order of the catalogue; those it does not know follow by name."""
    return tuple(sorted(findings, key=lambda finding: rank(finding.metric)))
