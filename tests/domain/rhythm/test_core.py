"""The batched core equals the single metrics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.rhythm.core import core_rhythm
from clarity.domain.rhythm.extremes import extremes
from clarity.domain.rhythm.regularity import sleep_regularity
from clarity.domain.rhythm.variability import interdaily_stability, intradaily_variability
from tests.domain.rhythm.awkward import AWKWARD
from tests.domain.rhythm.goldens import CASES, golden
from tests.domain.rhythm.strategies import EPOCH_S, recordings

FIELDS = (
    "interdaily_stability",
    "intradaily_variability",
    "l5",
    "l5_onset_min",
    "m10",
    "m10_onset_min",
    "relative_amplitude",
    "sleep_regularity",
)


def one_by_one(activity, sleep, **clock):
    found = extremes(activity, **clock)
    return [
        float(interdaily_stability(activity, **clock)),
        float(intradaily_variability(activity, **clock)),
        float(found.l5),
        float(found.l5_onset_min),
        float(found.m10),
        float(found.m10_onset_min),
        float(found.ra),
        float(sleep_regularity(sleep, epoch_s=clock["epoch_s"])),
    ]


@given(recordings(), st.integers(0, 2**32 - 1))
def test_the_core_of_a_batch_equals_the_single_metrics_bit_for_bit(recording, seed):
    activity, start = recording
    rng = np.random.default_rng(seed)
    batch = np.stack([rng.permuted(activity) for _ in range(6)]).reshape(2, 3, -1)
    sleep = np.where(np.isnan(batch), np.nan, batch < 20)
    clock = {"start_minute": start, "epoch_s": EPOCH_S}

    core = core_rhythm(batch, sleep, **clock)
    together = np.stack([getattr(core, field) for field in FIELDS], axis=-1)
    alone = [
        [one_by_one(a, s, **clock) for a, s in zip(rows, nights, strict=True)]
        for rows, nights in zip(batch, sleep, strict=True)
    ]

    assert np.array_equal(together, alone, equal_nan=True)


@pytest.mark.parametrize("name", CASES)
def test_the_core_of_one_recording_has_no_axes(name):
    case = golden(name)
    sleep = np.where(np.isnan(case.activity), np.nan, case.activity < 20)

    core = core_rhythm(case.activity, sleep, **case.clock)

    assert [float(getattr(core, field)) for field in FIELDS] == one_by_one(
        case.activity, sleep, **case.clock
    )


@pytest.mark.parametrize("activity", AWKWARD.values(), ids=AWKWARD.keys())
def test_awkward_recordings_have_no_false_stability(activity):
    sleep = np.where(np.isnan(activity), np.nan, activity < 1)

    core = core_rhythm(activity, sleep, start_minute=0, epoch_s=60)

    assert np.isnan(core.interdaily_stability) or 0 <= float(core.interdaily_stability) < 1
    assert np.isnan(core.relative_amplitude) or 0 <= float(core.relative_amplitude) <= 1
