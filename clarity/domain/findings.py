"""One number with everything needed to trust it, or the reason why there is none."""

import math
from collections.abc import Mapping
from types import MappingProxyType

import attrs

from clarity.domain.exact import exactly_typed

__all__ = ["Definition", "Finding", "Parameter"]

Parameter = str | int | float | bool | None


def _frozen_parameters(parameters: Mapping[str, Parameter]) -> Mapping[str, Parameter]:
    return MappingProxyType(dict(sorted(parameters.items())))


def _finite_or_none(_: object, __: object, value: float | None) -> None:
    if value is not None and not math.isfinite(value):
        raise ValueError("a finding is a finite number or absent with a reason")


@attrs.frozen(kw_only=True, field_transformer=exactly_typed)
class Finding:
    """
    A measured value and how it came about.

    Attributes:
        metric: stable name in the catalogue, for example `IS` or `TST`.
        value: finite number in `unit`, or None when it could not be computed.
        unit: `1` for ratios, else `min`, `h`, `clock_h`, `counts/min`, `%` ...
        n_valid: how many epochs, bins, pairs, bouts or nights entered the value.
        coverage: share of what the recording spans that entered the value, 0 to 1. A recording
            spans the epochs from its first to its last value, and the bins, pairs and nights that
            these would make if none were missing; what lies before or after, and an hour that the
            clock skipped, is no part of it. Where every valid epoch enters, it is
            `quality.coverage`; of bouts it is the coverage of their epochs.
        algorithm: id and variant of the algorithm, for example `nonparametric/IS`.
        parameters: every setting that changes the value.
        citation: paper and DOI of the definition.
        reason: why `value` is None; empty otherwise.
    """

    metric: str
    value: float | None = attrs.field(
        converter=attrs.converters.optional(float), validator=_finite_or_none, repr=False
    )
    unit: str
    n_valid: int = attrs.field(converter=int, validator=attrs.validators.ge(0))
    coverage: float = attrs.field(
        converter=float, validator=[attrs.validators.ge(0.0), attrs.validators.le(1.0)]
    )
    algorithm: str
    parameters: Mapping[str, Parameter] = attrs.field(
        factory=dict, converter=_frozen_parameters, hash=False
    )
    citation: str
    reason: str = attrs.field(default="", repr=False)

    def __attrs_post_init__(self) -> None:
        """A value needs no excuse and an absence needs one."""
        if (self.value is None) == (not self.reason):
            raise ValueError("a finding has either a value or a reason for its absence")


@attrs.frozen(kw_only=True)
class Definition:
    """
    What is measured, by which rule: the part of a finding that is known before any data is seen.

    `definition.finding(value, n_valid=..., coverage=..., reason=...)` makes the finding; a value
    that is None or not finite becomes an absence with `reason`.
    """

    metric: str
    unit: str
    algorithm: str
    citation: str
    parameters: Mapping[str, Parameter] = attrs.field(
        factory=dict, converter=_frozen_parameters, hash=False
    )

    def finding(
        self, value: float | None, *, n_valid: int, coverage: float, reason: str
    ) -> Finding:
        """The finding for `value`; `reason` is kept only when there is no finite value."""
        defined = value is not None and math.isfinite(value)
        return Finding(
            metric=self.metric,
            value=float(value) if value is not None and defined else None,
            unit=self.unit,
            n_valid=n_valid,
            coverage=coverage,
            algorithm=self.algorithm,
            parameters=self.parameters,
            citation=self.citation,
            reason="" if defined else reason,
        )
