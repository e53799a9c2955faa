"""The sliding median against one that looks into every window."""

import math
import statistics

import hypothesis.extra.numpy as hnp
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.sleep.medians import sliding_median

Signal = npt.NDArray[np.float64]
NAN = math.nan

signals = hnp.arrays(
    np.float64,
    st.integers(0, 40),
    elements=st.integers(-3, 9).map(float) | st.just(NAN) | st.floats(0, 1e6),
)


def slow_median(signal: Signal, halves: list[int]) -> list[float]:
    medians = []
    for at, half in enumerate(halves):
        window = signal[max(at - half, 0) : at + half + 1]
        known = [float(value) for value in window if not math.isnan(value)]
        medians.append(statistics.median(known) if known else NAN)
    return medians


@given(signal=signals, half=st.integers(0, 50))
def test_a_window_of_one_width_has_the_median_of_what_is_known_in_it(
    signal: Signal, half: int
) -> None:
    expected = slow_median(signal, [half] * signal.size)

    assert np.array_equal(expected, sliding_median(signal, half), equal_nan=True)


@given(signal=signals, data=st.data())
def test_every_epoch_may_have_a_width_of_its_own(signal: Signal, data: st.DataObject) -> None:
    halves = data.draw(hnp.arrays(np.intp, signal.size, elements=st.integers(0, 45)))

    expected = slow_median(signal, halves.tolist())

    assert np.array_equal(expected, sliding_median(signal, halves), equal_nan=True)


@pytest.mark.parametrize(
    ("signal", "half", "expected"),
    [
        ([3.0, 1.0, 2.0], 1, [2.0, 2.0, 1.5]),
        ([3.0, NAN, NAN, NAN, 5.0], 1, [3.0, 3.0, NAN, 5.0, 5.0]),
        ([4.0, 4.0, 4.0], 2, [4.0, 4.0, 4.0]),
        ([NAN, NAN], 1, [NAN, NAN]),
        ([], 3, []),
    ],
)
def test_medians_of_a_few_values(signal: list[float], half: int, expected: list[float]) -> None:
    found = sliding_median(np.array(signal), half)

    assert np.array_equal(expected, found, equal_nan=True)
