"""Webster's rescoring against its rules written as loops."""

import itertools
import math

import hypothesis.extra.numpy as hnp
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.sleep.webster import RescoringForm, rescored

Mask = npt.NDArray[np.float64]
NAN = math.nan

AFTER = ((4, 1), (10, 3), (15, 4))
BETWEEN = ((10, 6), (20, 10))


@st.composite
def masks(draw: st.DrawFn) -> Mask:
    """Runs of sleep, wake and unknown of the lengths at which the rules turn."""
    lengths = st.sampled_from([1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 14, 15, 16, 19, 20, 21])
    kinds = st.sampled_from([0.0, 1.0, 1.0, 0.0, NAN])
    runs = draw(st.lists(st.tuples(kinds, lengths), max_size=14))
    return np.concatenate([np.full(n, kind) for kind, n in runs] or [np.zeros(0)])


def runs_of(mask: list[float]) -> list[tuple[float, int, int]]:
    runs: list[tuple[float, int, int]] = []
    for t, value in enumerate(mask):
        key = -1.0 if math.isnan(value) else value
        if runs and runs[-1][0] == key:
            runs[-1] = (key, runs[-1][1], t + 1)
        else:
            runs.append((key, t, t + 1))
    return runs


def wake_length(run: tuple[float, int, int]) -> int:
    return run[2] - run[1] if run[0] == 0.0 else 0


def slow_paper(mask: Mask) -> Mask:
    out = mask.copy()
    runs = [(-1.0, 0, 0), *runs_of(mask.tolist()), (-1.0, 0, 0)]
    for last, (kind, start, end), following in zip(runs, runs[1:], runs[2:], strict=False):
        if kind != 1.0:
            continue
        for needed, take in AFTER:
            if wake_length(last) >= needed:
                out[start : min(end, start + take)] = 0.0
        for needed, longest in BETWEEN:
            if end - start <= longest and min(wake_length(last), wake_length(following)) >= needed:
                out[start:end] = 0.0
    return out


def slow_reference(mask: Mask) -> Mask:
    out = mask.copy()
    runs = runs_of(mask.tolist())
    for last, (kind, start, end) in itertools.pairwise(runs):
        for needed, take in AFTER:
            if kind == 1.0 and wake_length(last) >= needed and end - start >= take:
                out[start : start + take] = 0.0
    for needed, longest in BETWEEN:
        wakes = [run for run in runs if wake_length(run) >= needed]
        for (_, _, start), (_, end, _) in itertools.pairwise(wakes):
            if end - start <= longest:
                out[start:end] = np.where(mask[start:end] == 1.0, 0.0, mask[start:end])
    return out


@given(mask=masks())
def test_the_papers_form_is_its_five_rules(mask: Mask) -> None:
    assert np.array_equal(slow_paper(mask), rescored(mask), equal_nan=True)


@given(mask=masks())
def test_the_reference_form_is_its_five_rules(mask: Mask) -> None:
    form = RescoringForm.PYACTIGRAPHY

    assert np.array_equal(slow_reference(mask), rescored(mask, form=form), equal_nan=True)


@given(
    batch=hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 3), st.integers(0, 60)),
        elements=st.sampled_from([0.0, 0.0, 0.0, 1.0, NAN]),
    ),
    form=st.sampled_from(RescoringForm),
)
def test_many_masks_at_once_are_as_one_by_one(batch: Mask, form: RescoringForm) -> None:
    one_by_one = np.stack([rescored(row, form=form) for row in batch])

    assert np.array_equal(one_by_one, rescored(batch, form=form), equal_nan=True)


@given(mask=masks(), form=st.sampled_from(RescoringForm))
def test_rescoring_never_adds_sleep_and_never_touches_the_unknown(
    mask: Mask, form: RescoringForm
) -> None:
    out = rescored(mask, form=form)

    assert np.array_equal(np.isnan(mask), np.isnan(out))
    assert not ((out == 1.0) & (mask == 0.0)).any()


@given(mask=masks(), form=st.sampled_from(RescoringForm))
def test_half_minutes_are_rescored_as_the_minutes_they_make(
    mask: Mask, form: RescoringForm
) -> None:
    halves = np.repeat(mask, 2)

    assert np.array_equal(
        np.repeat(rescored(mask, form=form), 2),
        rescored(halves, epoch_s=30, form=form),
        equal_nan=True,
    )


@pytest.mark.parametrize("value", [0.0, 1.0, NAN])
def test_a_constant_mask_stays(value: float) -> None:
    mask = np.full((2, 500), value)

    assert np.array_equal(mask, rescored(mask), equal_nan=True)
