"""Goldens (scikit-digital-health) and laws of rest and activity bouts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.rhythm.fragmentation import (
    State,
    active_states,
    bout_lengths,
    fragmentation,
)
from tests.domain.rhythm.goldens import CASES, golden

REFERENCED = [(n, k) for n in CASES for k in golden(n).second if k.startswith("frag/")]

STATES = st.lists(st.sampled_from([0.0, 0.0, 1.0, 1.0, np.nan]), max_size=60).map(np.array)


@pytest.mark.parametrize(("name", "key"), REFERENCED)
def test_bout_statistics_reach_the_reference(name, key):
    case = golden(name)
    _, threshold, state = key.split("/")
    expected = case.second[key]

    found = fragmentation(
        active_states(case.activity, above=float(threshold[3:])), State[state.upper()]
    )

    assert float(found.mean_bout_epochs) == pytest.approx(expected["average_duration"], rel=1e-9)
    assert float(found.transition_probability) == pytest.approx(
        expected["state_transition_probability"], rel=1e-9
    )
    assert float(found.gini) == pytest.approx(expected["gini_index"], rel=1e-9)
    assert float(found.hazard) == pytest.approx(expected["average_hazard"], rel=1e-9)
    assert float(found.power_law) == pytest.approx(
        expected["state_power_law_distribution"], rel=1e-9
    )


def slow_lengths(states, wanted):
    lengths, current = [], 0
    for value in [*states, np.nan]:
        if value == wanted:
            current += 1
        elif current:
            lengths.append(current)
            current = 0
    return lengths


@given(STATES, st.sampled_from(list(State)))
def test_bouts_are_the_runs_of_a_state(states, state):
    assert bout_lengths(states, state).tolist() == slow_lengths(states, state.value)


@given(STATES)
def test_bouts_of_both_states_cover_what_was_observed(states):
    total = sum(int(bout_lengths(states, state).sum()) for state in State)

    assert total == np.count_nonzero(~np.isnan(states))


def slow_gini(lengths):
    """Mean absolute difference of all ordered pairs over twice the mean."""
    n = len(lengths)
    spread = sum(abs(a - b) for a in lengths for b in lengths) / (n * (n - 1))
    return spread / (2 * np.mean(lengths))


@given(STATES, st.sampled_from(list(State)))
def test_statistics_equal_the_slow_form(states, state):
    lengths = slow_lengths(states, state.value)

    found = fragmentation(states, state)

    assert int(found.n_bouts) == len(lengths)
    assert np.isnan(found.mean_bout_epochs) == (not lengths)
    if len(lengths) < 2:
        assert np.isnan([found.gini, found.hazard, found.power_law]).all()
        return
    hazards = [lengths.count(v) / sum(x >= v for x in lengths) for v in set(lengths)]
    assert float(found.transition_probability) == pytest.approx(len(lengths) / sum(lengths))
    assert float(found.gini) == pytest.approx(slow_gini(lengths), abs=1e-12)
    assert float(found.hazard) == pytest.approx(np.mean(hazards))
    assert float(found.power_law) > 1


@given(STATES)
def test_the_statistics_of_a_batch_equal_the_loop_bit_for_bit(states):
    batch = np.stack([states, states[::-1], np.where(np.isnan(states), 0.0, 1.0)])

    together = fragmentation(batch, State.REST)
    alone = [fragmentation(row, State.REST) for row in batch]

    for field in ("n_bouts", "mean_bout_epochs", "gini", "hazard", "power_law"):
        assert np.array_equal(
            getattr(together, field), [getattr(each, field) for each in alone], equal_nan=True
        )


def test_bouts_of_one_length_are_perfectly_equal():
    found = fragmentation(np.tile([0.0, 0.0, 1.0], 20), State.REST)

    assert float(found.gini) == 0.0
    assert float(found.hazard) == 1.0
    assert float(found.mean_bout_epochs) == 2.0


def test_the_threshold_itself_is_rest_and_missing_stays_missing():
    states = active_states([4.0, 4.1, np.nan], above=4)

    assert states[:2].tolist() == [0.0, 1.0]
    assert np.isnan(states[2])


@pytest.mark.parametrize(("states", "mean"), [([1.0, 1.0, 0.0], 2.0), ([1.0, 1.0, 1.0, 1.0], 4.0)])
def test_few_bouts_have_a_mean_and_a_transition_probability_alone(states, mean):
    found = fragmentation(np.array(states), State.ACTIVE)

    assert float(found.mean_bout_epochs) == mean
    assert float(found.transition_probability) == 1.0 / mean
    assert np.isnan([found.gini, found.hazard, found.power_law]).all()
