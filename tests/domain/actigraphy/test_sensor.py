"""Floor, saturation and span of use of many recordings at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from clarity.domain.actigraphy.quality import floor_of
from clarity.domain.actigraphy.sensor import floors_of, saturated_shares, valid_lengths

HOUR_S = 3_600


def recordings():
    """(recordings, hours) of small counts, some of them missing, some recordings empty."""
    cells = st.sampled_from([0.0, 1.0, 7.5, 8_000.0, np.nan])
    shapes = st.tuples(st.integers(1, 4), st.sampled_from([0, 1, 23, 24, 25, 71, 1_200]))
    return shapes.flatmap(lambda shape: arrays.arrays(np.float64, shape, elements=cells))


@given(recordings())
def test_the_forms_of_many_give_the_bits_of_each_alone(values):
    for form in (
        floors_of,
        lambda rows: saturated_shares(rows, ceiling=7.5),
        lambda rows: valid_lengths(rows, epoch_s=HOUR_S),
    ):
        assert np.array_equal(form(values), [form(row) for row in values], equal_nan=True)
        assert np.array_equal(form(values[None])[0], form(values), equal_nan=True)


@given(recordings())
def test_the_floor_is_the_lower_observed_quantile(values):
    for row in values:
        known = row[~np.isnan(row)]
        expected = np.quantile(known, 0.001, method="lower") if known.size else None

        assert floor_of(row) == expected


@given(recordings())
def test_what_lies_still_after_the_valid_length_does_not_move_it(values):
    lengths = valid_lengths(values, epoch_s=HOUR_S)
    shelf = np.full((values.shape[0], 48), np.nan)

    longer = valid_lengths(np.concatenate([values, shelf], axis=1), epoch_s=HOUR_S)

    assert (lengths <= values.shape[1]).all()
    assert np.array_equal(np.minimum(longer, values.shape[1]), lengths)


@pytest.mark.parametrize(
    ("row", "share"), [([1.0, 8.0, 9.0, np.nan], 2 / 3), ([np.nan], np.nan), ([], np.nan)]
)
def test_the_share_at_the_ceiling_is_of_what_was_seen(row: list[float], share: float):
    assert saturated_shares(row, ceiling=8.0) == pytest.approx(share, nan_ok=True)
