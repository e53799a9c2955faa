"""Non-wear against its rules written as loops, on sensors with a floor, and beside sleep."""

import csv
import gzip
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

from clarity.domain.actigraphy.requirements import EpochMismatch, Requirement
from clarity.domain.actigraphy.runs import run_total
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.actigraphy.wear import (
    CHOI_2011,
    TROIANO_2007,
    WEAR_RULES,
    WearRule,
    constant_runs,
    sensor_floor,
    valid_span,
    valid_spans,
    wear_of,
    worn,
)
from clarity.domain.streams import Unit, UnitMismatch
from tests.support.shared import shared

NAN = math.nan
SHORT = attrs.evolve(TROIANO_2007, still_min=5)
SHORT_FLANKS = attrs.evolve(CHOI_2011, still_min=7, flank_min=3)
counts = hnp.arrays(
    np.float64, st.integers(0, 50), elements=st.sampled_from([0.0, 0.0, 0.0, 50.0, 500.0, NAN])
)
Counts = npt.NDArray[np.float64]


def series(values: Counts, **changes: object) -> ActivitySeries:
    plain = ActivitySeries(
        values=values,
        start=datetime(2003, 3, 18, 15, tzinfo=ZoneInfo("Europe/Oslo")),
        epoch_s=60,
        unit=Unit.COUNTS,
    )
    return attrs.evolve(plain, **changes)


def depresjon(name: str) -> Counts:
    with gzip.open(shared(f"data/depresjon/{name}.csv.gz"), "rt") as file:
        return np.array([float(row["activity"]) for row in csv.DictReader(file)])


def runs(flags: list[bool]) -> list[tuple[int, int]]:
    edges = [i for i, flag in enumerate(flags) if flag and (i == 0 or not flags[i - 1])]
    return [(i, next((k for k in range(i, len(flags)) if not flags[k]), len(flags))) for i in edges]


def slow_worn(values: Counts, rule: WearRule) -> list[bool]:
    n = len(values)
    zero = [value == 0 for value in values]
    still = list(zero)
    limit = math.inf if rule.forgiven_max is None else rule.forgiven_max
    for first, last in runs([value > 0 for value in values]):
        before = range(first - rule.flank_min, first)
        after = range(last, last + rule.flank_min)
        quiet = all(zero[i] for i in (*before, *after) if 0 <= i < n)
        if quiet and last - first <= rule.forgiven_min and max(values[first:last]) <= limit:
            still[first:last] = [True] * (last - first)
    on = [not math.isnan(value) for value in values]
    for first, last in runs(still):
        if last - first >= rule.still_min:
            on[first:last] = [False] * (last - first)
    return on


@settings(max_examples=100)
@given(values=counts, rule=st.sampled_from([SHORT, SHORT_FLANKS, TROIANO_2007, CHOI_2011]))
def test_wear_is_that_of_the_rule_written_as_a_loop(values: Counts, rule: WearRule) -> None:
    assert slow_worn(values, rule) == worn(values, rule).tolist()


@given(
    values=hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 3), st.integers(0, 40)),
        elements=st.sampled_from([0.0, 0.0, 9.0, NAN]),
    ),
    rule=st.sampled_from([SHORT, SHORT_FLANKS]),
)
def test_many_recordings_at_once_are_as_one_by_one(values: Counts, rule: WearRule) -> None:
    in_bed = np.cumsum(np.nan_to_num(values), axis=-1) % 2 == 1

    together = worn(values, rule, in_bed=in_bed)

    rows = [worn(row, rule, in_bed=bed) for row, bed in zip(values, in_bed, strict=True)]
    assert np.array_equal(np.stack(rows), together)


def test_troiano_needs_an_hour_and_choi_an_hour_and_a_half() -> None:
    active = np.full(200, 300.0)
    hour, longer = active.copy(), active.copy()
    hour[50:110] = 0
    longer[50:140] = 0

    assert np.count_nonzero(~worn(hour, TROIANO_2007)) == 60
    assert worn(hour, CHOI_2011).all()
    assert np.count_nonzero(~worn(longer, CHOI_2011)) == 90


def test_a_nudge_is_forgiven_by_troiano_up_to_100_counts_and_by_choi_at_any() -> None:
    still = np.zeros(200)
    still[[0, 199]] = 5000
    gentle, hard = still.copy(), still.copy()
    gentle[100:102] = 100
    hard[100:102] = 101

    assert np.count_nonzero(~worn(gentle, TROIANO_2007)) == 198
    assert worn(hard, TROIANO_2007)[100:102].all()
    assert not worn(hard, CHOI_2011)[100:102].any()


def test_stillness_in_bed_alone_is_not_non_wear() -> None:
    values = np.full(700, 200.0)
    values[100:600] = 0
    in_bed = np.zeros(700, dtype=bool)
    in_bed[120:580] = True

    assert not worn(values, CHOI_2011)[100:600].any()
    assert worn(values, CHOI_2011, in_bed=in_bed).all()


def test_a_device_off_before_and_after_the_night_was_off_all_night() -> None:
    values = np.full(900, 200.0)
    values[100:800] = 0
    in_bed = np.zeros(900, dtype=bool)
    in_bed[300:700] = True

    assert not worn(values, CHOI_2011, in_bed=in_bed)[100:800].any()


@pytest.mark.parametrize(
    "name", ["condition/condition_2", "condition/condition_3", "control/control_22"]
)
def test_a_sensor_that_does_not_read_zero_gets_a_reason_instead_of_full_wear(name: str) -> None:
    wear = wear_of(series(depresjon(name)), CHOI_2011)

    assert wear.worn is None
    assert wear.span is None
    assert wear.share.value is None
    assert wear.share.reason == (
        "the sensor does not read 0 (its floor is 3), so runs of zeros say nothing"
    )


def test_the_weeks_after_the_watch_came_off_are_outside_the_valid_span() -> None:
    values = depresjon("control/control_3")

    wear = wear_of(series(values), CHOI_2011)

    assert wear.span is not None
    assert wear.span[1] < 16 * 1440 < 45 * 1440 < values.size
    assert wear.share.value is not None
    assert wear.share.value < 35


def test_all_zero_is_no_wear_and_constant_activity_has_no_zero() -> None:
    nothing, constant = (
        wear_of(series(np.zeros(500)), CHOI_2011),
        wear_of(series(np.full(500, 9.0)), CHOI_2011),
    )

    assert nothing.share.value == 0.0
    assert nothing.span == (0, 0)
    assert nothing.bouts == 0
    assert constant.worn is None


@pytest.mark.parametrize("values", [np.full(100, NAN), np.zeros(0)])
def test_nothing_recorded_is_a_reason(values: Counts) -> None:
    wear = wear_of(series(values), TROIANO_2007)

    assert wear.share.reason == "nothing was recorded"
    assert wear.share.n_valid == 0


def test_bouts_and_settings_are_reported() -> None:
    values = np.full(400, 50.0)
    values[100:250] = 0

    wear = wear_of(series(values), TROIANO_2007)

    assert wear.bouts == 2
    assert wear.span == (0, 400)
    assert wear.share.value == 62.5
    assert wear.share.parameters == {
        "still_min": 60,
        "forgiven_min": 2,
        "forgiven_max": 100.0,
        "flank_min": 1,
    }


def test_other_units_and_epochs_are_refused() -> None:
    with pytest.raises(UnitMismatch):
        wear_of(series(np.zeros(9), unit=Unit.ENMO_MG), CHOI_2011)
    with pytest.raises(EpochMismatch):
        wear_of(series(np.zeros(9), epoch_s=30), CHOI_2011)


def test_a_stray_zero_does_not_hide_the_floor() -> None:
    values = np.full((2, 1000), 4.0)
    values[0, 500] = 0
    values[1] = NAN

    floor = sensor_floor(values)

    assert floor[0] == 4.0
    assert math.isnan(floor[1])


@given(
    values=hnp.arrays(
        np.float64, st.integers(0, 30), elements=st.sampled_from([0.0, 1.0, 2.0, NAN])
    ),
    at_least=st.integers(1, 5),
)
def test_constant_runs_are_those_of_a_loop(values: Counts, at_least: int) -> None:
    expected = [False] * len(values)
    for first in range(len(values)):
        for last in range(first + 2, len(values) + 1):
            same = all(values[first] == x for x in values[first:last]) and values[first] != 0
            if same and last - first >= at_least:
                expected[first:last] = [True] * (last - first)

    assert expected == constant_runs(values, at_least=at_least).tolist()


def test_a_valid_span_ignores_short_wear() -> None:
    mask = np.zeros(1000, dtype=bool)
    mask[100:300] = mask[500:570] = mask[900:910] = True

    assert valid_span(mask) == (100, 570)
    assert valid_span(mask, least=100) == (100, 300)


@given(
    masks=hnp.arrays(np.bool_, st.tuples(st.integers(1, 3), st.integers(0, 30))),
    least=st.integers(0, 6),
)
def test_the_valid_spans_of_a_batch_are_those_of_one_by_one(
    masks: npt.NDArray[np.bool_], least: int
) -> None:
    first, last = valid_spans(masks, least=least)

    for row, span in zip(masks, zip(first.tolist(), last.tolist(), strict=True), strict=True):
        long = [(a, b) for a, b in runs(row.tolist()) if b - a >= least]
        assert span == valid_span(row, least=least)
        assert span == ((long[0][0], long[-1][1]) if long else (0, 0))


@given(flags=hnp.arrays(np.bool_, st.integers(0, 20)), data=st.data())
def test_a_runs_total_is_its_sum(flags: npt.NDArray[np.bool_], data: st.DataObject) -> None:
    counted = data.draw(hnp.arrays(np.bool_, len(flags)))
    expected = [0] * len(flags)
    for first, last in runs(flags.tolist()):
        expected[first:last] = [int(counted[first:last].sum())] * (last - first)

    assert expected == run_total(flags, counted).tolist()


def test_the_rules_are_the_published_ones() -> None:
    assert attrs.asdict(TROIANO_2007, recurse=False) == {
        "name": "wear/troiano-2007",
        "citation": (
            "Troiano et al. 2008, Med Sci Sports Exerc 40:181-188, doi:10.1249/mss.0b013e31815a51b3"
        ),
        "needs": Requirement(unit=Unit.COUNTS, epoch_s=60),
        "still_min": 60,
        "forgiven_min": 2,
        "forgiven_max": 100.0,
        "flank_min": 1,
    }
    assert attrs.asdict(CHOI_2011, recurse=False) == {
        "name": "wear/choi-2011",
        "citation": (
            "Choi et al. 2011, Med Sci Sports Exerc 43:357-364, doi:10.1249/MSS.0b013e3181ed61a3"
        ),
        "needs": Requirement(unit=Unit.COUNTS, epoch_s=60),
        "still_min": 90,
        "forgiven_min": 2,
        "forgiven_max": None,
        "flank_min": 30,
    }
    assert WEAR_RULES == {"choi": CHOI_2011, "troiano": TROIANO_2007}


@pytest.mark.parametrize(
    ("changes", "fine"),
    [
        ({"still_min": 1}, True),
        ({"still_min": 0}, False),
        ({"forgiven_min": 0}, True),
        ({"forgiven_min": -1}, False),
        ({"flank_min": 1}, True),
        ({"flank_min": 0}, False),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(changes: dict[str, int], fine: bool) -> None:
    if fine:
        assert attrs.evolve(CHOI_2011, **changes)
        return
    with pytest.raises(ValueError, match="must be"):
        attrs.evolve(CHOI_2011, **changes)


@pytest.mark.parametrize(
    ("low", "n", "floor"),
    [(1, 100, 1.0), (1, 101, 5.0), (2, 101, 1.0), (2, 200, 1.0), (3, 300, 1.0)],
)
def test_the_floor_is_what_one_reading_in_a_hundred_reaches(low: int, n: int, floor: float) -> None:
    values = np.full(n, 5.0)
    values[:low] = 1.0

    assert float(sensor_floor(values)) == floor


def test_missing_values_have_no_part_in_the_floor() -> None:
    values = np.concatenate([np.full(500, NAN), np.arange(1.0, 201.0)])

    assert float(sensor_floor(values)) == 2.0


@pytest.mark.parametrize(("n", "at_least", "marked"), [(3, 3, 3), (2, 3, 0), (2, 1, 2), (1, 1, 0)])
def test_a_constant_run_is_of_two_epochs_or_more(n: int, at_least: int, marked: int) -> None:
    values = np.array([1.0, 2.0, *[7.0] * n, 3.0, 0.0, 0.0, 0.0])

    assert np.count_nonzero(constant_runs(values, at_least=at_least)) == marked


def test_constant_runs_of_nothing_are_nothing() -> None:
    assert constant_runs(np.zeros((2, 0)), at_least=2).shape == (2, 0)


def test_the_wear_of_a_recording_is_told_whole() -> None:
    values = np.full(400, 50.0)
    values[100:250], values[390:] = 0.0, NAN

    wear = wear_of(series(values), CHOI_2011)

    share = wear.share
    assert (share.metric, share.unit, share.algorithm) == ("wear", "%", "wear/choi-2011")
    assert share.citation == CHOI_2011.citation
    assert (share.n_valid, share.coverage) == (390, 390 / 400)
    assert share.value == pytest.approx(100 * 240 / 390)
    assert share.parameters["forgiven_max"] is None
    assert (wear.span, wear.bouts) == ((0, 390), 2)
    assert not wear.worn.flags.writeable


def test_an_empty_recording_has_no_coverage() -> None:
    assert wear_of(series(np.zeros(0)), CHOI_2011).share.coverage == 0.0


@pytest.mark.parametrize("flank", [29, 30])
def test_choi_forgives_between_half_hours_of_zeros(flank: int) -> None:
    values = np.full(300, 100.0)
    values[50:200] = 0.0
    values[50 + flank : 52 + flank] = 500.0

    off = ~worn(values, CHOI_2011)

    assert off[50 + flank] == (flank >= 30)
    assert np.count_nonzero(off) == (150 if flank >= 30 else 150 - flank - 2)


def test_beyond_the_recording_lie_zeros() -> None:
    values = np.zeros(95)
    values[3:5] = 500.0

    assert not worn(values, CHOI_2011).any()


@pytest.mark.parametrize(("moved", "forgiven"), [(2, True), (3, False)])
def test_a_movement_of_two_minutes_is_forgiven_and_of_three_is_not(
    moved: int, forgiven: bool
) -> None:
    values = np.zeros(300)
    values[150 : 150 + moved] = 50.0

    assert worn(values, TROIANO_2007)[150] != forgiven
    assert worn(values, CHOI_2011)[150] != forgiven


@pytest.mark.parametrize(("length", "span"), [(59, (0, 0)), (60, (10, 70))])
def test_an_hour_of_wear_is_a_long_one_unless_another_is_asked_for(
    length: int, span: tuple[int, int]
) -> None:
    mask = np.zeros(100, dtype=bool)
    mask[10 : 10 + length] = True

    assert valid_span(mask) == span
    assert tuple(int(edge) for edge in valid_spans(mask)) == span


def test_a_single_count_is_a_movement() -> None:
    values = np.zeros(200)
    values[100:102] = 1.0

    assert not worn(values, TROIANO_2007).any()
    values[100:103] = 1.0
    assert worn(values, TROIANO_2007)[100:103].all()


def test_a_floor_between_zero_and_one_is_no_zero() -> None:
    wear = wear_of(series(np.full(200, 0.25)), CHOI_2011)

    assert (wear.worn, wear.span, wear.bouts) == (None, None, 0)
    assert "its floor is 0.25" in wear.share.reason


def test_a_recording_of_one_epoch_is_covered_whole() -> None:
    wear = wear_of(series(np.zeros(1)), CHOI_2011)

    assert (wear.share.coverage, wear.share.value, wear.bouts) == (1.0, 100.0, 1)


def test_wear_of_the_first_epoch_alone_is_a_span() -> None:
    assert valid_span(np.array([True, False]), least=1) == (0, 1)


def test_constant_runs_of_many_recordings_are_those_of_each() -> None:
    batch = np.array([[1.0, 1.0, 2.0], [3.0, 4.0, 4.0]])

    assert constant_runs(batch, at_least=2).tolist() == [[True, True, False], [False, True, True]]
