"""Where the limits of the search for nights lie."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from clarity.domain.sleep.blocks import WindowRule
from clarity.domain.sleep.nights import SleepMask, evening_of
from clarity.domain.sleep.windows import main_windows
from clarity.domain.timeline import TimeWindow

NOON = datetime(2024, 1, 8, 12, tzinfo=ZoneInfo("Europe/Oslo"))


def mask_of(*runs: tuple[int, int]) -> SleepMask:
    values = np.concatenate([np.full(n, float(state)) for state, n in runs])
    return SleepMask(values=values, start=NOON, epoch_s=60)


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
