"""Coverage is a share of what the recording spans, not of the clock days that it touches."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.quality import QualityAnalysis
from clarity.domain.analysis.rhythm import RhythmAnalysis
from clarity.domain.rhythm.findings import regularity_findings
from tests.domain.analysis.made_up import OSLO, recording
from tests.domain.analysis.test_rhythm import MEAN_DAY

BINNED = ("IS", "IV")


def coverages(series: ActivitySeries) -> dict[str, float]:
    return {one.metric: one.coverage for one in RhythmAnalysis().run(series).findings}


def of_every_epoch(series: ActivitySeries) -> set[float]:
    return {share for metric, share in coverages(series).items() if metric not in MEAN_DAY + BINNED}


@pytest.mark.parametrize(
    ("days", "start"),
    [
        (3.25, datetime(2026, 3, 2, 12, tzinfo=OSLO)),
        (3.25, datetime(2026, 3, 2, 12, 40, tzinfo=OSLO)),
        (4, datetime(2026, 3, 27, 12, tzinfo=OSLO)),
        (4, datetime(2026, 10, 23, 12, tzinfo=OSLO)),
        (1 / 1440, datetime(2026, 3, 2, 12, tzinfo=OSLO)),
    ],
    ids=["from noon", "from within an hour", "an hour skipped", "an hour twice", "one epoch"],
)
def test_a_recording_without_a_gap_is_covered_whole(days, start):
    series = recording(days=days, start=start)

    assert of_every_epoch(series) == {1.0}
    share = coverages(series)
    assert days < 1 or (share["IS"], share["IV"]) == (1.0, 1.0)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1_500, 5_000), st.integers(0, 1_439))
def test_measures_of_every_epoch_have_the_coverage_of_the_summary(seed, n, minute):
    rng = np.random.default_rng(seed)
    values = np.where(rng.random(n) < 0.2, np.nan, np.floor(rng.gamma(1.0, 100.0, n)))
    start = datetime(2026, 5, 2, minute // 60, minute % 60, tzinfo=ZoneInfo("Europe/Oslo"))
    series = recording(values, start=start, worn=rng.random(n) < 0.9)

    told = {one.metric: one.value for one in QualityAnalysis().run(series).findings}

    assert of_every_epoch(series) == {told["quality.coverage"]}


def test_the_mean_day_is_covered_by_what_enters_it():
    series = recording(days=3.25)

    assert {coverages(series)[metric] for metric in MEAN_DAY} == {3 / 3.25}


def test_bins_are_covered_by_those_that_hold_enough():
    values = recording(days=3).values.copy()
    values[60:120] = np.nan
    values[120:145] = np.nan

    share = coverages(recording(values))

    assert share["IS"] == 71 / 72
    assert share["IV"] == 69 / 71


def test_an_hour_touched_too_little_to_count_is_not_missed():
    values = np.arange(2 * 1_440 + 20.0) % 37

    assert coverages(recording(values))["IS"] == 1.0


def test_pairs_are_covered_by_those_that_the_recording_spans():
    sleep = np.where(np.arange(4 * 24) < 12, np.nan, np.arange(4 * 24) % 24 < 8)
    spanned = np.arange(4 * 24) >= 12

    (index,) = regularity_findings(sleep, epoch_s=3_600, spanned=spanned)
    (padded,) = regularity_findings(sleep, epoch_s=3_600)

    assert (index.n_valid, index.coverage) == (60, 1.0)
    assert padded.coverage == 60 / 72
