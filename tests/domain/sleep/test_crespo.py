"""Rest periods against the golden masks, and their laws."""

import math
import statistics

import attrs
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.sleep.crespo import PYACTIGRAPHY, Crespo, rest_periods
from tests.support.shared import shared

Counts = npt.NDArray[np.float64]
NAN = math.nan
BOTH = pytest.mark.parametrize("settings", [Crespo(), PYACTIGRAPHY], ids=["paper", "reference"])


@pytest.mark.parametrize(
    ("case", "epoch_s"),
    [
        ("synth_regular_7d", 60),
        ("synth_gaps_7d", 60),
        ("synth_irregular_7d", 60),
        ("synth_offsetstart_7d", 60),
        ("synth_weekend_14d", 60),
        ("synth_30s_7d", 30),
    ],
)
def test_995_of_1000_recorded_epochs_are_the_golden_ones(case: str, epoch_s: int) -> None:
    arrays = np.load(shared("goldens/actigraphy") / f"{case}.npz")
    known = ~np.isnan(arrays["activity"])

    rest = rest_periods(arrays["activity"], epoch_s=epoch_s, settings=PYACTIGRAPHY)

    assert np.array_equal(known, ~np.isnan(rest))
    assert np.mean(rest[known] == 1 - arrays["mask_Crespo"][known]) >= 0.995


def days(seed: int, n_days: int = 3) -> Counts:
    """Ten-minute epochs: nights of near stillness until 08:00, active days."""
    rng = np.random.default_rng(seed)
    active = (np.arange(n_days * 144) % 144) >= 48
    return np.where(
        active, 50 + rng.gamma(2.0, 100.0, active.size), rng.gamma(0.3, 10.0, active.size)
    )


@BOTH
def test_a_clear_night_is_one_rest_period(settings: Crespo) -> None:
    truth = (np.arange(432) % 144) < 48

    rest = rest_periods(days(1), epoch_s=600, settings=settings)

    assert np.mean(rest[6:-6] == truth[6:-6]) > 0.97
    assert np.count_nonzero(np.diff(rest[6:-6]) == 1) == 2


@BOTH
@pytest.mark.parametrize("factor", [0.25, 2.0, 1024.0])
def test_the_scale_of_the_activity_does_not_matter(settings: Crespo, factor: float) -> None:
    plain = rest_periods(days(2), epoch_s=600, settings=settings)

    assert np.array_equal(plain, rest_periods(days(2) * factor, epoch_s=600, settings=settings))


@BOTH
def test_many_recordings_at_once_are_as_one_by_one(settings: Crespo) -> None:
    batch = np.stack([days(3), days(4)])

    together = rest_periods(batch, epoch_s=600, settings=settings)

    rows = [rest_periods(row, epoch_s=600, settings=settings) for row in batch]
    assert np.array_equal(np.stack(rows), together)


def test_missing_epochs_stay_unknown_and_move_little_else() -> None:
    values = days(5)
    whole = rest_periods(values, epoch_s=600)
    values[200:212] = NAN

    rest = rest_periods(values, epoch_s=600)

    assert np.flatnonzero(np.isnan(rest)).tolist() == list(range(200, 212))
    assert np.mean(rest[~np.isnan(rest)] == whole[~np.isnan(rest)]) > 0.97


@pytest.mark.parametrize(
    "values",
    [np.zeros(2880), np.full(2880, 7.0), np.full(2880, NAN), np.arange(1439.0), np.zeros(0)],
    ids=["all zero", "constant", "all missing", "less than a day", "empty"],
)
def test_without_contrast_or_a_day_everything_is_unknown(values: Counts) -> None:
    rest = rest_periods(values, epoch_s=60)

    assert rest.shape == values.shape
    assert np.isnan(rest).all()


def median_around(signal: list[float], at: int, half: int) -> float:
    known = [v for v in signal[max(at - half, 0) : at + half + 1] if not math.isnan(v)]
    return statistics.median(known) if known else NAN


def zero_runs(values: list[float], counts: list[bool]) -> list[int]:
    """For every epoch, the length of the run of zeros among `counts` that it lies in, or 0."""
    lengths = [0] * len(values)
    at = 0
    while at < len(values):
        stop = at
        while stop < len(values) and values[stop] == 0 and counts[stop]:
            stop += 1
        lengths[at:stop] = [stop - at] * (stop - at)
        at = max(stop, at + 1)
    return lengths


def grown(state: list[bool], half: int, *, outside: bool | None) -> list[bool]:
    """True where any epoch within `half` is; None continues the end values beyond."""
    ends = (state[0], state[-1]) if outside is None else (outside, outside)
    padded = [ends[0]] * half + state + [ends[1]] * half
    return [any(padded[i : i + 2 * half + 1]) for i in range(len(state))]


def smoothed(state: list[bool], half: int, *, outside: bool | None) -> list[bool]:
    """Gaps and then islands shorter than 2 half + 1 are gone; far beyond the ends for None."""
    far = 4 * half if outside is None else 0
    state = [state[0]] * far + state + [state[-1]] * far
    closed = shrunk(grown(state, half, outside=outside), half, outside=outside)
    opened = grown(shrunk(closed, half, outside=outside), half, outside=outside)
    return opened[far : len(opened) - far]


def shrunk(state: list[bool], half: int, *, outside: bool | None) -> list[bool]:
    ends = (state[0], state[-1]) if outside is None else (outside, outside)
    padded = [ends[0]] * half + state + [ends[1]] * half
    return [all(padded[i : i + 2 * half + 1]) for i in range(len(state))]


def slow_rest(values: Counts, settings: Crespo) -> list[float]:
    """Both passes over ten-minute epochs, written as loops."""
    counts, n, top = values.tolist(), values.size, float(np.nanmax(values))
    half, element = round(settings.filter_h * 6) // 2, round(settings.element_h * 6)
    low = float(np.nanpercentile(values, settings.percentile))
    runs = zero_runs(counts, [True] * n)
    signal = [low if run >= settings.zeros else v for v, run in zip(counts, runs, strict=True)]
    padded = [top] * half + signal + [top] * half
    filtered = [median_around(padded, half + i, half) for i in range(n)]
    limit = float(np.nanpercentile(filtered, settings.percentile))
    active = smoothed([v > limit for v in filtered], element, outside=None)

    resting = zero_runs(counts, [not a for a in active])
    moving = zero_runs(counts, active)
    signal = [
        NAN if r >= settings.rest_zeros or m >= settings.active_zeros else v
        for v, r, m in zip(counts, resting, moving, strict=True)
    ]
    edge = [float(np.nanmax(signal))] * element
    padded, bare = edge + signal + edge, [NAN] * element + signal + [NAN] * element
    reach = [min(half, element + i, element + n - 1 - i) for i in range(n)]
    filtered = [median_around(padded, element + i, reach[i]) for i in range(n)]
    ranked = [median_around(bare, element + i, reach[i]) for i in range(n)]
    ranked = ranked if settings.bare_threshold else filtered
    limit = float(np.nanpercentile(ranked, settings.second_percentile))
    outside = False if settings.edges_rest else None
    active = smoothed([v > limit for v in filtered], element, outside=outside)
    if settings.edges_rest:
        active[0] = active[-1] = True
    return [NAN if math.isnan(v) else float(not a) for v, a in zip(counts, active, strict=True)]


SHORT = Crespo(
    zeros=3,
    rest_zeros=5,
    active_zeros=2,
    percentile=60.0,
    second_percentile=45.0,
    filter_h=3.0,
    element_h=0.5,
)


@given(
    seed=st.integers(0, 300),
    settings=st.sampled_from([Crespo(), PYACTIGRAPHY, SHORT]),
    still=st.sampled_from([0.0, 0.3, 0.7]),
    hole=st.integers(0, 400),
    width=st.integers(0, 40),
)
def test_the_rest_is_that_of_both_passes_written_as_loops(
    seed: int, settings: Crespo, still: float, hole: int, width: int
) -> None:
    values = days(seed)
    values[np.random.default_rng(seed).random(values.size) < still] = 0.0
    values[hole : hole + width] = NAN

    found = rest_periods(values, epoch_s=600, settings=settings)

    assert np.array_equal(slow_rest(values, settings), found, equal_nan=True)


def test_the_settings_are_the_published_ones() -> None:
    assert Crespo() == Crespo(
        zeros=15,
        rest_zeros=30,
        active_zeros=2,
        percentile=33.0,
        second_percentile=33.0,
        bare_threshold=False,
        filter_h=8.0,
        element_h=1.0,
        edges_rest=False,
    )
    assert (
        attrs.evolve(Crespo(), second_percentile=34.1, bare_threshold=True, edges_rest=True)
        == PYACTIGRAPHY
    )


@pytest.mark.parametrize(("missing", "known"), [(0, True), (288, True), (289, False)])
def test_a_day_must_have_been_recorded(missing: int, known: bool) -> None:
    values = days(7)
    values[:missing] = NAN

    assert np.isnan(rest_periods(values, epoch_s=600)).all() != known
