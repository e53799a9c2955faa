"""Rest periods against the golden masks, and their laws."""

import math

import numpy as np
import numpy.typing as npt
import pytest

from clarity.domain.sleep.crespo import PYACTIGRAPHY, Crespo, rest_periods
from tests.support.shared import shared

Counts = npt.NDArray[np.float64]
NAN = math.nan
BOTH = pytest.mark.parametrize("settings", [Crespo(), PYACTIGRAPHY], ids=["paper", "reference"])


@pytest.mark.parametrize(
    ("case", "epoch_s"),
    [
        ("synth_regular_7d", 60),
        ("synth_gaps_7d", 60),
        ("synth_irregular_7d", 60),
        ("synth_offsetstart_7d", 60),
        ("synth_weekend_14d", 60),
        ("synth_30s_7d", 30),
    ],
)
def test_995_of_1000_recorded_epochs_are_the_golden_ones(case: str, epoch_s: int) -> None:
    arrays = np.load(shared("goldens/actigraphy") / f"{case}.npz")
    known = ~np.isnan(arrays["activity"])

    rest = rest_periods(arrays["activity"], epoch_s=epoch_s, settings=PYACTIGRAPHY)

    assert np.array_equal(known, ~np.isnan(rest))
    assert np.mean(rest[known] == 1 - arrays["mask_Crespo"][known]) >= 0.995


def days(seed: int, n_days: int = 3) -> Counts:
    """Ten-minute epochs: nights of near stillness until 08:00, active days."""
    rng = np.random.default_rng(seed)
    active = (np.arange(n_days * 144) % 144) >= 48
    return np.where(
        active, 50 + rng.gamma(2.0, 100.0, active.size), rng.gamma(0.3, 10.0, active.size)
    )


@BOTH
def test_a_clear_night_is_one_rest_period(settings: Crespo) -> None:
    truth = (np.arange(432) % 144) < 48

    rest = rest_periods(days(1), epoch_s=600, settings=settings)

    assert np.mean(rest[6:-6] == truth[6:-6]) > 0.97
    assert np.count_nonzero(np.diff(rest[6:-6]) == 1) == 2


@BOTH
@pytest.mark.parametrize("factor", [0.25, 2.0, 1024.0])
def test_the_scale_of_the_activity_does_not_matter(settings: Crespo, factor: float) -> None:
    plain = rest_periods(days(2), epoch_s=600, settings=settings)

    assert np.array_equal(plain, rest_periods(days(2) * factor, epoch_s=600, settings=settings))


@BOTH
def test_many_recordings_at_once_are_as_one_by_one(settings: Crespo) -> None:
    batch = np.stack([days(3), days(4)])

    together = rest_periods(batch, epoch_s=600, settings=settings)

    rows = [rest_periods(row, epoch_s=600, settings=settings) for row in batch]
    assert np.array_equal(np.stack(rows), together)


def test_missing_epochs_stay_unknown_and_move_little_else() -> None:
    values = days(5)
    whole = rest_periods(values, epoch_s=600)
    values[200:212] = NAN

    rest = rest_periods(values, epoch_s=600)

    assert np.flatnonzero(np.isnan(rest)).tolist() == list(range(200, 212))
    assert np.mean(rest[~np.isnan(rest)] == whole[~np.isnan(rest)]) > 0.97


@pytest.mark.parametrize(
    "values",
    [np.zeros(2880), np.full(2880, 7.0), np.full(2880, NAN), np.arange(1439.0), np.zeros(0)],
    ids=["all zero", "constant", "all missing", "less than a day", "empty"],
)
def test_without_contrast_or_a_day_everything_is_unknown(values: Counts) -> None:
    rest = rest_periods(values, epoch_s=60)

    assert rest.shape == values.shape
    assert np.isnan(rest).all()
