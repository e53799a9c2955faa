"""LOWESS and the sustained transition probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.rhythm.fragmentation import State, active_states
from clarity.domain.rhythm.grid import Quirk
from clarity.domain.rhythm.lowess import lowess
from clarity.domain.rhythm.transitions import sustained_transition_probability, transition_curve
from tests.domain.rhythm.goldens import CASES, golden


def slow_lowess(x, y, frac):
    """Cleveland 1979: at each point a line by weighted least squares, tricube weights."""
    neighbours = int(frac * len(x))
    fitted = []
    for centre in x:
        reach = sorted(abs(each - centre) for each in x)[neighbours - 1]
        weight = [max(0.0, 1 - (abs(each - centre) / reach) ** 3) ** 3 for each in x]
        _, level = np.polyfit(x - centre, y, 1, w=np.sqrt(weight))
        fitted.append(level)
    return fitted


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.3, 0.5, 1.0]))
def test_lowess_equals_lines_fitted_point_by_point(seed, frac):
    rng = np.random.default_rng(seed)
    x = np.cumsum(rng.uniform(0.5, 2.0, 30))
    y = rng.normal(size=30)

    # weights within 0.1 % of the bandwidth's edge are cut off
    assert lowess(x, y, frac=frac) == pytest.approx(np.array(slow_lowess(x, y, frac)), abs=1e-4)


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_lowess_leaves_a_line_alone(slope, level):
    x = np.arange(20.0) ** 1.5

    assert lowess(x, level + slope * x, frac=0.4) == pytest.approx(level + slope * x, abs=1e-9)


def test_lowess_of_too_few_points_is_the_points():
    y = np.array([3.0, 1.0, 2.0])

    assert lowess(np.arange(3.0), y, frac=0.3).tolist() == y.tolist()


def test_lowess_averages_points_that_share_their_place():
    x = np.array([0.0, 0.0, 0.0, 100.0])

    assert lowess(x, np.array([1.0, 2.0, 3.0, 9.0]), frac=0.5)[:3].tolist() == [2.0] * 3


def test_the_curve_counts_runs_at_risk_and_spreads_gaps():
    curve = transition_curve(np.array([1, 1, 2, 4, 4, 9]))

    assert curve.after_epochs.tolist() == [1.0, 2.0, 4.0]
    assert curve.at_risk.tolist() == [6.0, 4.0, 3.0]
    assert curve.probability == pytest.approx(np.array([2 / 6, 1 / 4 / 2, 2 / 3 / 5]))


def test_runs_that_forget_their_age_end_with_their_own_probability():
    rng = np.random.default_rng(5)
    states = np.empty(60_000)
    states[0] = 1.0
    leave = {0.0: 0.05, 1.0: 0.2}
    for i, chance in enumerate(rng.random(states.size - 1)):
        here = states[i]
        states[i + 1] = 1 - here if chance < leave[here] else here

    assert float(sustained_transition_probability(states, State.REST)) == pytest.approx(
        0.05, abs=0.012
    )
    assert float(sustained_transition_probability(states, State.ACTIVE)) == pytest.approx(
        0.2, abs=0.04
    )


def hours_of_day(case, first_h, last_h):
    """The epochs from one clock hour to another, the last minute included, days joined."""
    clock_s = (case.start_minute * 60 + np.arange(case.activity.size) * case.epoch_s) % 86_400
    return case.activity[(clock_s >= first_h * 3_600) & (clock_s <= last_h * 3_600)]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("above", [4, 20])
@pytest.mark.parametrize(
    ("key", "state", "hours"),
    [
        ("kRA/thr{}", State.REST, (0, 24)),
        ("kAR/thr{}", State.ACTIVE, (0, 24)),
        ("kRA/thr{}/00:00+8h", State.REST, (0, 8)),
        ("kAR/thr{}/08:00+12h", State.ACTIVE, (8, 20)),
    ],
)
def test_sustained_probabilities_are_those_of_the_reference(name, above, key, state, hours):
    case = golden(name)

    found = sustained_transition_probability(
        active_states(hours_of_day(case, *hours), above=above),
        state,
        quirk=Quirk.PYACTIGRAPHY_1_2_2,
    )

    assert float(found) == pytest.approx(case.first[key.format(above)], rel=1e-9)


def test_only_missing_epochs_tell_the_quirk_from_the_definition():
    whole, gappy = golden("synth_regular_7d"), golden("synth_gaps_7d")

    def both(case):
        states = active_states(case.activity, above=4)
        return [
            float(sustained_transition_probability(states, State.REST, quirk=quirk))
            for quirk in (None, Quirk.PYACTIGRAPHY_1_2_2)
        ]

    assert both(whole)[0] == both(whole)[1]
    assert both(gappy)[0] == pytest.approx(both(gappy)[1], rel=0.02)
    assert both(gappy)[0] != both(gappy)[1]


def test_a_batch_equals_the_loop():
    case = golden("synth_gaps_7d")
    batch = np.stack([active_states(case.activity, above=level) for level in (4, 20, 100)])

    together = sustained_transition_probability(batch, State.REST)

    assert together.tolist() == [
        float(sustained_transition_probability(row, State.REST)) for row in batch
    ]


@pytest.mark.parametrize(
    "states", [np.zeros(0), np.zeros(1000), np.full(1000, np.nan), np.tile([0.0, 1.0], 500)]
)
def test_too_few_lengths_have_no_sustained_probability(states):
    assert np.isnan(sustained_transition_probability(states, State.REST))
