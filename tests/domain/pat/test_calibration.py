import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.pat.calibration import Isotonic, Platt, calibrated

shares = st.floats(0.0, 1.0)
curves = st.builds(Platt, slope=st.floats(0.01, 20.0), intercept=st.floats(-20.0, 20.0)) | st.lists(
    shares, min_size=2, max_size=6
).map(lambda values: Isotonic(scores=sorted(values), probabilities=sorted(values)))


def test_a_slope_of_one_without_intercept_changes_nothing():
    identity = Platt(slope=1.0, intercept=0.0)

    assert calibrated(0.3, identity) == pytest.approx(0.3, abs=1e-12)


def test_platt_is_the_logistic_of_the_scaled_logit():
    logit = np.log(0.8 / 0.2)

    found = calibrated(0.8, Platt(slope=0.5, intercept=-1.0))

    assert found == pytest.approx(1.0 / (1.0 + np.exp(-(0.5 * logit - 1.0))), rel=1e-12)


def test_isotonic_is_linear_between_knots_and_flat_outside():
    curve = Isotonic(scores=(0.2, 0.6), probabilities=(0.1, 0.3))

    found = [calibrated(score, curve) for score in (0.0, 0.2, 0.4, 0.6, 1.0)]

    assert found == pytest.approx([0.1, 0.1, 0.2, 0.3, 0.3])


@given(a=shares, b=shares, curve=curves)
def test_probabilities_stay_between_0_and_1_and_keep_the_order(a: float, b: float, curve):
    low, high = sorted((a, b))

    assert 0.0 <= calibrated(low, curve) <= calibrated(high, curve) <= 1.0


@pytest.mark.parametrize(
    ("slope", "intercept"), [(0.0, 0.0), (-1.0, 0.0), (np.nan, 0.0), (1.0, np.inf)]
)
def test_a_curve_that_loses_the_order_or_is_no_number_is_refused(slope: float, intercept: float):
    with pytest.raises(ValueError, match=r"must be|finite"):
        Platt(slope=slope, intercept=intercept)


@pytest.mark.parametrize(
    ("scores", "probabilities"),
    [
        ((0.1,), (0.1,)),
        ((0.5, 0.1), (0.1, 0.2)),
        ((0.1, 0.2), (0.2, 0.1)),
        ((-0.1, 0.2), (0.1, 0.2)),
        ((0.1, 0.2), (0.1, 1.2)),
        ((0.1, np.nan), (0.1, 0.2)),
        ((0.1, 0.2, 0.3), (0.1, 0.2)),
    ],
)
def test_knots_that_are_no_rising_curve_are_refused(scores, probabilities):
    with pytest.raises(ValueError, match=r"number|probability"):
        Isotonic(scores=scores, probabilities=probabilities)
