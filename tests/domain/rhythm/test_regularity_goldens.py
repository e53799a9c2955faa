"""Goldens of sleep regularity."""

import numpy as np
import pytest

from clarity.domain.rhythm.grid import Quirk
from clarity.domain.rhythm.regularity import sleep_regularity, valid_pairs
from tests.domain.rhythm.goldens import CASES, golden

DAYS = {"synth_weekend_14d": 14}
PER_MINUTE = [(name, key) for name in CASES for key, _ in golden(name).having("SRI/")]
PAIRWISE = [
    (name, key[13:]) for name in CASES for key in golden(name).second if key.startswith("SRI_pair")
]


def epoch_s_of(mask, name):
    return DAYS.get(name, 7) * 86400 // mask.size


@pytest.mark.parametrize(("name", "algorithm"), PER_MINUTE)
def test_the_index_per_clock_minute_reaches_the_reference(name, algorithm):
    case = golden(name)
    mask = case.masks[algorithm]

    index = sleep_regularity(mask, epoch_s=epoch_s_of(mask, name), quirk=Quirk.PYACTIGRAPHY_1_2_2)

    assert float(index) == pytest.approx(case.first[f"SRI/{algorithm}"], abs=1e-9)


@pytest.mark.parametrize(("name", "algorithm"), PAIRWISE)
def test_the_pairwise_index_reaches_the_independent_value(name, algorithm):
    case = golden(name)
    mask = case.masks[algorithm]
    if mask.size == case.activity.size:
        mask = np.where(np.isnan(case.activity), np.nan, mask)
    expected = case.second[f"SRI_pairwise/{algorithm}"]

    index = sleep_regularity(mask, epoch_s=epoch_s_of(mask, name))

    assert float(index) == pytest.approx(expected["value"], abs=1e-9)
    assert int(valid_pairs(mask, epoch_s=epoch_s_of(mask, name))) == expected["pairs"]
