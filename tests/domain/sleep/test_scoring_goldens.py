"""Sleep masks against pyActigraphy 1.2.2 (../shared/goldens) and a vendor-scored recording."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import h5py
import numpy as np
import numpy.typing as npt
import pytest

from clarity.domain.sleep.profiles import (
    ACTIWARE_40_15S,
    COLE_KRIPKE_ACTIVITY_INDEX,
    QUIRK,
    scoring_profile,
)
from clarity.domain.sleep.scoring import asleep
from clarity.domain.sleep.webster import RescoringForm, rescored
from tests.support.shared import shared

Recording = Mapping[str, npt.NDArray[np.float64]]

CASES: Final = {
    "synth_regular_7d": 60,
    "synth_gaps_7d": 60,
    "synth_irregular_7d": 60,
    "synth_offsetstart_7d": 60,
    "synth_weekend_14d": 60,
    "synth_30s_7d": 30,
}
NATIVE: Final = {
    "Sadeh": "sadeh",
    "Sadeh_actilife": "sadeh-actilife",
    "Scripps": "scripps",
    "Oakley_20": "oakley-20-{}s",
    "Oakley_40": "oakley-40-{}s",
    "Oakley_80": "oakley-80-{}s",
    "Oakley_auto": "oakley-auto-{}s",
}


def recording(case: str) -> Recording:
    folder: Path = shared("goldens/actigraphy")
    with np.load(folder / f"{case}.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


def per_minute(case: str) -> npt.NDArray[np.float64]:
    return recording(case)["activity"].reshape(-1, 60 // CASES[case]).sum(axis=-1)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("golden", NATIVE)
def test_every_mask_on_the_native_epoch_is_the_golden_one(case: str, golden: str) -> None:
    data = recording(case)
    profile = scoring_profile(NATIVE[golden].format(CASES[case]), variant=QUIRK)

    mask = asleep(data["activity"], profile)

    assert np.array_equal(data[f"mask_{golden}"], mask)


@pytest.mark.parametrize("case", CASES)
def test_cole_kripke_on_minutes_is_the_golden_mask(case: str) -> None:
    mask = asleep(per_minute(case), scoring_profile("cole-kripke", variant=QUIRK))

    assert np.array_equal(recording(case)["mask_CK_mean"], mask)


@pytest.mark.parametrize("case", CASES)
def test_rescored_cole_kripke_is_the_golden_mask(case: str) -> None:
    mask = asleep(per_minute(case), scoring_profile("cole-kripke", variant=QUIRK))

    mask = rescored(mask, form=RescoringForm.PYACTIGRAPHY)

    assert np.array_equal(recording(case)["mask_CK_mean_rescored"], mask)


def test_rescored_cole_kripke_on_the_larger_half_minute_is_the_golden_mask() -> None:
    data = recording("synth_30s_7d")

    mask = asleep(data["activity"], scoring_profile("cole-kripke-30s-max", variant=QUIRK))
    mask = rescored(mask, form=RescoringForm.PYACTIGRAPHY)

    assert np.array_equal(data["mask_CK_30sec_max_rescored"], mask)


def activity_index(name: str) -> npt.NDArray[np.float64]:
    with h5py.File(shared("data/device_formats/skdh_test_activity_index.h5")) as file:
        return np.ravel(file[name][()])


def test_the_activity_index_profile_gives_the_expected_1439_minutes() -> None:
    wake = activity_index("expected_output/block0_values")

    mask = asleep(activity_index("test_ai/values"), COLE_KRIPKE_ACTIVITY_INDEX)

    assert mask.shape == (1439,)
    assert np.array_equal(1.0 - wake, mask)


def test_the_papers_rescoring_gives_the_expected_540_minutes_of_the_night() -> None:
    wake = activity_index("expected_output_rescored/block0_values")
    night = slice(570, 570 + 540)

    mask = asleep(activity_index("test_ai/values"), COLE_KRIPKE_ACTIVITY_INDEX)[night]

    assert np.array_equal(1.0 - wake, rescored(mask))


def actiware() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Counts of 15 s of an Actiware export, and its scores at threshold 40 (1 = wake); NaN = none."""
    path = shared("data/device_formats/GGIR_Actiwatch.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[150:]
    return (
        np.array([float(row[4]) for row in rows]),
        np.array([float(row[6]) for row in rows]),
    )


def test_actiwares_scores_at_threshold_40_are_those_of_oakleys_formula() -> None:
    """
    Of 860 epochs 797 are excluded and hold no count, and 59 of the other 63 are scored there.

    47 of these have a whole window of 17 epochs in the file: the first four lack what lies before
    the recording, the last eight what follows the end of the excerpt.
    """
    counts, wake = actiware()

    mask = asleep(counts, ACTIWARE_40_15S)

    scored, known = ~np.isnan(wake), ~np.isnan(mask)
    assert (counts.size, np.isnan(counts).sum(), scored.sum()) == (860, 797, 59)
    assert np.flatnonzero(known).tolist() == list(range(805, 852))
    assert np.array_equal(1.0 - wake[known], mask[known])
    assert np.flatnonzero(scored & ~known).tolist() == [*range(801, 805), *range(852, 860)]


def test_actiware_takes_what_lies_before_a_recording_for_stillness() -> None:
    """With zeros there, its first four scores are those of the formula too: 51 of 51."""
    counts, wake = actiware()

    mask = asleep(np.nan_to_num(counts), ACTIWARE_40_15S)

    both = ~np.isnan(mask) & ~np.isnan(wake)
    assert np.count_nonzero(both) == 51
    assert np.array_equal(1.0 - wake[both], mask[both])
