"""Nights of many recordings at once are those of one by one, bit for bit."""

import math
from datetime import UTC, datetime, timedelta

import attrs
import hypothesis.extra.numpy as hnp
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.sleep.averages import averages
from clarity.domain.sleep.blocks import WindowRule
from clarity.domain.sleep.many import (
    EveningWindows,
    NightMinutes,
    evening_windows,
    mean_nights,
    night_minutes,
)
from clarity.domain.sleep.nights import Night, SleepMask, WindowSource, night_in
from clarity.domain.sleep.windows import main_windows
from clarity.domain.timeline import TimeWindow

Masks = npt.NDArray[np.float64]
NAN = math.nan
DAY = datetime(2024, 1, 8, tzinfo=UTC)
RULE = WindowRule(seed_min=20, bridge_min=45, sleep_min=60)

runs = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0, 1.0, NAN]), st.integers(1, 90)), min_size=1, max_size=25
)


@st.composite
def batches(draw: st.DrawFn) -> Masks:
    """(participants, epochs): runs of sleep, wake and unknown over up to three days."""
    rows = [
        np.repeat(*np.array(row).T.tolist()) for row in draw(st.lists(runs, min_size=1, max_size=4))
    ]
    n = draw(st.integers(0, 300))
    return np.array([np.pad(row, (0, 300), constant_values=0.0)[:n] for row in rows])


def masks(batch: Masks, start_minute: int, epoch_s: int) -> list[SleepMask]:
    start = DAY + timedelta(minutes=start_minute)
    return [SleepMask(values=row, start=start, epoch_s=epoch_s) for row in batch]


@given(batch=batches(), start_minute=st.integers(0, 1_439), epoch_s=st.sampled_from([60, 300, 600]))
def test_the_windows_of_a_batch_are_those_of_one_by_one(
    batch: Masks, start_minute: int, epoch_s: int
) -> None:
    found = evening_windows(batch, start_minute=start_minute, epoch_s=epoch_s, rule=RULE)

    for row, mask in enumerate(masks(batch, start_minute, epoch_s)):
        windows = {
            night.date: night
            for window in main_windows(mask, rule=RULE)
            for night in [night_in(mask, window, source=WindowSource.DETECTED)]
        }
        table = by_evening(found, row)
        assert {day: edges for day, edges in table.items() if edges != (0, 0)} == {
            day: (mask.epoch_at(night.start), mask.epoch_at(night.end))
            for day, night in windows.items()
        }
        assert windows.keys() <= table.keys()


def by_evening(found: EveningWindows, row: int) -> dict[object, tuple[int, int]]:
    edges = zip(found.first[row].tolist(), found.last[row].tolist(), strict=True)
    first = DAY.date() + timedelta(days=found.first_evening)
    return {first + timedelta(days=n): pair for n, pair in enumerate(edges)}


def single(mask: SleepMask, first: int, last: int) -> Night:
    window = TimeWindow(start=mask.instant(first), end=mask.instant(last))
    return night_in(mask, window, source=WindowSource.DIARY)


def told(night: Night) -> dict[str, float | None]:
    maintained = night.tst_min + night.waso_min
    return {
        "in_bed_min": night.in_bed_min,
        "tst_min": night.tst_min,
        "latency_min": night.latency_min,
        "waso_min": night.waso_min,
        "terminal_wake_min": night.terminal_wake_min,
        "unknown_min": night.unknown_min,
        "awakenings": night.awakenings,
        "efficiency_pct": night.efficiency_pct,
        "maintenance_pct": 100 * night.tst_min / maintained if night.onset else None,
        "midpoint_h": night.midpoint_h,
        "coverage": night.coverage,
    }


def numbers(nights: NightMinutes, *place: int) -> dict[str, float | None]:
    found = {name: float(values[place]) for name, values in attrs.asdict(nights).items()}
    return {name: None if math.isnan(value) else value for name, value in found.items()}


@given(
    batch=batches(),
    start_minute=st.integers(0, 1_439),
    epoch_s=st.sampled_from([15, 60, 300]),
    data=st.data(),
)
def test_the_minutes_of_every_window_are_those_of_one_by_one(
    batch: Masks, start_minute: int, epoch_s: int, data: st.DataObject
) -> None:
    shape = (len(batch), data.draw(st.integers(1, 3)))
    first = data.draw(hnp.arrays(np.int64, shape, elements=st.integers(-40, 330)))
    last = first + data.draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 200)))

    found = night_minutes(batch, first, last, start_minute=start_minute, epoch_s=epoch_s)

    for row, mask in enumerate(masks(batch, start_minute, epoch_s)):
        for column in range(shape[1]):
            one = single(mask, int(first[row, column]), int(last[row, column]))
            assert numbers(found, row, column) == told(one)


@given(batch=batches(), start_minute=st.integers(0, 1_439), least=st.sampled_from([0.0, 0.5, 0.9]))
def test_the_means_of_a_batch_are_those_of_one_by_one(
    batch: Masks, start_minute: int, least: float
) -> None:
    clock = {"start_minute": start_minute, "epoch_s": 600}
    windows = evening_windows(batch, **clock, rule=RULE)

    means = mean_nights(
        night_minutes(batch, windows.first, windows.last, **clock), min_coverage=least
    )

    for row, mask in enumerate(masks(batch, start_minute, 600)):
        nights = [single(mask, a, b) for a, b in by_evening(windows, row).values() if b > 0]
        expected = {f.metric: f.value for f in averages(nights, min_coverage=least)}
        found = numbers(means, row)
        assert [
            *(found[name] for name in ("tst_min", "latency_min", "waso_min", "terminal_wake_min")),
            *(found[name] for name in ("efficiency_pct", "maintenance_pct", "midpoint_h")),
        ] == [
            expected[name]
            for name in ("TST", "SOL", "WASO", "terminal_wake", "SE", "SME", "sleep_midpoint")
        ]


def test_more_axes_stay_as_they_are() -> None:
    batch = np.zeros((2, 3, 2 * 1_440))
    batch[1, 2, 660:1_140] = 1.0
    clock = {"start_minute": 720, "epoch_s": 60}

    windows = evening_windows(batch, **clock)
    nights = night_minutes(batch, windows.first, windows.last, **clock)
    means = mean_nights(nights)

    assert windows.first.shape == nights.tst_min.shape == (2, 3, 2)
    assert (windows.first[1, 2].tolist(), windows.last[1, 2].tolist()) == ([660, 0], [1_140, 0])
    assert means.tst_min.shape == means.coverage.shape == (2, 3)
    assert float(means.tst_min[1, 2]) == 480.0
    assert (float(means.coverage[1, 2]), float(means.coverage[0, 0])) == (0.5, 0.0)
    assert np.count_nonzero(~np.isnan(means.tst_min)) == 1


@pytest.mark.parametrize(
    ("start_minute", "n", "first", "evenings"),
    [
        (720, 1_440, 0, 1),
        (720, 1_441, 0, 2),
        (719, 1, -1, 1),
        (719, 2, -1, 2),
        (0, 720, -1, 1),
        (0, 721, -1, 2),
        (1_439, 1, 0, 1),
        (0, 0, -1, 0),
        (720, 0, 0, 0),
    ],
)
def test_evenings_are_counted_from_noon_to_noon(
    start_minute: int, n: int, first: int, evenings: int
) -> None:
    found = evening_windows(np.zeros((1, n)), start_minute=start_minute, epoch_s=60)

    assert (found.first_evening, found.first.shape) == (first, (1, evenings))


def test_of_two_blocks_with_as_much_sleep_the_first_is_the_night() -> None:
    batch = np.zeros((1, 1_440))
    batch[0, 100:300] = batch[0, 500:700] = 1.0

    found = evening_windows(batch, start_minute=720, epoch_s=60)

    assert (found.first.tolist(), found.last.tolist()) == ([[100]], [[300]])
