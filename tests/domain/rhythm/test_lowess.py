"""What LOWESS does not depend on, and what it does at the edges of a neighbourhood."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.rhythm.lowess import lowess

SEEDS = st.integers(0, 2**32 - 1)


def points(seed, n=40):
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.uniform(0.5, 2.0, n)), rng.normal(size=n)


@given(SEEDS, st.sampled_from([1e-3, 0.1, 50.0]), st.sampled_from([-1e4, 0.0, 1e4]))
def test_where_and_in_which_unit_x_is_measured_changes_nothing(seed, scale, offset):
    x, y = points(seed)

    moved = lowess(offset + scale * x, y, frac=0.3)

    assert moved == pytest.approx(lowess(x, y, frac=0.3), abs=1e-6)


@given(SEEDS, st.integers(2, 39))
def test_a_point_beyond_the_neighbourhood_has_no_say(seed, neighbours):
    x, y = points(seed)
    order = np.argsort(np.abs(x - x[0]), kind="stable")
    changed = y.copy()
    changed[order[neighbours - 1 :]] += 1_000.0

    fitted = lowess(x, y, frac=neighbours / 40)[0]

    assert lowess(x, changed, frac=neighbours / 40)[0] == pytest.approx(fitted, abs=1e-9)


@pytest.mark.parametrize(
    ("x", "at"),
    [([*range(10), 1e6], slice(10)), ([-1e6, *range(10)], slice(1, 11))],
    ids=["the last point is far", "the first point is far"],
)
def test_a_neighbourhood_that_is_narrow_against_the_range_is_averaged(x, at):
    x = np.array(x, dtype=np.float64)
    fitted = lowess(x, x, frac=4 / 11)[at]

    assert fitted[0] > x[at][0] + 0.1
    assert fitted[-1] < x[at][-1] - 0.1
    assert fitted[4] == pytest.approx(x[at][4], abs=0.2)


def test_points_in_one_place_are_averaged_without_their_neighbours_however_near():
    x = np.array([0.0, 0.0, 0.0, 0.5, 0.9])

    fitted = lowess(x, np.array([1.0, 2.0, 3.0, 90.0, 90.0]), frac=0.5)

    assert fitted[:3].tolist() == [2.0] * 3
