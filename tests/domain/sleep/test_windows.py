"""Where the limits of the search for nights lie."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from clarity.domain.sleep.blocks import WindowRule
from clarity.domain.sleep.nights import (
    Night,
    SleepMask,
    WindowSource,
    evening_of,
    night_in,
)
from clarity.domain.sleep.windows import (
    LONGEST_REST_MIN,
    besides,
    main_windows,
    nights_in,
    within,
)
from clarity.domain.timeline import TimeWindow

NOON = datetime(2024, 1, 8, 12, tzinfo=ZoneInfo("Europe/Oslo"))


def mask_of(*runs: tuple[int, int], epoch_s: int = 60) -> SleepMask:
    values = np.concatenate([np.full(n, float(state)) for state, n in runs])
    return SleepMask(values=values, start=NOON, epoch_s=epoch_s)


def window(first_h: float, last_h: float) -> TimeWindow:
    """Hours after the noon at which the masks begin."""
    begin, end = (NOON + timedelta(hours=hours) for hours in (first_h, last_h))
    return TimeWindow(start=begin, end=end)


def night(first_h: float, last_h: float) -> Night:
    mask = mask_of((0, 24 * 60))
    return night_in(mask, window(first_h, last_h), source=WindowSource.DIARY)


def lengths_min(mask: SleepMask, **rule: float) -> list[int]:
    windows = main_windows(mask, rule=WindowRule(**rule))
    return [int((each.end - each.start).total_seconds() // 60) for each in windows]


@pytest.mark.parametrize(("run", "found"), [(14, []), (15, [15])])
def test_a_run_of_sleep_counts_from_the_least_length_on(run: int, found: list[int]) -> None:
    mask = mask_of((0, 600), (1, run), (0, 600))

    assert lengths_min(mask, seed_min=15, sleep_min=0) == found


@pytest.mark.parametrize(("awake", "longest"), [(60, 360), (61, 200)])
def test_an_interruption_of_the_greatest_length_is_still_bridged(awake: int, longest: int) -> None:
    mask = mask_of((0, 500), (1, 200), (0, awake), (1, 100), (0, 300))

    assert lengths_min(mask, bridge_min=60) == [longest]


@pytest.mark.parametrize(("sleep", "found"), [(119, []), (120, [120])])
def test_the_least_sleep_of_a_night_is_a_night(sleep: int, found: list[int]) -> None:
    mask = mask_of((0, 600), (1, sleep), (0, 600))

    assert lengths_min(mask) == found


@pytest.mark.parametrize(
    ("first_h", "hours", "evening"), [(9, 5, 7), (9, 6, 8), (20, 10, 8), (26, 4, 8)]
)
def test_a_window_belongs_to_the_noon_before_its_middle(
    first_h: int, hours: int, evening: int
) -> None:
    start = NOON.replace(hour=0) + timedelta(hours=first_h)
    window = TimeWindow(
        start=start.astimezone(UTC), end=start.astimezone(UTC) + timedelta(hours=hours)
    )

    assert evening_of(window, NOON) == date(2024, 1, evening)


def test_the_rule_is_the_stated_one_unless_another_is_given() -> None:
    assert WindowRule() == WindowRule(seed_min=15, bridge_min=60, sleep_min=120)
    assert LONGEST_REST_MIN == 14 * 60


def test_a_rule_may_bridge_nothing_and_ask_for_no_sleep_but_needs_a_seed() -> None:
    assert WindowRule(seed_min=0.5, bridge_min=0, sleep_min=0).bridge_min == 0
    for wrong in ({"seed_min": 0}, {"bridge_min": -1}, {"sleep_min": -1}):
        with pytest.raises(ValueError, match="must be"):
            WindowRule(**wrong)


@pytest.mark.parametrize(("run", "found"), [(29, []), (30, [15])])
def test_a_seed_is_counted_in_minutes_whatever_the_epoch(run: int, found: list[int]) -> None:
    mask = mask_of((0, 600), (1, run), (0, 600), epoch_s=30)

    assert lengths_min(mask, seed_min=15, sleep_min=0) == found


@pytest.mark.parametrize(("awake", "longest"), [(120, 360), (121, 200)])
def test_an_interruption_is_counted_in_minutes_whatever_the_epoch(awake: int, longest: int) -> None:
    mask = mask_of((0, 500), (1, 400), (0, awake), (1, 200), (0, 300), epoch_s=30)

    assert lengths_min(mask, bridge_min=60) == [longest]


@pytest.mark.parametrize(("sleep", "found"), [(239, []), (240, [120])])
def test_the_least_sleep_is_counted_in_minutes_whatever_the_epoch(
    sleep: int, found: list[int]
) -> None:
    assert lengths_min(mask_of((0, 600), (1, sleep), (0, 600), epoch_s=30)) == found


def test_of_two_blocks_with_as_much_sleep_the_first_is_the_night() -> None:
    (found,) = main_windows(mask_of((0, 60), (1, 200), (0, 100), (1, 200), (0, 60)))

    assert found == window(1, 1 + 200 / 60)


def test_a_block_goes_on_from_seed_to_seed_until_an_interruption_is_too_long() -> None:
    seeds = [(1, 50), (0, 60), (1, 50), (0, 60), (1, 50), (0, 61), (1, 60)]

    assert lengths_min(mask_of((0, 100), *seeds, (0, 100))) == [270]


def test_short_sleep_within_a_block_counts_and_beyond_it_does_not() -> None:
    parts = [(1, 10), (0, 5), (1, 20), (0, 30), (1, 5), (0, 20), (1, 30), (0, 10), (1, 14)]

    (found,) = main_windows(mask_of(*parts), rule=WindowRule(sleep_min=55))

    assert found == window(15 / 60, 120 / 60)
    assert main_windows(mask_of(*parts), rule=WindowRule(sleep_min=56)) == ()


@pytest.mark.parametrize(
    ("first_h", "last_h", "shared"),
    [(-2, 0, False), (-2, 0.01, True), (23.99, 30, True), (24, 30, False), (-5, 40, True)],
)
def test_a_window_of_the_diary_counts_when_it_shares_time_with_the_recording(
    first_h: float, last_h: float, shared: bool
) -> None:
    one = window(first_h, last_h)

    assert within(mask_of((0, 24 * 60)), (one,)) == ((one,) if shared else ())


@pytest.mark.parametrize(
    ("found", "diary", "stays"),
    [
        ((10, 18), (34, 42), True),
        ((10, 18), (20, 23), False),
        ((10, 18), (17, 32), False),
        ((10, 18), (18, 34), True),
        ((18, 34), (10, 18), True),
        ((18, 34), (10, 19), False),
        ((10, 18), (12, 14), False),
    ],
)
def test_a_found_night_stays_beside_a_diary_of_other_evenings_that_it_does_not_overlap(
    found: tuple[float, float], diary: tuple[float, float], stays: bool
) -> None:
    one = night(*found)

    assert besides([one], [night(*diary)]) == ((one,) if stays else ())


def test_every_night_of_the_diary_counts() -> None:
    found = [night(10, 18), night(34, 42), night(58, 66)]

    assert besides(found, [night(33, 41), night(57, 66)]) == (found[0],)
    assert besides(found, []) == tuple(found)


def test_nights_of_a_diary_come_in_its_order_with_its_source() -> None:
    mask = mask_of((0, 600), (1, 480), (0, 360))

    later, earlier = nights_in(mask, (window(34, 42), window(10, 18)))

    assert (later.coverage, earlier.tst_min) == (0.0, 480.0)
    assert {later.source, earlier.source} == {WindowSource.DIARY}
