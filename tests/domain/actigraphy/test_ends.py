import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.actigraphy.ends import end_of_use

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
