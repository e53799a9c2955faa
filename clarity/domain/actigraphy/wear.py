"""
Whether the device was worn, from counts alone: long stillness that no wearer keeps.

The rules look for runs of zeros. They do not apply to a sensor that never reads zero, and a
sleeper's wrist is as still as a table: give the sleep windows, and stillness inside them alone is
no evidence against wear.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.actigraphy.requirements import Requirement
from clarity.domain.actigraphy.runs import (
    run_before,
    run_just_after,
    run_just_before,
    run_length,
    run_total,
)
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.findings import Definition, Finding
from clarity.domain.streams import Unit

__all__ = [
    "CHOI_2011",
    "TROIANO_2007",
    "WEAR_RULES",
    "Wear",
    "WearRule",
    "constant_runs",
    "sensor_floor",
    "valid_span",
    "valid_spans",
    "wear_of",
    "worn",
]

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FLOOR_QUANTILE: Final = 0.01
"""The floor is the value below which one in a hundred readings lies: a stray 0 does not hide it."""


@attrs.frozen(kw_only=True)
class WearRule:
    """
    Non-wear: a run of zeros, forgiving short movements.

    Attributes:
        name: id that findings carry.
        citation: paper and DOI.
        needs: unit and epoch.
        still_min: shortest run that is non-wear, forgiven movements included, min.
        forgiven_min: longest movement that does not end the run, min.
        forgiven_max: largest count per minute of such a movement; None for any.
        flank_min: zeros that must lie on both sides of it, min.
    """

    name: str
    citation: str
    needs: Requirement
    still_min: int = attrs.field(validator=attrs.validators.ge(1))
    forgiven_min: int = attrs.field(validator=attrs.validators.ge(0))
    forgiven_max: float | None
    flank_min: int = attrs.field(validator=attrs.validators.ge(1))


_MINUTE_COUNTS: Final = Requirement(unit=Unit.COUNTS, epoch_s=60)

TROIANO_2007: Final = WearRule(
    name="wear/troiano-2007",
    citation=(
        "Troiano et al. 2008, Med Sci Sports Exerc 40:181-188, doi:10.1249/mss.0b013e31815a51b3"
    ),
    needs=_MINUTE_COUNTS,
    still_min=60,
    forgiven_min=2,
    forgiven_max=100.0,
    flank_min=1,
)
"""
60 min of zeros; up to two minutes in a row of at most 100 counts are forgiven. The year
in the name is the one under which actigraphy tools know the rule.
"""

CHOI_2011: Final = WearRule(
    name="wear/choi-2011",
    citation="Choi et al. 2011, Med Sci Sports Exerc 43:357-364, doi:10.1249/MSS.0b013e3181ed61a3",
    needs=_MINUTE_COUNTS,
    still_min=90,
    forgiven_min=2,
    forgiven_max=None,
    flank_min=30,
)
"""90 min of zeros; two minutes of any count are forgiven between 30-min stretches of zeros."""

WEAR_RULES: Final[Mapping[str, WearRule]] = MappingProxyType(
    {"choi": CHOI_2011, "troiano": TROIANO_2007}
)
"""The rules by the names under which they are asked for."""


def sensor_floor(values: npt.ArrayLike) -> FloatArray:
    """
    The lowest value that every recording returns to; above 0, the sensor does not read zero.

    Args:
        values: (..., n); NaN = missing.

    Returns:
        (...), the `FLOOR_QUANTILE` of the recorded values, one of them; NaN without any.
    """
    data = np.asarray(values, dtype=np.float64)
    recorded = np.count_nonzero(~np.isnan(data), axis=-1, keepdims=True)
    ordered = np.pad(np.sort(data, axis=-1), _ends(data, 0, 1), constant_values=np.nan)
    rank = np.maximum(np.ceil(recorded * FLOOR_QUANTILE).astype(np.int64) - 1, 0)
    floor: FloatArray = np.take_along_axis(ordered, rank, axis=-1)[..., 0]
    return floor


def _ends(data: FloatArray, before: int, after: int) -> list[tuple[int, int]]:
    return [(0, 0)] * (data.ndim - 1) + [(before, after)]


def constant_runs(values: npt.ArrayLike, *, at_least: int) -> BoolArray:
    """
    Epochs in which one value other than 0 repeats: a stuck, saturated or drifted sensor.

    A quality finding, no evidence against wear: sensors whose zero has drifted repeat a small value
    through the night.

    Args:
        values: (..., n); NaN = missing.
        at_least: length of the shortest such run, epochs.

    Returns:
        (..., n) bool.
    """
    data = np.asarray(values, dtype=np.float64)
    if data.shape[-1] == 0:
        return np.zeros(data.shape, dtype=np.bool_)
    same = (data[..., 1:] == data[..., :-1]) & (data[..., 1:] != 0)
    edge = np.zeros((*data.shape[:-1], 1), dtype=np.bool_)
    steps = run_length(np.concatenate([edge, same, edge], axis=-1))
    runs: BoolArray = np.maximum(steps[..., :-1], steps[..., 1:]) + 1 >= max(at_least, 2)
    return runs


def _forgiven(zero: BoolArray, counts: FloatArray, rule: WearRule) -> BoolArray:
    """Short movements between zeros; beyond the recording lie zeros."""
    width = _ends(counts, rule.flank_min, rule.flank_min)
    zeros = np.pad(zero, width, constant_values=True)
    moved = np.pad(counts > 0, width)
    limit = np.inf if rule.forgiven_max is None else rule.forgiven_max
    large = np.pad(counts > limit, width)
    flanks = np.minimum(run_just_before(moved, zeros), run_just_after(moved, zeros))
    short = moved & (run_length(moved) <= rule.forgiven_min) & (run_total(moved, large) == 0)
    forgiven: BoolArray = short & (flanks >= rule.flank_min)
    return forgiven[..., rule.flank_min : forgiven.shape[-1] - rule.flank_min]


def worn(
    counts: npt.ArrayLike, rule: WearRule, *, in_bed: npt.ArrayLike | None = None
) -> BoolArray:
    """
    Where the device was worn by the rule; one or many recordings.

    Whether the rule applies at all is not asked here: see `sensor_floor` and `wear_of`.

    Args:
        counts: (..., n) counts per minute; NaN = missing, which ends a run.
        rule: with its parameters.
        in_bed: (..., n) bool, sleep windows. Epochs in them do not count towards a run's length, so
            stillness in bed alone never is non-wear; a run long enough outside takes them along.

    Returns:
        (..., n) bool, False where not worn or missing.

    Source:
        the rule's citation.
    """
    data = np.asarray(counts, dtype=np.float64)
    zero = data == 0
    still = zero | _forgiven(zero, data, rule)
    outside = np.ones(data.shape, dtype=np.bool_) if in_bed is None else ~np.asarray(in_bed, bool)
    off = still & (run_total(still, outside) >= rule.still_min)
    on: BoolArray = np.logical_and(~off, ~np.isnan(data))
    return on


def valid_span(worn_mask: npt.ArrayLike, *, least: int = 60) -> tuple[int, int]:
    """
    From the first to the last long wear: what lies outside is a device not put on or taken off.

    Args:
        worn_mask: (n,) bool of one recording.
        least: length of the shortest run of wear that counts, epochs; less is a device carried.

    Returns:
        the first epoch and the one after the last; (0, 0) when it was never worn that long.
    """
    first, last = valid_spans(np.asarray(worn_mask, dtype=np.bool_), least=least)
    return int(first), int(last)


def valid_spans(worn_mask: npt.ArrayLike, *, least: int = 60) -> tuple[IntArray, IntArray]:
    """
    As `valid_span`, of one or many recordings.

    Args:
        worn_mask: (..., n) bool.
        least: length of the shortest run of wear that counts, epochs.

    Returns:
        (...) int64 each: the first epoch, and the one after the last; 0 and 0 without such wear.
    """
    long = run_length(np.asarray(worn_mask, dtype=np.bool_)) >= max(least, 1)
    epochs = np.arange(1, long.shape[-1] + 1, dtype=np.int64)
    last = np.max(np.where(long, epochs, 0), axis=-1, initial=0)
    first = np.min(np.where(long, epochs, last[..., None]), axis=-1, initial=long.shape[-1])
    return np.where(last > 0, first - 1, 0), last


@attrs.frozen(kw_only=True)
class Wear:
    """
    Wear of one recording.

    Attributes:
        worn: (n,) bool, read-only; None when the rule does not apply.
        share: the worn share of the recorded epochs, %, or why there is none.
        span: first epoch and the one after the last of the valid span; None like `worn`.
        bouts: how many runs of wear there are.
    """

    worn: BoolArray | None = attrs.field(eq=attrs.cmp_using(eq=np.array_equal), hash=False)
    share: Finding
    span: tuple[int, int] | None
    bouts: int


def wear_of(series: ActivitySeries, rule: WearRule, *, in_bed: npt.ArrayLike | None = None) -> Wear:
    """
    Wear of a recording by the rule, or the reason why the rule cannot tell.

    Args:
        series: counts per minute.
        rule: with its parameters.
        in_bed: (n,) bool, sleep windows; see `worn`.

    Raises:
        UnitMismatch: the rule is stated for another unit.
        EpochMismatch: the rule is stated for another epoch.

    Source:
        the rule's citation.
    """
    rule.needs.check(series, algorithm=rule.name)
    counts, floor = series.values, float(sensor_floor(series.values))
    recorded = int(np.count_nonzero(~np.isnan(counts)))
    if not recorded or floor > 0:
        reason = "nothing was recorded" if not recorded else _never_zero(floor)
        return Wear(worn=None, share=_share(rule, None, counts, reason), span=None, bouts=0)
    mask = worn(counts, rule, in_bed=in_bed)
    mask.setflags(write=False)
    share = 100.0 * int(np.count_nonzero(mask)) / recorded
    return Wear(
        worn=mask,
        share=_share(rule, share, counts, ""),
        span=valid_span(mask),
        bouts=int(np.count_nonzero(run_before(mask) == 1)),
    )


def _never_zero(floor: float) -> str:
    return f"the sensor does not read 0 (its floor is {floor:g}), so runs of zeros say nothing"


def _share(rule: WearRule, value: float | None, counts: FloatArray, reason: str) -> Finding:
    recorded = int(np.count_nonzero(~np.isnan(counts)))
    definition = Definition(
        metric="wear",
        unit="%",
        algorithm=rule.name,
        citation=rule.citation,
        parameters={
            "still_min": rule.still_min,
            "forgiven_min": rule.forgiven_min,
            "forgiven_max": rule.forgiven_max,
            "flank_min": rule.flank_min,
        },
    )
    coverage = recorded / max(counts.size, 1)
    return definition.finding(value, n_valid=recorded, coverage=coverage, reason=reason)
