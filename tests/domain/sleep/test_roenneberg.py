"""Consolidated rest against the golden masks, a slow implementation, and its laws."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.sleep.roenneberg import consolidated_rest
from tests.support.shared import shared

Counts = npt.NDArray[np.float64]
NAN = math.nan


@pytest.mark.parametrize(
    ("case", "epoch_s"),
    [
        ("synth_regular_7d", 60),
        ("synth_irregular_7d", 60),
        ("synth_offsetstart_7d", 60),
        ("synth_weekend_14d", 60),
        ("synth_30s_7d", 30),
    ],
)
def test_the_rest_is_the_golden_one_in_every_epoch(case: str, epoch_s: int) -> None:
    arrays = np.load(shared("goldens/actigraphy") / f"{case}.npz")

    rest = consolidated_rest(arrays["activity"], epoch_s=epoch_s)

    assert np.array_equal(arrays["mask_Roenneberg"], rest)


def days(seed: int, n_days: int = 3) -> Counts:
    """Ten-minute epochs: days of activity, nights of near stillness."""
    rng = np.random.default_rng(seed)
    active = (np.arange(n_days * 144) % 144) >= 48
    return np.where(active, rng.gamma(2.0, 100.0, active.size), rng.gamma(0.3, 10.0, active.size))


def slow_rest(values: Counts) -> Counts:
    n, hour = len(values), 6
    below = [NAN] * n
    for t in range(n):
        around = [v for v in values[max(t - 12 * hour, 0) : t + 12 * hour] if not math.isnan(v)]
        if len(around) >= 12 * hour and sum(around) > 0 and not math.isnan(values[t]):
            below[t] = float(values[t] < 0.15 * (sum(around) / len(around)))
    rest, t = [NAN if math.isnan(b) else 0.0 for b in below], 0
    while t < n:
        seeds = below[t : t + 3] == [1.0] * 3 and (t == 0 or below[t - 1] != 1.0)
        window = below[t : t + 12 * hour]
        best, length = -math.inf, 0
        for candidate in range(3, len(window) - hour + 1) if seeds else ():
            pairs = [(b, float(k < candidate)) for k, b in enumerate(window) if not math.isnan(b)]
            x, template = np.array(pairs).T
            if x.std() > 0 and template.std() > 0:
                r = float(np.corrcoef(x, template)[0, 1])
                if r > best + 1e-12:
                    best, length = r, candidate
        for k in range(t, t + length):
            rest[k] = NAN if math.isnan(below[k]) else 1.0
        t += max(length, 1)
    return np.array(rest)


@given(seed=st.integers(0, 200), hole=st.integers(0, 400), width=st.integers(0, 60))
def test_the_rest_is_that_of_the_correlation_written_as_a_loop(
    seed: int, hole: int, width: int
) -> None:
    values = days(seed)
    values[hole : hole + width] = NAN

    assert np.array_equal(slow_rest(values), consolidated_rest(values, epoch_s=600), equal_nan=True)


@given(seed=st.integers(0, 200), factor=st.sampled_from([0.25, 2.0, 1024.0]))
def test_the_scale_of_the_activity_does_not_matter(seed: int, factor: float) -> None:
    values = days(seed)

    assert np.array_equal(
        consolidated_rest(values, epoch_s=600),
        consolidated_rest(values * factor, epoch_s=600),
        equal_nan=True,
    )


def test_many_recordings_at_once_are_as_one_by_one() -> None:
    batch = np.stack([days(1), days(2)])

    together = consolidated_rest(batch, epoch_s=600)

    assert np.array_equal(together, [consolidated_rest(row, epoch_s=600) for row in batch])


@pytest.mark.parametrize(
    "values",
    [np.zeros(2880), np.full(2880, NAN), np.ones(600), np.zeros(0)],
    ids=["all zero", "all missing", "ten hours", "empty"],
)
def test_without_a_trend_everything_is_unknown(values: Counts) -> None:
    rest = consolidated_rest(values, epoch_s=60)

    assert rest.shape == values.shape
    assert np.isnan(rest).all()


def test_constant_activity_holds_no_rest() -> None:
    assert not consolidated_rest(np.full(2880, 7.0), epoch_s=60).any()


def test_a_rest_whose_end_is_not_seen_is_no_rest() -> None:
    values = np.full(2880, 100.0)
    values[-50:] = 0.0

    assert not consolidated_rest(values, epoch_s=60).any()


def test_stillness_to_the_very_end_is_no_rest_either() -> None:
    values = np.full(2880, 100.0)
    values[-90:] = 0.0

    assert not consolidated_rest(values, epoch_s=60).any()
