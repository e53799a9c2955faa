import csv
import gzip

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.actigraphy.ends import end_of_use, ends_of_use
from tests.support.shared import shared

DAY = 1_440


def days(*levels: float) -> np.ndarray:
    """Sixteen hours of activity at each level, then eight hours of rest at a twentieth of it."""
    rng = np.random.default_rng(3)
    awake = [rng.poisson(level, 960) for level in levels]
    resting = [rng.poisson(level / 50, 480) for level in levels]
    return (
        np.concatenate([part for pair in zip(awake, resting, strict=True) for part in pair]) * 1.0
    )


def test_a_recording_that_is_used_to_its_end_is_kept_whole():
    assert end_of_use(days(200, 180, 220), epoch_s=60) == 3 * DAY


def test_a_shelf_that_flickers_by_a_few_counts_is_cut_off():
    assert end_of_use(days(200, 180, 220, 2, 3, 1, 2), epoch_s=60) == 3 * DAY


def test_an_hour_in_a_bag_on_the_last_day_is_no_use():
    values = days(200, 180, 220, 0, 0)
    values[-90:-30] = 500

    assert end_of_use(values, epoch_s=60) == 3 * DAY


def test_still_days_between_days_of_use_are_left_alone():
    assert end_of_use(days(200, 0, 0, 210), epoch_s=60) == 4 * DAY


def test_most_of_a_file_may_lie_after_the_end():
    assert end_of_use(days(*[200] * 12, *[1] * 33), epoch_s=60) == 12 * DAY


def test_missing_days_at_the_end_are_cut_off_like_still_ones():
    values = days(200, 180, 220, 0)
    values[3 * DAY :] = np.nan

    assert end_of_use(values, epoch_s=60) == 3 * DAY


@given(st.sampled_from([0.0, 7.0, np.nan]), st.integers(0, 5 * DAY))
def test_a_recording_that_never_changes_is_kept_whole(value, n):
    assert end_of_use(np.full(n, value), epoch_s=60) == n


@given(st.floats(0.01, 1_000), st.integers(0, DAY - 1))
def test_the_end_depends_neither_on_the_scale_nor_on_the_hour_of_the_start(scale, late):
    values = days(200, 180, 220, 1, 1)[late:]

    assert end_of_use(values * scale, epoch_s=60) == values.size - 2 * DAY


def slow_end(values, per_day):
    """The rule written for one recording, day by day."""
    if values.size < 4 * per_day:
        return values.size
    whole = np.nan_to_num(values[values.size % per_day :]).reshape(-1, per_day)
    levels = [float(np.quantile(day, 0.75)) for day in whole]
    limit = 0.05 * float(np.quantile(levels, 0.9))
    end = values.size
    for level in reversed(levels):
        if level >= limit:
            break
        end -= per_day
    return end


@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(0, 3)),
        elements=st.sampled_from([0.0, 1.0, 9.0, 10.0, 200.0, np.nan]),
    ),
    st.integers(0, 3),
)
def test_the_ends_of_a_batch_are_those_of_one_by_one(levels, late):
    batch = np.repeat(levels, 2, axis=-1).reshape(len(levels), -1)[:, late:]

    found = ends_of_use(batch, epoch_s=DAY * 60 // 4)

    assert found.tolist() == [end_of_use(row, epoch_s=DAY * 60 // 4) for row in batch]
    assert found.tolist() == [slow_end(row, 4) for row in batch]


def test_less_than_four_days_are_kept_whole():
    values = days(200, 180, 0, 0)

    assert end_of_use(values, epoch_s=60) == 2 * DAY
    assert end_of_use(values[1:], epoch_s=60) == 4 * DAY - 1
    assert ends_of_use(np.stack([values[1:]] * 2), epoch_s=60).tolist() == [4 * DAY - 1] * 2


def depresjon_spans():
    """For each file of Depresjon: published valid days, and days until the end of use."""
    folder = shared("data/depresjon")
    with (folder / "scores.csv").open() as file:
        published = {row["number"]: float(row["days"]) for row in csv.DictReader(file)}
    for name, days in published.items():
        with gzip.open(folder / name.split("_")[0] / f"{name}.csv.gz", "rt") as file:
            counts = np.array([float(line.rpartition(",")[2]) for line in list(file)[1:]])
        yield days, end_of_use(counts, epoch_s=60) / DAY


@pytest.mark.slow
def test_the_end_of_use_lies_near_the_published_days_in_43_of_55_files():
    spans = list(depresjon_spans())

    assert len(spans) == 55
    assert sum(abs(found - days) <= 2.1 for days, found in spans) == 43
