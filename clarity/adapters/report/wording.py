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
        is_count: whether it counts things, so that whole values stand without decimals.
        is_p_value: whether it is the p value of a test, of which only the size matters.
    """

    metric: str
    group: Group
    label: str
    meaning: str = ""
    is_count: bool = False
    is_p_value: bool = False


TOO_SMALL: Final = "as if epochs were independent, so too small"

CATALOGUE: Final = (
    Wording(
        "IS", Group.RHYTHM, "Interdaily stability", "1 = every day alike, 0 = no daily pattern"
    ),
    Wording("IV", Group.RHYTHM, "Intradaily variability", "higher = more switching within a day"),
    Wording("RA", Group.RHYTHM, "Relative amplitude", "0 to 1; contrast of active and rest phase"),
    Wording("L5", Group.RHYTHM, "Least active 5 hours", "mean activity in them"),
    Wording("L5_onset", Group.RHYTHM, "Onset of the least active 5 hours"),
    Wording("M10", Group.RHYTHM, "Most active 10 hours", "mean activity in them"),
    Wording("M10_onset", Group.RHYTHM, "Onset of the most active 10 hours"),
    Wording("AonT", Group.RHYTHM, "Onset of the active phase", "steepest rise of the mean day"),
    Wording("AoffT", Group.RHYTHM, "End of the active phase", "steepest fall of the mean day"),
    Wording("ISm", Group.RHYTHM, "Mean interdaily stability", "over bins of 1 to 60 minutes"),
    Wording("IVm", Group.RHYTHM, "Mean intradaily variability", "over bins of 1 to 60 minutes"),
    Wording("mesor", Group.RHYTHM, "Cosinor mesor", "level of the fitted 24-hour curve"),
    Wording("amplitude", Group.RHYTHM, "Cosinor amplitude", "half its swing"),
    Wording("acrophase", Group.RHYTHM, "Cosinor acrophase", "clock time of its peak"),
    Wording("mesor_SE", Group.RHYTHM, "Cosinor mesor, standard error", TOO_SMALL),
    Wording("amplitude_SE", Group.RHYTHM, "Cosinor amplitude, standard error", TOO_SMALL),
    Wording("acrophase_SE", Group.RHYTHM, "Cosinor acrophase, standard error", TOO_SMALL),
    Wording("cosinor_R2", Group.RHYTHM, "Cosinor R²", "variance explained by the fitted curve"),
    Wording("cosinor_F", Group.RHYTHM, "Cosinor F", "zero-amplitude test"),
    Wording(
        "cosinor_p",
        Group.RHYTHM,
        "Cosinor p",
        "zero-amplitude test; epochs are not independent",
        is_p_value=True,
    ),
    Wording("free_period", Group.RHYTHM, "Period of the rhythm", "of the cosine that fits best"),
    Wording("free_mesor", Group.RHYTHM, "Mesor at that period"),
    Wording("free_amplitude", Group.RHYTHM, "Amplitude at that period"),
    Wording("free_acrophase", Group.RHYTHM, "First peak at that period", "hours after midnight"),
    Wording("free_R2", Group.RHYTHM, "R² at that period", "variance explained"),
    Wording("SRI", Group.RHYTHM, "Sleep regularity index", "100 = same state at the same time"),
    Wording("DFA_alpha", Group.RHYTHM, "Scaling exponent", "1 = correlated over all time scales"),
    Wording("rest_transition_probability", Group.RHYTHM, "Rest to activity", "chance per epoch"),
    Wording("active_transition_probability", Group.RHYTHM, "Activity to rest", "chance per epoch"),
    Wording("kRA", Group.RHYTHM, "Rest to activity, sustained", "chance once rest has lasted"),
    Wording("kAR", Group.RHYTHM, "Activity to rest, sustained", "chance once activity has lasted"),
    Wording("rest_mean_bout", Group.RHYTHM, "Mean bout of rest"),
    Wording("active_mean_bout", Group.RHYTHM, "Mean bout of activity"),
    Wording("rest_gini", Group.RHYTHM, "Gini of bouts of rest", "0 = all alike"),
    Wording("active_gini", Group.RHYTHM, "Gini of bouts of activity", "0 = all alike"),
    Wording("rest_hazard", Group.RHYTHM, "Hazard of bouts of rest"),
    Wording("active_hazard", Group.RHYTHM, "Hazard of bouts of activity"),
    Wording("rest_power_law", Group.RHYTHM, "Power law of bouts of rest", "exponent"),
    Wording("active_power_law", Group.RHYTHM, "Power law of bouts of activity", "exponent"),
    Wording("TST", Group.SLEEP, "Total sleep time", "per night, averaged over nights"),
    Wording("WASO", Group.SLEEP, "Wake after sleep onset", "per night, averaged over nights"),
    Wording("SE", Group.SLEEP, "Sleep efficiency", "sleep in the time in bed"),
    Wording("SME", Group.SLEEP, "Sleep maintenance", "sleep between first and last sleep"),
    Wording("SOL", Group.SLEEP, "Sleep onset latency", "per night, averaged over nights"),
    Wording("sleep_midpoint", Group.SLEEP, "Midpoint of sleep", "circular mean over nights"),
    Wording("sleep_midpoint_SD", Group.SLEEP, "Spread of the midpoint", "circular deviation"),
    Wording("social_jetlag", Group.SLEEP, "Social jetlag", "free nights against work nights"),
    Wording("terminal_wake", Group.SLEEP, "Awake before getting up", "averaged over nights"),
    Wording("awakenings", Group.SLEEP, "Awakenings", "averaged over nights", is_count=True),
    Wording("crespo_rest_start", Group.SLEEP, "Main rest, start (Crespo)", "circular mean"),
    Wording("crespo_rest_end", Group.SLEEP, "Main rest, end (Crespo)", "circular mean"),
    Wording("crespo_rest_midpoint", Group.SLEEP, "Main rest, midpoint (Crespo)", "circular mean"),
    Wording("crespo_rest_duration", Group.SLEEP, "Main rest, length (Crespo)", "per evening"),
    Wording("roenneberg_rest_start", Group.SLEEP, "Main rest, start (Roenneberg)", "circular mean"),
    Wording("roenneberg_rest_end", Group.SLEEP, "Main rest, end (Roenneberg)", "circular mean"),
    Wording(
        "roenneberg_rest_midpoint", Group.SLEEP, "Main rest, midpoint (Roenneberg)", "circular mean"
    ),
    Wording(
        "roenneberg_rest_duration", Group.SLEEP, "Main rest, length (Roenneberg)", "per evening"
    ),
    Wording("ADAT", Group.ACTIVITY, "Average daily total activity", "rescaled by coverage"),
    Wording("MVPA", Group.ACTIVITY, "Moderate to vigorous activity", "by cut-points"),
    Wording("sedentary", Group.ACTIVITY, "Sedentary", "by cut-points"),
    Wording("wear", Group.QUALITY, "Time worn", "by all that its algorithm names"),
    Wording("quality.span", Group.QUALITY, "Span", "from the first to the last value"),
    Wording("quality.valid_span", Group.QUALITY, "Valid span", "until the device was laid aside"),
    Wording("quality.coverage", Group.QUALITY, "Share of epochs with a worn value"),
    Wording("quality.worn", Group.QUALITY, "Share of epochs worn"),
    Wording("quality.gaps", Group.QUALITY, "Gaps", "stretches without a worn value", is_count=True),
    Wording("quality.longest_gap", Group.QUALITY, "Longest gap"),
    Wording("quality.zeros", Group.QUALITY, "Share of values that are 0"),
    Wording("quality.floor", Group.QUALITY, "Sensor floor", "lowest value that the sensor gives"),
    Wording("quality.max", Group.QUALITY, "Highest value"),
    Wording("quality.saturated", Group.QUALITY, "Share of values at the ceiling"),
    Wording("quality.longest_constant", Group.QUALITY, "Longest stretch of one value"),
    Wording("quality.duplicates", Group.QUALITY, "Epochs given twice", is_count=True),
    Wording("quality.conflicts", Group.QUALITY, "Epochs given with two values", is_count=True),
    Wording("quality.out_of_order", Group.QUALITY, "Samples out of order", is_count=True),
    Wording("quality.in_gap", Group.QUALITY, "Times that the clock skipped", is_count=True),
    Wording("quality.in_fold", Group.QUALITY, "Times that came twice", is_count=True),
    Wording("quality.offset", Group.QUALITY, "Shift of the grid"),
    Wording("quality.dst", Group.QUALITY, "Change of the clock", "negative = an hour was skipped"),
)

PREFIXES: Final = (
    ("quality", Group.QUALITY),
    ("wear", Group.QUALITY),
    ("nonparametric", Group.RHYTHM),
    ("cosinor", Group.RHYTHM),
    ("rhythm", Group.RHYTHM),
    ("regularity", Group.RHYTHM),
    ("fragmentation", Group.RHYTHM),
    ("scaling", Group.RHYTHM),
    ("sleep", Group.SLEEP),
    ("night", Group.SLEEP),
    ("timing", Group.SLEEP),
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
