"""What an analysis says about one recording, and where it came from."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import attrs

from clarity.domain.exact import WrongType, exactly_typed, whole
from clarity.domain.findings import Finding
from clarity.domain.sleep.evenings import NoNight
from clarity.domain.sleep.nights import Night
from clarity.domain.sleep.rests import MainRest
from clarity.domain.timeline import NaiveTime, TimeWindow, lasting

__all__ = ["AnalysisResult", "Layer", "Provenance", "Spans", "Written"]


class Layer(StrEnum):
    """What a span of epochs is marked as."""

    SLEEP = "sleep"
    REST = "rest"
    NON_WEAR = "non-wear"
    MISSING = "missing"


@attrs.frozen(kw_only=True, field_transformer=exactly_typed)
class Spans:
    """
    Stretches of a recording that share a mark.

    Attributes:
        layer: the mark.
        algorithm: id of what drew them.
        spans: pairs (start, stop) in epochs from the start of the recording; stop is excluded.
    """

    layer: Layer
    algorithm: str
    spans: tuple[tuple[int, int], ...]


@attrs.frozen(kw_only=True)
class Written:
    """What one analysis contributes to a result."""

    findings: tuple[Finding, ...] = attrs.field(default=(), repr=False)
    nights: tuple[Night, ...] = attrs.field(default=(), repr=False)
    no_nights: tuple[NoNight, ...] = attrs.field(default=(), repr=False)
    rests: tuple[MainRest, ...] = attrs.field(default=(), repr=False)
    spans: tuple[Spans, ...] = ()
    notices: tuple[str, ...] = attrs.field(default=(), repr=False)


def _sorted_items(pairs: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(sorted(dict(pairs).items()))
    except (TypeError, ValueError) as error:
        raise WrongType("Provenance.analyses", "Mapping[str, str]") from error


def _aware(_: object, attribute: "attrs.Attribute[datetime]", value: datetime) -> None:
    if value.tzinfo is None:
        raise NaiveTime(attribute.name)


@attrs.frozen(kw_only=True, field_transformer=exactly_typed)
class Provenance:
    """
    Everything needed to compute a result again.

    Attributes:
        input_digest: SHA-256 (hex) over the chunks that went in.
        analyses: pairs (analysis id, version), sorted.
        clarity_version: version of this package.
        computed_at: when, aware.
        fingerprint: SHA-256 (hex) of input, analyses, their parameters and clarity_version; two
            results with one fingerprint say the same.

    Raises:
        WrongType: a field was given a value of another type.
        NaiveTime: `computed_at` has no zone.
    """

    input_digest: str
    analyses: tuple[tuple[str, str], ...] = attrs.field(converter=_sorted_items)
    clarity_version: str
    computed_at: datetime = attrs.field(validator=_aware)
    fingerprint: str


@attrs.frozen(kw_only=True, field_transformer=exactly_typed)
class AnalysisResult:
    """
    What is known about one recording window.

    Attributes:
        kind: name of the result in the store, `rest-activity` for the built-in set.
        window: what was analyzed.
        epoch_s: epoch of `spans`, s.
        findings: one per metric, present or absent with a reason.
        nights: one per night.
        no_nights: the evenings of the recording that have none, each with the reason.
        rests: one per evening and method that looks for rest.
        spans: sleep, rest and non-wear for drawing.
        notices: facts about the data that a reader must know, in words.
        provenance: where this came from.

    Raises:
        WrongType: a field was given a value of another type; of numpy only a whole `epoch_s` is
            taken.
        BadEpoch: the epoch lasts less than a second.
    """

    kind: str
    window: TimeWindow
    epoch_s: int = attrs.field(converter=whole, validator=lasting)
    findings: tuple[Finding, ...] = attrs.field(repr=False)
    nights: tuple[Night, ...] = attrs.field(repr=False)
    spans: tuple[Spans, ...]
    notices: tuple[str, ...] = attrs.field(repr=False)
    no_nights: tuple[NoNight, ...] = attrs.field(default=(), repr=False)
    rests: tuple[MainRest, ...] = attrs.field(default=(), repr=False)
    provenance: Provenance

    def finding(self, metric: str) -> Finding:
        """
        The finding of that metric.

        Raises:
            KeyError: no analysis of the result speaks of it.
        """
        for finding in self.findings:
            if finding.metric == metric:
                return finding
        raise KeyError(metric)
