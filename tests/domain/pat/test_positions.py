import math

import numpy as np

from clarity.domain.pat.positions import positions


def test_positions_are_sines_then_cosines_by_the_published_formula():
    expected = [
        [math.sin(pos * math.exp(2 * k * -math.log(10_000) / 96)) for k in range(48)]
        + [math.cos(pos * math.exp(2 * k * -math.log(10_000) / 96)) for k in range(48)]
        for pos in range(5)
    ]

    assert np.allclose(positions(5), expected, rtol=0, atol=1e-15)


def test_every_position_is_on_the_unit_circle_in_each_pair_of_channels():
    found = positions(1120)

    assert np.allclose(found[:, :48] ** 2 + found[:, 48:] ** 2, 1.0, rtol=0, atol=1e-14)


def test_the_first_position_is_zeros_and_ones():
    assert positions(1).tolist() == [[0.0] * 48 + [1.0] * 48]
