import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.actigraphy.week import READ_UNITS
from clarity.domain.pat.preprocessing import (
    BadScaler,
    CohortScaler,
    OwnSpread,
    PatInput,
    UnusableWeek,
    day_rotations,
    standardized,
)
from clarity.domain.streams import Unit, UnitMismatch


def _week(seed: int = 0):
    rng = np.random.default_rng(seed)
    return rng.gamma(0.5, 300.0, 10_080) * (rng.random(10_080) > 0.4)


def _cohort(mean=100.0, sd=50.0, unit=Unit.COUNTS) -> CohortScaler:
    return CohortScaler(
        name="cohort/1",
        unit=unit,
        mean=np.broadcast_to(mean, (10_080,)),
        sd=np.broadcast_to(sd, (10_080,)),
    )


def _moving(minutes):
    """A week whose days have so many moving minutes, spread over the day."""
    week = np.zeros((7, 1440))
    for day, count in enumerate(minutes):
        week[day, np.linspace(0, 1439, count).astype(int)] = 90.0
    return week.ravel()


def test_a_cohort_scales_each_minute_with_its_own_numbers():
    mean, sd = np.arange(10_080.0), np.arange(10_080.0) + 1

    found = standardized(_week(), unit=Unit.COUNTS, scaler=_cohort(mean, sd))

    assert found.values.dtype == np.float32
    assert np.array_equal(((_week() - mean) / sd).astype(np.float32), found.values)
    assert (found.scaler, found.unit, found.validated) == ("cohort/1", Unit.COUNTS, True)


def test_without_a_cohort_the_result_says_so_and_is_centred():
    found = standardized(_week(), unit=Unit.COUNTS, scaler=OwnSpread())

    assert found.scaler == "per_window_zscore"
    assert found.values.mean(dtype=np.float64) == pytest.approx(0.0, abs=1e-7)
    assert found.values.std(dtype=np.float64) == pytest.approx(1.0, abs=1e-7)


@given(factor=st.floats(1e-3, 1e3))
def test_the_own_spread_is_free_of_scale(factor):
    one = standardized(_week(), unit=Unit.COUNTS, scaler=OwnSpread())
    other = standardized(_week() * factor, unit=Unit.COUNTS, scaler=OwnSpread())

    assert np.allclose(one.values, other.values, rtol=1e-5, atol=1e-6)


def test_seven_days_are_the_same_week_as_their_minutes():
    flat = standardized(_week(), unit=Unit.COUNTS, scaler=OwnSpread())

    assert flat == standardized(_week().reshape(7, 1440), unit=Unit.COUNTS, scaler=OwnSpread())


@pytest.mark.parametrize(
    ("unit", "validated"),
    [
        (Unit.COUNTS, True),
        (Unit.MIMS, True),
        (Unit.STEPS_PER_MIN, False),
    ],
)
def test_units_that_no_encoder_was_trained_on_are_marked(unit, validated):
    assert standardized(_week(), unit=unit, scaler=OwnSpread()).validated is validated


@pytest.mark.parametrize("unit", sorted(set(Unit) - READ_UNITS))
def test_other_units_are_refused_as_they_are_for_the_week(unit):
    with pytest.raises(UnitMismatch, match=rf"PAT is defined for counts, MIMS or steps.* {unit}"):
        standardized(_week(), unit=unit, scaler=OwnSpread())


def test_a_cohort_in_another_unit_is_refused():
    with pytest.raises(UnitMismatch, match=r"scaler cohort/1 is defined for mims.* counts"):
        standardized(_week(), unit=Unit.COUNTS, scaler=_cohort(unit=Unit.MIMS))


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_a_gap_is_refused_and_counted(poison):
    week = _week()
    week[[3, 77]] = poison

    with pytest.raises(UnusableWeek, match="2 minutes without a value"):
        standardized(week, unit=Unit.COUNTS, scaler=_cohort())


@pytest.mark.parametrize(
    ("week", "words"),
    [
        (np.zeros(10_079), "shape"),
        (np.zeros((1440, 7)), "shape"),
        (np.zeros(0), "shape"),
        (np.full(10_080, -1.0), "negative"),
        (np.zeros(10_080), "constant"),
        (np.full(10_080, 7.0), "constant"),
        (_moving([1, 1, 1]), "has 0 days"),
        (_moving([1_440, 1_439, 10, 9, 9, 9, 9]), "has 3 days on which at least 10 minutes move"),
        (np.r_[np.full(10_079, 1e308), 0.0], "far out of range"),
        (_week() * 1e300, "far out of range"),
    ],
)
@pytest.mark.parametrize("scaler", [OwnSpread(), _cohort()], ids=["own", "cohort"])
def test_a_week_that_is_no_input_is_refused_whatever_the_scaler(week, words, scaler):
    with pytest.raises(UnusableWeek, match=words):
        standardized(week, unit=Unit.COUNTS, scaler=scaler)


def test_a_week_whose_own_spread_is_lost_in_rounding_is_refused():
    with pytest.raises(UnusableWeek, match="far out of range"):
        standardized(_week() * 1e-200, unit=Unit.COUNTS, scaler=OwnSpread())


@pytest.mark.parametrize("floor", [0.0, 7.0])
def test_four_days_on_which_something_moves_are_a_week_whatever_the_floor_of_the_sensor(floor):
    week = _moving([10, 0, 10, 0, 10, 10]) + floor

    assert standardized(week, unit=Unit.COUNTS, scaler=OwnSpread()).values.std() > 0.0


def test_negative_zero_is_zero():
    week = _week()
    week[0] = -0.0

    assert np.isfinite(standardized(week, unit=Unit.COUNTS, scaler=OwnSpread()).values).all()


@pytest.mark.parametrize(
    ("mean", "sd", "words"),
    [
        (np.nan, 1.0, "NaN"),
        (0.0, np.inf, "infinity"),
        (0.0, 0.0, "not positive"),
        (0.0, -1.0, "not positive"),
    ],
)
def test_a_scaler_that_cannot_scale_is_refused(mean, sd, words):
    with pytest.raises(BadScaler, match=words):
        _cohort(mean, sd)


def test_a_scaler_has_a_name_and_a_number_for_each_minute():
    with pytest.raises(BadScaler, match="shape"):
        CohortScaler(name="c", unit=Unit.COUNTS, mean=np.zeros(7), sd=np.ones(7))
    with pytest.raises(ValueError, match="name"):
        CohortScaler(name="", unit=Unit.COUNTS, mean=np.zeros(10_080), sd=np.ones(10_080))


def test_an_input_and_a_scaler_cannot_change():
    found = standardized(_week(), unit=Unit.COUNTS, scaler=_cohort())

    assert not found.values.flags.writeable
    assert not _cohort().mean.flags.writeable
    assert _cohort() == _cohort()
    assert repr(found.values[0]) not in repr(found)


def test_an_input_and_a_scaler_are_copies():
    mean, values = np.zeros(10_080), np.zeros(10_080, np.float32)
    scaler = CohortScaler(name="c", unit=Unit.COUNTS, mean=mean, sd=np.ones(10_080))
    week = PatInput(values=values, scaler="c", unit=Unit.COUNTS, validated=True)

    mean[0] = values[0] = 7.0

    assert (scaler.mean[0], week.values[0]) == (0.0, 0.0)


def test_whole_numbers_are_a_week_and_a_scaler_too():
    week = np.arange(10_080)
    scaler = CohortScaler(name="c", unit=Unit.COUNTS, mean=week, sd=week + 1)

    found = standardized(week, unit=Unit.COUNTS, scaler=scaler)

    assert scaler.sd.dtype == np.float64
    assert not found.values.any()


def test_rotations_begin_the_week_on_each_of_its_days():
    values = np.repeat(np.arange(7, dtype=np.float32), 1440)

    found = day_rotations(values)

    assert found.shape == (7, 10_080)
    assert found[:, ::1440].tolist() == [[(d + r) % 7 for d in range(7)] for r in range(7)]
