"""A finding is a finite number or an absence with its reason."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.findings import Definition, Finding

IS = Definition(
    metric="IS",
    unit="1",
    algorithm="nonparametric/IS",
    citation="Witting 1990, doi:10.1016/0006-3223(90)90523-5",
    parameters={"z": 1, "a": 2},
)


def finding(**facts):
    return Finding(
        **{
            "metric": "IS",
            "value": 0.5,
            "unit": "1",
            "n_valid": 3,
            "coverage": 1.0,
            "algorithm": "a",
            "citation": "c",
            **facts,
        }
    )


@given(st.floats())
def test_a_value_that_is_not_finite_becomes_an_absence_with_a_reason(value):
    made = IS.finding(value, n_valid=3, coverage=0.5, reason="too short")

    if math.isfinite(value):
        assert (made.value, made.reason) == (value, "")
    else:
        assert (made.value, made.reason) == (None, "too short")


def test_nothing_becomes_an_absence_with_a_reason():
    made = IS.finding(None, n_valid=0, coverage=0.0, reason="all zero")

    assert (made.value, made.reason) == (None, "all zero")


def test_a_finding_carries_its_definition():
    made = IS.finding(1, n_valid=3, coverage=0.5, reason="")

    assert (made.metric, made.unit, made.algorithm) == ("IS", "1", "nonparametric/IS")
    assert made.citation == IS.citation
    assert isinstance(made.value, float)
    assert (made.n_valid, made.coverage) == (3, 0.5)


def test_parameters_are_sorted_and_cannot_be_changed():
    assert list(finding(parameters={"z": 1, "a": 2}).parameters) == ["a", "z"]
    assert list(IS.parameters) == ["a", "z"]
    with pytest.raises(TypeError):
        IS.parameters["new"] = 1


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"value": math.nan}, "finite number"),
        ({"value": math.inf}, "finite number"),
        ({"value": None}, "either a value or a reason"),
        ({"reason": "because"}, "either a value or a reason"),
        ({"n_valid": -1}, "n_valid"),
        ({"coverage": 1.1}, "coverage"),
        ({"coverage": -0.1}, "coverage"),
    ],
)
def test_a_contradictory_finding_is_refused(facts, problem):
    with pytest.raises(ValueError, match=problem):
        finding(**facts)


def test_numbers_of_numpy_become_plain_numbers():
    definition = Definition(metric="IS", unit="1", algorithm="a", citation="c")

    finding = definition.finding(
        np.float64(0.5), n_valid=np.int64(3), coverage=np.float64(0.5), reason="none"
    )

    assert [type(finding.value), type(finding.n_valid), type(finding.coverage)] == [
        float,
        int,
        float,
    ]
