"""Epochs on the clock grid, whatever their type and wherever they begin."""

import numpy as np
import pytest

from clarity.domain.rhythm.grid import UnevenGrid, day_matrix, is_flat, periods, slots_per_day


@pytest.mark.parametrize("start_minute", [0.0, 300.0, 1_439.0])
def test_without_an_epoch_there_is_no_day(start_minute):
    assert day_matrix([], start_minute=start_minute, epoch_s=3_600).shape == (0, 24)


@pytest.mark.parametrize(
    ("start_minute", "slot"),
    [(0.0, 0), (59.6 / 60, 0), (1.0, 1), (1_440.0, 0), (1_441.5, 1)],
)
def test_a_start_between_two_slots_belongs_to_the_one_it_falls_into(start_minute, slot):
    days = day_matrix([7.0], start_minute=start_minute, epoch_s=60)

    assert np.flatnonzero(days[0] == 7.0).tolist() == [slot]


def test_a_start_that_misses_its_slot_by_rounding_alone_belongs_to_it():
    assert 8.2 * 60 < 492

    days = day_matrix([7.0], start_minute=8.2, epoch_s=12)

    assert np.flatnonzero(days[0] == 7.0).tolist() == [41]


def test_whole_numbers_become_floats():
    counts = np.arange(48)

    assert day_matrix(counts, start_minute=0, epoch_s=3_600).dtype == np.float64
    assert periods(counts, epoch_s=3_600, days=1).dtype == np.float64
    assert day_matrix(counts.tolist(), start_minute=60, epoch_s=3_600)[0, 1] == 0.0


def test_a_week_is_the_usual_period():
    assert periods(np.zeros(15 * 24), epoch_s=3_600).shape == (2, 7 * 24)


def test_flat_is_told_of_each_row_by_itself():
    rows = np.array([[1.0, 1.0], [1.0, 2.0], [np.nan, 9.0], [np.nan, np.nan], [5.0, 5.0]])

    assert is_flat(rows).tolist() == [True, False, True, True, True]
    assert is_flat(np.zeros((2, 3, 0))).tolist() == [[True] * 3] * 2


def test_a_difference_of_rounding_is_flat_at_any_size():
    assert is_flat(np.array([1e9, 1e9 + 1e-6]))
    assert not is_flat(np.array([1e-9, 2e-9]))
    assert is_flat(np.array([-1e9, -1e9 + 1e-6]))


def test_the_refusal_says_what_does_not_fit_and_what_to_do():
    with pytest.raises(UnevenGrid) as refused:
        slots_per_day(7)

    assert str(refused.value) == (
        "3600 s do not hold a whole number of epochs of 7 s; "
        "regrid the recording to an epoch that divides them, for example 60 s"
    )
    assert [slots_per_day(epoch_s) for epoch_s in (1, 60, 3_600)] == [86_400, 1_440, 24]
