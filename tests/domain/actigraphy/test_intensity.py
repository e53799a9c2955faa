"""Cut-points: minutes per valid local day, and what they refuse."""

import math
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import attrs
import hypothesis.extra.numpy as hnp
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.actigraphy.intensity import (
    FREEDSON_1998,
    TROIANO_2008,
    CutPoints,
    daily_intensity,
    intensity,
    minutes_in,
)
from clarity.domain.actigraphy.requirements import EpochMismatch, PlacementMismatch
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.streams import Placement, Unit, UnitMismatch

OSLO = ZoneInfo("Europe/Oslo")
Counts = npt.NDArray[np.float64]


def hip(values: Counts, **changes: object) -> ActivitySeries:
    plain = ActivitySeries(
        values=values,
        start=datetime(2003, 3, 29, tzinfo=OSLO),
        epoch_s=60,
        unit=Unit.COUNTS,
        placement=Placement.HIP,
    )
    return attrs.evolve(plain, **changes)


def two_days() -> Counts:
    """30 and 10 minutes of 2,500; 100 minutes of 50; the second day has 23 hours (spring change)."""
    values = np.full(1440 + 1380, 500.0)
    values[600:630] = values[1440 + 600 : 1440 + 610] = 2500.0
    values[700:800] = values[1440 + 700 : 1440 + 800] = 50.0
    return values


def test_minutes_are_averaged_over_local_days() -> None:
    mvpa, sedentary = intensity(hip(two_days()), TROIANO_2008)

    assert mvpa.value == 20.0
    assert sedentary.value == 100.0
    assert mvpa.n_valid == 2
    assert mvpa.coverage == 1.0
    assert mvpa.parameters["mvpa_from"] == 2020.0


def test_a_day_with_too_little_wear_is_left_out() -> None:
    worn = np.ones(2820, dtype=bool)
    worn[1440 + 599 :] = False

    mvpa, _ = intensity(hip(two_days(), worn=worn), TROIANO_2008)

    assert mvpa.value == 30.0
    assert mvpa.n_valid == 1
    assert mvpa.coverage == pytest.approx((1440 + 599) / 2820)


def test_a_cut_point_belongs_to_the_higher_band() -> None:
    values = np.full(1440, 1951.0)
    values[:7] = 1952.0

    mvpa, _ = intensity(hip(values), FREEDSON_1998)

    assert mvpa.value == 7.0


def test_freedson_names_no_sedentary_cut_point() -> None:
    _, sedentary = intensity(hip(two_days()), FREEDSON_1998)

    assert sedentary.value is None
    assert sedentary.reason == "cut-points/freedson-1998 defines no sedentary activity"


@pytest.mark.parametrize("values", [np.full(2820, math.nan), np.zeros(599), np.zeros(0)])
def test_without_a_valid_day_there_is_a_reason(values: Counts) -> None:
    for finding in intensity(hip(values), TROIANO_2008):
        assert finding.value is None
        assert finding.reason == "no day with 600 min of observed wear"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"unit": Unit.STEPS_PER_MIN}, UnitMismatch),
        ({"epoch_s": 30}, EpochMismatch),
        ({"placement": Placement.WRIST}, PlacementMismatch),
        ({"placement": Placement.UNKNOWN}, PlacementMismatch),
    ],
)
@pytest.mark.parametrize("profile", [FREEDSON_1998, TROIANO_2008])
def test_other_data_is_refused(
    changes: dict[str, object], error: type[Exception], profile: CutPoints
) -> None:
    with pytest.raises(error, match=profile.name):
        intensity(hip(np.zeros(1440), **changes), profile)


@given(
    values=hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 3), st.integers(0, 40)),
        elements=st.sampled_from([0.0, 99.0, 100.0, 2020.0, 9000.0, math.nan]),
    )
)
def test_bands_of_a_batch_add_up_to_the_observed_minutes(values: Counts) -> None:
    edges = [0.0, 100.0, 2020.0, math.inf]
    bands = [minutes_in(values, at_least=a, below=b, epoch_s=30) for a, b in pairwise(edges)]

    assert np.array_equal(sum(bands), (~np.isnan(values)).sum(axis=-1) / 2)
    assert np.array_equal(
        bands[2], [minutes_in(row, at_least=2020, below=math.inf, epoch_s=30) for row in values]
    )


@pytest.mark.parametrize(("observed", "valid"), [(599, 0), (600, 1)])
def test_ten_hours_of_wear_make_a_day_valid(observed: int, valid: int) -> None:
    worn = np.arange(1440) < observed

    mvpa, _ = intensity(hip(np.full(1440, 500.0), worn=worn), TROIANO_2008)

    assert mvpa.n_valid == valid


@given(
    values=hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 3), st.integers(0, 3_000)),
        elements=st.sampled_from([0.0, 99.0, 100.0, 1951.0, 2020.0, 9000.0, math.nan]),
        fill=st.sampled_from([50.0, math.nan]),
    ),
    start_minute=st.integers(0, 1_439),
    profile=st.sampled_from([FREEDSON_1998, TROIANO_2008]),
)
def test_the_days_of_a_batch_are_those_of_one_by_one(
    values: Counts, start_minute: int, profile: CutPoints
) -> None:
    found = daily_intensity(values, profile, start_minute=start_minute)

    start = datetime(2024, 1, 8, start_minute // 60, start_minute % 60, tzinfo=ZoneInfo("UTC"))
    for row, mvpa, sedentary in zip(
        values, found.mvpa_per_day, found.sedentary_per_day, strict=True
    ):
        expected = [one.value for one in intensity(hip(row, start=start), profile)]
        assert [None if math.isnan(one) else float(one) for one in (mvpa, sedentary)] == expected


def test_a_batch_has_the_minutes_of_each_day() -> None:
    values = np.full((2, 2 * 1_440), 500.0)
    values[0, 100:130], values[1, 700:800], values[1, 2_000:] = 2_500.0, 50.0, math.nan

    found = daily_intensity(values, TROIANO_2008, start_minute=720)

    assert found.mvpa_min.tolist() == [[30.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert found.sedentary_min.tolist() == [[0.0, 0.0, 0.0], [20.0, 80.0, 0.0]]
    assert found.observed_min.tolist() == [[720.0, 1_440.0, 720.0], [720.0, 1_280.0, 0.0]]
    assert found.mvpa_per_day.tolist() == [10.0, 0.0]
    assert np.isnan(daily_intensity(values, FREEDSON_1998, start_minute=0).sedentary_min).all()
