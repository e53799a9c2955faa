import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.analysis.spans import runs


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ([], ()),
        ([False, False], ()),
        ([True], ((0, 1),)),
        ([True, True, False, True], ((0, 2), (3, 4))),
        ([False, True, True, False], ((1, 3),)),
    ],
)
def test_runs_are_the_stretches_of_true(mask, expected):
    assert runs(np.array(mask, dtype=np.bool_)) == expected


@given(st.lists(st.booleans(), max_size=40))
def test_painting_the_runs_gives_the_mask_again(mask):
    painted = np.zeros(len(mask), dtype=np.bool_)

    for first, stop in runs(np.array(mask, dtype=np.bool_)):
        assert not painted[max(first - 1, 0) : stop].any()
        painted[first:stop] = True

    assert painted.tolist() == mask
