"""Scoring against slow, literal implementations of the papers' formulas, and its laws."""

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import attrs
import hypothesis.extra.numpy as hnp
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clarity.domain.actigraphy.requirements import EpochMismatch, PlacementMismatch, Requirement
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.sleep import profiles as p
from clarity.domain.sleep.scoring import Gaps, Sadeh, Scorer, WeightedSum, asleep, score
from clarity.domain.streams import Placement, Unit, UnitMismatch

NAN = math.nan
Mask = npt.NDArray[np.float64]

counts = st.one_of(
    st.just(NAN), st.just(0.0), st.integers(0, 400).map(float), st.integers(0, 9000).map(float)
)
days = hnp.arrays(np.float64, st.integers(0, 60), elements=counts)
batches = hnp.arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 50)), elements=counts)
profiles = st.sampled_from(list(p.PROFILES.values()))


def around(values: Mask, t: int, before: int, after: int, profile: Scorer) -> list[float]:
    """The scaled window of epoch t, with the profile's idea of what lies beyond the recording."""
    outside = 0.0 if profile.gaps in (Gaps.ZERO, Gaps.ZERO_BEYOND) else NAN
    window = []
    for i in range(t - before, t + after + 1):
        value = values[i] if 0 <= i < len(values) else outside
        if profile.gaps is Gaps.ZERO and math.isnan(value):
            value = 0.0
        value /= profile.divisor
        window.append(
            value if profile.cap is None or math.isnan(value) else min(value, profile.cap)
        )
    return window


def automatic(values: Mask, epoch_s: int) -> float:
    mobile = [v for v in values if v >= epoch_s / 15]
    if not mobile:
        return NAN
    return sum(v for v in values if not math.isnan(v)) / (len(mobile) * epoch_s / 60) * 0.88888


def slow_sum(values: Mask, profile: WeightedSum) -> list[float]:
    data = [np.max(values[i : i + profile.block]) for i in range(0, len(values), profile.block)]
    limit = profile.threshold
    if limit is None:
        limit = automatic(values, profile.needs.epoch_s or 60)
    mask = []
    for t in range(len(data)):
        after = len(profile.weights) - 1 - profile.before
        window = around(np.array(data), t, profile.before, after, profile)
        total = sum(w * x for w, x in zip(profile.weights, window, strict=True))
        sleeps = total <= limit if profile.tie_sleeps else total < limit
        mask.append(NAN if math.isnan(total) or math.isnan(limit) else float(sleeps))
    return mask


def slow_sadeh(values: Mask, profile: Sadeh) -> list[float]:
    mask = []
    for t in range(len(values)):
        w = around(values, t, 5, 5, profile)
        nat = sum((x > 50 if profile.nat_above else x >= 50) and x < 100 for x in w)
        spread = np.std(w[:6], ddof=1)
        log = math.log(w[5 + profile.log_ahead] + 1)
        index = 7.601 - 0.065 * (sum(w) / 11) - 1.08 * nat - 0.056 * spread - 0.703 * log
        sleeps = index >= profile.threshold if profile.tie_sleeps else index > profile.threshold
        mask.append(NAN if math.isnan(index) else float(sleeps))
    return mask


def slow(values: Mask, profile: Scorer) -> Mask:
    mask = (
        slow_sum(values, profile)
        if isinstance(profile, WeightedSum)
        else slow_sadeh(values, profile)
    )
    if profile.gaps is Gaps.WAKE:
        mask = [0.0 if math.isnan(x) else x for x in mask]
    edge = profile.edge_wake
    return np.array([0.0 if t < edge or t >= len(mask) - edge else x for t, x in enumerate(mask)])


@settings(max_examples=150)
@given(profile=profiles, values=days)
def test_a_mask_is_that_of_the_literal_formula(profile: Scorer, values: Mask) -> None:
    block = getattr(profile, "block", 1)
    values = values[: len(values) // block * block]

    assert np.array_equal(slow(values, profile), asleep(values, profile), equal_nan=True)


@given(profile=profiles, values=batches)
def test_many_recordings_at_once_give_the_bits_of_one_by_one(profile: Scorer, values: Mask) -> None:
    one_by_one = np.stack([profile.index(row) for row in values])

    assert profile.index(values).tobytes() == one_by_one.tobytes()
    assert np.array_equal(
        asleep(values, profile), np.stack([asleep(row, profile) for row in values]), equal_nan=True
    )


@given(values=batches)
def test_the_automatic_threshold_is_each_recordings_own(values: Mask) -> None:
    profile = p.oakley(60, "auto")

    together = asleep(values.T.copy().T, profile)

    assert np.array_equal(
        together, np.stack([asleep(row, profile) for row in values]), equal_nan=True
    )


@given(profile=profiles, values=days, shift=st.integers(0, 20))
def test_a_later_start_shifts_the_mask_where_it_is_defined(
    profile: Scorer, values: Mask, shift: int
) -> None:
    paper = attrs.evolve(profile, gaps=Gaps.UNKNOWN, edge_wake=0)
    if isinstance(paper, WeightedSum) and (paper.threshold is None or paper.block > 1):
        return

    late = asleep(values[shift:], paper)
    whole = asleep(values, paper)[shift:]

    known = ~np.isnan(late)
    assert np.array_equal(whole[known], late[known])


@pytest.mark.parametrize("profile", [p.COLE_KRIPKE, p.SCRIPPS, p.SADEH], ids=lambda q: q.name)
def test_smaller_counts_are_never_less_sleep(profile: Scorer) -> None:
    week = np.random.default_rng(1).gamma(0.4, 60, 10_080)

    shares = [np.nanmean(asleep(week * scale, profile)) for scale in (1.0, 0.5, 0.1, 0.01)]

    assert shares == sorted(shares)
    assert shares[-1] > shares[0] + 0.2


def test_unknown_is_what_touches_a_missing_minute_or_the_ends() -> None:
    values = np.zeros(30)
    values[15] = NAN

    mask = asleep(values, p.COLE_KRIPKE)

    assert np.flatnonzero(np.isnan(mask)).tolist() == [0, 1, 2, 3, *range(13, 20), 28, 29]
    assert np.nansum(mask) == 30 - 13


@pytest.mark.parametrize("profile", [p.COLE_KRIPKE, p.SCRIPPS, p.SADEH, p.oakley(60, "40")])
def test_an_all_missing_recording_is_unknown_throughout(profile: Scorer) -> None:
    assert np.isnan(asleep(np.full((2, 100), NAN), profile)).all()


def test_a_recording_without_a_mobile_minute_has_no_automatic_threshold() -> None:
    assert np.isnan(asleep(np.zeros(100), p.oakley(60, "auto"))).all()


def test_the_tie_is_wake_for_cole_kripke_and_sleep_for_actiware() -> None:
    still = np.zeros(40)
    still[20] = 40.0

    assert asleep(still, p.oakley(60, "40"))[20] == 1.0
    assert asleep(still, p.scoring_profile("oakley-40-60s", variant=p.QUIRK))[20] == 0.0


def series(**changes: object) -> ActivitySeries:
    plain = ActivitySeries(
        values=np.zeros(100),
        start=datetime(2024, 3, 4, tzinfo=ZoneInfo("Europe/Oslo")),
        epoch_s=60,
        unit=Unit.COUNTS,
    )
    return attrs.evolve(plain, **changes)


def test_a_recording_is_scored_on_what_was_worn() -> None:
    worn = np.ones(100, dtype=bool)
    worn[50] = False

    mask = score(series(worn=worn), p.COLE_KRIPKE)

    assert np.isnan(mask[48:55]).all()
    assert mask[55] == 1.0


def test_steps_are_refused_by_a_count_algorithm() -> None:
    with pytest.raises(UnitMismatch, match="defined for counts, the recording holds steps/min"):
        score(series(unit=Unit.STEPS_PER_MIN), p.COLE_KRIPKE)


def test_half_minutes_are_refused_by_a_minute_algorithm() -> None:
    with pytest.raises(EpochMismatch, match="epochs of 60 s, the recording has 30 s"):
        score(series(epoch_s=30), p.SADEH)


def test_a_placement_is_refused_where_the_algorithm_needs_another() -> None:
    hip = Requirement(unit=Unit.COUNTS, placement=Placement.HIP)

    with pytest.raises(PlacementMismatch, match="a device on the hip, the recording says unknown"):
        hip.check(series(), algorithm="x")
    hip.check(series(placement=Placement.HIP), algorithm="x")


def test_a_profile_is_found_by_its_algorithm_and_variant() -> None:
    assert p.scoring_profile("cole-kripke") is p.COLE_KRIPKE
    assert p.scoring_profile("sadeh", variant="actilife") is p.SADEH_ACTILIFE


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(p.UnknownProfile, match=r"no scoring profile 'cole/paper'.*scripps/paper"):
        p.scoring_profile("cole")


@pytest.mark.parametrize(("epoch_s", "threshold"), [(45, "40"), (60, "41")])
def test_oakley_has_no_weights_for_other_epochs_and_no_other_thresholds(
    epoch_s: int, threshold: str
) -> None:
    with pytest.raises(p.UnknownProfile):
        p.oakley(epoch_s, threshold)


def test_actiware_on_15_s_spans_eight_epochs_on_each_side() -> None:
    profile = p.ACTIWARE_40_15S

    assert profile.needs.epoch_s == 15
    assert profile.weights == (*[0.04] * 4, *[0.2] * 4, 4.0, *[0.2] * 4, *[0.04] * 4)
    assert profile.threshold == 40.0


def test_actilife_caps_at_30000_counts_a_minute() -> None:
    rest = np.zeros(50)
    rest[25] = 1e9
    capped = np.where(rest > 0, 30_000.0, 0.0)

    assert np.array_equal(p.COLE_KRIPKE_ACTILIFE.index(capped), p.COLE_KRIPKE_ACTILIFE.index(rest))
