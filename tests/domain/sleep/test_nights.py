"""Nights: golden numbers, the law of time in bed, windows without a diary, daylight saving."""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import hypothesis.extra.numpy as hnp
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.findings import Finding
from clarity.domain.sleep.averages import averages, circular_mean_h, sleep_midpoint_h
from clarity.domain.sleep.blocks import WindowRule
from clarity.domain.sleep.nights import Night, SleepMask, WindowSource, clock_h, night_in
from clarity.domain.sleep.windows import main_windows, nights_found, nights_in
from clarity.domain.timeline import TimeWindow
from tests.support.shared import shared

NAN = math.nan
OSLO = ZoneInfo("Europe/Oslo")
NOON = datetime(2024, 1, 8, 12, tzinfo=OSLO)
CASES = [
    "synth_regular_7d",
    "synth_gaps_7d",
    "synth_irregular_7d",
    "synth_offsetstart_7d",
    "synth_weekend_14d",
    "synth_30s_7d",
]


def mask_of(*runs: tuple[float, int], start: datetime = NOON, epoch_s: int = 60) -> SleepMask:
    values = np.concatenate([np.full(length, value) for value, length in runs])
    return SleepMask(values=values, start=start, epoch_s=epoch_s, scoring="x/paper")


def window(mask: SleepMask, first: int, last: int) -> TimeWindow:
    return TimeWindow(start=mask.instant(first), end=mask.instant(last))


def diary_night(mask: SleepMask, first: int, last: int) -> Night:
    return night_in(mask, window(mask, first, last), source=WindowSource.DIARY)


def by_metric(findings: Sequence[Finding]) -> Mapping[str, Finding]:
    return {finding.metric: finding for finding in findings}


def golden_nights() -> list[tuple[str, str, int, Mapping[str, float], int, int]]:
    rows = []
    for case in CASES:
        path = shared("goldens/actigraphy") / f"{case}.second.json"
        for number, night in enumerate(
            json.loads(path.read_text())["golden"].get("nights_skdh", [])
        ):
            rows += [
                (case, name, number, numbers, night["start"], night["stop"])
                for name, numbers in night.items()
                if isinstance(numbers, dict)
            ]
    return rows


def test_every_golden_night_has_its_tst_sol_waso_and_efficiency() -> None:
    rows = golden_nights()

    assert len(rows) >= 14
    for case, name, _, numbers, first, last in rows:
        arrays = np.load(shared("goldens/actigraphy") / f"{case}.npz")
        scored = SleepMask(values=arrays[f"mask_{name}"], start=NOON, epoch_s=60)
        found = by_metric(diary_night(scored, first, last).findings())
        assert found["TST"].value == numbers["TST"]
        assert found["SOL"].value == numbers["SOL"]
        assert found["WASO"].value == numbers["WASO"]
        assert found["SE"].value == pytest.approx(numbers["SE_pct"], abs=5.1e-4)


@pytest.mark.parametrize("case", CASES)
def test_the_midpoint_of_every_golden_mask_is_the_golden_one(case: str) -> None:
    folder = shared("goldens/actigraphy")
    header = json.loads((folder / f"{case}.json").read_text())
    start = datetime.fromisoformat(header["start"]).replace(tzinfo=UTC)
    arrays = np.load(folder / f"{case}.npz")
    rows = [(k, v) for k, v in header["golden"].items() if k.startswith("sleep_midpoint_min/")]

    assert rows
    for key, golden in rows:
        name = key.partition("/")[2]
        mask = arrays[f"mask_{name}"]
        asleep = 1 - mask if name == "Crespo" else mask
        epoch_h = (len(arrays["activity"]) // len(mask)) * header["epoch_seconds"] / 3600
        clock = start.hour + start.minute / 60 + epoch_h * np.arange(len(mask))
        midpoint = sleep_midpoint_h(asleep, clock)
        assert midpoint is not None
        assert midpoint * 60 == pytest.approx(golden, rel=1e-9)


def test_a_night_is_counted_between_its_parts() -> None:
    mask = mask_of((0, 10), (1, 100), (0, 5), (1, 50), (NAN, 7), (0, 2), (1, 20), (0, 6))

    night = diary_night(mask, 0, 200)

    assert (night.latency_min, night.tst_min, night.waso_min) == (10, 170, 7)
    assert (night.terminal_wake_min, night.unknown_min, night.in_bed_min) == (6, 7, 200)
    assert night.awakenings == 2
    assert night.n_valid == 193
    assert night.coverage == 193 / 200
    assert night.onset == NOON + timedelta(minutes=10)
    assert night.offset == NOON + timedelta(minutes=194)
    assert night.midpoint == NOON + timedelta(minutes=102)
    assert night.sol_min == 10
    assert night.efficiency_pct == 85.0


@given(
    values=hnp.arrays(np.float64, st.integers(0, 80), elements=st.sampled_from([0.0, 1.0, NAN])),
    ends=st.tuples(st.integers(-30, 110), st.integers(0, 90)),
    epoch_s=st.sampled_from([15, 30, 60]),
    offset_s=st.integers(0, 59),
)
def test_the_parts_of_a_night_are_the_time_in_bed(
    values: npt.NDArray[np.float64], ends: tuple[int, int], epoch_s: int, offset_s: int
) -> None:
    mask = SleepMask(values=values, start=NOON, epoch_s=epoch_s)
    begin = NOON + timedelta(seconds=ends[0] * epoch_s + offset_s)
    bed = TimeWindow(start=begin, end=begin + timedelta(seconds=ends[1] * epoch_s))

    night = night_in(mask, bed, source=WindowSource.DIARY)

    parts = (night.tst_min, night.waso_min, night.latency_min, night.terminal_wake_min)
    assert sum(parts) + night.unknown_min == night.in_bed_min
    assert min(*parts, night.unknown_min) >= 0
    assert night.in_bed_min == ends[1] * epoch_s / 60
    assert 0 <= night.coverage <= 1
    assert len(night.findings()) == 8


def test_a_detected_window_has_no_latency_and_no_efficiency() -> None:
    mask = mask_of((1, 100), (0, 20), (1, 80))

    night = night_in(mask, window(mask, 0, 200), source=WindowSource.DETECTED)

    found = by_metric(night.findings())
    for metric in ("SOL", "SE", "terminal_wake"):
        assert found[metric].value is None
        assert "without a diary" in found[metric].reason
    assert found["TST"].value == 180
    assert found["SME"].value == 90
    assert night.sol_min is None
    assert night.efficiency_pct is None
    assert found["TST"].parameters == {"scoring": "x/paper", "window": "detected"}


def test_a_window_without_sleep_has_zero_tst_and_no_onset() -> None:
    night = diary_night(mask_of((0, 60)), 0, 60)

    found = by_metric(night.findings())
    assert night.latency_min == 60
    assert night.midpoint is None
    assert night.midpoint_h is None
    assert night.sol_min is None
    assert found["TST"].value == 0
    assert found["SE"].value == 0
    assert found["SOL"].reason == found["WASO"].reason == "no sleep was scored in the window"


def test_a_window_beyond_the_recording_is_unknown_throughout() -> None:
    night = diary_night(mask_of((1, 60)), 100, 160)

    assert night.unknown_min == night.in_bed_min == 60
    assert night.efficiency_pct is None
    assert by_metric(night.findings())["TST"].reason == "nothing was scored in the window"


def test_a_night_across_the_spring_change_has_its_real_length() -> None:
    start = datetime(2003, 3, 29, 23, tzinfo=OSLO)
    mask = mask_of((1, 420), start=start)
    bed = TimeWindow(start=start, end=datetime(2003, 3, 30, 7, tzinfo=OSLO))

    night = night_in(mask, bed, source=WindowSource.DIARY)

    assert night.tst_min == night.in_bed_min == 420
    assert night.midpoint_h == 3.5
    assert night.end == datetime(2003, 3, 30, 7, tzinfo=OSLO)


def test_a_night_across_the_autumn_change_has_its_real_length() -> None:
    start = datetime(2003, 10, 25, 23, tzinfo=OSLO)
    mask = mask_of((1, 540), start=start)
    bed = TimeWindow(start=start, end=datetime(2003, 10, 26, 7, tzinfo=OSLO))

    night = night_in(mask, bed, source=WindowSource.DIARY)

    assert night.in_bed_min == 540
    assert night.midpoint_h == 2.5


def three_nights() -> SleepMask:
    """Evenings at 23:00, with a nap of an hour on every afternoon."""
    day = ((0, 120), (1, 60), (0, 480), (1, 200), (0, 40), (1, 240), (0, 300))
    return mask_of(*day, *day, *day)


def test_main_windows_bridge_a_long_awakening_and_leave_naps_out() -> None:
    mask = three_nights()

    windows = main_windows(mask)

    assert windows == tuple(window(mask, 660 + 1440 * k, 1140 + 1440 * k) for k in range(3))


def test_found_nights_carry_the_date_of_their_evening() -> None:
    nights = nights_found(three_nights())

    assert [night.date for night in nights] == [date(2024, 1, d) for d in (8, 9, 10)]
    assert {night.source for night in nights} == {WindowSource.DETECTED}
    assert [night.tst_min for night in nights] == [440] * 3


def test_a_stricter_bridge_leaves_the_longer_part_of_the_night() -> None:
    mask = three_nights()

    first = main_windows(mask, rule=WindowRule(bridge_min=30))[0]

    assert first == window(mask, 900, 1140)


def test_the_longer_of_two_sleeps_of_a_night_is_the_main_one() -> None:
    mask = mask_of((0, 300), (1, 300), (0, 200), (1, 200), (0, 300))

    assert main_windows(mask) == (window(mask, 300, 600),)


@pytest.mark.parametrize(
    "mask",
    [mask_of((0, 3000)), mask_of((NAN, 3000)), mask_of((1, 30), (0, 100)), mask_of((1, 0))],
    ids=["awake", "missing", "a nap", "empty"],
)
def test_no_night_is_found_where_there_is_none(mask: SleepMask) -> None:
    assert main_windows(mask) == ()


def test_a_recording_asleep_throughout_is_one_window() -> None:
    mask = mask_of((1, 4000))

    assert main_windows(mask) == (window(mask, 0, 4000),)


def test_a_diary_gives_its_nights_in_its_order() -> None:
    mask = three_nights()
    beds = tuple(window(mask, 640 + 1440 * k, 1150 + 1440 * k) for k in (1, 0))

    nights = nights_in(mask, beds)

    assert [night.latency_min for night in nights] == [20, 20]
    assert nights[0].start > nights[1].start


def test_averages_are_means_over_nights_not_ratios_of_means() -> None:
    mask = mask_of((1, 100), (0, 100), (1, 300))
    nights = [diary_night(mask, 0, 200), diary_night(mask, 200, 500)]

    found = by_metric(averages(nights))

    assert found["SE"].value == (50 + 100) / 2
    assert found["SE"].n_valid == 2
    assert found["SE"].coverage == 1.0
    assert found["SE"].parameters == {"min_coverage": 0.9}


def test_nights_with_too_little_scored_are_left_out_and_counted() -> None:
    mask = mask_of((1, 100), (NAN, 100))
    nights = [diary_night(mask, 0, 100), diary_night(mask, 0, 200)]

    found = by_metric(averages(nights))

    assert found["TST"].value == 100
    assert found["TST"].n_valid == 1
    assert found["TST"].coverage == 0.5


def test_averages_without_nights_are_absent_with_a_reason() -> None:
    for finding in averages([]):
        assert finding.value is None
        assert finding.reason == "no night with enough of its window scored"


def test_averages_of_found_nights_keep_the_reason_for_the_missing_latency() -> None:
    found = by_metric(averages(nights_found(three_nights())))

    assert "without a diary" in found["SOL"].reason
    assert found["sleep_midpoint"].value == pytest.approx(3.0)


def test_midpoints_that_cancel_out_have_no_mean() -> None:
    mask = mask_of((1, 1600))
    nights = [diary_night(mask, 0, 120), diary_night(mask, 720, 840)]

    assert "cancel out" in by_metric(averages(nights))["sleep_midpoint"].reason


@given(
    times=st.lists(st.floats(-3, 3), min_size=1, max_size=9),
    shift=st.floats(0, 24, exclude_max=True),
)
def test_a_circular_mean_turns_with_its_times(times: list[float], shift: float) -> None:
    middle, turned = circular_mean_h(times), circular_mean_h([t + shift for t in times])

    assert middle is not None
    assert turned is not None
    assert abs((turned - middle - shift + 12) % 24 - 12) < 1e-9


def test_a_circular_mean_crosses_midnight_and_skips_the_missing() -> None:
    assert circular_mean_h([23.0, NAN, 2.0]) == pytest.approx(0.5)
    assert circular_mean_h([NAN]) is None


def test_masks_and_nights_compare_by_their_numbers() -> None:
    mask = mask_of((NAN, 3), (1, 3))

    assert mask == attrs.evolve(mask, values=mask.values.copy())
    assert not mask.values.flags.writeable


def test_a_night_tells_its_measures_with_unit_algorithm_and_source() -> None:
    mask = mask_of((0, 10), (1, 100), (0, 10))

    findings = diary_night(mask, 0, 120).findings()

    assert [(f.metric, f.unit, f.algorithm) for f in findings] == [
        ("TST", "min", "nights/TST"),
        ("SOL", "min", "nights/SOL"),
        ("WASO", "min", "nights/WASO"),
        ("terminal_wake", "min", "nights/terminal_wake"),
        ("SE", "%", "nights/SE"),
        ("SME", "%", "nights/SME"),
        ("awakenings", "1", "nights/awakenings"),
        ("sleep_midpoint", "clock_h", "nights/sleep_midpoint"),
    ]
    assert [f.value for f in findings][:7] == [100, 10, 0, 10, pytest.approx(100 / 1.2), 100, 0]
    assert {f.citation for f in findings} == {
        "Fekedulegn et al. 2020, Ann Work Expo Health 64:350-367, doi:10.1093/annweh/wxaa007"
    }
    assert {tuple(f.parameters.items()) for f in findings} == {
        (("scoring", "x/paper"), ("window", "diary"))
    }
    assert {(f.n_valid, f.coverage) for f in findings} == {(120, 1.0)}


def test_a_found_night_says_why_latency_terminal_wake_and_efficiency_are_unknown() -> None:
    mask = mask_of((1, 100))

    night = night_in(mask, window(mask, 0, 100), source=WindowSource.DETECTED)

    found = by_metric(night.findings())
    told = "the window was found without a diary, so the time in bed is unknown"
    assert {name for name, finding in found.items() if finding.reason == told} == {
        "SOL",
        "terminal_wake",
        "SE",
    }
    assert (night.sol_min, night.efficiency_pct) == (None, None)
    assert found["TST"].parameters["window"] == "detected"


@pytest.mark.parametrize(("value", "scored"), [(0.0, True), (NAN, False)])
def test_a_window_without_sleep_says_what_is_not_defined(value: float, scored: bool) -> None:
    night = diary_night(mask_of((value, 60)), 0, 60)

    found = by_metric(night.findings())
    sleepless = "no sleep was scored in the window"
    assert (night.onset, night.offset, night.midpoint, night.midpoint_h) == (None,) * 4
    assert {
        found[name].reason for name in ("SOL", "WASO", "terminal_wake", "SME", "awakenings")
    } == {sleepless}
    assert found["sleep_midpoint"].reason == sleepless
    assert (found["TST"].value, found["SE"].value) == ((0.0, 0.0) if scored else (None, None))
    if not scored:
        assert found["TST"].reason == found["SE"].reason == "nothing was scored in the window"


@pytest.mark.parametrize(
    ("hour", "minute", "second", "micro", "expected"),
    [(0, 0, 0, 0, 0.0), (6, 30, 0, 0, 6.5), (23, 59, 59, 500_000, 23 + 59 / 60 + 59.5 / 3600)],
)
def test_a_clock_time_is_told_in_hours(
    hour: int, minute: int, second: int, micro: int, expected: float
) -> None:
    at = NOON.replace(hour=hour, minute=minute, second=second, microsecond=micro)

    assert clock_h(at) == pytest.approx(expected, rel=1e-12)


def test_epochs_before_and_after_a_recording_are_unknown() -> None:
    mask = mask_of((1, 3))

    assert np.array_equal(mask.between(-2, 5), [NAN, NAN, 1, 1, 1, NAN, NAN], equal_nan=True)
    assert mask.between(1, 2).tolist() == [1.0]
    assert mask.between(3, 3).size == 0


@pytest.mark.parametrize(
    ("seconds", "epoch"), [(0, 0), (1, 1), (60, 1), (61, 2), (-1, 0), (-60, -1), (-61, -1)]
)
def test_an_instant_lies_at_the_first_epoch_that_begins_at_or_after_it(
    seconds: int, epoch: int
) -> None:
    mask = mask_of((1, 3))

    assert mask.epoch_at(NOON + timedelta(seconds=seconds)) == epoch
    assert mask.instant(epoch) >= NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize("epoch_s", [0, -60])
def test_a_mask_has_epochs_of_some_length(epoch_s: int) -> None:
    with pytest.raises(ValueError, match="epoch_s"):
        SleepMask(values=np.zeros(1), start=NOON, epoch_s=epoch_s)
    assert SleepMask(values=np.zeros(1), start=NOON, epoch_s=1).scoring == ""
