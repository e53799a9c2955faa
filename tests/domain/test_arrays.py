import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.arrays import (
    distinct,
    kept_bool,
    kept_float32,
    kept_float64,
    kept_int64,
    same_values,
)

KEEPERS = [
    (kept_bool, np.bool_),
    (kept_float32, np.float32),
    (kept_float64, np.float64),
    (kept_int64, np.int64),
]


@pytest.mark.parametrize(("keep", "dtype"), KEEPERS)
def test_what_is_kept_has_its_type_and_cannot_be_written(keep, dtype):
    kept = keep([0, 1])

    assert kept.dtype == dtype
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 1


@pytest.mark.parametrize(("keep", "dtype"), KEEPERS)
def test_what_is_kept_shares_nothing_with_its_maker(keep, dtype):
    given_array = np.array([0, 1], dtype=dtype)

    kept = keep(given_array)
    given_array[0] = 1

    assert kept.tolist()[0] == 0
    assert given_array.flags.writeable


@given(st.lists(st.floats(allow_infinity=False), max_size=5))
def test_missing_values_equal_missing_values(values):
    assert same_values(np.array(values), np.array(values))


@pytest.mark.parametrize(
    ("one", "other"),
    [([1.0], [2.0]), ([1.0], [1.0, 1.0]), ([np.nan], [0.0]), ([True], [False])],
)
def test_other_shapes_and_values_differ(one, other):
    assert not same_values(one, other)


@given(st.lists(st.integers(-(2**62), 2**62)))
def test_distinct_values_are_each_there_once_in_order(values):
    assert distinct(np.array(values, dtype=np.int64)).tolist() == sorted(set(values))


def test_what_distinct_values_are_taken_of_keeps_its_order():
    values = np.array([2, 1, 2])

    distinct(values)

    assert values.tolist() == [2, 1, 2]
